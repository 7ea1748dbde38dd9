"""Which tokens are which part of which line item: the teacher's list laid over the OCR words.

Items stand in the printed order, so their descriptions are placed by dynamic programming over fuzzy matches. Their
numbers stand where a document puts them for all its items: on the rows of the description, or so many rows below or
above; which of these it is, the items of the document decide together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from extractor.student.encoder import Token
from extractor.types import ITEM_PARTS
from training.alignment import Span, Spelling, amount_places, decimal_or_none

NONE = 0
"""The tag of a token that belongs to no item; a part's tag is its place in ITEM_PARTS + 1."""

UNKNOWN = -100
"""The tag of a token of which nothing is known: a number beside an item of which a number was not found."""

FARTHEST = 2
"""Numbers stand at most so many rows below an item's description, or above it."""


@dataclass(frozen=True)
class ItemTarget:
    """`tags` n int64, `begins` n float32 (1 where an item begins); `known` is false where too few items were found.
    Where a tag is UNKNOWN, nothing is known of the beginning either."""

    tags: npt.NDArray[np.int64]
    begins: npt.NDArray[np.float32]
    known: bool


def align_items(tokens: Sequence[Token], label: Mapping[str, object]) -> ItemTarget:
    tags = np.zeros(len(tokens), np.int64)
    begins = np.zeros(len(tokens), np.float32)
    listed = label.get("line_items")
    items = [list(item) for item in listed] if isinstance(listed, list) else []
    if not items or not tokens:
        return ItemTarget(tags, begins, known=isinstance(listed, list))
    anchors = _anchors(tokens, items)
    for number, members in enumerate(_members(tokens, items, anchors)):
        for at, tag in members.items():
            tags[at] = tag
        if members:
            begins[min(members)] = 1.0
            _mark_unknown(tokens, items[number], members, tags)
    found = sum(anchor is not None for anchor in anchors)
    return ItemTarget(tags, begins, known=found >= 0.7 * len(items))


def _anchors(tokens: Sequence[Token], items: Sequence[Sequence[object]]) -> list[Span | None]:
    """Where each item's description stands (its amount where it has none), in order, or None where not found."""
    spelt = Spelling(tokens)
    options: list[list[tuple[float, Span]]] = []
    for item in items:
        amounts = amount_places(tokens, str(item[3])) if item[3] is not None else []
        spans = spelt.places(str(item[0]), 0.65, most=6) if item[0] else amounts
        options.append([(1.0 + 0.5 * _near(tokens, span, amounts), span) for span in spans])
    return _monotone(options)


def _near(tokens: Sequence[Token], span: Span, places: Sequence[Span]) -> bool:
    first, last = tokens[span[0]].row, tokens[span[1]].row
    return any(first - 1 <= tokens[place[0]].row <= last + 2 for place in places)


def _monotone(options: Sequence[Sequence[tuple[float, Span]]]) -> list[Span | None]:
    """The choice of at most one span an item, each after the one before, with the greatest sum of scores."""
    # Each state: the end of the last span chosen, the score so far, and the choices made.
    states: list[tuple[int, float, tuple[Span | None, ...]]] = [(-1, 0.0, ())]
    for spans in options:
        grown: dict[int, tuple[int, float, tuple[Span | None, ...]]] = {}
        for end, score, chosen in states:
            for gain, span in [(0.0, None), *spans]:
                if span is not None and span[0] <= end:
                    continue
                reached = end if span is None else span[1]
                if reached not in grown or score + gain > grown[reached][1]:
                    grown[reached] = (reached, score + gain, (*chosen, span))
        states = list(grown.values())
    return list(max(states, key=lambda state: state[1])[2])


def _members(
    tokens: Sequence[Token], items: Sequence[Sequence[object]], anchors: Sequence[Span | None]
) -> list[dict[int, int]]:
    """Token → tag of each item; empty where an item was not found."""
    members: list[dict[int, int]] = []
    for item, anchor in zip(items, anchors, strict=True):
        span = range(anchor[0], anchor[1] + 1) if anchor and item[0] else range(0)
        members.append(dict.fromkeys(span, 1))
    described = {tokens[at].row: number for number, mine in enumerate(members) for at in mine}
    taken = {at for mine in members for at in mine}
    wanted = [
        {part: _candidates(tokens, item, part, anchor, number, described, taken) for part in (3, 2, 1)}
        for number, (item, anchor) in enumerate(zip(items, anchors, strict=True))
    ]
    for relation in _relations(tokens, anchors, wanted):
        for anchor, mine, options in zip(anchors, members, wanted, strict=True):
            if anchor is not None:
                _take(tokens, anchor, mine, options, relation, taken)
    for anchor, mine in zip(anchors, members, strict=True):
        if anchor is not None and not mine:
            mine[anchor[0]] = 1
    return members


def _candidates(
    tokens: Sequence[Token],
    item: Sequence[object],
    part: int,
    anchor: Span | None,
    number: int,
    described: Mapping[int, int],
    taken: set[int],
) -> list[int]:
    """The tokens near an item that read as its part, on rows that no other item's description holds."""
    if anchor is None or item[part] is None:
        return []
    first, last = tokens[anchor[0]].row, tokens[anchor[1]].row
    zone = [
        at
        for at, token in enumerate(tokens)
        if first - FARTHEST <= token.row <= last + FARTHEST
        and at not in taken
        and described.get(token.row, number) == number
    ]
    return _number_places(tokens, str(item[part]), part, zone)


def _relation(tokens: Sequence[Token], anchor: Span, at: int) -> int:
    """0 where a token stands on the rows of the description, else how many rows below (above: negative)."""
    row, first, last = tokens[at].row, tokens[anchor[0]].row, tokens[anchor[1]].row
    return row - last if row > last else min(row - first, 0)


def _relations(
    tokens: Sequence[Token], anchors: Sequence[Span | None], wanted: Sequence[Mapping[int, Sequence[int]]]
) -> list[int]:
    """Where this document's items have their numbers, the most usual first; where it is open, on the same row, then
    below, then above."""
    votes: Counter[int] = Counter()
    for anchor, options in zip(anchors, wanted, strict=True):
        if anchor is not None:
            places = options[3] or options[2] or options[1]
            votes.update({_relation(tokens, anchor, at) for at in places})
    every = [0, *range(1, FARTHEST + 1), *range(-1, -FARTHEST - 1, -1)]
    return sorted(every, key=lambda relation: (-votes[relation], every.index(relation)))


def _take(
    tokens: Sequence[Token],
    anchor: Span,
    mine: dict[int, int],
    options: Mapping[int, Sequence[int]],
    relation: int,
    taken: set[int],
) -> None:
    """Gives an item the numbers it still lacks among those in this relation to its description."""
    for part in (3, 2, 1):
        if part + 1 in mine.values():
            continue
        places = [at for at in options[part] if at not in taken and _relation(tokens, anchor, at) == relation]
        if places:
            # The same number may stand again in the next row, as the subtotal. Amounts stand last in theirs.
            nearest = [at for at in places if tokens[at].row == tokens[places[0]].row]
            chosen = nearest[-1] if part == ITEM_PARTS.index("amount") else nearest[0]
            mine[chosen] = part + 1
            taken.add(chosen)


def _mark_unknown(
    tokens: Sequence[Token], item: Sequence[object], members: Mapping[int, int], tags: npt.NDArray[np.int64]
) -> None:
    """Where a number of the item was not found, one of the numbers beside it may be that one, misread."""
    if all(item[part] is None or part + 1 in members.values() for part in (1, 2, 3)):
        return
    rows = {tokens[at].row for at in members}
    for at, token in enumerate(tokens):
        if token.row in rows and tags[at] == NONE and any(sign.isdigit() for sign in token.text):
            tags[at] = UNKNOWN


def _number_places(tokens: Sequence[Token], value: str, part: int, zone: Sequence[int]) -> list[int]:
    if part == ITEM_PARTS.index("quantity"):
        wanted = decimal_or_none(value)
        return [at for at in zone if wanted is not None and _quantity(tokens[at].text) == wanted]
    found = amount_places([tokens[at] for at in zone], value)
    return [zone[one] for one, other in found if one == other]


def _quantity(text: str) -> object:
    # A single one is often read as a letter or a stroke.
    plain = text.strip("xX*@()").replace(",", ".")
    return decimal_or_none("1" if plain in ("I", "l", "|", "i") else plain)
