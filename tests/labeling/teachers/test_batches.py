"""Labelling through Anthropic's batch API, against a provider on this machine."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from extractor.task import RECEIPTS
from labeling.base import TeacherAnswer, TeacherBusy
from labeling.teachers.anthropic_messages import AnthropicTeacher
from tests.labeling.documents import document, label
from tests.labeling.server import Faults, FaultServer
from tests.labeling.teachers.conftest import scripted, teacher_for

Serve = Callable[..., FaultServer]
DOCUMENTS = [document(number) for number in range(12)]


def teacher_at(server: FaultServer) -> AnthropicTeacher:
    teacher = teacher_for("anthropic", server)
    assert isinstance(teacher, AnthropicTeacher)
    return teacher


def test_every_document_of_a_batch_gets_its_own_answer_whatever_the_order(serve: Serve) -> None:
    server = serve(polls=2)
    outcomes = list(teacher_at(server).label_batch(DOCUMENTS, RECEIPTS))
    assert [name for name, _ in outcomes] != [each.id for each in DOCUMENTS], "results come in another order"
    answers = {name: answer for name, answer in outcomes if isinstance(answer, TeacherAnswer)}
    assert {name: answer.label for name, answer in answers.items()} == {
        each.id: label(number) for number, each in enumerate(DOCUMENTS)
    }
    assert sum((answer.cost for answer in answers.values()), Decimal(0)) == server.total


def test_faulty_answers_are_repaired_in_a_second_batch(serve: Serve) -> None:
    server = serve(faults=scripted("wrong_schema"))
    told: list[tuple[str, int]] = []
    outcomes = dict(
        teacher_at(server).label_batch(
            DOCUMENTS, RECEIPTS, started=lambda batch, names: told.append((batch, len(names)))
        )
    )
    assert [count for _, count in told] == [12, 12]
    assert all(isinstance(each, TeacherAnswer) and each.label and each.calls == 2 for each in outcomes.values())


def test_a_request_that_failed_inside_a_batch_is_an_error_of_its_document(serve: Serve) -> None:
    server = serve(faults=scripted("overloaded"))
    outcomes = dict(teacher_at(server).label_batch(DOCUMENTS[:2], RECEIPTS))
    assert all(isinstance(each, TeacherBusy) for each in outcomes.values())


@pytest.mark.parametrize("fault", [None, "wrong_schema"])
def test_a_batch_of_an_earlier_process_is_fetched_and_not_paid_again(serve: Serve, fault: str | None) -> None:
    server = serve(faults=Faults(script=(fault,)))
    made: list[str] = []
    earlier = teacher_at(server).label_batch(DOCUMENTS, RECEIPTS, started=lambda batch, _: made.append(batch))
    list(earlier)
    spent = server.total
    outcomes = dict(teacher_at(server).label_batch(DOCUMENTS, RECEIPTS, resume=made))
    assert server.total == spent
    assert {name: each.label for name, each in outcomes.items() if isinstance(each, TeacherAnswer)} == {
        each.id: label(number) for number, each in enumerate(DOCUMENTS)
    }
