"""The labelling configuration comes from the task, and Label Studio understands it."""

from __future__ import annotations

from xml.etree import ElementTree as Tree

import pytest

from extractor.task import RECEIPTS, FieldSpec, Task
from labeling.review.config import colours, labelling_configuration

SMALL = Task(
    name="tickets",
    fields=(
        FieldSpec(name="text", kind="span", meaning='What it <says> & "means"'),
        FieldSpec(name="colour", kind="inferred", type="choice", meaning="The colour.", choices=("red", "blue")),
    ),
)


def controls(task: Task) -> dict[str, Tree.Element]:
    return {name: each for each in Tree.fromstring(labelling_configuration(task)).iter() if (name := each.get("name"))}


def labels(task: Task) -> list[str]:
    return [label.get("value", "") for label in controls(task)["_box"]]


def test_each_printed_field_and_each_part_of_an_item_has_a_label() -> None:
    parts = ["item description", "item quantity", "item unit_price", "item amount"]
    assert labels(RECEIPTS) == [*RECEIPTS.spans, *parts]


def test_a_task_without_items_has_no_controls_for_them() -> None:
    assert labels(SMALL) == ["text"]
    assert not {"_row", "_items"} & set(controls(SMALL))


def test_closed_choices_are_offered_and_open_ones_typed() -> None:
    found = controls(RECEIPTS)
    offered = [choice.get("value") for choice in found["document_type"]]
    assert offered == ["receipt", "invoice", "card_slip", "other"]
    assert found["country"].tag == "TextArea"


def test_what_belongs_to_a_rectangle_is_written_at_it() -> None:
    found = controls(RECEIPTS)
    assert [found[name].get("perRegion") for name in ("_text", "_value", "_row")] == ["true"] * 3


def test_all_pages_of_a_document_are_shown() -> None:
    assert controls(RECEIPTS)["_page"].get("valueList") == "$pages"


def test_colours_are_told_apart() -> None:
    found = [tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5)) for colour in colours(18)]
    nearest = min(
        sum(abs(a - b) for a, b in zip(one, other, strict=True)) for one in found for other in found if one != other
    )
    assert len(set(found)) == 18
    assert nearest > 30


def test_the_same_task_gives_the_same_configuration() -> None:
    assert labelling_configuration(RECEIPTS) == labelling_configuration(RECEIPTS.model_copy())


def test_label_studio_accepts_it() -> None:
    interface = pytest.importorskip("label_studio_sdk.label_interface", reason="needs the extra labeling")
    for task in (RECEIPTS, SMALL):
        interface.LabelInterface(labelling_configuration(task)).validate()
