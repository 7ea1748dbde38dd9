"""The student's features, relations and distributions as a whole follow the teacher's."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
import torch

from extractor.errors import UsageError
from tests.training.losses.asking import N, answers, compared
from training.losses.features import class_means, norm_and_direction, projection
from training.losses.sinkhorn import plan

PADDED = torch.tensor([[True] * N + [False] * 2])
INSIDE = ["feature_norm_direction", "token_relations", "sinkhorn"]


def test_norm_and_direction_are_as_by_hand() -> None:
    student, teacher = torch.tensor([[3.0, 4.0]]), torch.tensor([[0.0, 10.0]])
    assert norm_and_direction(student, teacher, teacher).item() == pytest.approx(1 - 4 / 10)
    assert norm_and_direction(2 * student, teacher, teacher).item() == pytest.approx(1 - 8 / 10), "longer is better"
    assert norm_and_direction(4 * student, teacher, teacher).item() == pytest.approx(1 - 16 / 20), "but not for ever"


def test_a_student_with_its_teachers_features_has_no_loss() -> None:
    found = compared("feature_norm_direction", answers(batch=2), answers(batch=2), towards="own")
    assert found.tolist() == pytest.approx([0.0, 0.0], abs=1e-6)


def test_words_turn_to_the_mean_of_their_class() -> None:
    features = torch.tensor([[[2.0, 0.0], [0.0, 4.0], [9.0, 9.0]], [[4.0, 2.0], [1.0, 1.0], [7.0, 7.0]]])
    classes, mask = torch.tensor([[0, 1, 0], [0, 1, 1]]), torch.tensor([[True, True, False], [True, False, False]])
    means = class_means(features, classes, mask, 3)
    assert means[0, 0].tolist() == means[1, 0].tolist() == [3.0, 1.0]
    assert means[0, 1].tolist() == [0.0, 4.0]


def test_the_mean_of_a_class_is_over_all_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other process has one word of each class, of features (9, 3)."""
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(
        torch.distributed, "all_reduce", lambda value: value.add_(torch.tensor([9.0, 3.0]) if value.ndim == 2 else 1.0)
    )
    features = torch.tensor([[[1.0, 1.0], [2.0, 2.0]]])
    means = class_means(features, torch.tensor([[0, 0]]), torch.ones(1, 2, dtype=torch.bool), 2)
    assert means[0, 0].tolist() == [4.0, 2.0]
    with torch.no_grad():
        alone = class_means(features, torch.tensor([[0, 0]]), torch.ones(1, 2, dtype=torch.bool), 2)
    assert alone[0, 0].tolist() == [1.5, 1.5], "where nothing is learnt the other process may not be asking"


def test_features_are_weighed_and_take_the_class_from_the_teachers_tags() -> None:
    ours, theirs = answers(), answers(seed=1)
    classes = theirs["tags"].argmax(-1)
    towards = class_means(theirs["hidden"].detach(), classes, torch.ones(1, N, dtype=torch.bool), 5)
    words = norm_and_direction(ours["hidden"], theirs["hidden"], towards).mean()
    document = norm_and_direction(ours["summary"], theirs["summary"], theirs["summary"]).mean()
    found = compared("feature_norm_direction", ours, theirs, words=2.0, document=0.5)
    assert found.item() == pytest.approx((2 * words + 0.5 * document).item(), rel=1e-5)


@pytest.mark.parametrize(("given", "width"), [(6, 4), (4, 6)])
def test_the_projection_is_fixed_and_orthonormal(given: int, width: int) -> None:
    matrix = projection(given, width)
    assert matrix.shape == (given, width)
    small = matrix.T @ matrix if given > width else matrix @ matrix.T
    assert torch.allclose(small, torch.eye(min(given, width)), atol=1e-5)
    assert torch.equal(matrix, projection(given, width))


@pytest.mark.parametrize("name", INSIDE)
@pytest.mark.parametrize("width", [4, 6, 2])
def test_widths_may_differ_and_the_gradient_goes_to_the_student_alone(name: str, width: int) -> None:
    ours, theirs = answers(batch=2), answers(batch=2, seed=1, width=width)
    found = compared(name, ours, theirs)
    assert (found > 0).all()
    found.sum().backward()
    heads = ["tags", "inferred_country"] if name == "sinkhorn" else ["hidden"]
    for head in heads:
        gradient = ours[head].grad
        assert gradient is not None
        assert torch.isfinite(gradient).all()
        assert gradient.any()
    assert all(each.grad is None for each in theirs.values())


@pytest.mark.parametrize("name", INSIDE)
def test_the_inside_of_padding_does_not_count(name: str) -> None:
    ours, theirs = answers(count=5), answers(count=5, seed=1)
    found = compared(name, ours, theirs, mask=PADDED)
    cut = [
        {key: each[:, :N] if key in ("tags", "begins", "hidden") else each for key, each in given.items()}
        for given in (ours, theirs)
    ]
    assert found.item() == pytest.approx(compared(name, *cut).item(), rel=1e-4)
    found.sum().backward()
    for head in ("hidden", "tags"):
        gradient = ours[head].grad
        assert gradient is None or not gradient[:, N:].any()


@pytest.mark.parametrize("name", INSIDE)
def test_the_inside_stays_finite_where_it_is_extreme_or_nothing(name: str) -> None:
    for size in (0.0, 1e4):
        ours = {key: (each.detach() * size).requires_grad_() for key, each in answers().items()}
        found = compared(name, ours, answers(seed=1))
        found.sum().backward()
        assert torch.isfinite(found).all()
        assert all(each.grad is None or torch.isfinite(each.grad).all() for each in ours.values())


def test_relations_are_divergences_of_scaled_products_to_the_other_words() -> None:
    ours, theirs = answers(), answers(seed=1, width=6)
    total = 0.0
    for word in range(N):
        rows = []
        for given in (theirs, ours):
            features = given["hidden"][0].detach().numpy()
            products = np.array([features[word] @ features[to] for to in range(N) if to != word])
            products = np.exp(products / np.sqrt(features.shape[1]))
            rows.append(products / products.sum())
        total += (rows[0] * np.log(rows[0] / rows[1])).sum() / N
    assert compared("token_relations", ours, theirs).item() == pytest.approx(total, rel=1e-4)


def test_cosine_relations_do_not_see_how_long_features_are_and_no_relations_see_a_turn() -> None:
    ours, theirs = answers(), answers(seed=1)
    longer = {**ours, "hidden": 7 * ours["hidden"]}
    one, other = (compared("token_relations", each, theirs, by="cosine").item() for each in (ours, longer))
    assert one == pytest.approx(other, rel=1e-3)
    turned = {**theirs, "hidden": theirs["hidden"] @ projection(4, 4)}
    assert compared("token_relations", turned, theirs).item() == pytest.approx(0.0, abs=1e-5)


def test_relations_by_heads_are_means_over_the_heads() -> None:
    ours, theirs = answers(), answers(seed=1)
    halves = [
        [{**given, "hidden": given["hidden"][..., part]} for given in (ours, theirs)]
        for part in (slice(0, 2), slice(2, 4))
    ]
    alone = [compared("token_relations", *half).item() for half in halves]
    assert compared("token_relations", ours, theirs, heads=2).item() == pytest.approx(sum(alone) / 2, rel=1e-4)
    with pytest.raises(UsageError, match="can't be cut into 3 parts"):
        compared("token_relations", ours, theirs, heads=3)


def test_a_document_of_one_word_has_no_relations() -> None:
    ours = answers(count=1)
    found = compared("token_relations", ours, answers(count=1, seed=1))
    found.sum().backward()
    assert found.item() == 0.0
    assert ours["hidden"].grad is not None
    assert not ours["hidden"].grad.any()


def test_the_plan_moves_all_mass_and_none_from_padding() -> None:
    costs = torch.rand(1, 4, 4, generator=torch.Generator().manual_seed(1))
    mass = torch.tensor([[0.5, 0.25, 0.25, 0.0]])
    moved = plan(costs, mass, mass, 0.1, 200)
    assert moved.sum(dim=2)[0].tolist() == pytest.approx(mass[0].tolist(), abs=1e-4)
    assert moved.sum(dim=1)[0].tolist() == pytest.approx(mass[0].tolist(), abs=1e-4)


def test_a_sharp_plan_is_the_cheapest_assignment() -> None:
    ours, theirs = answers(batch=3), answers(batch=3, seed=1)
    p, q = (given["inferred_country"].detach().softmax(-1).numpy() for given in (ours, theirs))
    costs = np.abs(p[:, None] - q[None]).sum(axis=2)
    cheapest = min(sum(costs[at, to] for at, to in enumerate(order)) for order in permutations(range(3))) / 3
    settings = {"epsilon": 0.005, "iterations": 500, "temperature": 1.0, "tags": 0.0, "inferred": 1.0}
    found = compared("sinkhorn", ours, theirs, **settings)
    assert found.mean().item() == pytest.approx(cheapest, rel=0.01)


def test_at_an_even_plan_a_document_costs_its_mean_distance() -> None:
    ours, theirs = answers(batch=3), answers(batch=3, seed=1)
    p, q = (given["inferred_country"].detach().softmax(-1).numpy() for given in (ours, theirs))
    costs = np.abs(p[:, None] - q[None]).sum(axis=2)
    found = compared("sinkhorn", ours, theirs, epsilon=1e5, temperature=1.0, tags=0.0, inferred=1.0)
    assert found.tolist() == pytest.approx(costs.mean(axis=1).tolist(), rel=1e-3)


def test_a_student_like_its_teacher_has_nothing_to_move() -> None:
    same = compared("sinkhorn", answers(batch=3), answers(batch=3), epsilon=0.01, iterations=100)
    other = compared("sinkhorn", answers(batch=3), answers(batch=3, seed=1), epsilon=0.01, iterations=100)
    assert (same < 0.02).all()
    assert (other > 0.1).all()
