"""The whole of Tailor through its command: the examples are read, and bad input is answered, not crashed upon."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest
from PIL import Image

from extractor.types import FIELD_NAMES, Extraction
from tests import bad_input

pytest.importorskip("extractor.pipeline", reason="the pipeline is not there yet")
pytest.importorskip("extractor.cli.main", reason="the command is not there yet")

ROOT = Path(__file__).resolve().parent.parent
TRUTH = {
    truth["id"]: truth
    for truth in map(json.loads, (ROOT / "examples/truth.jsonl").read_text(encoding="utf-8").splitlines())
}
CLEAN = ("grocery-malaysia", "restaurant-us", "hardware-germany", "stationery-australia")
"""Examples as clear as they come: what matters most must be right on each."""

COMMAND = (sys.executable, "-c", "from extractor.cli.main import run; run()")


def tailor(
    *arguments: str | bytes | Path,
    before: Sequence[str] = (),
    hiding: Path | None = None,
    largest_file: int | None = None,
    stdout: IO[str] | int = subprocess.PIPE,
) -> subprocess.CompletedProcess[str]:
    """Runs the command as a user would, in a process of its own, and checks that no traceback reached them.

    `before` is put before the command. Modules in `hiding` are found before the real ones. No file that it writes may
    grow beyond `largest_file` bytes.
    """

    def limit() -> None:
        if largest_file is not None:
            import resource

            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

    path = os.pathsep.join(str(folder) for folder in (hiding, ROOT) if folder)
    done = subprocess.run(
        [*before, *COMMAND, *arguments],
        env=os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "COLUMNS": "200", "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=stdout,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        timeout=110,
        preexec_fn=limit,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def records(path: Path) -> list[Extraction]:
    """The records of a JSON-lines file, each checked against the record's definition."""
    return [Extraction.model_validate_json(line) for line in path.read_text(encoding="utf-8").splitlines()]


@dataclass(frozen=True)
class Run:
    """What one call for all examples left behind."""

    folder: Path
    status: int
    records: dict[str, Extraction]


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Readings are kept for the tests of this module, and never in the user's own folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TAILOR_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, examples: Path) -> Run:
    folder = tmp_path_factory.mktemp("out")
    done = tailor("extract", examples, "-o", folder / "receipts.jsonl", "--annotate", folder / "annotated")
    assert done.returncode == 0, done.stderr
    again = tailor("extract", examples, "-o", folder / "receipts.csv")
    assert again.returncode == 0, again.stderr
    return Run(folder, done.returncode, {Path(one.file).stem: one for one in records(folder / "receipts.jsonl")})


def test_every_example_is_read(run: Run) -> None:
    assert set(run.records) == set(TRUTH)
    assert {name: one.status for name, one in run.records.items()} == dict.fromkeys(TRUTH, "ok")


@pytest.mark.parametrize("name", CLEAN)
@pytest.mark.parametrize("field", ["total", "date", "currency"])
def test_what_matters_most_is_right_on_clean_receipts(run: Run, name: str, field: str) -> None:
    assert run.records[name].receipt.value(field) == TRUTH[name][field]


def test_nearly_every_total_and_date_is_right(run: Run) -> None:
    wrong = [
        (name, field, one.receipt.value(field), TRUTH[name][field])
        for name, one in run.records.items()
        for field in ("total", "date")
        if one.receipt.value(field) != TRUTH[name][field]
    ]
    assert len(wrong) <= 3, wrong


def test_a_total_on_the_second_page_is_found_there(run: Run) -> None:
    invoice = run.records["catering-ireland"]
    assert invoice.pages == 2
    assert invoice.receipt.fields["total"].page == 1


def test_values_say_where_they_stand(run: Run) -> None:
    for one in run.records.values():
        assert set(one.receipt.fields) <= set(FIELD_NAMES)
        total = one.receipt.fields["total"]
        assert total.box is not None
        x0, y0, x1, y1 = total.box
        assert 0 <= x0 < x1 <= 1
        assert 0 <= y0 < y1 <= 1


def test_the_table_holds_a_row_for_each_document(run: Run) -> None:
    with (run.folder / "receipts.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(TRUTH)
    assert {row["total"] for row in rows} == {one.receipt.value("total") for one in run.records.values()}


def test_every_page_is_drawn_with_its_values(run: Run) -> None:
    pictures = [path for path in (run.folder / "annotated").rglob("*") if path.suffix in (".png", ".jpg")]
    assert len(pictures) == sum(one.pages for one in run.records.values())
    for path in pictures:
        with Image.open(path) as picture:
            picture.verify()


def test_two_workers_read_the_same_as_one(run: Run, tmp_path: Path, examples: Path) -> None:
    names = ("stationery-australia", "catering-ireland")
    files = [examples / f"{name}.pdf" for name in names]
    done = tailor("extract", *files, "--workers", "2", "-o", tmp_path / "a.jsonl")
    assert done.returncode == 0, done.stderr
    again = {Path(one.file).stem: one for one in records(tmp_path / "a.jsonl")}
    assert set(again) == set(names)
    assert all(again[name].receipt == run.records[name].receipt for name in names)


@dataclass(frozen=True)
class Bad:
    """Bad input, what the record says of it, and how the command ends."""

    make: Callable[[Path, Path], Path]
    """From an empty folder and the examples to the file that is handed in."""
    status: str
    codes: frozenset[str]
    exit: int = 1


def _row(make: Callable[[Path, Path], Path], status: str, *codes: str, exit: int = 1) -> Bad:
    return Bad(make, status, frozenset(codes), exit)


BAD: dict[str, Bad] = {
    "no such file": _row(lambda folder, _: folder / "gone.jpg", "failed", "not_found"),
    "empty file": _row(lambda folder, _: bad_input.empty(folder), "failed", "empty_file"),
    "JPEG of which little arrived": _row(
        lambda folder, good: bad_input.cut_jpeg(folder, good / "restaurant-us.jpg", 0.1), "failed", "broken_image"
    ),
    "JPEG of which most arrived": _row(
        lambda folder, good: bad_input.cut_jpeg(folder, good / "restaurant-us.jpg", 0.8), "partial", "truncated_image"
    ),
    "PNG bomb": _row(lambda folder, _: bad_input.png_bomb(folder), "failed", "too_many_pixels"),
    "text named as a picture": _row(
        lambda folder, _: bad_input.text_named_as_picture(folder), "failed", "unknown_format"
    ),
    "picture named as a PDF": _row(
        lambda folder, good: bad_input.picture_named_as_pdf(folder, good / "grocery-malaysia.png"),
        "ok",
        "wrong_extension",
        exit=0,
    ),
    "encrypted PDF": _row(lambda folder, _: bad_input.encrypted_pdf(folder), "failed", "encrypted_pdf"),
    "PDF without pages": _row(lambda folder, _: bad_input.pdf_without_pages(folder), "failed", "no_pages"),
    "500-page PDF": _row(lambda folder, _: bad_input.long_pdf(folder), "failed", "too_many_pages"),
    "blank page": _row(lambda folder, _: bad_input.blank_page(folder), "failed", "no_text", "blank_page"),
}


def _codes(record: Extraction) -> set[str]:
    return {notice.code for notice in record.warnings} | ({record.error.code} if record.error else set())


@pytest.mark.parametrize("what", BAD)
def test_bad_input_gets_a_record_with_a_code_and_a_sentence(what: str, tmp_path: Path, examples: Path) -> None:
    bad = BAD[what]
    (tmp_path / "in").mkdir()
    done = tailor("extract", bad.make(tmp_path / "in", examples), "-o", tmp_path / "out.jsonl")
    (record,) = records(tmp_path / "out.jsonl")
    assert (record.status, done.returncode) == (bad.status, bad.exit)
    assert bad.codes <= _codes(record)
    assert (record.error is not None) == (record.status == "failed")
    for notice in (*record.warnings, *([record.error] if record.error else [])):
        assert notice.message.endswith(".")
        assert len(notice.message) > 20


@pytest.mark.parametrize("make", [bad_input.landscape, bad_input.page_of_prose])
def test_a_picture_that_is_no_receipt_is_not_called_one(make: Callable[[Path], Path], tmp_path: Path) -> None:
    # OCR may take a sun for the letter O: whether any text is found on a landscape is not for this test to say.
    done = tailor("extract", make(tmp_path), "-o", tmp_path / "out.jsonl")
    (record,) = records(tmp_path / "out.jsonl")
    assert record.status in ("partial", "failed")
    assert done.returncode == 1
    assert _codes(record) & {"no_text", "not_a_receipt"}


def test_bad_input_neither_stops_nor_hides_the_rest(tmp_path: Path, examples: Path) -> None:
    for name, make in (
        ("1", bad_input.encrypted_pdf),
        ("2", bad_input.pdf_without_pages),
        ("3", bad_input.empty),
    ):
        (tmp_path / "in" / name).mkdir(parents=True)
        make(tmp_path / "in" / name)
    shutil.copy(examples / "stationery-australia.pdf", tmp_path / "in" / "good.pdf")
    done = tailor("extract", tmp_path / "in", "-o", tmp_path / "out.jsonl")
    found = {
        Path(one.file).relative_to(tmp_path / "in").as_posix(): one.error.code if one.error else one.status
        for one in records(tmp_path / "out.jsonl")
    }
    assert done.returncode == 1
    assert found == {
        "1/receipt.pdf": "encrypted_pdf",
        "2/receipt.pdf": "no_pages",
        "3/receipt.jpg": "empty_file",
        "good.pdf": "ok",
    }


def test_a_file_that_may_not_be_read_is_named_as_such(tmp_path: Path, examples: Path) -> None:
    locked = Path(shutil.copy(examples / "stationery-australia.pdf", tmp_path / "locked.pdf"))
    locked.chmod(0)
    before: tuple[str, ...] = ()
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root may read everything, and there is no setpriv to give that up")
        before = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
    done = tailor("extract", locked, "-o", tmp_path / "out.jsonl", before=before)
    (record,) = records(tmp_path / "out.jsonl")
    assert (record.status, done.returncode) == ("failed", 1)
    assert _codes(record) == {"unreadable_file"}


def test_a_folder_without_documents_is_said_to_have_none(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.txt").write_text("nothing here")
    done = tailor("extract", tmp_path / "in", "-o", tmp_path / "out.jsonl")
    assert done.returncode == 1
    assert "no_documents" in done.stderr
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes on Linux only")
def test_a_file_name_that_is_not_utf8_is_read_and_written_as_valid_utf8(tmp_path: Path, examples: Path) -> None:
    name = os.fsencode(tmp_path) + b"/re\xe7u.pdf"
    shutil.copy(examples / "stationery-australia.pdf", name)
    done = tailor("extract", name, "-o", tmp_path / "out.jsonl")
    assert done.returncode == 0, done.stderr
    (record,) = records(tmp_path / "out.jsonl")
    assert record.status == "ok"
    assert Path(record.file).name.startswith("re")


@pytest.mark.skipif(sys.platform == "win32", reason="limits on file sizes are a thing of POSIX")
def test_a_full_disk_ends_the_run_and_what_was_written_stays_valid(tmp_path: Path, examples: Path) -> None:
    files = [examples / "stationery-australia.pdf", examples / "catering-ireland.pdf"]
    whole = tmp_path / "whole.jsonl"
    assert tailor("extract", *files, "--workers", "1", "-o", whole).returncode == 0
    first = len(whole.read_bytes().splitlines(keepends=True)[0])
    # A file may grow no further than a little past the first record: writing on fails as on a full disk.
    done = tailor("extract", *files, "--workers", "1", "-o", tmp_path / "cut.jsonl", largest_file=first + 100)
    assert done.returncode == 1
    assert "disk_full" in done.stderr
    assert [Path(one.file).name for one in records(tmp_path / "cut.jsonl")] == ["stationery-australia.pdf"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_a_full_disk_behind_standard_output_is_said_too(examples: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = tailor("extract", examples / "stationery-australia.pdf", stdout=full)
    assert done.returncode == 1
    assert "disk_full" in done.stderr


def test_without_onnxruntime_one_line_says_what_to_install(tmp_path: Path, examples: Path) -> None:
    (tmp_path / "onnxruntime").mkdir()
    (tmp_path / "onnxruntime" / "__init__.py").write_text("raise ImportError('hidden by a test')\n")
    done = tailor("extract", examples / "stationery-australia.pdf", hiding=tmp_path)
    assert done.returncode == 2
    assert "tailor[cpu]" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
