"""The best that any student could answer from the words that the OCR read: the ceiling that the OCR sets.

A student answers with a run of words, turned into a value. So the ceiling of one value is the best ANLS of any run of
words after the same reading of values (`extractor.student.values`) that real answers go through.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from extractor.anls import anls, fold
from extractor.normalize.amounts import document_decimal_sign, parse_quantity
from extractor.student.encoder import Token
from extractor.student.values import Reader, join
from extractor.task import RECEIPTS, Task
from extractor.truth import comparable, comparable_item
from extractor.types import ITEM_PARTS
from training.benchmark.errors import amount_stands_in, stands_in

NEAREST = 24
"""Runs of words most like the truth that are read as values; a value is never far from its printed form."""
LONGEST_NUMBER = 4
"""Words an amount, an hour or the digits of a card may be scattered over."""
LONGEST_DESCRIPTION = 24
NUMERIC = frozenset({"amount", "time", "card"})
"""Types whose value may look unlike what is printed ("6:05 PM" is 18:05): all runs with a digit are read."""


class Reach:
    """What runs of one document's words can say. `country` orders its dates as a student that knows it would."""

    def __init__(self, tokens: Sequence[Token], country: str | None = None, task: Task = RECEIPTS) -> None:
        self.tokens = tokens
        self.task = task
        sign = document_decimal_sign(token.text for token in tokens)
        positive = frozenset(each.name for each in task.fields if each.positive)
        self.reader = Reader(country, sign, task.types, positive)
        self._text = join(tokens)
        self._numbers: dict[str, set[str]] = {}

    @cached_property
    def _ends(self) -> list[tuple[int, int]]:
        """Where each word begins and ends in the whole text."""
        places, at = [], 0
        for number, token in enumerate(self.tokens):
            at += 0 if token.glued or not number else 1
            places.append((at, at + len(token.text)))
            at += len(token.text)
        return places

    def best(self, field: str, truth: str) -> float:
        """The best ANLS, 0 to 1, that a span could score for a field whose comparable truth this is."""
        kind = self.task.types.get(field, "text")
        if kind in NUMERIC:
            said: Iterator[str] | set[str] = self._numeric(field)
        else:
            said = (
                value.text if kind == "date" else value.value
                for first, last in self._like(truth, self.task.by_name[field].longest)
                if (value := self.reader.value(field, self.tokens[first : last + 1], self._following(last)))
            )
        amounts = self.task.amounts
        return max((anls(comparable(field, each, amounts), truth) for each in said), default=0.0)

    def printed(self, field: str, truth: str) -> float:
        """The best ANLS of any run of words as it is printed, whether or not it is read as a value. Of numbers, whose
        value is spelt in its own way: 1 where the truth stands among the words, else 0."""
        kind = self.task.types.get(field, "text")
        if kind == "amount":
            return float(amount_stands_in(truth, self._text))
        if kind in NUMERIC:
            return float(stands_in(truth, self._text))
        runs = self._like(truth, self.task.by_name[field].longest)
        return max((anls(join(self.tokens[first : last + 1]), truth) for first, last in runs), default=0.0)

    def items(self, truth: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
        """The line items of a truth as near as words allow: each part by its best run of words, or absent."""
        made = []
        for item in truth:
            said = {part: best for part in ITEM_PARTS if part in item and (best := self._part(part, item[part]))}
            made.append(comparable_item(said))
        return [item for item in made if item]

    def _part(self, part: str, truth: str) -> str | None:
        if part == "description":
            runs = self._like(truth, LONGEST_DESCRIPTION)
            said = [join(self.tokens[first : last + 1]).strip() for first, last in runs]
        else:
            said = list(self._numeric(part))
        scored = [(anls(comparable_item({part: each}).get(part), truth), each) for each in said]
        score, best = max(scored, default=(0.0, ""))
        return best if score else None

    def _numeric(self, name: str) -> set[str]:
        """Every value that a short run of words with a digit has for a numeric field or part of an item."""
        kind = f"{self.task.types.get(name, name)}{name in self.reader.positive}"
        if kind not in self._numbers:
            found = set()
            for first, last in self._runs(LONGEST_NUMBER):
                words = self.tokens[first : last + 1]
                if any(sign.isdigit() for token in words for sign in token.text):
                    found.add(self._number(name, words, self._following(last)))
            self._numbers[kind] = {value for value in found if value}
        return self._numbers[kind]

    def _number(self, name: str, words: Sequence[Token], following: str) -> str | None:
        if name in ("quantity", "unit_price"):
            return parse_quantity(join(words), decimal_sign=self.reader.decimal_sign)
        part = name in ITEM_PARTS
        value = self.reader.amount(name, join(words)) if part else self.reader.value(name, words, following)
        return value.value if value else None

    def _like(self, truth: str, longest: int) -> list[tuple[int, int]]:
        """The runs of words that are most like a text, as they are printed."""
        least, most = len(truth) * 0.4, len(truth) * 2.2 + 8
        texts: dict[tuple[int, int], str] = {}
        for first, last in self._runs(longest):
            begin, end = self._ends[first][0], self._ends[last][1]
            if least <= end - begin <= most:
                texts[first, last] = fold(self._text[begin:end])
        alike = process.extract(fold(truth), texts, scorer=Levenshtein.normalized_similarity, limit=NEAREST)
        return [run for _, _, run in alike]

    def _runs(self, longest: int) -> Iterator[tuple[int, int]]:
        for first in range(len(self.tokens)):
            for last in range(first, min(first + longest, len(self.tokens))):
                yield first, last

    def _following(self, last: int) -> str:
        """The word behind a run on its row, or nothing."""
        behind = self.tokens[last + 1 : last + 2]
        return behind[0].text if behind and behind[0].row == self.tokens[last].row else ""
