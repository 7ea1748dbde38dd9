"""The student imitates the distributions of its teacher, in what both can answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from extractor.errors import UsageError
from tests.training.losses.asking import CLASSES, HEADS, N, answers, asked, compared, sample
from training.alignment import SpanTarget
from training.losses.compared import divergence
from training.losses.registry import LOSSES, needs_teacher

HEAD_OF = {
    "distil_spans": ["spans", "absent"],
    "distil_tags": ["tags"],
    "distil_begins": ["begins"],
    "distil_inferred": ["inferred_country"],
}
NAMES = sorted(HEAD_OF)


def kl(teacher: np.ndarray, student: np.ndarray, heat: float = 1.0) -> np.ndarray:
    """KL(teacher ‖ student) along the last axis, by hand."""
    p, q = (np.exp(each / heat) / np.exp(each / heat).sum(axis=-1, keepdims=True) for each in (teacher, student))
    return (p * np.log(p / q)).sum(axis=-1)


def logits_of(name: str, given: dict[str, torch.Tensor]) -> np.ndarray:
    """questions × cells of the first document."""
    if name == "distil_spans":
        return np.append(given["spans"][0].detach().numpy().ravel(), given["absent"][0].item())[None]
    if name == "distil_begins":
        begins = given["begins"][0].detach().numpy()
        return np.stack([np.zeros_like(begins), begins], axis=-1)
    return given["tags"][0].detach().numpy() if name == "distil_tags" else given["inferred_country"].detach().numpy()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("heat", [1.0, 3.0])
def test_distillation_is_the_divergence_from_the_softened_teacher(name: str, heat: float) -> None:
    ours, theirs = answers(), answers(seed=1)
    expected = heat**2 * kl(logits_of(name, theirs), logits_of(name, ours), heat).mean()
    assert compared(name, ours, theirs, temperature=heat).item() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_at_great_heat_distillation_matches_logits(name: str) -> None:
    """T² · KL tends to the mean square of the centred logits' difference, halved (Hinton et al. 2015, section 2.1)."""
    ours, theirs = answers(), answers(seed=1)
    apart = logits_of(name, theirs) - logits_of(name, ours)
    expected = (((apart - apart.mean(axis=-1, keepdims=True)) ** 2).mean(axis=-1) / 2).mean()
    assert compared(name, ours, theirs, temperature=100.0).item() == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("name", NAMES)
def test_a_student_like_its_teacher_is_not_moved(name: str) -> None:
    ours, theirs = answers(batch=2), answers(batch=2)
    found = compared(name, ours, theirs)
    found.sum().backward()
    assert found.detach().numpy() == pytest.approx(0.0, abs=1e-6)
    for head in HEAD_OF[name]:
        assert ours[head].grad is not None
        assert ours[head].grad.abs().max() < 1e-6


@pytest.mark.parametrize("name", NAMES)
def test_the_gradient_goes_to_the_student_alone_and_brings_it_nearer(name: str) -> None:
    ours, theirs = answers(batch=2), answers(batch=2, seed=1)
    before = compared(name, ours, theirs)
    before.sum().backward()
    assert all(each.grad is None for each in theirs.values())
    moved = {key: each.detach() - (0.1 * each.grad if each.grad is not None else 0) for key, each in ours.items()}
    assert (compared(name, moved, theirs) < before).all()


@pytest.mark.parametrize("name", ["distil_spans", "distil_tags", "distil_begins"])
def test_padding_counts_on_neither_side(name: str) -> None:
    ours, theirs = answers(count=5), answers(count=5, seed=1)
    mask = torch.tensor([[True] * N + [False] * 2])
    found = compared(name, ours, theirs, mask=mask)
    cut_ours, cut_theirs = (
        {
            key: each[:, :, :N, :N] if key == "spans" else each[:, :N] if key in ("tags", "begins") else each
            for key, each in given.items()
        }
        for given in (ours, theirs)
    )
    assert found.item() == pytest.approx(compared(name, cut_ours, cut_theirs).item(), rel=1e-5)
    found.sum().backward()
    gradient = ours[HEAD_OF[name][0]].grad
    assert gradient is not None
    if name == "distil_spans":
        assert not gradient[:, :, N:].any()
        assert not gradient[..., N:].any()
    else:
        assert not gradient[:, N:].any()


def test_spans_that_one_of_the_two_cannot_point_at_are_left_out() -> None:
    """Without them, warmth would give what is impossible to one a share of the other's distribution."""
    ours, theirs = answers(), answers(seed=1)
    whole = compared("distil_spans", ours, theirs).item()
    barred = {**theirs, "spans": theirs["spans"].detach().clone()}
    barred["spans"][0, 0, 2, 0] = -1e4
    found = compared("distil_spans", ours, barred, temperature=2.0).item()
    kept = (
        np.delete(logits_of("distil_spans", ours), 6, axis=1),
        np.delete(logits_of("distil_spans", theirs), 6, axis=1),
    )
    assert found == pytest.approx(4 * kl(kept[1], kept[0], 2.0).item(), rel=1e-4)
    assert found != pytest.approx(whole, rel=1e-2)


def test_fields_are_matched_by_name() -> None:
    ours, theirs = answers(), answers(seed=1)
    alone = compared("distil_spans", ours, theirs).item()
    wider = {
        **theirs,
        "spans": torch.cat([torch.randn(1, 1, N, N), theirs["spans"]], dim=1),
        "absent": torch.cat([torch.randn(1, 1), theirs["absent"]], dim=1),
    }
    assert compared("distil_spans", ours, wider, replace(HEADS, spans=("date", "total"))).item() == pytest.approx(alone)
    assert compared("distil_spans", ours, theirs, replace(HEADS, spans=("date",))).item() == 0.0


def test_classes_are_matched_by_name() -> None:
    ours, theirs = answers(), answers(seed=1)
    alone = compared("distil_inferred", ours, theirs).item()
    turned = {**theirs, "inferred_country": theirs["inferred_country"][:, [2, 0, 1]]}
    heads = replace(HEADS, inferred={"country": ["", "MY", "US"]})
    assert compared("distil_inferred", ours, turned, heads).item() == pytest.approx(alone, rel=1e-5)


def test_of_a_class_that_the_student_lacks_its_teacher_says_nothing() -> None:
    """Where the teacher says FR with chance 0.75, the rest of its answer counts a quarter."""
    ours, theirs = answers(), answers(seed=1)
    alone = compared("distil_inferred", ours, theirs).item()
    stranger = theirs["inferred_country"].detach().logsumexp(dim=-1, keepdim=True) + float(np.log(3.0))
    wider = {**theirs, "inferred_country": torch.cat([theirs["inferred_country"], stranger], dim=1)}
    heads = replace(HEADS, inferred={"country": [*CLASSES["country"], "FR"]})
    assert compared("distil_inferred", ours, wider, heads).item() == pytest.approx(0.25 * alone, rel=1e-4)
    assert compared("distil_inferred", ours, theirs, replace(HEADS, inferred={})).item() == 0.0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("heat", [0.5, 50.0])
def test_distillation_stays_finite_where_logits_are_extreme(name: str, heat: float) -> None:
    ours = {key: (each.detach().sign() * 1e4).requires_grad_() for key, each in answers().items()}
    theirs = {key: -each.detach() for key, each in ours.items()}
    found = compared(name, ours, theirs, temperature=heat)
    found.sum().backward()
    assert torch.isfinite(found).all()
    for head in HEAD_OF[name]:
        assert ours[head].grad is None or torch.isfinite(ours[head].grad).all()


def test_what_only_one_of_two_distributions_holds_for_possible_is_no_nan() -> None:
    cells = torch.tensor([[True, True, False]])
    student = torch.tensor([[0.0, 1.0, 5.0]], requires_grad=True)
    found = divergence(student, torch.tensor([[0.0, 1.0, -5.0]]), cells)
    found.sum().backward()
    assert found.item() == pytest.approx(0.0, abs=1e-7)
    assert torch.isfinite(student.grad).all()  # type: ignore[arg-type]


def test_a_loss_without_its_teacher_says_what_is_missing() -> None:
    for name in NAMES:
        with pytest.raises(UsageError, match="the run has none"):
            asked(name, answers(), [sample(SpanTarget())])


def test_losses_say_whether_they_need_a_teacher() -> None:
    needy = {name for name in LOSSES if needs_teacher(name)}
    assert needy == {*NAMES, "taid", "sinkhorn", "token_relations", "feature_norm_direction"}
