"""From the student's probabilities to a receipt: spans become values, and values that agree add up.

Nothing is invented: every value comes from words that the student pointed at. Where several places carry the same
value, their probabilities are added; where amounts can be chosen so that they add up, that choice is preferred.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby

from extractor.normalize.amounts import document_decimal_sign
from extractor.normalize.arithmetic import choose_consistent, consistency
from extractor.normalize.customers import customer_lines
from extractor.normalize.place import settle_place
from extractor.student.artifact import Calibration, Manifest
from extractor.student.encoder import Token
from extractor.student.items import decode_items
from extractor.student.runtime import Answers
from extractor.student.values import Reader, join
from extractor.types import AMOUNT_FIELDS, Box, Field, LineItem, Notice, Receipt, field_order

_SETTLED = frozenset({"country", "currency", "language"})

_MERCHANTS = frozenset({"merchant_name", "merchant_address"})
THEIRS = 0.1
"""What remains of the probability of a merchant's name or address that stands where the customer is named."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One value a field may have: normalised, as printed, where, and the probability of all places that carry it."""

    value: str
    text: str
    first: int
    last: int
    probability: float


def decode(tokens: Sequence[Token], answers: Answers, manifest: Manifest) -> tuple[Receipt, list[Notice]]:
    """The receipt that the answers amount to, and warnings about its arithmetic."""
    inferred = _inferred(tokens, answers, manifest)
    country = inferred["country"].value if "country" in inferred else None
    reader = Reader(
        country,
        document_decimal_sign(token.text for token in tokens),
        {name: manifest.type_of(name) for name in manifest.spans},
        frozenset(manifest.positive),
    )
    items = decode_items(tokens, answers, manifest.parts, reader)
    found = {name: candidates(tokens, answers, at, name, reader) for at, name in enumerate(manifest.spans)}
    found.update(_not_of_customers(tokens, {name: found[name] for name in _MERCHANTS & found.keys()}))
    absent = {name: float(answers.absent[at]) for at, name in enumerate(manifest.spans)}
    chosen = _choose(found, absent, manifest, items)
    fields = dict(inferred)
    for name, candidate in chosen.items():
        fields[name] = _field(tokens, candidate, manifest.calibration.get(name))
    ordered = {name: fields[name] for name in _order(manifest) if name in fields}
    amounts = {name: Decimal(ordered[name].value) for name in _adding_up(manifest) if name in ordered}
    return Receipt(fields=ordered, line_items=items), consistency(amounts, _item_amounts(items))


def candidates(tokens: Sequence[Token], answers: Answers, field: int, name: str, reader: Reader) -> list[Candidate]:
    """The values of the spans that the student holds likeliest for a field, the likeliest value first.

    Spans without a value of the field's kind (a date that is no date) drop out.
    """
    merged: dict[str, Candidate] = {}
    for first, last, probability in answers.spans[field].tolist():
        if probability < 1e-4:
            continue
        one, other = int(first), int(last)
        value = reader.value(name, tokens[one : other + 1], _following(tokens, other))
        if value is None:
            continue
        known = merged.get(value.value)
        if known is None:
            merged[value.value] = Candidate(value.value, value.text, one, other, probability)
        else:
            merged[value.value] = replace(known, probability=known.probability + probability)
    return sorted(merged.values(), key=lambda candidate: -candidate.probability)


def _not_of_customers(tokens: Sequence[Token], found: Mapping[str, Sequence[Candidate]]) -> dict[str, list[Candidate]]:
    """The candidates for what is the merchant's, those where the customer is named held for less likely."""
    rows = [[at for at, _ in row] for _, row in groupby(enumerate(tokens), key=lambda each: _row(each[1]))]
    customers = {at for line in customer_lines(lines_of(tokens)) for at in rows[line]}
    return {
        name: sorted(
            (replace(one, probability=THEIRS * one.probability) if one.first in customers else one for one in options),
            key=lambda candidate: -candidate.probability,
        )
        for name, options in found.items()
    }


def _following(tokens: Sequence[Token], last: int) -> str:
    """The word behind a token on its row, or nothing."""
    if last + 1 < len(tokens) and tokens[last + 1].row == tokens[last].row:
        return tokens[last + 1].text
    return ""


def _choose(
    found: Mapping[str, Sequence[Candidate]],
    absent: Mapping[str, float],
    manifest: Manifest,
    items: Sequence[LineItem],
) -> dict[str, Candidate]:
    chosen = {}
    for name, options in found.items():
        # Whether a field is there is one question, which place carries it another: the places share its probability.
        if options and 1.0 - absent[name] >= manifest.answer_above.get(name, 0.5):
            chosen[name] = options[0]
    weighed: dict[str, list[tuple[Decimal | None, float]]] = {}
    adding_up = _adding_up(manifest)
    for name in adding_up:
        if name in chosen:
            # What the student answers, and what else it holds possible; absence is its own decision.
            weighed[name] = [(Decimal(each.value), _log(each.probability)) for each in found[name][:4]]
        else:
            weighed[name] = [(None, _log(absent.get(name, 1.0)))]
    picked = choose_consistent(weighed, _item_amounts(items))
    for name in adding_up:
        place = picked.get(name)
        if name in chosen and place is not None:
            chosen[name] = found[name][place]
    return chosen


def _log(probability: float) -> float:
    return math.log(max(probability, 1e-9))


def _field(tokens: Sequence[Token], candidate: Candidate, calibration: Calibration | None) -> Field:
    covered = tokens[candidate.first : candidate.last + 1]
    page = covered[0].page
    box = Box.around(token.box for token in covered if token.page == page)
    return Field(
        value=candidate.value,
        text=candidate.text or join(covered),
        confidence=_confidence(candidate.probability, calibration),
        page=page,
        box=[round(edge, 5) for edge in box.as_list()],
    )


def _confidence(probability: float, calibration: Calibration | None) -> float:
    inside = min(max(probability, 0.0), 1.0)
    return round(calibration(inside) if calibration else inside, 4)


def _inferred(tokens: Sequence[Token], answers: Answers, manifest: Manifest) -> dict[str, Field]:
    """The likeliest class of each inferred field; what is printed of the place weighs with the student's view."""
    found: dict[str, tuple[str, float] | None] = {}
    for name, kinds in manifest.inferred.items():
        best = int(answers.inferred[name].argmax())
        found[name] = (kinds[best], float(answers.inferred[name][best]))
    if found.keys() & _SETTLED:
        views = [
            dict(zip(manifest.inferred[name], answers.inferred[name].tolist(), strict=True)) if name in found else {}
            for name in ("country", "currency", "language")
        ]
        place = settle_place(lines_of(tokens), *views)
        settled = {"country": place.country, "currency": place.currency, "language": place.language}
        found.update((name, settled[name]) for name in found.keys() & _SETTLED)
    return {
        name: Field(value=each[0], text=each[0], confidence=_confidence(each[1], manifest.calibration.get(name)))
        for name, each in found.items()
        if each and each[0]
    }


def lines_of(tokens: Sequence[Token]) -> list[str]:
    """The text of each row of a document, in reading order."""
    return [join(list(row)) for _, row in groupby(tokens, key=_row)]


def _row(token: Token) -> tuple[int, int]:
    return token.page, token.row


def _item_amounts(items: Sequence[LineItem]) -> list[Decimal]:
    return [Decimal(item.amount.value) for item in items if item.amount]


def _order(manifest: Manifest) -> list[str]:
    return field_order((*manifest.spans, *manifest.inferred))


def _adding_up(manifest: Manifest) -> list[str]:
    """The fields that add up on a receipt. A user's own task may mean something else than an amount by such a name."""
    others = {name for name in manifest.spans if manifest.type_of(name) != "amount"} | set(manifest.inferred)
    return [name for name in AMOUNT_FIELDS if name not in others]
