"""Synthetic documents as a source of training: words through the OCR noise, or pictures through the real OCR."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from extractor.loading import load
from extractor.ocr import OcrEngine, read_page
from extractor.student.encoder import picture, tokenize
from extractor.task import RECEIPTS
from training.alignment import align
from training.config import SyntheticSource
from training.corpus import Example
from training.items import align_items
from training.synthetic.degrade import degrade
from training.synthetic.draw import draw as draw_pictures
from training.synthetic.examples import example
from training.synthetic.generate import generate
from training.synthetic.noise import OcrNoise
from training.synthetic.purchase import Kind
from training.synthetic.sheet import Synthetic

CLEAN = 0.15
"""The share of documents that are read without a fault, as a PDF's own text is."""

HELD_OUT = {"trained": False, "held_out": True, "all": None}

HARSHEST = 0.6
"""Pictures are degraded by a severity between 0 and this; beyond it a person could not read some of them."""


def synthetic_examples(source: SyntheticSource, documents: int, engine: OcrEngine | None) -> Iterator[Example]:
    """The examples of a source, in order; document n depends on the source's seed and n alone.

    `engine` reads the pictures where the source's way is `pictures`; words need none.
    """
    noise = OcrNoise.load()
    for number in range(documents):
        seed = f"{source.seed}-{number}"
        document = generate(
            seed, source.locales, cast("Sequence[Kind] | None", source.kinds), HELD_OUT[source.templates]
        )
        draw = random.Random(f"noise {seed}")
        if source.way == "words":
            made = example(document, None if draw.random() < CLEAN else noise, draw)
        else:
            assert engine is not None, "pictures are read by an engine"
            made = read_picture(document, seed, engine)
        if made is not None:
            yield replace(made, source=source.name)


def rendered(document: Synthetic, seed: str) -> list[npt.NDArray[np.uint8]]:
    """The pages of a document as pictures, as a scanner or a telephone might have taken them."""
    draw = random.Random(f"camera {seed}")
    pictures, words = draw_pictures(document, draw.getrandbits(31))
    pages = []
    for number, page in enumerate(pictures):
        boxes = np.array([word.box.as_list() for word in words if word.page == number]).reshape(-1, 4)
        degraded, _, _ = degrade(np.asarray(page), boxes, draw.getrandbits(31), draw.uniform(0.0, HARSHEST))
        pages.append(degraded)
    return pages


def read_picture(document: Synthetic, seed: str, engine: OcrEngine) -> Example | None:
    """A document drawn, degraded and read by the real OCR; what is labelled is looked for as in real documents."""
    pages = []
    for number, image in enumerate(rendered(document, seed)):
        with load(image) as loaded:
            for page in loaded.pages():
                pages.append(replace(read_page(page, engine)[0], index=number))
    tokens = tokenize(pages)
    if not tokens:
        return None
    label: dict[str, Any] = dict(document.label)
    return Example(
        document.id,
        "synthetic",
        tokens,
        tuple(picture(page) for page in pages),
        align(tokens, label, RECEIPTS),
        align_items(tokens, label),
        label,
    )
