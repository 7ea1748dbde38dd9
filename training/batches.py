"""Which documents are learnt from, in which order: drawn from (seed, stage, epoch) alone, so that any process and any
later run draws the same."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.corpus import Example
from training.store import Store

POOL = 16
"""Batches among which documents of like length are put together."""


@dataclass(frozen=True, slots=True)
class Place:
    """One document of one source."""

    source: str
    at: int


def epoch_order(lengths: Mapping[str, int], weights: Mapping[str, float], seed: str) -> list[Place]:
    """A fresh order in which every document stands as often as its source weighs, on average."""
    draw = random.Random(seed)
    chosen: list[Place] = []
    for source, count in lengths.items():
        weight = weights.get(source, 0.0)
        whole = int(weight)
        for at in range(count):
            chosen += [Place(source, at)] * (whole + (draw.random() < weight - whole))
    draw.shuffle(chosen)
    return chosen


def batches(
    order: Sequence[Place], lengths: Mapping[str, npt.NDArray[np.int64]], size: int, seed: str
) -> list[list[Place]]:
    """Batches of documents of like length, in random order: little padding, still mixed from epoch to epoch.

    A last, smaller batch is left out, so that several processes have equal shares; it stays where it is the only one.
    """
    found: list[list[Place]] = []
    for start in range(0, len(order), size * POOL):
        alike = sorted(order[start : start + size * POOL], key=lambda place: int(lengths[place.source][place.at]))
        found += [alike[at : at + size] for at in range(0, len(alike), size)]
    random.Random(seed).shuffle(found)
    return [batch for batch in found if len(batch) == size] or found


def steps_of_epoch(lengths: Mapping[str, int], weights: Mapping[str, float], size: int) -> float:
    """The steps that an epoch has, on average."""
    mass = sum(count * weights.get(source, 0.0) for source, count in lengths.items())
    return max(1.0, mass / size)


def fetch(stores: Mapping[str, Store | Sequence[Example]], batch: Sequence[Place]) -> list[Example]:
    return [stores[place.source][place.at] for place in batch]
