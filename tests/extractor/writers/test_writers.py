"""Records in files: all formats, resuming, crashes and full disks."""

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.errors import OutputError, UsageError
from extractor.types import Extraction, Field, LineItem, Notice, Receipt
from extractor.writers import ENDINGS, check_output, finished, jsonl, open_writer
from extractor.writers.rows import COLUMNS, defused, fused, row_of
from extractor.writers.table import FORMATS, journal_of

TABLES = sorted(FORMATS)


def _record(file: str, total: str = "80.90", sha256: str = "aa", status: str = "ok") -> Extraction:
    error = Notice(code="empty_file", message="The file is empty.") if status == "failed" else None
    fields = {
        "merchant_name": Field(value="=cmd|' /C calc'!A0", text="", confidence=0.5),
        "merchant_phone": Field(value="+60 12-345", text="", confidence=0.5),
        "rounding": Field(value="-0.02", text="", confidence=0.75),
        "total": Field(value=total, text="RM" + total, confidence=0.98, page=0, box=[0.1, 0.2, 0.3, 0.4]),
    }
    item = LineItem(description=Field(value="@Köpi", text="", confidence=1), amount=fields["total"])
    receipt = Receipt() if error else Receipt(fields=fields, line_items=[item])
    return Extraction(file=file, sha256=sha256, status=status, pages=1, receipt=receipt, error=error)


def _write(path: Path, *records: Extraction, **options) -> None:
    with open_writer(path, **options) as writer:
        for record in records:
            writer.write(record)


def _rows(path: Path):
    if path.suffix == ".jsonl":
        return [row_of(Extraction.model_validate_json(line)) for line in path.read_text("utf-8").splitlines()]
    return list(FORMATS[path.suffix][0](path))


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_is_written_can_be_read_back(tmp_path, ending):
    path = tmp_path / f"out{ending}"
    records = [_record("a.jpg"), _record("ü -b.pdf", "1234.5", status="partial"), _record("c.png", status="failed")]
    _write(path, *records)
    assert {row["file"]: row for row in _rows(path)} == {
        record.file: row_of(record)
        | ({"total": "1234.50"} if record.status == "partial" and ending not in (".jsonl", ".csv") else {})
        for record in records
    }
    assert finished(path) == {("a.jpg", "aa"), ("ü -b.pdf", "aa")}
    assert [left.name for left in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("ending", ENDINGS)
def test_resuming_keeps_what_is_there_except_for_what_is_read_again(tmp_path, ending):
    path = tmp_path / f"out{ending}"
    _write(path, _record("b.jpg"), _record("c.jpg", status="failed"), _record("d.jpg", status="failed"))
    _write(path, _record("a.jpg"), _record("c.jpg", "5.00"), resume=True, again={"a.jpg", "c.jpg"})
    found = {row["file"]: (row["status"], row["total"]) for row in _rows(path)}
    assert found == {
        "a.jpg": ("ok", "80.90"),
        "b.jpg": ("ok", "80.90"),
        "c.jpg": ("ok", "5.00"),
        "d.jpg": ("failed", None),
    }
    assert len(_rows(path)) == 4


@pytest.mark.parametrize("ending", ENDINGS)
def test_without_resume_the_output_is_written_anew(tmp_path, ending):
    path = tmp_path / f"out{ending}"
    _write(path, _record("a.jpg"))
    _write(path, _record("b.jpg"))
    assert [row["file"] for row in _rows(path)] == ["b.jpg"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_run_that_fails_before_its_first_record_leaves_an_earlier_result_alone(tmp_path, ending):
    path = tmp_path / f"out{ending}"
    _write(path, _record("a.jpg"))
    with pytest.raises(UsageError), open_writer(path):
        raise UsageError("The model is none.")
    assert [row["file"] for row in _rows(path)] == ["a.jpg"]
    assert [left.name for left in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("ending", TABLES)
def test_a_run_that_fails_before_its_first_record_leaves_the_journal_of_a_killed_run(tmp_path, ending):
    path = tmp_path / f"out{ending}"
    open_writer(path).write(_record("a.jpg"))
    with pytest.raises(UsageError), open_writer(path):
        raise UsageError("The model is none.")
    assert finished(path) == {("a.jpg", "aa")}


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_run_that_finds_nothing_replaces_an_earlier_result(tmp_path, ending):
    path = tmp_path / f"out{ending}"
    _write(path, _record("a.jpg"))
    _write(path)
    assert _rows(path) == []


@pytest.mark.parametrize("ending", TABLES)
def test_rows_stand_in_the_order_of_file_names_whoever_finished_first(tmp_path, ending):
    path = tmp_path / f"out{ending}"
    _write(path, *(_record(name) for name in ("c", "a", "b")))
    assert [row["file"] for row in _rows(path)] == ["a", "b", "c"]


@pytest.mark.parametrize("ending", TABLES)
def test_an_empty_table_has_its_columns(tmp_path, ending):
    path = tmp_path / f"out{ending}"
    _write(path)
    assert _rows(path) == []
    assert finished(path) == set()


def test_json_lines_are_whole_after_every_record(tmp_path):
    path = tmp_path / "out.jsonl"
    with open_writer(path) as writer:
        for number in range(3):
            writer.write(_record(f"{number}.jpg"))
            assert [json.loads(line)["file"] for line in path.read_text().splitlines()][-1] == f"{number}.jpg"


@pytest.mark.parametrize("keep", [1, 5, 40, -1])
def test_a_line_torn_by_a_crash_is_read_again(tmp_path, keep):
    path = tmp_path / "out.jsonl"
    torn = _record("b.jpg").to_json()[:keep].encode()
    path.write_bytes(_record("a.jpg").to_json().encode() + b"\n" + torn)
    assert finished(path) == {("a.jpg", "aa")}
    _write(path, _record("b.jpg"), resume=True, again={"b.jpg"})
    assert [row["file"] for row in _rows(path)] == ["a.jpg", "b.jpg"]


def test_a_whole_last_line_without_its_end_is_kept(tmp_path):
    path = tmp_path / "out.jsonl"
    path.write_bytes(_record("a.jpg").to_json().encode())
    _write(path, _record("b.jpg"), resume=True)
    assert [row["file"] for row in _rows(path)] == ["a.jpg", "b.jpg"]


@pytest.mark.parametrize("ending", TABLES)
def test_a_killed_run_left_a_journal_that_resuming_finds(tmp_path, ending):
    path = tmp_path / f"out{ending}"
    _write(path, _record("a.jpg"), _record("b.jpg", "1.00"))
    killed = open_writer(path, resume=True, again={"b.jpg"})
    killed.write(_record("b.jpg", "2.00"))
    killed.write(_record("c.jpg"))
    journal_of(path).write_bytes(journal_of(path).read_bytes() + b'{"file": "d.j')
    assert {file for file, _ in finished(path)} == {"a.jpg", "b.jpg", "c.jpg"}
    _write(path, _record("d.jpg"), resume=True, again={"d.jpg"})
    assert [(row["file"], row["total"]) for row in _rows(path)] == [
        ("a.jpg", "80.90"),
        ("b.jpg", "2.00"),
        ("c.jpg", "80.90"),
        ("d.jpg", "80.90"),
    ]
    assert not journal_of(path).exists()


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b'{"x": 1}\n', b"\xff\x00garbage\nmore\n"])
def test_a_file_of_something_else_is_not_resumed_into(tmp_path, ending, content):
    path = tmp_path / f"out{ending}"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        finished(path)
    assert caught.value.code == "not_resumable"
    assert path.read_bytes() == content


def test_amounts_are_numbers_in_xlsx_and_items_have_their_sheet(tmp_path):
    from openpyxl import load_workbook

    path = tmp_path / "out.xlsx"
    _write(path, _record("a.jpg"))
    book = load_workbook(path)
    documents, items = book["documents"], book["line_items"]
    cells = dict(zip((c.value for c in documents[1]), documents[2], strict=True))
    assert (cells["total"].value, cells["total"].data_type) == (80.9, "n")
    assert (cells["rounding"].value, cells["total_confidence"].value) == (-0.02, 0.98)
    assert (cells["merchant_name"].data_type, cells["merchant_name"].value[:2]) == ("s", "'=")
    assert [cell.value for cell in items[2]] == ["a.jpg", 1, "'@Köpi", None, None, 80.9]


def test_characters_that_xlsx_cannot_hold_are_left_out_of_it(tmp_path):
    path = tmp_path / "out.xlsx"
    _write(path, _record("a\x00\x1fb.jpg" + "x" * 40_000))
    assert _rows(path)[0]["file"].startswith("ab.jpgxxx")


def test_csv_defuses_formulas_and_leaves_negative_amounts_numbers(tmp_path):
    path = tmp_path / "out.csv"
    _write(path, _record("-a.jpg"))
    with path.open(encoding="utf-8", newline="") as file:
        row = next(csv.DictReader(file))
    assert list(row) == list(COLUMNS)
    assert (row["file"], row["merchant_phone"], row["rounding"]) == ("'-a.jpg", "'+60 12-345", "-0.02")
    assert row["merchant_name"].startswith("'=")


def test_a_table_that_excel_or_the_page_marked_as_utf8_is_read_like_any(tmp_path):
    path = tmp_path / "out.csv"
    _write(path, _record("a.jpg"))
    rows = _rows(path)
    path.write_text(path.read_text("utf-8"), encoding="utf-8-sig")
    assert _rows(path) == rows


def _own(file: str, **values: str) -> Extraction:
    """A record of a user's own task."""
    fields = {name: Field(value=value, text=value, confidence=0.5) for name, value in values.items()}
    return Extraction(file=file, sha256="aa", status="ok", pages=1, receipt=Receipt(fields=fields))


@pytest.mark.parametrize("ending", TABLES)
def test_fields_of_a_users_own_task_have_columns_behind_the_others_and_come_back(tmp_path, ending):
    path = tmp_path / f"out{ending}"
    # "status" is the name of another column, "total_confidence" that of a field's confidence.
    one = _own("a.pdf", total="9.50", room="0417", status="settled", total_confidence="high")
    other = _own("b.pdf", guest_name="=Ada", room="12.30")
    _write(path, other, one)
    rows = {row["file"]: row for row in _rows(path)}
    columns = list(rows["a.pdf"])
    own = ["guest_name", "room", "status (field)", "total_confidence (field)"]
    assert columns[columns.index("expense_category_confidence") + 1 : columns.index("line_items") : 2] == own
    found = [rows["a.pdf"][name] for name in ("total", *own, "status")]
    assert found == ["9.50", None, "0417", "settled", "high", "ok"]
    assert [rows["b.pdf"][name] for name in ("guest_name", "room", "room_confidence")] == ["=Ada", "12.30", 0.5]
    _write(path, _own("c.pdf", cost_centre="4711"), resume=True)
    again = {row["file"]: row for row in _rows(path)}
    assert again["a.pdf"] == rows["a.pdf"] | {"cost_centre": None, "cost_centre_confidence": None}
    assert again["c.pdf"]["cost_centre"] == "4711"


@pytest.mark.parametrize("ending", TABLES)
def test_a_table_with_columns_of_something_else_between_ours_is_not_resumed_into(tmp_path, ending):
    path = tmp_path / f"out{ending}"
    columns = [*COLUMNS[:-6], "note", *COLUMNS[-6:]]
    FORMATS[ending][1](path, iter([]), columns)
    with pytest.raises(UsageError, match="something other"):
        finished(path)


@given(st.text())
def test_no_defused_text_begins_like_a_formula_and_it_comes_back(text):
    assert not defused(text).startswith(("=", "+", "@", "\t", "\r"))
    if not text.startswith("'"):
        assert fused(defused(text)) == text


def _disk_fills_up(monkeypatch, after: int) -> None:
    import os

    room = [after]
    real = os.write

    def write(handle: int, data: bytes) -> int:
        taken = min(room[0], len(data))
        if not taken:
            raise OSError(28, "No space left on device")
        room[0] -= taken
        return real(handle, data[:taken])

    monkeypatch.setattr(jsonl.os, "write", write)


def test_a_full_disk_leaves_whole_records_and_says_so(tmp_path, monkeypatch):
    path = tmp_path / "out.jsonl"
    length = len(_record("0.jpg").to_json().encode()) + 1
    _disk_fills_up(monkeypatch, after=2 * length + 10)
    with pytest.raises(OutputError, match="no room left") as caught:
        _write(path, *(_record(f"{number}.jpg") for number in range(5)))
    assert caught.value.code == "disk_full"
    assert [row["file"] for row in _rows(path)] == ["0.jpg", "1.jpg"]


@pytest.mark.parametrize("ending", TABLES)
def test_a_table_that_does_not_fit_leaves_the_old_one_and_the_journal(tmp_path, monkeypatch, ending):
    path = tmp_path / f"out{ending}"
    _write(path, _record("a.jpg"))

    def full(draft: Path, rows, columns) -> None:
        draft.write_bytes(b"half a tab")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setitem(FORMATS, ending, (FORMATS[ending][0], full))
        with pytest.raises(OutputError) as caught:
            _write(path, _record("b.jpg"), resume=True)
    assert caught.value.code == "disk_full"
    assert [row["file"] for row in _rows(path)] == ["a.jpg"]
    assert {file for file, _ in finished(path)} == {"a.jpg", "b.jpg"}
    assert {left.name for left in tmp_path.iterdir()} == {path.name, journal_of(path).name}


def test_a_name_that_says_no_format_is_wrong_usage(tmp_path):
    with pytest.raises(UsageError, match="ends in") as caught:
        check_output(tmp_path / "out.doc")
    assert caught.value.code == "unknown_output"


def test_a_folder_that_is_missing_or_the_target_is_wrong_usage(tmp_path):
    (tmp_path / "d.csv").mkdir()
    for path, code in ((tmp_path / "no" / "x.csv", "no_output_folder"), (tmp_path / "d.csv", "output_is_folder")):
        with pytest.raises(UsageError) as caught:
            open_writer(path)
        assert caught.value.code == code
