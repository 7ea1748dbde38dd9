"""A stand-in for the student that is fitted in a second, to simulate how labels turn into accuracy.

Each word is classified by a linear model over hashed spelling, its neighbours, its place and plain numbers; a field is
the run of words whose log-odds sum highest, or nothing where no run is likelier than not. Four fields: total, date,
merchant_name, merchant_address. It reads worse than the student and learns the same kind of thing from a label.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from extractor.errors import MissingExtra
from extractor.normalize.amounts import document_decimal_sign
from extractor.student import features
from extractor.student.encoder import Token, extent
from extractor.student.values import Reader, join
from extractor.task import RECEIPTS
from extractor.types import Extraction, Field, Receipt, Status
from labeling.critic.merchants import SAME
from labeling.critic.sheet import Sheet

FIELDS = ("total", "date", "merchant_name", "merchant_address")
SPACE = 2**18
NEVER = -9.0
"""The log-odds of a field that no label showed."""
LONGEST = {"total": 2, "date": 4, "merchant_name": 12, "merchant_address": 40}

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Prepared:
    """A document ready for the stand-in: its words, their features (words × SPACE, sparse), and the class of each word
    by the label: 0 none, else the place of its field in FIELDS plus 1."""

    id: str
    tokens: tuple[Token, ...]
    table: Any
    classes: npt.NDArray[np.int64]


def prepare(sheet: Sheet, label: Mapping[str, Any]) -> Prepared:
    return Prepared(str(label["id"]), sheet.tokens, _features(sheet), _classes(sheet, label))


class Proxy:
    """The stand-in, fitted to prepared documents, the same for the same seed. Raises MissingExtra."""

    def __init__(self, documents: Sequence[Prepared], seed: int = 0) -> None:
        try:
            from scipy.sparse import vstack
            from sklearn.linear_model import SGDClassifier
        except ImportError as error:
            hint = "Run: pip install 'tailor[labeling]'"
            raise MissingExtra("The simulation needs scikit-learn, which is not installed.", hint=hint) from error
        table = vstack([document.table for document in documents]).tocsr()
        classes = np.concatenate([document.classes for document in documents])
        self._weights = np.zeros((SPACE, len(FIELDS)))
        self._bias = np.full(len(FIELDS), NEVER)
        for place in range(len(FIELDS)):
            own = classes == place + 1
            if own.any():
                model = SGDClassifier(
                    loss="log_loss", alpha=2e-5, max_iter=8, tol=None, average=True, random_state=seed
                )
                model.fit(table, own)
                self._weights[:, place] = model.coef_[0]
                self._bias[place] = model.intercept_[0]

    def odds(self, document: Prepared) -> Floats:
        """Log-odds of each word for each field: words × FIELDS."""
        return np.asarray(document.table @ self._weights + self._bias, np.float64)

    def confidence(self, document: Prepared) -> float:
        """How sure it is of a document, 0–1: over all fields, the mean probability of the words read for it, 0 where
        nothing is read."""
        odds = self.odds(document)
        runs = [best_run(odds[:, place], LONGEST[name]) for place, name in enumerate(FIELDS)]
        return sum(_chance(odds[:, place], run) for place, run in enumerate(runs) if run) / len(FIELDS)

    def read(self, document: Prepared) -> Extraction:
        """The record of a document; the confidence of a field is the mean probability of its words."""
        odds = self.odds(document)
        sign = document_decimal_sign(token.text for token in document.tokens)
        reader = Reader(None, sign, {name: RECEIPTS.types[name] for name in FIELDS}, frozenset())
        fields = {}
        for place, name in enumerate(FIELDS):
            run = best_run(odds[:, place], LONGEST[name])
            if run is None:
                continue
            words = document.tokens[run[0] : run[1] + 1]
            value = reader.value(name, words)
            if value is not None:
                chance = _chance(odds[:, place], run)
                fields[name] = Field(value=value.value, text=value.text or join(words), confidence=chance)
        status: Status = "ok"
        return Extraction(
            file=f"{document.id}.jpg", sha256="", status=status, pages=1, receipt=Receipt(fields=fields), model="proxy"
        )


def _chance(odds: Floats, run: tuple[int, int]) -> float:
    return float(np.mean(1.0 / (1.0 + np.exp(-odds[run[0] : run[1] + 1]))))


def best_run(odds: Floats, longest: int, least: float = -1.0) -> tuple[int, int] | None:
    """First and last place of the run with the highest sum, at most `longest` long; None where no sum reaches `least`.

    >>> best_run(np.array([-3.0, 2.0, -0.5, 1.0, -4.0]), 4)
    (1, 3)
    """
    if not len(odds):
        return None
    sums = np.concatenate([[0.0], np.cumsum(odds), np.full(longest, -np.inf)])
    # One row a first word, one column a length.
    ends = np.lib.stride_tricks.sliding_window_view(sums[1:], longest)[: len(odds)]
    table = ends - sums[: len(odds), None]
    first, length = np.unravel_index(int(table.argmax()), table.shape)
    return (int(first), int(first + length)) if table[first, length] > least else None


def _classes(sheet: Sheet, label: Mapping[str, Any]) -> npt.NDArray[np.int64]:
    classes = np.zeros(len(sheet.tokens), np.int64)
    for place, name in enumerate(FIELDS, start=1):
        value = label.get("date_text" if name == "date" else name)
        if not value:
            continue
        if name == "total":
            sought = round(abs(float(value)) * 100) if _is_number(str(value)) else None
            for at, token in enumerate(sheet.tokens):
                if sought is not None and features.cents(token.text) == sought and not classes[at]:
                    classes[at] = place
            continue
        match = sheet.find(str(value))
        if match is not None and match.alike >= SAME:
            classes[match.first : match.last + 1] = place
    return classes


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).replace("-", "", 1).isdigit()


def _features(sheet: Sheet) -> Any:
    from scipy.sparse import csr_matrix

    tokens = sheet.tokens
    if not tokens:
        return csr_matrix((0, SPACE))
    boxes = np.array([token.box.as_list() for token in tokens], np.float32)
    numbers = features.numbers(
        [token.text for token in tokens],
        boxes[:, 3] - boxes[:, 1],
        np.array([t.confidence for t in tokens], np.float32),
    )
    x0, y0, x1, y1 = extent(boxes)
    columns: list[int] = []
    values: list[float] = []
    starts = [0]
    for at, token in enumerate(tokens):
        names = _names(sheet, at, (token.box.x0 - x0) / (x1 - x0), (token.box.y0 - y0) / (y1 - y0))
        columns += [1 + place for place in range(features.NUMBERS)] + [
            zlib.crc32(name.encode()) % SPACE for name in names
        ]
        values += numbers[at].tolist() + [0.5] * len(names)
        starts.append(len(columns))
    table = csr_matrix((values, columns, starts), shape=(len(tokens), SPACE), dtype=np.float32)
    table.sum_duplicates()
    return table


def _names(sheet: Sheet, at: int, across: float, down: float) -> list[str]:
    """What is true of a word, as names to hash: its pieces, its neighbours', its place."""
    tokens = sheet.tokens
    row = sheet.row_of[at]
    names = [f"p{piece}" for piece in features.pieces(tokens[at].text)[:14]]
    for side in (-2, -1, 1, 2):
        same = 0 <= at + side < len(tokens)
        near = features.pieces(tokens[at + side].text)[:2] if same else (0,)
        there = sheet.row_of[at + side] - row if same else 9
        names += [f"n{side}/{there}/{piece}" for piece in near]
    outline = features.shape(tokens[at].text)
    names += [f"r{min(row, 15)}", f"e{min(len(sheet.rows) - row, 15)}", f"y{int(down * 10)}", f"x{int(across * 6)}"]
    names += [f"s{outline}/{min(row, 8)}", f"f{int(sheet.free(row))}/{min(row, 10)}"]
    names += [f"a{piece}" for step in (-1, 1) for piece in _first_words(sheet, row + step, step)]
    names += [f"q{piece}" for piece in _first_words(sheet, row, 0)]
    return names


def _first_words(sheet: Sheet, row: int, step: int) -> list[str]:
    if not 0 <= row < len(sheet.rows):
        return [f"{step}/none"]
    return [f"{step}/{piece}" for at in sheet.rows[row][:2] for piece in features.pieces(sheet.tokens[at].text)[:2]]
