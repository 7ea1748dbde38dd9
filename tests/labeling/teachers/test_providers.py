"""Claude and OpenAI's interface as teachers, through the official SDKs, against a provider on this machine."""

from __future__ import annotations

import logging
import pickle
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

import pytest

from extractor.errors import UsageError
from extractor.task import RECEIPTS
from labeling.base import Teacher, TeacherBusy, TeacherDown, TeacherError, TeacherRefused
from labeling.teachers import build_teacher
from tests.labeling.documents import FAST, KEY, document, label, page
from tests.labeling.server import Faults, FaultServer, Tariff
from tests.labeling.teachers.conftest import scripted, teacher_for

Serve = Callable[..., FaultServer]
both = pytest.mark.parametrize("kind", ["anthropic", "openai"])


@both
def test_a_document_comes_back_as_it_was_recorded_with_its_bill(serve: Serve, kind: str) -> None:
    tariff = Tariff() if kind == "anthropic" else Tariff(Decimal("2.5"), Decimal(10), Decimal("1.25"), Decimal("2.5"))
    server = serve(tariff=tariff)
    teacher = teacher_for(kind, server)
    assert isinstance(teacher, Teacher)
    first, second = teacher.label(document(0), RECEIPTS), teacher.label(document(1), RECEIPTS)
    assert (first.label, second.label) == (label(0), label(1))
    assert first.failure is None
    assert first.calls == 1
    assert first.prompt == teacher.prompt_version
    assert second.tokens.cached > 1000, "the instructions are read from the provider's cache"
    assert first.cost + second.cost == server.total


@both
@pytest.mark.parametrize(
    ("fault", "failure"),
    [
        ("truncated", "truncated"),
        ("broken_json", "truncated"),
        ("refusal", "refused"),
        ("wrong_schema", "wrong_schema"),
        ("wrong_order", "wrong_order"),
    ],
)
def test_a_faulty_answer_is_repaired_once_and_then_recorded_as_failed(
    serve: Serve, kind: str, fault: str, failure: str
) -> None:
    tall = document(0, pages=(page(700, 6000), page(index=1)))
    server = serve(faults=scripted(fault))
    answer = teacher_for(kind, server).label(tall, RECEIPTS)
    assert (answer.label, answer.failure, answer.calls) == (label(0), None, 2)
    assert "You were asked before" in str(server.bodies[-1]["messages"]), "the second call names what was wrong"

    server = serve(faults=scripted(fault, fault))
    answer = teacher_for(kind, server).label(tall, RECEIPTS)
    assert (answer.label, answer.failure, answer.calls) == (None, failure, 2)
    assert server.calls[tall.id] == 2
    assert answer.tokens.output > 0


@both
@pytest.mark.parametrize(
    ("fault", "error", "charged"),
    [
        ("rate_limit", TeacherBusy, False),
        ("overloaded", TeacherBusy, False),
        ("server_error", TeacherDown, False),
        ("cut", TeacherDown, True),
    ],
)
def test_a_call_without_an_answer_says_why_and_what_it_may_have_cost(
    serve: Serve, kind: str, fault: str, error: type[TeacherError], charged: bool
) -> None:
    server = serve(faults=scripted(fault))
    with pytest.raises(error) as caught:
        teacher_for(kind, server).label(document(), RECEIPTS)
    assert server.calls[document().id] == 1, "the SDK does not repeat by itself"
    assert (caught.value.cost > 0) is charged
    assert (server.total > 0) is charged
    assert caught.value.retry_after == (0.05 if fault == "rate_limit" else None)


@both
def test_what_the_first_call_cost_is_not_forgotten_when_the_repair_fails(serve: Serve, kind: str) -> None:
    server = serve(faults=scripted("wrong_schema", "server_error"))
    with pytest.raises(TeacherDown) as caught:
        teacher_for(kind, server).label(document(), RECEIPTS)
    assert caught.value.cost > 0


@both
def test_a_slow_provider_counts_as_down_after_the_timeout(serve: Serve, kind: str) -> None:
    server = serve(faults=Faults(script=("slow",), slow_seconds=1.0))
    with pytest.raises(TeacherDown) as caught:
        teacher_for(kind, server, replace(FAST, timeout=0.3)).label(document(), RECEIPTS)
    assert caught.value.cost > 0, "it had begun to read"


@both
def test_nobody_there_costs_nothing(serve: Serve, kind: str) -> None:
    server = serve()
    teacher = teacher_for(kind, server)
    server.stop()
    with pytest.raises(TeacherDown) as caught:
        teacher.label(document(), RECEIPTS)
    assert caught.value.cost == 0


@both
def test_an_unknown_document_is_refused_for_good(serve: Serve, kind: str) -> None:
    with pytest.raises(TeacherRefused):
        teacher_for(kind, serve()).label(document(999), RECEIPTS)


@both
def test_a_document_without_a_picture_is_not_sent(serve: Serve, kind: str) -> None:
    server = serve()
    for pages in ((page().without_image(),), ()):
        with pytest.raises(TeacherRefused) as caught:
            teacher_for(kind, server).label(replace(document(), pages=pages), RECEIPTS)
        assert caught.value.code == "no_picture"
    assert not server.calls


@both
def test_a_tall_page_is_sent_in_parts_in_order_behind_their_captions(serve: Serve, kind: str) -> None:
    server = serve()
    answer = teacher_for(kind, server).label(document(pages=(page(700, 6000), page(index=1))), RECEIPTS)
    assert answer.failure is None, "the provider refuses pictures out of order"
    captions = [part["text"] for part in server.bodies[0]["messages"][-1]["content"] if part["type"] == "text"]
    assert captions[0].endswith("page 1 of 2, part 1 of 4 from the top")
    assert captions[-2].startswith("Picture 5 of 5: page 2 of 2")


@both
def test_the_words_of_ocr_go_along_when_asked_for(serve: Serve, kind: str) -> None:
    server = serve()
    teacher = teacher_for(kind, server, replace(FAST, words=True))
    teacher.label(document(), RECEIPTS)
    assert "100 800 TOTAL" in str(server.bodies[0]["messages"])
    assert teacher.prompt_version != teacher_for(kind, server).prompt_version


@both
@pytest.mark.parametrize("parameter", ["strict", "tool_choice", "response_format", "temperature", "max_tokens"])
def test_a_server_that_takes_less_is_asked_for_less(serve: Serve, kind: str, parameter: str) -> None:
    if kind == "anthropic" and parameter == "max_tokens":
        pytest.skip("the Messages API always takes it")
    server = serve(refuses=frozenset({parameter}))
    teacher = teacher_for(kind, server, replace(FAST, temperature=0.5))
    assert teacher.label(document(0), RECEIPTS).label == label(0)
    asked = len(server.bodies)
    teacher.label(document(1), RECEIPTS)
    assert len(server.bodies) == asked + 1, "what it does not take is remembered"


@both
def test_the_estimate_is_within_five_percent_of_what_was_metered(serve: Serve, kind: str) -> None:
    tariff = Tariff() if kind == "anthropic" else Tariff(Decimal("2.5"), Decimal(10), Decimal("1.25"), Decimal("2.5"))
    server = serve(tariff=tariff)
    teacher = teacher_for(kind, server)
    sizes = [(400 + 14 * number, 700 + 74 * number) for number in range(24)]
    documents = [document(number, pages=(page(*size),)) for number, size in enumerate(sizes)]
    estimated = sum((teacher.estimate(each, RECEIPTS).cost for each in documents), Decimal(0))
    assert server.total == 0, "an estimate is free"
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda each: teacher.label(each, RECEIPTS), documents))
    assert float(estimated) == pytest.approx(float(server.total), rel=0.05)


def test_an_estimate_does_without_the_provider(serve: Serve) -> None:
    counted = teacher_for("anthropic", serve()).estimate(document(), RECEIPTS)
    guessed = teacher_for("anthropic", serve(counts_tokens=False)).estimate(document(), RECEIPTS)
    assert float(guessed.cost) == pytest.approx(float(counted.cost), rel=0.1)


@both
def test_the_key_is_nowhere_to_be_seen(
    serve: Serve, kind: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    server = serve()
    teacher = teacher_for(kind, server)
    answer = teacher.label(document(), RECEIPTS)
    server.key = "another"  # the server now quotes the key it was given
    with pytest.raises(TeacherRefused, match="401") as caught:
        teacher.label(document(1), RECEIPTS)
    error = caught.value
    seen = [repr(teacher), repr(answer), repr(vars(teacher)), repr(error), str(error), error.notice().model_dump_json()]
    seen += traceback.format_exception(error)
    seen += [str(error.__cause__), str(error.__context__), caplog.text, *capfd.readouterr()]
    assert not [text for text in seen if KEY in text or KEY[:12] in text]
    with pytest.raises(TypeError):
        pickle.dumps(teacher._key)  # type: ignore[attr-defined]


@both
def test_without_a_key_nothing_is_sent(kind: str, monkeypatch: pytest.MonkeyPatch, no_network: list[str]) -> None:
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "ANTHROPIC_BASE_URL", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    teacher = build_teacher(f"{kind}:{'claude-sonnet-4-6' if kind == 'anthropic' else 'gpt-4o'}")
    assert teacher.estimate(document(), RECEIPTS).cost > 0
    with pytest.raises(UsageError) as caught:
        teacher.label(document(), RECEIPTS)
    assert caught.value.code == "missing_key"
    assert not no_network


@both
def test_a_paid_provider_is_out_of_reach_of_tests(
    kind: str, monkeypatch: pytest.MonkeyPatch, no_network: list[str]
) -> None:
    for name in ("ANTHROPIC_BASE_URL", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    teacher = build_teacher(f"{kind}:{'claude-sonnet-4-6' if kind == 'anthropic' else 'gpt-4o'}")
    with pytest.raises(Exception, match=r"no answer|may not leave"), ThreadPoolExecutor(1) as pool:
        pool.submit(teacher.label, document(), RECEIPTS).result()
    assert no_network, "the guard noted the attempt"
    no_network.clear()
