"""Fits the noise model anew: draws pages, degrades them, lets the real engine read them, counts.

    python -m training.synthetic.fit_noise --count 150 --seed 1 -o training/synthetic/data/noise.json

Takes 1–3 seconds a page on one core. The model that ships was made by this command (its `fitted_on` says with what).
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from extractor.ocr import OcrEngine, build_engine
from extractor.types import Box, ImageArray, Word
from training.synthetic.degrade import degrade
from training.synthetic.fitting import Pair, fit
from training.synthetic.noise import OcrNoise
from training.synthetic.sheet import Printed
from training.synthetic.specimens import specimen

SCRIPTS = ("latin",) * 12 + ("cjk",) * 3 + ("thai", "arabic", "devanagari")
"""The scripts of the pages drawn, in turn."""

PERFECT = 0.15
"""The share of pages that are scans without fault."""

MILD = 2.0
"""Severities are drawn as the smallest of this many, so to speak (u ** MILD): most documents are read well."""

Draw = Callable[[int], tuple[ImageArray, Sequence[Printed]]]
"""Draws page number n: its picture and its words (all on page 0)."""


def drawn(number: int) -> tuple[ImageArray, Sequence[Printed]]:
    """Specimen number n, in the scripts in turn."""
    return specimen(number, SCRIPTS[number % len(SCRIPTS)])


@dataclass(frozen=True)
class _Whole:
    """A picture as an engine's caller hands it on: page 0, without a text layer."""

    image: ImageArray
    index: int = 0
    words: None = None


def fit_from_pictures(
    count: int,
    seed: int,
    log: Callable[[str], None] = lambda line: None,
    *,
    draw: Draw = drawn,
    engine: OcrEngine | None = None,
) -> OcrNoise:
    """The noise of an engine (that of `auto` where none is given) on `count` degraded pages, the same for a seed.

    `draw` draws the pages, `log` is told how far it is. Raises OcrError where the engine fails.
    """
    engine = engine or build_engine("auto")
    pairs = _pairs(count, seed, log, draw, engine)
    return fit(pairs, fitted_on=f"{count} drawn pages, seed {seed}, read by {engine.name.split(':')[0]}")


def _pairs(count: int, seed: int, log: Callable[[str], None], draw: Draw, engine: OcrEngine) -> Iterator[Pair]:
    for number in range(count):
        picture, words = draw(seed * 1_000_000 + number)
        chance = random.Random(f"severity/{seed}/{number}")
        severity = 0.0 if chance.random() < PERFECT else chance.random() ** MILD
        boxes = np.array([word.box.as_list() for word in words]).reshape(-1, 4)
        picture, moved, kept = degrade(picture, boxes, f"{seed}/{number}", severity)
        printed = [
            replace(word, box=Box.clipped(*map(float, box)))
            for word, box, stays in zip(words, moved, kept, strict=True)
            if stays
        ]
        reading = engine.read(picture)
        log(f"page {number + 1} of {count}: severity {severity:.2f}, {len(printed)} printed, {len(reading.words)} read")
        if reading.turned:
            # A page taken for upside down says nothing about letters.
            continue
        yield printed, _in_pieces(reading.words), picture.shape[0] / picture.shape[1]


def _in_pieces(words: Sequence[Word]) -> list[Word]:
    return [word for word in words if word.text.strip()]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m training.synthetic.fit_noise", description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=150, help="pages to draw and read")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ocr", default="auto", choices=("auto", "rapidocr", "tesseract"))
    parser.add_argument("-o", "--output", type=Path, required=True, help="the model's JSON file")
    chosen = parser.parse_args(arguments)
    engine = build_engine(chosen.ocr)
    noise = fit_from_pictures(chosen.count, chosen.seed, lambda line: print(line, file=sys.stderr), engine=engine)
    noise.save(chosen.output)


if __name__ == "__main__":
    main()
