"""Fitting on drawn pages: specimens are drawn with their words, an engine's readings become a model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from extractor.ocr import Reading
from extractor.types import ImageArray, Word
from tests.training.synthetic.pages import scrawl
from training.synthetic import fit_noise
from training.synthetic.fit_noise import fit_from_pictures
from training.synthetic.noise import OcrNoise
from training.synthetic.sheet import Printed
from training.synthetic.specimens import specimen


class Blind:
    """An engine that knows what is printed, and reads every e as c."""

    name = "blind:e=c"

    def read(self, image: ImageArray) -> Reading:
        number = int(image[0, 0, 0])
        words = scrawl(number, 60, "abcdefghij")
        return Reading(tuple(Word(word.text.replace("e", "c"), word.box, 0.9, word.row) for word in words))


def _page(number: int) -> tuple[ImageArray, Sequence[Printed]]:
    return np.full((200, 100, 3), number % 100, np.uint8), scrawl(number % 100, 60, "abcdefghij")


@pytest.fixture
def untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages as drawn, so that the engine above finds the number that is painted on them."""
    monkeypatch.setattr(fit_noise, "PERFECT", 1.0)


@pytest.mark.usefixtures("untouched")
def test_the_model_tells_what_the_engine_confuses() -> None:
    told: list[str] = []
    noise = fit_from_pictures(8, 1, told.append, draw=_page, engine=Blind())
    assert noise.characters["e"].read == {"c": 1.0}
    assert noise.characters["e"].rate > 10 * noise.characters["a"].rate
    assert noise.lost == (0.0, 0.0, 0.0)
    assert noise.fitted_on == "8 drawn pages, seed 1, read by blind"
    assert len(told) == 8
    assert told[-1].startswith("page 8 of 8")


@pytest.mark.usefixtures("untouched")
def test_the_command_writes_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fit_noise, "build_engine", lambda choice: Blind())
    monkeypatch.setattr(fit_noise, "specimen", lambda number, script: _page(number))
    fit_noise.main(["--count", "3", "--seed", "2", "-o", str(tmp_path / "noise.json")])
    assert OcrNoise.load(tmp_path / "noise.json").fitted_on.startswith("3 drawn pages, seed 2")
    heard = capsys.readouterr()
    assert heard.out == ""
    assert "page 3 of 3" in heard.err


@pytest.mark.parametrize("script", ["latin", "cjk", "thai", "arabic", "devanagari"])
def test_specimens_are_dark_where_their_words_stand(script: str) -> None:
    try:
        image, words = specimen(11, script)
    except OSError as reason:
        pytest.skip(str(reason))
    assert len(words) > 20
    height, width = image.shape[:2]
    inked = 0
    for word in words:
        left, right = int(word.box.x0 * width), int(word.box.x1 * width) + 1
        part = image[int(word.box.y0 * height) : int(word.box.y1 * height) + 1, left:right]
        inked += part.min() < 120
    assert inked > 0.97 * len(words)
    np.testing.assert_array_equal(specimen(11, script)[0], image)
