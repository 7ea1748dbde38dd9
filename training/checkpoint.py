"""Where a run stands, on disk: written whole or not at all, so that a kill at any moment loses minutes, not the run.

Everything random in training is drawn anew from (seed, stage, step), so that weights, optimiser and the step are all
that must be kept for a run to go on exactly as if it had never been broken.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

CHECKPOINT_FILE = "checkpoint.pt"


@dataclass
class Checkpoint:
    """`stage` is the number of the stage, `step` the steps done in it, `steps_before` those of the stages before;
    `best` the highest figure of dev of the stage and `waited` the looks since; `seconds` of training; `weights` what
    the weighing of sources keeps, `pseudo` the key of the pseudo-labels that the stage learns from."""

    stage: int = 0
    step: int = 0
    steps_before: int = 0
    student: dict[str, Any] = field(default_factory=dict)
    averaged: dict[str, Any] = field(default_factory=dict)
    optimiser: dict[str, Any] = field(default_factory=dict)
    losses: dict[str, Any] = field(default_factory=dict)
    sums: dict[str, float] = field(default_factory=dict)
    weights: dict[str, Any] = field(default_factory=dict)
    pseudo: str = ""
    best: float | None = None
    waited: int = 0
    seconds: float = 0.0
    done: bool = False


def save(folder: Path, state: Checkpoint) -> None:
    scratch = folder / f"{CHECKPOINT_FILE}.part"
    with scratch.open("wb") as file:
        torch.save({name: getattr(state, name) for name in asdict(Checkpoint())}, file)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(folder / CHECKPOINT_FILE)


def read(folder: Path) -> Checkpoint | None:
    """The checkpoint of a run's folder, or None where there is none."""
    path = folder / CHECKPOINT_FILE
    if not path.is_file():
        return None
    return Checkpoint(**torch.load(path, map_location="cpu", weights_only=True))


def is_done(folder: Path) -> bool:
    """Whether the run of a folder has come to its end. Its weights are not read."""
    path = folder / CHECKPOINT_FILE
    if not path.is_file():
        return False
    return bool(torch.load(path, map_location="cpu", weights_only=True, mmap=True)["done"])
