"""Synthetic documents with exact labels: purchases (content) → sheets (layout) → words or pictures → noise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from training.config import SyntheticSource
    from training.corpus import Example

VERSION = 1
"""Changes with anything that changes the documents made from the same settings."""


def synthetic_examples(
    source: SyntheticSource, documents: int, *, ocr: str = "rapidocr", cache: Path | None = None
) -> Iterator[Example]:
    """The examples of a synthetic source, in order."""
    raise NotImplementedError
