"""Which tokens are which part of which line item: the teacher's list laid over the OCR words.

Items stand in the printed order, so their descriptions are placed by dynamic programming over fuzzy matches; numbers
are then looked for between one description's row and the next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from extractor.student.encoder import Token
from extractor.types import ITEM_PARTS
from training.alignment import Span, Spelling, amount_places, decimal_or_none

NONE = 0
"""The tag of a token that belongs to no item; a part's tag is its place in ITEM_PARTS + 1."""


@dataclass(frozen=True)
class ItemTarget:
    """`tags` n int64, `begins` n float32 (1 where an item begins); `known` is false where too few items were found."""

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
    for number, anchor in enumerate(anchors):
        if anchor is None:
            continue
        following = next((other for other in anchors[number + 1 :] if other is not None), None)
        members = _members(tokens, items[number], anchor, following, tags)
        for at, tag in members.items():
            tags[at] = tag
        begins[min(members)] = 1.0
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
    tokens: Sequence[Token],
    item: Sequence[object],
    anchor: Span,
    following: Span | None,
    taken: npt.NDArray[np.int64],
) -> dict[int, int]:
    """Token → tag of one item."""
    members = dict.fromkeys(range(anchor[0], anchor[1] + 1), 1) if item[0] else {}
    first_row, last_row = tokens[anchor[0]].row, tokens[anchor[1]].row + 2
    if following is not None:
        last_row = min(last_row, max(tokens[following[0]].row - 1, tokens[anchor[1]].row))
    # A price may stand a row above its name, where no item claims it.
    zone = [
        at
        for at, token in enumerate(tokens)
        if first_row <= token.row <= last_row and at not in members and taken[at] == NONE
    ]
    if following is not None:
        zone = [at for at in zone if at < following[0] or tokens[at].row < tokens[following[0]].row]
    for part in (3, 2, 1):
        value = item[part]
        if value is None:
            continue
        places = _number_places(tokens, str(value), part, [at for at in zone if at not in members])
        if places:
            # The nearest row: the same number may stand again as the subtotal below. There, amounts stand last.
            nearest = [at for at in places if tokens[at].row == tokens[places[0]].row]
            members[nearest[-1] if part == ITEM_PARTS.index("amount") else nearest[0]] = part + 1
    return members or {anchor[0]: 1}


def _number_places(tokens: Sequence[Token], value: str, part: int, zone: Sequence[int]) -> list[int]:
    if part == ITEM_PARTS.index("quantity"):
        wanted = decimal_or_none(value)
        return [at for at in zone if wanted is not None and _quantity(tokens[at].text) == wanted]
    found = amount_places([tokens[at] for at in zone], value)
    return [zone[one] for one, other in found if one == other]


def _quantity(text: str) -> object:
    return decimal_or_none(text.strip("xX*@()").replace(",", "."))
