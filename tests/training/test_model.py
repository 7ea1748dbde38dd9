"""The compact student: every answer in one pass, whatever stands beside a document in its batch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from extractor.student.encoder import Encoded, collate
from tests.extractor.student.documents import ROWS
from tests.training.tiny import FIELDS, encoded, of_length, student
from training.augment import Sample
from training.model import NEVER, CompactStudent, attention, attention_by_products

STUDENT = student()


@torch.no_grad()
def ask(model: CompactStudent, *given: Encoded | Sample) -> dict[str, torch.Tensor]:
    documents = [each.encoded if isinstance(each, Sample) else each for each in given]
    inputs = {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in collate(documents).items()}
    answers: dict[str, torch.Tensor] = model(**inputs)
    return answers


@pytest.mark.parametrize("count", [1, 2, 3, 40, 512])
def test_documents_of_any_length_are_answered(count: int) -> None:
    answers = ask(STUDENT, of_length(count))
    assert answers["spans"].shape == (1, len(FIELDS), count, count)
    assert answers["absent"].shape == (1, len(FIELDS))
    assert answers["tags"].shape == (1, count, 5)
    assert answers["begins"].shape == (1, count)
    assert answers["inferred_country"].shape == (1, 3)
    assert all(torch.isfinite(answer).all() for answer in answers.values())


def test_a_longer_neighbour_in_the_batch_changes_nothing() -> None:
    document, neighbour = encoded(*ROWS), of_length(90)
    count = len(document)
    alone, together = ask(STUDENT, document), ask(STUDENT, neighbour, document)
    assert torch.allclose(alone["spans"][0], together["spans"][1, :, :count, :count], atol=1e-4)
    assert torch.allclose(alone["absent"][0], together["absent"][1], atol=1e-5)
    assert torch.allclose(alone["tags"][0], together["tags"][1, :count], atol=1e-5)
    assert torch.allclose(alone["begins"][0], together["begins"][1, :count], atol=1e-5)
    assert torch.allclose(alone["inferred_country"][0], together["inferred_country"][1], atol=1e-5)
    assert (together["spans"][1, :, count:] == NEVER).all()


def test_a_span_ends_where_it_begins_or_later_and_is_no_longer_than_allowed() -> None:
    spans = ask(STUDENT, of_length(20))["spans"][0, 0]
    length = torch.arange(20)[None] - torch.arange(20)[:, None]
    possible = (length >= 0) & (length < 8)
    assert (spans[~possible] == NEVER).all()
    assert (spans[possible] > NEVER / 2).all()


def test_words_see_their_picture_their_place_and_each_other() -> None:
    document = encoded(*ROWS)
    plain = ask(STUDENT, document)["tags"][0]
    for name in ("pictures", "boxes", "places", "pieces", "numbers"):
        other = {each: np.array(getattr(document, each)) for each in document.__dataclass_fields__}
        changed = other[name]
        changed[...] = changed[::-1] if name != "pictures" else 255 - changed + np.arange(224, dtype=np.uint8)
        assert not torch.allclose(plain, ask(STUDENT, Encoded(**other))["tags"][0], atol=1e-6), name


@pytest.mark.parametrize("count", [1, 7, 60])
def test_attention_in_training_is_attention_as_ever(count: int) -> None:
    torch.manual_seed(3)
    query, key, value = (torch.randn(2, 4, count, 8, requires_grad=True) for _ in range(3))
    seen = torch.arange(count).expand(2, count) < torch.tensor([[count], [max(1, count - 3)]])
    bias = torch.where(seen, 0.0, NEVER)[:, None, None, :]
    outcomes = []
    for attend in (attention, attention_by_products):
        answer = attend(query, key, value, bias)
        gradients = torch.autograd.grad(answer.square().sum(), (query, key, value))
        outcomes.append((answer, *gradients))
    for usual, by_products in zip(*outcomes, strict=True):
        torch.testing.assert_close(by_products, usual, atol=1e-5, rtol=1e-4)


def test_a_student_that_was_saved_answers_as_before(tmp_path: Path) -> None:
    STUDENT.save_pretrained(tmp_path)
    loaded = CompactStudent.from_pretrained(tmp_path).eval()
    assert loaded.compact.to_dict() | {"_name_or_path": ""} == STUDENT.compact.to_dict()
    one, other = ask(STUDENT, encoded(*ROWS)), ask(loaded, encoded(*ROWS))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_the_same_seed_builds_the_same_student() -> None:
    one, other = student(seed=3).state_dict(), student(seed=3).state_dict()
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert not torch.equal(one["spelling.weight"], STUDENT.spelling.weight)
