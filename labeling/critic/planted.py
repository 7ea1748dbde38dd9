"""Errors put into labels on purpose: the kinds that teachers make, for the fields and pages where no truth is at hand.

A digit misread, another number of the page, another line of the head for the name, an address cut off, a value of
another document, a value left out or invented, an item lost.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

from extractor.anls import anls
from extractor.task import Task
from labeling.critic.family import ITEMS, family_of
from labeling.critic.sheet import Sheet, squeezed
from labeling.critic.truths import WRONG_BELOW

Label = Mapping[str, Any]


def plant(
    sheet: Sheet, label: Label, field: str, task: Task, others: Sequence[Label], draw: random.Random
) -> Label | None:
    """The label with one error in `field`, or None where none was found. `others` are labels of other documents."""
    for _ in range(4):
        changed = _changed(sheet, label, field, task, others, draw)
        if changed is not None and _differs(label, changed, field):
            return changed
    return None


def _differs(label: Label, changed: Label, field: str) -> bool:
    one, other = label.get(field), changed.get(field)
    if field == ITEMS or not one or not other:
        return bool(one != other)
    if field in ("merchant_name", "merchant_address"):
        return anls(str(one), str(other)) < WRONG_BELOW
    return squeezed(str(one)) != squeezed(str(other))


def _changed(
    sheet: Sheet, label: Label, field: str, task: Task, others: Sequence[Label], draw: random.Random
) -> Label | None:
    value = label.get(field)
    if field == ITEMS:
        return {**label, ITEMS: items} if (items := _items(label, others, draw)) else None
    if not value:
        other = _of_another(field, others, draw)
        return _with(label, field, other) if other else None
    text = str(value)
    family = family_of(task, field, value)
    if family != "choice" and draw.random() < 0.15:
        return _with(label, field, {field: None, "date_text": None})
    if family == "choice" or draw.random() < 0.15:
        other = _of_another(field, others, draw)
        return _with(label, field, other) if other else None
    if family == "name":
        return {**label, field: _other_name(sheet, text, draw)}
    if family == "address":
        return {**label, field: _cut(text, draw)}
    if family == "date":
        return _with(label, field, _misread_date(label, field, draw))
    if family in ("amount", "total") and sheet.amounts and draw.random() < 0.5:
        return {**label, field: f"{draw.choice(sorted(sheet.amounts)):.2f}"}
    if family == "code" and draw.random() < 0.3:
        numbers = [token.text for token in sheet.tokens if sum(map(str.isdigit, token.text)) >= 4]
        return {**label, field: draw.choice(numbers)} if numbers else None
    return {**label, field: misread(text, draw)}


def _with(label: Label, field: str, values: Label) -> Label:
    names = (field, "date_text") if field == "date" else (field,)
    return {**label, **{name: values.get(name) for name in names}}


def _of_another(field: str, others: Sequence[Label], draw: random.Random) -> Label | None:
    found = [draw.choice(others) for _ in range(12)]
    return next((label for label in found if label.get(field)), None)


def misread(text: str, draw: random.Random) -> str:
    """The text with one of its digits another one, or one letter lost where it has no digit."""
    places = [at for at, sign in enumerate(text) if sign.isdigit()]
    if not places:
        at = draw.randrange(len(text))
        return text[:at] + text[at + 1 :]
    at = draw.choice(places)
    return text[:at] + draw.choice([digit for digit in "0123456789" if digit != text[at]]) + text[at + 1 :]


def _other_name(sheet: Sheet, name: str, draw: random.Random) -> str:
    words = name.split()
    if len(words) > 2 and draw.random() < 0.4:
        return " ".join(words[: len(words) // 2] if draw.random() < 0.5 else words[len(words) // 2 :])
    lines = [text for row, text in enumerate(sheet.row_texts[:12]) if sheet.free(row)]
    return draw.choice(lines) if lines else " ".join(reversed(words))


def _cut(address: str, draw: random.Random) -> str:
    words = address.split()
    if len(words) < 3:
        return misread(address, draw)
    part = max(1, int(len(words) * draw.uniform(0.3, 0.75)))
    return " ".join(words[:part] if draw.random() < 0.6 else words[-part:])


def _misread_date(label: Label, field: str, draw: random.Random) -> Label:
    """Another day or time: a digit misread in it and in its text alike, or day and month exchanged."""
    value = str(label[field])
    if field != "date":
        return {field: misread(value, draw)}
    text = str(label.get("date_text") or "")
    parts = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", value)
    if parts and draw.random() < 0.3 and int(parts[3]) <= 12:
        return {"date": f"{parts[1]}-{parts[3]}-{parts[2]}", "date_text": text}
    if not parts:
        return {"date": misread(value, draw), "date_text": text}
    old = parts[3]
    day = draw.choice([each for each in range(1, 29) if f"{each:02d}" != old])
    return {"date": f"{parts[1]}-{parts[2]}-{day:02d}", "date_text": re.sub(old, f"{day:02d}", text, count=1)}


def _items(label: Label, others: Sequence[Label], draw: random.Random) -> list[Any] | None:
    items = [list(item) if isinstance(item, (list, tuple)) else dict(item) for item in label.get(ITEMS) or ()]
    if not items:
        return None
    at = draw.randrange(len(items))
    key: Any = 3 if isinstance(items[at], list) else "amount"
    kind = draw.random()
    if kind < 0.4 and len(items) > 1:
        del items[at]
    elif kind < 0.8 and len(str(items[at][key] or "")) > 0:
        items[at][key] = misread(str(items[at][key]), draw)
    else:
        stranger = _of_another(ITEMS, others, draw)
        if stranger is None:
            return None
        items[at] = stranger[ITEMS][0]
    return items
