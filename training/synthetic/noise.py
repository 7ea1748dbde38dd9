"""What an OCR engine makes of printed words, learned by comparing what was drawn with what was read.

A noise model in the tradition of Kanungo, Haralick & Phillips (1993) and of OCR confusion matrices: characters are
confused independently of their neighbours, but errors come in clumps (a word is damaged or it is not), and a document
has a level of quality that scales all rates. Every rate is counted by `training.synthetic.fitting.fit`.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from extractor.errors import UsageError
from training.synthetic.misreading import GAPS, LEVELS, Read, Reading, Share, is_foreign, quantile
from training.synthetic.sheet import Printed

__all__ = ["GAPS", "LEVELS", "WORST_LEVEL", "Errors", "OcrNoise", "Read", "Share"]

WORST_LEVEL = 12.0
"""No document is read worse than this many times the mean."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Errors(_Model):
    """How a character is misread: `rate` = how often it damages its word, `read` = what stands there then, and how
    often relative to each other ("" is a deletion)."""

    rate: float = 0.0
    read: Mapping[str, float] = {}


class OcrNoise(_Model):
    """Rates of everything that goes wrong. All rates are at level 1, the mean document's; 0 everywhere changes nothing.

    characters: by printed character, where it was seen often enough · kinds: by kind of character (alphabet.kind_of),
    for all others · follow: how often each further character of a damaged word is wrong too · accents, cases: how often
    the misreading of a character without a table of its own is its bare letter, or the same letter in the other case ·
    garbled: words read as something else entirely, by kind of their first character · lost: words lost, by length 1, 2,
    more · rows_lost, rules_lost: whole rows, of text and of signs alone · joined: spaces lost, by kind of the character
    before, by class of gap · apart: neighbours found as separate pieces, by class of gap · split: a space read inside a
    word behind a character of this kind · sides, tops: quantiles of how far edges move outwards (left, right; top,
    bottom) in word heights · spurious: invented words a page; spurious_lengths quantiles; spurious_signs their
    characters · right, wrong: quantiles of confidence by document level (LEVELS) · levels: quantiles of the documents'
    levels · foreign: the noise on documents in scripts that the default engine does not know (alphabet.FOREIGN), which
    another engine reads.
    """

    characters: Mapping[str, Errors] = {}
    kinds: Mapping[str, Errors] = {}
    follow: float = 0.0
    accents: float = 0.0
    cases: float = 0.0
    garbled: Mapping[str, float] = {}
    lost: tuple[float, float, float] = (0.0, 0.0, 0.0)
    rows_lost: float = 0.0
    rules_lost: float = 0.0
    joined: Mapping[str, tuple[float, ...]] = {}
    apart: tuple[float, ...] = ()
    split: Mapping[str, float] = {}
    sides: tuple[tuple[float, ...], tuple[float, ...]] = ((), ())
    tops: tuple[tuple[float, ...], tuple[float, ...]] = ((), ())
    spurious: float = 0.0
    spurious_lengths: tuple[int, ...] = (3,)
    spurious_signs: Mapping[str, float] = {}
    right: tuple[tuple[float, ...], ...] = ()
    wrong: tuple[tuple[float, ...], ...] = ()
    levels: tuple[float, ...] = (1.0,)
    foreign: OcrNoise | None = None
    fitted_on: str = ""

    @classmethod
    def load(cls, path: Path | None = None) -> OcrNoise:
        """The model in a file; without one, the model that ships. Raises UsageError where it can't be read."""
        if path is None:
            return _shipped()
        try:
            return cls.model_validate_json(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UsageError(
                f"The noise model {path} can't be read ({type(error).__name__}).",
                hint="Fit one: python -m training.synthetic.fit_noise -o FILE.",
            ) from error

    def save(self, path: Path) -> None:
        path.write_text(self.model_dump_json(indent=1) + "\n", encoding="utf-8")

    def apply(
        self,
        words: Sequence[Printed],
        draw: random.Random,
        aspects: Sequence[float] = (),
        level: float | None = None,
    ) -> list[Read]:
        """One reading of printed words, the same for the same state of `draw`.

        `aspects` is height ÷ width of each page (1 where not
        given). `level` is the document's; drawn where not given; 0 reads every character right.
        """
        noise = self.foreign if self.foreign is not None and is_foreign(words) else self
        return list(Reading(noise, draw, aspects, level).of(words))

    def draw_level(self, draw: random.Random) -> float:
        return min(quantile(self.levels, draw), WORST_LEVEL)


@lru_cache(maxsize=1)
def _shipped() -> OcrNoise:
    kept = resources.files("training.synthetic").joinpath("data/noise.json")
    return OcrNoise.model_validate_json(kept.read_text(encoding="utf-8"))
