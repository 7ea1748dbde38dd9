from __future__ import annotations

import pytest
import torch

from training.time_shares import (
    CONVOLUTIONS,
    OPTIMISER,
    OUTSIDE,
    PARTS,
    PRODUCTS,
    TENSORS,
    ceiling,
    part_of,
    seconds_by_part,
)


@pytest.mark.parametrize(
    ("operation", "part"),
    [
        ("aten::bmm", PRODUCTS),
        ("aten::mkldnn_convolution", CONVOLUTIONS),
        ("aten::_foreach_add_", OPTIMISER),
        ("aten::bernoulli_", TENSORS),
    ],
)
def test_an_operation_counts_for_one_part(operation: str, part: str) -> None:
    assert part_of(operation) == part


def test_work_is_told_apart_and_adds_up() -> None:
    wide, tall = torch.randn(300, 400), torch.randn(400, 300)

    def work() -> None:
        for _ in range(20):
            torch.mm(wide, tall)
        wide.exp()

    parts = seconds_by_part(work)
    assert tuple(parts) == PARTS
    assert parts[PRODUCTS] > parts[TENSORS] > 0
    assert parts[CONVOLUTIONS] == parts[OPTIMISER] == 0
    assert parts[OUTSIDE] >= 0


def test_the_ceiling_leaves_out_all_but_the_arithmetic_that_is_counted() -> None:
    assert ceiling(0.2, {PRODUCTS: 1.0, CONVOLUTIONS: 1.0, TENSORS: 4.0, OUTSIDE: 2.0}) == pytest.approx(0.8)
    assert ceiling(0.2, {}) == 0
