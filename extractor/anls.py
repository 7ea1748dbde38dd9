"""How answers are scored: ANLS as in DocVQA, exact match, and ANLS* for line items.

ANLS: Biten et al., "Scene Text Visual Question Answering" (ICCV 2019), as DocVQA uses it: 1 − edit distance ÷ length of
the longer string, 0 where that is under 0.5. ANLS*: Peer et al., arXiv 2402.03848, which matches lists by the Hungarian
method and punishes missing and invented parts alike. The `anls_star` package is the reference: `anls_star_items` gives
the same numbers (a test compares them) some fifty times faster, because its edit distance is compiled.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from rapidfuzz.distance import Levenshtein

from extractor.types import ITEM_PARTS

THRESHOLD = 0.5

Item = Mapping[str, str | None]
"""One line item: some of ITEM_PARTS. A part that is None, empty or absent was not read (or not printed)."""


def fold(text: str) -> str:
    """The text as it is compared: lower case, every run of white space one space, none at the ends."""
    return " ".join(text.lower().split())


def anls(prediction: str | None, truth: str) -> float:
    """How near an answer comes to the truth, 0 to 1; a missing answer scores 0."""
    if prediction is None:
        return 0.0
    return _similarity(fold(prediction), fold(truth))


def exact(prediction: str | None, truth: str) -> bool:
    """Whether the answer equals the truth after folding; a missing answer doesn't."""
    return prediction is not None and fold(prediction) == fold(truth)


def anls_star_items(predicted: Sequence[Item], truth: Sequence[Item]) -> float:
    """ANLS* of a list of line items, 0 to 1; two empty lists score 1.

    Items are matched one to one so that the scores of the pairs are best. Every part of a matched pair counts once, and
    so does every part of an item left over on either side.
    """
    answers, truths = _whole(predicted), _whole(truth)
    if not answers or not truths:
        return 0.0 if answers or truths else 1.0
    pairs = _matching(answers, truths)
    score, parts = 0.0, 0
    for row, column in pairs:
        score += _shared(truths[row], answers[column])
        parts += len(truths[row].keys() | answers[column].keys())
    matched_rows, matched_columns = {row for row, _ in pairs}, {column for _, column in pairs}
    parts += sum(len(item) for row, item in enumerate(truths) if row not in matched_rows)
    parts += sum(len(item) for column, item in enumerate(answers) if column not in matched_columns)
    return score / parts


def _similarity(one: str, other: str) -> float:
    longest = max(len(one), len(other))
    if not longest:
        return 1.0
    similarity = 1.0 - Levenshtein.distance(one, other) / longest
    return similarity if similarity >= THRESHOLD else 0.0


def _whole(items: Sequence[Item]) -> list[dict[str, str]]:
    """The items with the parts that they have, in one order (it decides ties); items without any part are left out."""
    known = ({part: text for part in ITEM_PARTS if (text := item.get(part))} for item in items)
    return [item for item in known if item]


def _shared(truth: dict[str, str], answer: dict[str, str]) -> float:
    return sum(_similarity(fold(text), fold(answer[part])) for part, text in truth.items() if part in answer)


def _matching(answers: list[dict[str, str]], truths: list[dict[str, str]]) -> list[tuple[int, int]]:
    """The best pairs (index of truth, index of answer)."""
    from munkres import Munkres, make_cost_matrix

    gains = [[_gain(truth, answer) for answer in answers] for truth in truths]
    return list(Munkres().compute(make_cost_matrix(gains)))


def _gain(truth: dict[str, str], answer: dict[str, str]) -> float:
    mean = _shared(truth, answer) / len(truth.keys() | answer.keys())
    # An equal item wins over one that is equal only after folding, as in the reference.
    return math.nextafter(mean, math.inf) if truth == answer else mean
