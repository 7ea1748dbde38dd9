"""The labelling configuration of a review project, generated from the task: what a reviewer sees and may change.

On the left the pages of the document with a rectangle for each value that stands on them; on the right the rectangle
that is selected (its text as printed, its value where that differs, the line item it belongs to), the choices that
concern the whole document, and the values that have no place on the page (a teacher's, before anybody drew them).
Names of our own controls begin with an underscore: no field's name does, so that a task can't clash with them.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from xml.etree import ElementTree as Tree

from extractor.task import FieldSpec, Task
from extractor.types import ITEM_PARTS

PAGE = "_page"
"""The pictures: one document, all its pages."""
BOX = "_box"
"""Rectangles, labelled with a field or a part of a line item."""
TEXT = "_text"
"""What a rectangle holds, as printed."""
VALUE = "_value"
"""The normalised value of a rectangle, where it is not simply its text."""
ROW = "_row"
"""The number of the line item that a rectangle belongs to. Items are put in order by it; 2.5 lies between 2 and 3."""
ITEMS = "_items"
"""Line items without a place, one a line: `row | description | quantity | unit price | amount`."""
MORE = "_more"
"""What no other control can hold, one JSON object a line: a choice outside the list, a value with a form of its own."""

PAGES_KEY = "pages"
"""The key of the task's data with the addresses of the pictures."""


def printed(name: str) -> str:
    """The control for the printed form of a value without a place (dates have one besides their ISO form)."""
    return f"_text_{name}"


def item_label(part: str) -> str:
    """The rectangle label of a part of a line item; the space keeps it apart from every field's name."""
    return f"item {part}"


ITEM_LABELS: dict[str, str] = {item_label(part): part for part in ITEM_PARTS}


@dataclass(frozen=True, slots=True)
class _Form:
    """Writes controls that belong to the picture."""

    parent: Tree.Element

    def header(self, text: str) -> None:
        Tree.SubElement(self.parent, "Header", value=text, size="5")

    def text(self, name: str, hint: str, **more: str) -> None:
        usual = {"editable": "true", "rows": "1", "maxSubmissions": "1", "placeholder": hint}
        Tree.SubElement(self.parent, "TextArea", {"name": name, "toName": PAGE, **usual, **more})


def labelling_configuration(task: Task) -> str:
    """The configuration of a project for this task, as Label Studio's XML. The same task gives the same text."""
    view = Tree.Element("View", style="display: flex; gap: 1rem; align-items: flex-start")
    _page(Tree.SubElement(view, "View", style="flex: 1 1 60%; min-width: 0"), task)
    side = Tree.SubElement(view, "View", style="flex: 0 0 24rem; max-height: 90vh; overflow-y: auto")
    _region(side, task)
    _choices(side, [spec for spec in task.fields if spec.kind == "inferred"])
    _unplaced(side, task)
    Tree.indent(view)
    return Tree.tostring(view, encoding="unicode")


def colours(count: int) -> list[str]:
    """So many colours, as different as can be: hues spread by the golden ratio, in two strengths."""
    found = []
    for at in range(count):
        red, green, blue = colorsys.hls_to_rgb(at * 0.618034 % 1, 0.36 if at % 2 else 0.52, 0.85)
        found.append(f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}")
    return found


def _page(parent: Tree.Element, task: Task) -> None:
    labels = Tree.SubElement(parent, "RectangleLabels", name=BOX, toName=PAGE, showInline="true", strokeWidth="2")
    named = [*((name, task.by_name[name].meaning) for name in task.spans)]
    if task.line_items:
        named += [(label, f"{part} of a line item") for label, part in ITEM_LABELS.items()]
    for (name, meaning), colour in zip(named, colours(len(named)), strict=True):
        Tree.SubElement(labels, "Label", value=name, background=colour, hint=meaning)
    # Turning the picture in the browser would turn the boxes away from the record's upright page.
    shown = {"zoom": "true", "zoomControl": "true", "rotateControl": "false", "maxWidth": "100%"}
    Tree.SubElement(parent, "Image", {"name": PAGE, "valueList": f"${PAGES_KEY}", **shown})


def _region(parent: Tree.Element, task: Task) -> None:
    view = Tree.SubElement(parent, "View", visibleWhen="region-selected")
    form = _Form(view)
    form.header("Selected value")
    form.text(TEXT, "as printed", perRegion="true", displayMode="region-list")
    form.text(VALUE, "normalised, if otherwise", perRegion="true")
    if task.line_items:
        labels = ",".join(ITEM_LABELS)
        item = Tree.SubElement(view, "View", visibleWhen="region-selected", whenTagName=BOX, whenLabelValue=labels)
        _Form(item).header("Line item number")
        Tree.SubElement(item, "Number", name=ROW, toName=PAGE, perRegion="true", min="0", step="any")


def _choices(parent: Tree.Element, specs: list[FieldSpec]) -> None:
    form = _Form(parent)
    form.header("The document")
    for spec in specs:
        Tree.SubElement(parent, "Text", name=f"_about_{spec.name}", value=_title(spec), size="4")
        if spec.choices:
            control = Tree.SubElement(parent, "Choices", name=spec.name, toName=PAGE, choice="single", layout="select")
            for choice in spec.choices:
                Tree.SubElement(control, "Choice", value=choice)
        else:
            form.text(spec.name, spec.format or spec.name)


def _unplaced(parent: Tree.Element, task: Task) -> None:
    view = Tree.SubElement(parent, "View")
    panel = Tree.SubElement(Tree.SubElement(view, "Collapse", accordion="false"), "Panel", value="Values without a box")
    form = _Form(panel)
    for name in task.spans:
        Tree.SubElement(panel, "Text", name=f"_about_{name}", value=_title(task.by_name[name]), size="4")
        form.text(name, name)
        if task.types[name] == "date":
            form.text(printed(name), f"{name} as printed")
    if task.line_items:
        form.header("Line items")
        form.text(ITEMS, "row | description | quantity | unit price | amount", maxSubmissions="")
    form.header("Other values, as JSON")
    form.text(MORE, '{"field": "total", "value": "80.90"}', maxSubmissions="")


def _title(spec: FieldSpec) -> str:
    return f"{spec.name} ({spec.format})" if spec.format and spec.kind == "inferred" else spec.name
