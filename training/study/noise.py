"""Faults put into a teacher's labels on purpose, in known number: what would a worse teacher cost?

Each field of each document is spoilt with one probability, in one of the ways that a teacher errs: a value of another
document, a digit misread, a value that is there left out, one that isn't invented, the neighbour's value of the same
page (another amount for the total, the address for the name). What is drawn depends on (seed, document, field) alone,
so that the faults of 10 % are among those of 20 %.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from extractor.normalize.dates import parse_date
from extractor.task import FieldSpec, Task

Label = dict[str, Any]
Pools = Mapping[str, Sequence[Any]]
"""By field, the values that documents have; of the line items, whole lists."""

ITEMS = "line_items"
_PLACED = frozenset({"text", "name", "address", "phone", "tax_id", "number"})
"""Types of texts that a teacher may take for one another."""


def corrupt(labels: Sequence[Mapping[str, Any]], share: float, seed: int, task: Task) -> list[Label]:
    """The labels with each of their fields spoilt with probability `share`; line items count as one field.

    A field about which a label says nothing stays so. The labels given are left as they are. Where nothing else can be
    made of a value (no document has another), it stays, so that slightly fewer fields may differ than asked.
    """
    pools = _pools(labels, task)
    return [_corrupted(label, share, seed, task, pools) for label in labels]


def changed(before: Mapping[str, Any], after: Mapping[str, Any], task: Task) -> list[str]:
    """The fields in which two labels of a document differ."""
    names = [*task.names, ITEMS]
    return [name for name in names if _said(before, name) != _said(after, name)]


def asked(label: Mapping[str, Any], task: Task) -> list[str]:
    """The fields that a label speaks of, line items among them."""
    return [name for name in (*task.names, ITEMS) if name in label or f"{name}_text" in label]


def _said(label: Mapping[str, Any], name: str) -> Any:
    return label.get(f"{name}_text"), label.get(name)


def _pools(labels: Sequence[Mapping[str, Any]], task: Task) -> Pools:
    """The values of a field: for dates pairs of print and day, in the order of the labels."""
    found: dict[str, list[Any]] = {name: [] for name in (*task.names, ITEMS)}
    for label in labels:
        for name, values in found.items():
            if task.types.get(name) == "date":
                pair = _said(label, name)
                if any(pair):
                    values.append(pair)
            elif label.get(name):
                values.append(label[name])
    return found


def _corrupted(label: Mapping[str, Any], share: float, seed: int, task: Task, pools: Pools) -> Label:
    spoilt = dict(label)
    for name in asked(label, task):
        draw = random.Random(f"{seed}/{label['id']}/{name}")
        if draw.random() >= share:
            continue
        if name == ITEMS:
            spoilt[ITEMS] = _other_items(label, draw, pools)
        else:
            spoilt |= _spoilt(label, task.by_name[name], draw, task, pools)
    return spoilt


def _spoilt(label: Mapping[str, Any], field: FieldSpec, draw: random.Random, task: Task, pools: Pools) -> Label:
    """The entries of one field after a fault; empty where none can be made."""
    present = any(_said(label, field.name))
    ways: list[Callable[[], Any]] = [
        lambda: _other(label, field, draw, pools),
        lambda: _neighbour(label, field, draw, task),
    ]
    if present:
        ways += [lambda: _slip(label, field, draw), lambda: (None, None)]
    draw.shuffle(ways)
    now = _said(label, field.name)
    for way in ways:
        pair = way()
        if pair is not None and pair != now:
            print_, value = pair
            return {f"{field.name}_text": print_, field.name: value} if field.type == "date" else {field.name: value}
    return {}


def _other(label: Mapping[str, Any], field: FieldSpec, draw: random.Random, pools: Pools) -> Any:
    """The value of another document."""
    pool = pools[field.name]
    for _ in range(8):
        if not pool:
            return None
        value = draw.choice(pool)
        pair = value if field.type == "date" else (None, value)
        if pair != _said(label, field.name):
            return pair
    return None


def _neighbour(label: Mapping[str, Any], field: FieldSpec, draw: random.Random, task: Task) -> Any:
    """Another value of the same page that could be taken for this one."""
    if field.type == "amount":
        near = [label.get(each) for each in task.amounts if each != field.name]
        near += [part for item in label.get(ITEMS) or () for part in list(item)[2:4] if isinstance(item, (list, tuple))]
    elif field.type in _PLACED:
        near = [label.get(each.name) for each in task.fields if each.type in _PLACED and each.name != field.name]
    else:
        return None
    near = [value for value in near if value and value != label.get(field.name)]
    return (None, draw.choice(near)) if near else None


def _slip(label: Mapping[str, Any], field: FieldSpec, draw: random.Random) -> Any:
    """One digit misread. A date's day follows its print, and is unknown where the print is no date any more."""
    printed, value = _said(label, field.name)
    text = str(printed or value)
    places = [at for at, sign in enumerate(text) if sign in "0123456789"]
    if not places:
        return None
    at = draw.choice(places)
    wrong = draw.choice([digit for digit in "0123456789" if digit != text[at]])
    text = text[:at] + wrong + text[at + 1 :]
    if field.type != "date":
        return None, text
    day = parse_date(text, label.get("country"))
    return text, day.isoformat() if day else None


def _other_items(label: Mapping[str, Any], draw: random.Random, pools: Pools) -> Any:
    """The list with an item lost, two amounts exchanged, a digit misread, or the list of another document."""
    items = [list(item) if isinstance(item, (list, tuple)) else dict(item) for item in label[ITEMS] or ()]
    way = draw.choice(("lost", "exchanged", "misread", "other"))
    listed = [at for at, item in enumerate(items) if isinstance(item, list) and len(item) == 4 and item[3]]
    if way == "lost" and items:
        del items[draw.randrange(len(items))]
        return items
    if way == "exchanged" and len({items[at][3] for at in listed}) > 1:
        one = draw.choice(listed)
        other = draw.choice([at for at in listed if items[at][3] != items[one][3]])
        items[one][3], items[other][3] = items[other][3], items[one][3]
        return items
    if way == "misread" and listed:
        at = draw.choice(listed)
        digits = [place for place, sign in enumerate(items[at][3]) if sign.isdigit()]
        if digits:
            place = draw.choice(digits)
            wrong = draw.choice([digit for digit in "0123456789" if digit != items[at][3][place]])
            items[at][3] = items[at][3][:place] + wrong + items[at][3][place + 1 :]
            return items
    others = (
        [each for each in (draw.choice(pools[ITEMS]) for _ in range(4)) if each != label[ITEMS]] if pools[ITEMS] else []
    )
    return others[0] if others else items[1:]
