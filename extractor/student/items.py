"""Line items out of word tags: each item begins where the student says so, its words go to its parts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from extractor.normalize.amounts import parse_quantity
from extractor.student.encoder import Token
from extractor.student.runtime import Answers, Floats
from extractor.student.values import Reader, join
from extractor.types import Box, Field, LineItem

Members = dict[str, list[int]]

PART_ABOVE = 0.35
"""A word belongs to an item where its parts together are at least so probable: most words are none of an item, and the
student leans to "none" (chosen on dev: EXPERIMENTS.md)."""


def decode_items(tokens: Sequence[Token], answers: Answers, parts: Sequence[str], reader: Reader) -> list[LineItem]:
    """The items in reading order. An item without a description and without an amount is dropped."""
    likeliest = 1 + answers.tags[:, 1:].argmax(axis=1)
    tags = np.where(1.0 - answers.tags[:, 0] >= PART_ABOVE, likeliest, 0)
    items: list[Members] = []
    for at, tag in enumerate(tags.tolist()):
        if tag == 0:
            continue
        part = parts[tag - 1]
        if not items or _begins(at, part, items[-1], answers, tokens):
            items.append({})
        items[-1].setdefault(part, []).append(at)
    read = [_item(tokens, members, answers.tags, reader, parts) for members in items]
    return [item for item in read if item.description or item.amount]


def _begins(at: int, part: str, current: Members, answers: Answers, tokens: Sequence[Token]) -> bool:
    """A new item begins where the student says so, and where a second amount would crowd a full item."""
    if answers.begins[at] >= 0.5:
        return True
    if part == "amount" and "amount" in current:
        return tokens[current["amount"][-1]].row != tokens[at].row
    return False


def _item(tokens: Sequence[Token], members: Members, tags: Floats, reader: Reader, parts: Sequence[str]) -> LineItem:
    read: dict[str, Field] = {}
    for part, places in members.items():
        chosen = places if part == "description" else _likeliest_run(places, tags[:, parts.index(part) + 1])
        words = [tokens[at] for at in chosen]
        text = join(words)
        value = _value(part, text, reader)
        if value is None:
            continue
        page = words[0].page
        read[part] = Field(
            value=value,
            text=text,
            confidence=round(float(np.exp(np.log(np.clip(tags[chosen].max(axis=1), 1e-6, 1.0)).mean())), 4),
            page=page,
            box=[round(edge, 5) for edge in Box.around(word.box for word in words if word.page == page).as_list()],
        )
    return LineItem(**read)


def _likeliest_run(places: Sequence[int], scores: Floats) -> list[int]:
    """Of the runs of neighbouring tokens, the one with the most certain token: a number stands in one place."""
    runs: list[list[int]] = []
    for at in places:
        if runs and at == runs[-1][-1] + 1:
            runs[-1].append(at)
        else:
            runs.append([at])
    return max(runs, key=lambda run: float(scores[run].max()))


def _value(part: str, text: str, reader: Reader) -> str | None:
    if part == "description":
        return text.strip() or None
    if part == "quantity":
        return parse_quantity(text, decimal_sign=reader.decimal_sign)
    if part == "unit_price":
        # Unit prices keep the decimals printed: fuel is priced in thousandths.
        return parse_quantity(text, decimal_sign=reader.decimal_sign)
    amount = reader.amount(part, text)
    return amount.value if amount else None
