"""Several students answer as one, by the mean of their probabilities."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from extractor.errors import UsageError
from tests.training import tiny
from training.export import TOLERANCE, export, parity
from training.outputs import Exported, output_names
from training.students.ensemble import Ensemble


def two() -> tuple[torch.nn.Module, torch.nn.Module]:
    return tiny.student(seed=1), tiny.student(seed=2)


def answers(student: object, lengths: tuple[int, ...] = (3, 9)) -> dict[str, torch.Tensor]:
    batch = student.collate([tiny.of_length(length) for length in lengths])
    with torch.no_grad():
        return student(**batch)


def test_a_student_twice_answers_as_it_does_alone() -> None:
    one, _ = two()
    alone, both = answers(one), answers(Ensemble([one, one]))
    assert set(alone) >= set(both)
    for name in ("tags", "inferred_country"):
        assert torch.allclose(both[name].softmax(-1), alone[name].softmax(-1), atol=1e-5)
    assert torch.allclose(both["begins"].sigmoid(), alone["begins"].sigmoid(), atol=1e-4)
    assert torch.allclose(
        Exported(Ensemble([one, one]))(*batch_of(one))[1], Exported(one)(*batch_of(one))[1], atol=1e-5
    )


def batch_of(student: object) -> tuple[torch.Tensor, ...]:
    return tuple(student.collate([tiny.of_length(length) for length in (3, 9)]).values())


def test_the_answer_is_the_mean_of_the_probabilities() -> None:
    one, other = two()
    with torch.no_grad():
        made = dict(zip(output_names(one), Exported(Ensemble([one, other]))(*batch_of(one)), strict=True))
        own = [dict(zip(output_names(one), Exported(each)(*batch_of(one)), strict=True)) for each in (one, other)]
    for name in ("absent", "tags", "begins", "inferred_country"):
        assert torch.allclose(made[name], (own[0][name] + own[1][name]) / 2, atol=1e-4), name
    assert not torch.allclose(own[0]["absent"], own[1]["absent"], atol=1e-3)


def test_classes_in_another_order_are_put_into_that_of_the_first() -> None:
    one, other = two()
    kinds = list(one.config.inferred["country"])
    other.config.inferred = {**other.config.inferred, "country": kinds[::-1]}
    told = answers(Ensemble([one, other]))["inferred_country"].softmax(-1)
    mine, theirs = (answers(each)["inferred_country"].softmax(-1) for each in (one, other))
    assert torch.allclose(told, (mine + theirs.flip(-1)) / 2, atol=1e-5)


def test_it_is_exported_as_a_single_student_is(tmp_path: Path) -> None:
    one, other = two()
    run = tmp_path / "run"
    one.save_pretrained(run / "student")
    documents = [tiny.of_length(length) for length in (3, 9, 20)]
    both = Ensemble([one, other])
    assert export(run, tmp_path / "model", documents, name="both", student=both, task=tiny.TASK) < TOLERANCE
    assert parity(Exported(both).eval(), tmp_path / "model", documents) < TOLERANCE


def test_students_that_answer_other_fields_are_refused() -> None:
    one, other = two()
    other.config.spans = list(other.config.spans)[::-1]
    with pytest.raises(UsageError, match="can't be averaged"):
        Ensemble([one, other])
