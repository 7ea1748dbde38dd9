"""`tailor extract` from the outside: what it writes, says and returns."""

import csv
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from extractor.cli import extract as command
from extractor.cli.reading import default_workers, documents_in
from extractor.errors import DocumentError
from extractor.pool import run_many
from extractor.writers import finished


def _lines(text: str):
    return [json.loads(line) for line in text.splitlines()]


def _named(path: Path):
    return {Path(entry["file"]).name: entry for entry in _lines(path.read_text("utf-8"))}


def test_without_output_standard_output_holds_json_lines_and_nothing_else(fake, tailor, receipts):
    result = tailor("extract", receipts("a.jpg", "b.jpg"))
    assert result.exit_code == 0
    assert [Path(entry["file"]).name for entry in _lines(result.stdout)] == ["a.jpg", "b.jpg"]
    assert "2 of 2 documents read: 2 ok" in result.stderr
    assert "a library talks" in result.stderr


def test_quiet_says_nothing_when_all_is_well(fake, tailor, receipts, tmp_path):
    result = tailor("extract", receipts("a.jpg"), "-q", "-o", tmp_path / "o.jsonl")
    assert result.stdout == ""
    assert result.stderr.replace("a library talks on standard output\n", "") == ""


def test_a_failed_document_is_written_named_and_gives_status_one(fake, tailor, receipts, tmp_path):
    result = tailor("extract", receipts("a.jpg", "broken.jpg"), "-o", tmp_path / "o.jsonl")
    assert result.exit_code == 1
    found = _named(tmp_path / "o.jsonl")
    assert (found["a.jpg"]["status"], found["broken.jpg"]["status"]) == ("ok", "failed")
    assert "broken.jpg [broken_image]: The picture is cut off. Scan it again." in result.stderr
    assert "1 ok, 1 failed" in result.stderr


def test_a_file_name_cannot_steer_the_terminal(fake, tailor, receipts, tmp_path):
    result = tailor("extract", receipts("broken\x1b[2J\nx.jpg"), "-o", tmp_path / "o.jsonl")
    assert "broken�[2J�x.jpg [broken_image]" in result.stderr


def test_results_that_do_not_fit_end_the_run_with_workers_and_all(fake, tailor, receipts, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("extractor.writers.jsonl._write_all", full)
    result = tailor("extract", receipts("a.jpg", "slow1", "slow2.jpg"), "-o", tmp_path / "o.jsonl", "--workers", 2)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("error [disk_full]: There is no room left to write")
    assert multiprocessing.active_children() == []


def test_a_path_that_is_missing_fails_alone(fake, tailor, receipts, tmp_path):
    missing = tmp_path / "none.jpg"
    result = tailor("extract", receipts("a.jpg"), missing, "-o", tmp_path / "o.jsonl")
    assert result.exit_code == 1
    assert set(_named(tmp_path / "o.jsonl")) == {"a.jpg", "none.jpg"}


def test_a_folder_without_documents_gives_status_one_and_a_sentence(fake, tailor, tmp_path):
    (tmp_path / "empty").mkdir()
    result = tailor("extract", tmp_path / "empty")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("error [no_documents]: ")


def test_an_empty_folder_beside_documents_is_a_warning(fake, tailor, receipts, tmp_path):
    (tmp_path / "empty").mkdir()
    result = tailor("extract", receipts("a.jpg"), tmp_path / "empty")
    assert result.exit_code == 0
    assert "warning [no_documents]" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["-o", "x.doc"], "unknown_output"),
        (["-o", "no/such/folder/x.csv"], "no_output_folder"),
        (["--resume"], "resume_without_output"),
    ],
)
def test_wrong_usage_gives_status_two_before_anything_is_read(fake, tailor, receipts, arguments, code):
    result = tailor("extract", receipts("a.jpg"), *arguments)
    assert result.exit_code == 2
    assert f"error [{code}]: " in result.stderr
    assert not fake


@pytest.mark.parametrize("arguments", [["--workers", "0"], ["--ocr", "eyes"], ["--nonsense"], []])
def test_options_that_do_not_exist_give_status_two(fake, tailor, arguments):
    assert tailor("extract", *arguments).exit_code == 2


def test_the_options_reach_the_extractor(fake, tailor, receipts, tmp_path):
    options = ["--ocr", "tesseract", "--lang", "deu", "--lang", "fra", "--dpi", "300", "--renderer", "poppler"]
    limits = ["--max-pages", "3", "--max-megabytes", "1.5", "--max-megapixels", "2", "--max-seconds", "7"]
    tailor("extract", receipts("a.jpg"), *options, *limits, "--no-cache", "--password", "p", "--model", tmp_path)
    (asked,) = fake
    assert (asked["ocr"], asked["languages"], asked["dpi"], asked["renderer"]) == (
        "tesseract",
        ("deu", "fra"),
        300,
        "poppler",
    )
    assert (asked["cache"], asked["password"], asked["model"]) == (None, "p", str(tmp_path))
    chosen = asked["limits"]
    assert (chosen.max_pages, chosen.max_bytes, chosen.max_pixels, chosen.seconds) == (3, 3 * 2**19, 2_000_000, 7)


def test_readings_are_kept_in_the_users_cache_unless_told_otherwise(fake, tailor, receipts, monkeypatch, tmp_path):
    monkeypatch.setenv("TAILOR_CACHE", str(tmp_path / "kept"))
    tailor("extract", receipts("a.jpg"))
    assert fake[0]["cache"] == tmp_path / "kept"


@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".xlsx", ".parquet"])
def test_resuming_reads_what_failed_changed_or_is_new_and_nothing_else(fake, tailor, receipts, tmp_path, ending):
    folder, output = receipts("a.jpg", "broken.jpg", "c.jpg"), tmp_path / f"o{ending}"
    assert tailor("extract", folder, "-o", output).exit_code == 1
    (folder / "c.jpg").write_text("7.77")
    (folder / "d.jpg").write_text("8.88")
    (folder / "broken.jpg").rename(folder / "whole.jpg")
    result = tailor("extract", folder, "-o", output, "--resume")
    assert result.exit_code == 0
    assert "3 of 3 documents read: 3 ok (1 were finished before)" in result.stderr
    result = tailor("extract", folder, "-o", output, "--resume")
    assert "0 of 0 documents read (4 were finished before)" in result.stderr


def test_a_csv_holds_each_document_once_after_resuming(fake, tailor, receipts, tmp_path):
    folder, output = receipts("a.jpg", "b.jpg"), tmp_path / "o.csv"
    tailor("extract", folder, "-o", output)
    (folder / "b.jpg").write_text("5.00")
    tailor("extract", folder, "-o", output, "--resume")
    with output.open(encoding="utf-8", newline="") as file:
        assert [(Path(row["file"]).name, row["total"]) for row in csv.DictReader(file)] == [
            ("a.jpg", "0.00"),
            ("b.jpg", "5.00"),
        ]


def test_a_defect_is_one_line_with_a_code_and_debug_shows_where(fake, tailor, receipts, monkeypatch):
    def defect(*_):
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(command, "_pass_on", defect)
    folder = receipts("a.jpg")
    result = tailor("extract", folder)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("error [internal]: ")
    assert "Traceback" not in result.stderr
    assert "Traceback" in tailor("--debug", "extract", folder).stderr


def test_pictures_drawn_by_an_earlier_run_are_not_read(receipts):
    folder = receipts("a.jpg")
    (folder / "drawn").mkdir()
    (folder / "drawn" / "a.jpg.png").write_text("x")
    assert len(documents_in([folder])[0]) == 2
    assert documents_in([folder], beside=folder / "drawn")[0] == [folder / "a.jpg"]
    with pytest.raises(DocumentError):
        documents_in([folder / "drawn"], beside=folder / "drawn")


def test_a_document_that_is_named_twice_is_read_once(receipts):
    folder = receipts("a.jpg")
    assert len(documents_in([folder, folder / "a.jpg", folder / ".." / "in"])[0]) == 1


def test_few_documents_need_no_second_process(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert (default_workers(3), default_workers(4)) == (1, 4)


def test_ray_that_is_not_installed_is_named(fake, tailor, receipts, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    result = tailor("extract", receipts("a.jpg"), "--engine", "ray")
    assert result.exit_code == 2
    assert "error [missing_extra]: " in result.stderr
    assert "pip install 'tailor[scale]'" in result.stderr


def _started(*arguments: object, stdout=subprocess.PIPE) -> subprocess.Popen:
    """The command in a process of its own, with the fake extractor."""
    script = (
        "from extractor import pipeline\n"
        "from tests.extractor.cli.conftest import FakeSettings\n"
        "pipeline.Settings = FakeSettings.of\n"
        "from extractor.cli.main import run\n"
        "if __name__ == '__main__': run()\n"
    )
    root = Path(__file__).parents[3]
    call = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(call, cwd=root, stdout=stdout, stderr=subprocess.PIPE, text=True)


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is no signal there")
@pytest.mark.parametrize("ending", [".jsonl", ".xlsx"])
def test_ctrl_c_ends_soon_and_keeps_what_was_finished(receipts, tmp_path, ending):
    folder, output = receipts("a.jpg", "b.jpg", "c.jpg", "slow1.jpg", "slow2.jpg", "slow3.jpg"), tmp_path / f"o{ending}"
    process = _started("extract", folder, "-o", output, "--workers", 2)
    try:
        deadline = time.monotonic() + 30
        while len(finished(output)) < 3 and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "Traceback" not in said
    assert {Path(file).name for file, _ in finished(output)} == {"a.jpg", "b.jpg", "c.jpg"}
    assert {path.name for path in tmp_path.iterdir()} == {"in", output.name}


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is no signal there")
def test_a_second_ctrl_c_does_not_even_wait_for_the_document_in_hand(receipts, tmp_path):
    folder, output = receipts("a.jpg", "slow.jpg"), tmp_path / "o.csv"
    process = _started("extract", folder, "-o", output, "--workers", 1)
    try:
        deadline = time.monotonic() + 30
        while not finished(output) and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "Traceback" not in said
    assert "Press Ctrl-C again" in said
    with output.open(encoding="utf-8", newline="") as file:
        assert [Path(row["file"]).name for row in csv.DictReader(file)] == ["a.jpg"]


@pytest.mark.skipif(os.name == "nt", reason="needs a pipe that breaks")
def test_a_reader_that_goes_away_ends_the_run_without_a_word_of_python(receipts):
    process = _started("extract", receipts(*(f"{n}.jpg" for n in range(200))), "--workers", 1)
    process.stdout.readline()
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=30) == 1
    assert "Traceback" not in said
    assert "BrokenPipe" not in said


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_behind_standard_output_is_named(receipts):
    with Path("/dev/full").open("w") as full:
        process = _started("extract", receipts("a.jpg"), stdout=full)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "error [disk_full]: There is no room left to write standard output." in said
    assert "Traceback" not in said
    assert "Exception" not in said


def test_the_pool_takes_the_commands_settings(receipts):
    from tests.extractor.cli.conftest import FakeSettings

    paths = sorted(receipts("a.jpg", "b.jpg").iterdir())
    assert len(list(run_many(FakeSettings.of(dpi=200), paths, workers=2))) == 2
