"""Where the time of a training step goes: matrix products, convolutions of pictures, other tensor work, the optimiser,
and what is no tensor work at all.

It says what stands between a run's pace and the rate of plain matrix products: only the work of the first two is
counted, and can reach that rate.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from torch.profiler import ProfilerActivity, profile

PRODUCTS, CONVOLUTIONS, OPTIMISER = "matrix products", "convolutions of pictures", "optimiser"
TENSORS, OUTSIDE = "other tensor work", "words to features, Python"
PARTS = (PRODUCTS, CONVOLUTIONS, TENSORS, OPTIMISER, OUTSIDE)

_PRODUCTS = frozenset(f"aten::{name}" for name in ("mm", "addmm", "bmm", "baddbmm", "linear", "matmul"))
_OPTIMISER = ("aten::_foreach", "aten::_fused_adam", "Optimizer.")


def part_of(operation: str) -> str:
    """The part that an operation of the profiler counts for, by its name.

    >>> part_of("aten::addmm"), part_of("aten::convolution_backward"), part_of("aten::gelu")
    ('matrix products', 'convolutions of pictures', 'other tensor work')
    """
    if operation in _PRODUCTS:
        return PRODUCTS
    if "convolution" in operation or "conv2d" in operation:
        return CONVOLUTIONS
    return OPTIMISER if operation.startswith(_OPTIMISER) else TENSORS


def seconds_by_part(work: Callable[[], object]) -> dict[str, float]:
    """Runs some work once and says how long each of PARTS took, in seconds; they add up to the whole.

    Measuring each operation costs time, of which most falls on what is no tensor work.
    """
    begun = time.perf_counter()
    with profile(activities=[ProfilerActivity.CPU]) as told:
        work()
    whole = time.perf_counter() - begun
    spent: dict[str, float] = dict.fromkeys(PARTS, 0.0)
    for event in told.key_averages():
        spent[part_of(event.key)] += event.self_cpu_time_total / 1e6
    spent[OUTSIDE] = max(whole - sum(spent.values()), 0.0)
    return spent


def ceiling(share: float, parts: Mapping[str, float]) -> float:
    """The share of the matrix-product rate that a run would have if the arithmetic that is counted, matrix products and
    convolutions, took the time that it takes and all else took none; `share` is the one that it has, `parts` the
    seconds of each part."""
    counted = parts.get(PRODUCTS, 0.0) + parts.get(CONVOLUTIONS, 0.0)
    return share * sum(parts.values()) / counted if counted else 0.0
