"""What every student that points at words is to training: the same heads, the same answers, its own way of reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedModel

from extractor.student.encoder import collate
from training.augment import Sample

ENCODED_INPUTS = ("pieces", "numbers", "boxes", "places", "cells", "mask", "pictures")
"""The arrays that `extractor.student.encoder.collate` makes, in this order."""


@dataclass(frozen=True)
class Heads:
    """What a student answers: span fields with the most tokens each may take, the classes of inferred fields ("" is
    none), and the parts of line items."""

    spans: Sequence[str] = ()
    longest: Sequence[int] = ()
    inferred: Mapping[str, Sequence[str]] = field(default_factory=dict)
    parts: Sequence[str] = ()


class Student(PreTrainedModel):  # type: ignore[no-untyped-call]
    """A student. `inputs` names what `forward` takes, in order; `forward` gives the logits that `training.losses.base`
    describes. Saved and loaded as every model of transformers."""

    @property
    def inputs(self) -> tuple[str, ...]:
        return ENCODED_INPUTS

    @property
    def axes(self) -> Mapping[str, tuple[str, ...]]:
        """The axes of each input that vary from batch to batch, from the first on, by name: for export."""
        return {**dict.fromkeys(ENCODED_INPUTS[:-1], ("batch", "words")), "pictures": ("pages",)}

    embedding: ClassVar[str] = ""
    """The module that gives the words' embeddings, b × n × width, before they see one another; "" if there is none. It
    lets documents be mixed (`training.mixing`)."""

    placed: ClassVar[tuple[str, ...]] = ()
    """The inputs that say where words stand: those of a mixed document are its greater part's."""

    @property
    def heads(self) -> Heads:
        config: Any = self.config
        return Heads(config.spans, config.longest, config.inferred, config.parts)

    def collate(self, samples: Sequence[Sample]) -> dict[str, Tensor]:
        """The inputs of a batch, in the order of `inputs`."""
        arrays = collate([sample.encoded for sample in samples])
        return {name: torch.from_numpy(np.ascontiguousarray(arrays[name])) for name in self.inputs}

    def publish(self, folder: Path) -> dict[str, Any]:
        """Writes into a model folder what reading needs beside the model; returns what the manifest is to say of it."""
        return {}

    @property
    def terms(self) -> tuple[str, ...]:
        """Sentences about the terms of weights that the student started from, for the manifest and the model card."""
        return ()
