"""Between receipts and Label Studio's results, both ways, without loss.

Where a value has a place, a rectangle carries it; where it has none, a text field or a choice of the document does;
what neither can hold goes to a field of JSON lines. A confidence is the score of its result.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from extractor.normalize.amounts import parse_quantity
from extractor.student.encoder import Token
from extractor.student.values import Reader
from extractor.task import FieldSpec, Task
from extractor.types import ITEM_PARTS, Box, Field, LineItem, Receipt
from labeling.review.config import ITEMS, MORE, item_label, printed
from labeling.review.desk import Desk, Reading, item_line, read_desk
from labeling.review.regions import Region, Result, Size, choice_result, region_results, text_result

HALF_A_PIXEL = 0.5


def results_of(receipt: Receipt, task: Task, sizes: Sequence[Size]) -> list[Result]:
    """What Label Studio shows for this receipt. `sizes` are width and height in pixels of each page's picture.

    Raises ValueError where a box does not lie inside its page.
    """
    results: list[Result] = []
    more: list[dict[str, Any]] = []
    for name, field in receipt.fields.items():
        spec = task.by_name.get(name)
        if spec is not None and spec.kind == "span" and _placeable(field, sizes):
            results += _drawn(name, name, field, sizes)
        elif spec is not None and (plain := list(_written(spec, field))):
            results += plain
        else:
            more.append({"field": name, **field.model_dump()})
    results += _items(receipt.line_items, sizes, more)
    if more:
        results.append(text_result(MORE, [json.dumps(each, ensure_ascii=False) for each in more]))
    return results


def predicted_receipt(results: Sequence[Mapping[str, Any]], task: Task) -> Receipt:
    """The receipt that a prediction's results stand for: what `results_of` was given."""
    return _receipt(read_desk(results, task), task, _as_it_is)


def reviewed_receipt(
    results: Sequence[Mapping[str, Any]], task: Task, predicted: Sequence[Mapping[str, Any]] = ()
) -> tuple[Receipt, tuple[str, ...]]:
    """The receipt that a person's annotation stands for, and what could not be understood of it.

    `predicted` are the results that the person began with. A value left as it was keeps its confidence, and its box to
    the last digit; one that was changed or added is sure (1.0). Where only the text was changed, the value is read
    from it anew, as the field's type says.
    """
    desk, before = read_desk(results, task), read_desk(predicted, task)
    country = desk.fields.get("country")
    positive = frozenset(spec.name for spec in task.fields if spec.positive)
    reader = Reader(country.text if country else None, None, task.types, positive)

    def settled(row: float | None, name: str, reading: Reading) -> Field | None:
        earlier = before.fields.get(name) if row is None else before.items.get(row, {}).get(name)
        return _settled(name, reading, earlier, reader, item=row is not None)

    return _receipt(desk, task, settled), desk.problems


def _receipt(desk: Desk, task: Task, field_of: Callable[[float | None, str, Reading], Field | None]) -> Receipt:
    order = [
        *(name for name in task.names if name in desk.fields),
        *(name for name in desk.fields if name not in task.names),
    ]
    fields = {name: field for name in order if (field := field_of(None, name, desk.fields[name]))}
    items = []
    for row, parts in desk.items.items():
        read = {part: field_of(row, part, parts[part]) for part in ITEM_PARTS if part in parts}
        if any(read.values()) or not parts:
            items.append(LineItem(**read))
    return Receipt(fields=fields, line_items=items)


def _as_it_is(row: float | None, name: str, reading: Reading) -> Field:
    text = reading.text or ""
    confidence = 1.0 if reading.confidence is None else reading.confidence
    return _field(text if reading.value is None else reading.value, text, confidence, reading)


def _settled(name: str, reading: Reading, earlier: Reading | None, reader: Reader, *, item: bool) -> Field | None:
    if earlier is not None and _same(reading, earlier):
        return _as_it_is(None, name, earlier)
    text, value = reading.text or "", reading.value
    untouched = earlier is not None and value == earlier.value
    if text and (not value or (untouched and reading.text != (earlier.text if earlier else None))):
        value = _read_anew(name, text, reader, item) or text
    elif value is None:
        value = text
    # A rectangle that nobody wrote into, with nothing written elsewhere, says nothing.
    return _field(value, text, 1.0, reading) if value or text else None


def _read_anew(name: str, text: str, reader: Reader, item: bool) -> str | None:
    if item:
        if name == "description":
            return text.strip()
        return parse_quantity(text) if name != "amount" else getattr(reader.amount(name, text), "value", None)
    found = reader.value(name, [Token(text, Box(0, 0, 1, 1), 0, 0, 1.0)])
    return found.value if found else None


def _same(one: Reading, other: Reading) -> bool:
    """Whether nothing a person can see differs: value, text, page, and the box within half a pixel."""
    if (one.value, one.text or "", one.page) != (other.value, other.text or "", other.page):
        return False
    if one.box is None or other.box is None:
        return one.box is other.box
    wide, high = one.size or other.size or (1000, 1000)
    allowed = (HALF_A_PIXEL / wide, HALF_A_PIXEL / high) * 2
    edges = zip(one.box.as_list(), other.box.as_list(), allowed, strict=True)
    return all(abs(a - b) <= within for a, b, within in edges)


def _field(value: str, text: str, confidence: float, reading: Reading) -> Field:
    box = reading.box.as_list() if reading.box else None
    return Field(value=value, text=text, confidence=confidence, page=reading.page, box=box)


def _placeable(field: Field, sizes: Sequence[Size]) -> bool:
    """Whether a rectangle can carry this field. A value that is empty beside a text can't be told from none."""
    return (
        field.box is not None
        and field.page is not None
        and 0 <= field.page < len(sizes)
        and bool(field.value or not field.text)
    )


def _drawn(
    identity: str, label: str, field: Field, sizes: Sequence[Size], row: float | None = None
) -> Iterator[Result]:
    assert field.box is not None
    assert field.page is not None
    yield from region_results(
        Region(
            id=identity,
            label=label,
            page=field.page,
            box=Box(*field.box),
            text=field.text or None,
            value=field.value if field.value != field.text else None,
            row=row,
            score=field.confidence,
        ),
        sizes[field.page],
    )


def _written(spec: FieldSpec, field: Field) -> Iterator[Result]:
    """The results that hold a value without a place; none where it takes JSON to write it."""
    if field.box is not None or field.page is not None:
        return
    if spec.type == "date":
        if field.value:
            yield text_result(spec.name, [field.value], field.confidence)
        if field.text:
            yield text_result(printed(spec.name), [field.text], field.confidence)
    elif field.value == field.text and field.value:
        if not spec.choices:
            yield text_result(spec.name, [field.value], field.confidence)
        elif field.value in spec.choices:
            yield choice_result(spec.name, field.value, field.confidence)


def _items(items: Sequence[LineItem], sizes: Sequence[Size], more: list[dict[str, Any]]) -> Iterator[Result]:
    parts = [
        (row, part, field)
        for row, item in enumerate(items, start=1)
        for part in ITEM_PARTS
        if (field := getattr(item, part))
    ]
    plain = [(row, part, field) for row, part, field in parts if _is_plain(field)]
    # All lines of the field share its score: parts that were read with another confidence are written as JSON.
    usual = Counter(field.confidence for _, _, field in plain).most_common(1)
    lines: dict[int, dict[str, str]] = {row: {} for row, item in enumerate(items, start=1) if item == LineItem()}
    for row, part, field in parts:
        if _placeable(field, sizes):
            yield from _drawn(f"item{row}-{part}", item_label(part), field, sizes, float(row))
        elif _is_plain(field) and field.confidence == usual[0][0]:
            lines.setdefault(row, {})[part] = field.value
        else:
            more.append({"row": row, "part": part, **field.model_dump()})
    if lines:
        written = [item_line(row, lines[row]) for row in sorted(lines)]
        yield text_result(ITEMS, written, usual[0][0] if usual else None)


def _is_plain(field: Field) -> bool:
    unplaced = field.box is None and field.page is None
    return unplaced and field.value == field.text and bool(field.value) and field.value == field.value.strip()
