"""What stands on the review desk for one document, read from Label Studio's results.

A value may come from a rectangle, from a text field of the document, or from both: a reviewer who draws a rectangle
without writing into it gives a place to the value that the text field holds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from extractor.task import Task
from extractor.types import ITEM_PARTS, Box
from labeling.review.config import ITEM_LABELS, ITEMS, MORE, printed
from labeling.review.regions import Region, Size, read_document_wide, read_regions

Row = float


@dataclass(frozen=True, slots=True)
class Reading:
    """One value as it stands there. None is what nobody wrote: a `value` that is None equals the text.

    `size` is that of the page's picture in pixels, where known.
    """

    value: str | None = None
    text: str | None = None
    page: int | None = None
    box: Box | None = None
    confidence: float | None = None
    size: Size | None = None


@dataclass(frozen=True)
class Desk:
    """Fields by name and line items by row number; `problems` says in sentences what could not be understood."""

    fields: Mapping[str, Reading] = field(default_factory=dict)
    items: Mapping[Row, Mapping[str, Reading]] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def read_desk(results: Sequence[Mapping[str, Any]], task: Task) -> Desk:
    """The desk that these results (of a prediction or an annotation) describe."""
    regions, written = read_regions(results), read_document_wide(results)
    fields = _written_fields(written, task)
    for name in dict.fromkeys(region.label for region in regions if region.label not in ITEM_LABELS):
        fields[name] = _placed([region for region in regions if region.label == name], fields.get(name))
    items, problems = _written_items(*written.get(ITEMS, ([], None)))
    for (row, part), found in _numbered([region for region in regions if region.label in ITEM_LABELS]).items():
        parts = items.setdefault(row, {})
        parts[part] = _placed(found, parts.get(part))
    problems += _add_more(written.get(MORE, ([], None))[0], fields, items)
    return Desk(fields, dict(sorted(items.items())), tuple(problems))


def item_line(row: Row, parts: Mapping[str, str]) -> str:
    """A line item without a place as one line of text."""
    cells = (re.sub(r"([\\|])", r"\\\1", parts.get(part, "")) for part in ITEM_PARTS)
    return " | ".join((f"{row:g}", *cells))


def _written_fields(written: Mapping[str, tuple[list[str], float | None]], task: Task) -> dict[str, Reading]:
    fields = {}
    for name in task.names:
        lines, score = written.get(name, ([], None))
        said = " ".join(line for line in lines if line)
        if task.types[name] == "date":
            as_printed, second = written.get(printed(name), ([], None))
            text = " ".join(line for line in as_printed if line)
            if said or text:
                fields[name] = Reading(said, text, confidence=score if said else second)
        elif said:
            fields[name] = Reading(None, said, confidence=score)
    return fields


def _placed(regions: Sequence[Region], written: Reading | None) -> Reading:
    """The reading of one field's rectangles: those of its first page, their texts joined in reading order."""
    page = min(region.page for region in regions)
    there = [region for region in regions if region.page == page]
    tallest = max(region.box.height for region in there) or 1.0
    there.sort(key=lambda region: (round(region.box.center[1] / tallest), region.box.x0))
    scores = [region.score for region in there if region.score is not None]
    texts = [region.text for region in there if region.text]
    place = Reading(
        value=next((region.value for region in there if region.value is not None), None),
        text=" ".join(texts) if texts else None,
        page=page,
        box=Box.around(region.box for region in there),
        confidence=min(scores) if scores else None,
        size=there[0].size,
    )
    if place.text is None and place.value is None and written is not None:
        return replace(written, page=page, box=place.box, size=place.size)
    return place


def _numbered(regions: Sequence[Region]) -> dict[tuple[Row, str], list[Region]]:
    """Rectangles of line items by row and part. One without a number belongs to the row beside it, or to a new one."""
    found: dict[tuple[Row, str], list[Region]] = {}
    rows: list[tuple[Row, Region]] = [(region.row, region) for region in regions if region.row is not None]
    for region in sorted((each for each in regions if each.row is None), key=lambda each: (each.page, each.box.y0)):
        beside = {row: shared for row, other in rows if (shared := _beside(region, other)) > 0.5}
        last = max((row for row, _ in rows), default=0.0)
        rows.append((max(beside, key=lambda row: beside[row]) if beside else float(int(last) + 1), region))
    for row, region in rows:
        found.setdefault((row, ITEM_LABELS[region.label]), []).append(region)
    return found


def _beside(one: Region, other: Region) -> float:
    """How much of the lower of two rectangles lies beside the other, 0 to 1."""
    if one.page != other.page:
        return 0.0
    shared = min(one.box.y1, other.box.y1) - max(one.box.y0, other.box.y0)
    return shared / (min(one.box.height, other.box.height) or 1.0)


def _written_items(lines: Iterable[str], score: float | None) -> tuple[dict[Row, dict[str, Reading]], list[str]]:
    items: dict[Row, dict[str, Reading]] = {}
    problems = []
    for line in lines:
        number, *cells = (re.sub(r"\\(.)", r"\1", cell).strip() for cell in re.findall(r"((?:\\.|[^\\|])*)\|?", line))
        try:
            row = float(number) if number else float(int(max(items, default=0)) + 1)
        except ValueError:
            problems.append(f"A line item does not begin with its row number: {line!r}.")
            continue
        items.setdefault(row, {}).update(
            {part: Reading(None, cell, confidence=score) for part, cell in zip(ITEM_PARTS, cells, strict=False) if cell}
        )
    return items, problems


def _add_more(lines: Iterable[str], fields: dict[str, Reading], items: dict[Row, dict[str, Reading]]) -> list[str]:
    """Adds the values written as JSON; what is wrong with a line comes back as a sentence."""
    problems = []
    for line in lines:
        try:
            said = json.loads(line)
            reading = _of_json(said)
            if "field" in said:
                fields[str(said["field"])] = reading
            else:
                part = ITEM_PARTS[ITEM_PARTS.index(said["part"])]
                items.setdefault(float(said["row"]), {})[part] = reading
        except (ValueError, KeyError, TypeError, AttributeError):
            problems.append(f"A value written as JSON can't be read: {line!r}.")
    return problems


def _of_json(said: Mapping[str, Any]) -> Reading:
    box, page, confidence = said.get("box"), said.get("page"), said.get("confidence")
    return Reading(
        value=str(said["value"]),
        text=str(said.get("text", said["value"])),
        page=None if page is None else int(page),
        box=Box(*(float(edge) for edge in box)) if box else None,
        confidence=None if confidence is None else min(max(float(confidence), 0.0), 1.0),
    )
