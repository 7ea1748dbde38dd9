"""Documents to show to a vision-language model: the pages as pictures, loaded when they are needed, and the label."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, cast

from PIL import Image

from extractor.loading import load
from extractor.types import ImageArray
from training.config import LabelledSource, Run, SyntheticSource
from training.corpus import Split, in_split, labelled


@dataclass(frozen=True)
class Shown:
    """A document with its label. `pages` gives its pages as arrays, one by one."""

    name: str
    label: Mapping[str, Any]
    pages: Callable[[], Iterable[ImageArray]] = field(repr=False)

    def pictures(self, pages: int, longest_side: int) -> list[Image.Image]:
        """The first pages, none of them larger than asked."""
        made = []
        for page in islice(self.pages(), pages):
            picture = Image.fromarray(page).convert("RGB")
            picture.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS)
            made.append(picture)
        return made


def read_documents(run: Run, split: Split) -> dict[str, Sequence[Shown]]:
    """The documents of each source in a split; sources without any are left out. Synthetic ones are for training,
    unlabelled ones teach nothing here."""
    found: dict[str, Sequence[Shown]] = {}
    for source in run.data.sources:
        if isinstance(source, LabelledSource):
            made = _labelled(source, split, run.data.limit)
        elif isinstance(source, SyntheticSource) and split == "train":
            made = _synthetic(source, run.data.limit)
        else:
            continue
        if made:
            found[source.name] = made
    return found


def _labelled(source: LabelledSource, split: Split, limit: int | None) -> list[Shown]:
    chosen = [(path, label) for path, label in labelled(source) if in_split(source, label["id"], split)]
    return [Shown(label["id"], label, _pages_of(path)) for path, label in chosen[:limit]]


def _pages_of(path: Path) -> Callable[[], Iterator[ImageArray]]:
    def pages() -> Iterator[ImageArray]:
        with load(path) as document:
            for page in document.pages():
                yield page.image

    return pages


def _synthetic(source: SyntheticSource, limit: int | None) -> list[Shown]:
    from training.synthetic.generate import generate
    from training.synthetic.purchase import Kind
    from training.synthetic.source import HELD_OUT, rendered

    made = []
    for number in range(min(source.documents, limit or source.documents)):
        seed = f"{source.seed}-{number}"
        kinds = cast("Sequence[Kind] | None", source.kinds)
        document = generate(seed, source.locales, kinds, HELD_OUT[source.templates])
        made.append(Shown(document.id, document.label, lambda document=document, seed=seed: rendered(document, seed)))  # type: ignore[misc]
    return made
