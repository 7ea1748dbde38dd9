"""Label Studio's results, one by one: rectangles in percent of the page, texts, numbers and choices.

Pages are counted from 0 (`item_index`). A rectangle and what is written at it share an `id`; each result of the group
repeats the rectangle's geometry, as Label Studio itself writes it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from extractor.types import Box
from labeling.review.config import BOX, PAGE, ROW, TEXT, VALUE

Result = dict[str, Any]
Size = tuple[int, int]
"""Width and height of a page's picture in pixels."""

_SHAPE = ("x", "y", "width", "height", "rotation")


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle with what is written at it. `size` is the picture's, None where the result does not say."""

    id: str
    label: str
    page: int
    box: Box
    text: str | None = None
    value: str | None = None
    row: float | None = None
    score: float | None = None
    size: Size | None = None


def region_results(region: Region, size: Size) -> list[Result]:
    """The results that draw this region on a picture of `size`."""
    box = region.box
    shape = {"x": 100 * box.x0, "y": 100 * box.y0, "width": 100 * box.width, "height": 100 * box.height, "rotation": 0}
    common: Result = {
        "id": region.id,
        "to_name": PAGE,
        "item_index": region.page,
        "original_width": size[0],
        "original_height": size[1],
        "image_rotation": 0,
    }
    rectangle: Result = {
        "from_name": BOX,
        "type": "rectanglelabels",
        "value": {**shape, "rectanglelabels": [region.label]},
    }
    if region.score is not None:
        rectangle["score"] = region.score
    found = [{**common, **rectangle}]
    for name, said in ((TEXT, region.text), (VALUE, region.value)):
        if said is not None:
            found.append({**common, "from_name": name, "type": "textarea", "value": {**shape, "text": [said]}})
    if region.row is not None:
        number = int(region.row) if region.row.is_integer() else region.row
        found.append({**common, "from_name": ROW, "type": "number", "value": {**shape, "number": number}})
    return found


def read_regions(results: Sequence[Mapping[str, Any]]) -> list[Region]:
    """The labelled rectangles among the results, in their order."""
    written: dict[str, dict[str, Mapping[str, Any]]] = {}
    for result in results:
        if "x" in result.get("value", {}):
            written.setdefault(result["id"], {})[result["from_name"]] = result
    return [_region(of_one[BOX], of_one) for of_one in written.values() if BOX in of_one]


def text_result(name: str, lines: Sequence[str], score: float | None = None) -> Result:
    """What is written in a text field that concerns the whole document."""
    return _of_document(name, "textarea", {"text": list(lines)}, score)


def choice_result(name: str, choice: str, score: float | None = None) -> Result:
    return _of_document(name, "choices", {"choices": [choice]}, score)


def read_document_wide(results: Sequence[Mapping[str, Any]]) -> dict[str, tuple[list[str], float | None]]:
    """By control, the lines written or the choices made for the whole document, and the score of the result."""
    found: dict[str, tuple[list[str], float | None]] = {}
    for result in results:
        value = result.get("value", {})
        if "x" not in value and ("text" in value or "choices" in value):
            lines = _lines(value.get("text", value.get("choices")))
            earlier = found.get(result["from_name"], ([], None))[0]
            found[result["from_name"]] = ([*earlier, *lines], result.get("score"))
    return found


def _of_document(name: str, kind: str, value: dict[str, Any], score: float | None) -> Result:
    result: Result = {"id": name.strip("_"), "from_name": name, "to_name": PAGE, "type": kind, "value": value}
    return result if score is None else {**result, "score": score}


def _lines(value: object) -> list[str]:
    return [str(line) for line in value] if isinstance(value, list) else [str(value)]


def _region(rectangle: Mapping[str, Any], of_one: Mapping[str, Mapping[str, Any]]) -> Region:
    value = rectangle["value"]
    width, height = rectangle.get("original_width"), rectangle.get("original_height")
    size = (int(width), int(height)) if width and height else None
    number = of_one[ROW]["value"].get("number") if ROW in of_one else None
    return Region(
        id=str(rectangle["id"]),
        label=str(value["rectanglelabels"][0]),
        page=int(rectangle.get("item_index") or 0),
        box=_box(value, size),
        text=_written(of_one, TEXT),
        value=_written(of_one, VALUE),
        row=None if number is None else float(number),
        score=rectangle.get("score"),
        size=size,
    )


def _written(of_one: Mapping[str, Mapping[str, Any]], name: str) -> str | None:
    return " ".join(_lines(of_one[name]["value"].get("text", []))) if name in of_one else None


def _box(value: Mapping[str, Any], size: Size | None) -> Box:
    """The upright box around a rectangle, which Label Studio turns clockwise about its top left corner, in pixels."""
    x, y, width, height, rotation = (float(value.get(key) or 0) / 100 for key in _SHAPE)
    turn = math.radians(rotation * 100)
    if not turn:
        return _clipped(x, y, x + width, y + height)
    wide, high = size or (1, 1)
    corners = [
        (
            x + (dx * wide * math.cos(turn) - dy * high * math.sin(turn)) / wide,
            y + (dx * wide * math.sin(turn) + dy * high * math.cos(turn)) / high,
        )
        for dx in (0.0, width)
        for dy in (0.0, height)
    ]
    across, down = zip(*corners, strict=True)
    return _clipped(min(across), min(down), max(across), max(down))


def _clipped(*edges: float) -> Box:
    # A billionth of a page: what percent and width instead of the far edge cost in floating point is rounded away.
    return Box.clipped(*(round(edge, 9) for edge in edges))
