"""Tasks: what is to be read, as a YAML file."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractor.errors import UsageError
from extractor.task import RECEIPTS, load_task
from extractor.types import AMOUNT_FIELDS, FIELD_NAMES, INFERRED_FIELDS, SPAN_FIELDS

FOLIO = """
name: folios
documents: hotel folios
fields:
  - {name: guest, kind: span, type: name, meaning: The guest's name.}
  - {name: city_tax, kind: span, type: amount, meaning: The city tax.}
"""


def test_the_shipped_task_is_the_record() -> None:
    assert RECEIPTS.names == FIELD_NAMES
    assert RECEIPTS.spans == SPAN_FIELDS
    assert RECEIPTS.inferred == INFERRED_FIELDS
    assert RECEIPTS.amounts == AMOUNT_FIELDS
    assert RECEIPTS.line_items is not None
    assert load_task("receipts") == RECEIPTS


def test_a_company_declares_its_own(tmp_path: Path) -> None:
    path = tmp_path / "folios.yaml"
    path.write_text(FOLIO, encoding="utf-8")
    task = load_task(path)
    assert task.spans == ("guest", "city_tax")
    assert task.types == {"guest": "name", "city_tax": "amount"}
    assert task.by_name["city_tax"].meaning == "The city tax."
    assert task.line_items is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("city_tax", "guest", "guest is declared twice"),
        ("type: amount", "type: sum", "fields.1.type"),
        ("kind: span, type: amount", "kind: inferred, type: amount", "inferred fields are choices"),
        ("name: guest", "name: line_items", "another part of a label"),
        ("documents:", "dokuments:", "dokuments: Extra inputs"),
        ("name: folios", "name: [", "not valid YAML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "folios.yaml"
    path.write_text(FOLIO.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UsageError, match=said) as caught:
        load_task(path)
    assert caught.value.code == "bad_task"


def test_a_missing_task_names_those_that_ship(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        load_task(tmp_path / "none.yaml")
    assert "receipts" in caught.value.hint
