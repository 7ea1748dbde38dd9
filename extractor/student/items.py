"""Line items out of word tags: each item begins where the student says so, its words go to its parts."""

from __future__ import annotations

from collections.abc import Sequence, Set

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
    told = [parts[tag - 1] if tag else None for tag in tags.tolist()]
    priced = {tokens[at].row for at, part in enumerate(told) if part == "amount"}
    items: list[Members] = []
    for at, part in enumerate(told):
        if part is None:
            continue
        if not items or answers.begins[at] >= 0.5 or _crowded(at, part, items[-1], tokens, priced):
            items.append({})
        items[-1].setdefault(part, []).append(at)
    read = [_item(tokens, members, answers.tags, reader, parts) for members in _mended(items, tokens)]
    return [item for item in read if item.description or item.amount]


def _crowded(at: int, part: str, current: Members, tokens: Sequence[Token], priced: Set[int]) -> bool:
    """Whether an item that has its amount is given another one, or the words of a row that has its own (`priced`)."""
    if "amount" not in current or tokens[current["amount"][-1]].row == tokens[at].row:
        return False
    return part == "amount" or (part == "description" and tokens[at].row in priced)


def _mended(items: Sequence[Members], tokens: Sequence[Token]) -> list[Members]:
    """The items, those joined that the student began once too often.

    A description alone goes with the figures behind it where those have no description of their own, and with the
    description that goes on in its row ("A4 | copy paper"): nothing is sold between the words of a line.
    """
    mended: list[Members] = []
    for members in items:
        before = mended[-1] if mended else {}
        begun = members.get("description")
        alone = set(before) == {"description"}
        if alone and (not begun or tokens[before["description"][-1]].row == tokens[begun[0]].row):
            mended[-1] = {part: [*before.get(part, ()), *members.get(part, ())] for part in {**before, **members}}
        else:
            mended.append(members)
    return mended


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
