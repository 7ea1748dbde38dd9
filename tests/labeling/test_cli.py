from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from extractor.cli.group import TailorGroup
from extractor.task import RECEIPTS
from labeling.cli import label
from labeling.labels import label_line, read_labels, write_lines
from tests.labeling.run.fakes import pictures


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with six pictures in in/, and what is recorded of five of them."""
    monkeypatch.setenv("TAILOR_CACHE", str(tmp_path / "cache"))
    documents = pictures(tmp_path / "in", 6)
    write_lines(
        tmp_path / "recorded.jsonl",
        [label_line(path.stem, {"total": "2.50", "currency": "EUR"}, RECEIPTS) for path in documents[:5]],
    )
    (tmp_path / "prices.yaml").write_text("as_of: 2026-01-01\nmodels:\n  replay: {input: 1, output: 1}\n")
    return tmp_path


def tailor(here: Path, *arguments: str) -> Result:
    app = typer.Typer(cls=TailorGroup, pretty_exceptions_enable=False)
    app.callback()(lambda: None)
    app.command("label")(label)
    usual = ["label", str(here / "in"), "-o", str(here / "labels.jsonl")]
    teacher = [] if "--teacher" in arguments else ["--teacher", f"replay:{here / 'recorded.jsonl'}"]
    return CliRunner().invoke(app, [*usual, *teacher, *arguments])


def test_a_folder_becomes_labels_and_what_failed_is_said(here: Path) -> None:
    result = tailor(here)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "failed: " in result.stderr
    assert "[unknown_document]" in result.stderr
    assert "5 documents labelled, 1 failed" in result.stderr
    assert len(read_labels(here / "labels.jsonl")) == 5
    (here / "in" / "0005.png").unlink()


def test_exit_status_is_0_where_all_are_labelled(here: Path) -> None:
    (here / "in" / "0005.png").unlink()
    assert tailor(here, "--quiet").exit_code == 0
    again = tailor(here)
    assert again.exit_code == 0
    assert "nothing to ask" in again.stderr


def test_a_dry_run_says_what_it_would_take_and_writes_nothing(here: Path) -> None:
    result = tailor(here, "--dry-run", "--prices", str(here / "prices.yaml"))
    assert result.exit_code == 0
    assert "documents to ask about" in result.stdout
    assert "$0.00" in result.stdout
    figures = json.loads(tailor(here, "--dry-run", "--json", "--prices", str(here / "prices.yaml")).stdout)
    assert figures["questions"] == 6
    assert float(figures["cost"]) > 0
    assert not list(here.glob("labels.jsonl*"))


def test_the_budget_is_kept_and_the_rest_is_left_with_status_1(here: Path) -> None:
    (here / "in" / "0005.png").unlink()
    result = tailor(here, "--budget", "0.008", "--prices", str(here / "prices.yaml"))
    assert result.exit_code == 1
    assert "documents fit" in result.stderr
    assert "left for want of budget" in result.stderr
    count = len(read_labels(here / "labels.jsonl"))
    assert 1 <= count < 5
    assert tailor(here, "--budget", "1", "--prices", str(here / "prices.yaml")).exit_code == 0


def test_answers_are_kept_for_other_outputs_unless_told_otherwise(here: Path) -> None:
    (here / "in" / "0005.png").unlink()
    tailor(here)
    assert "nothing to ask" in tailor(here, "-o", str(here / "other.jsonl")).stderr
    assert "5 documents to label" in tailor(here, "-o", str(here / "third.jsonl"), "--no-cache").stderr


def test_fresh_starts_anew(here: Path) -> None:
    (here / "labels.jsonl").write_text("mine\n")
    refused = tailor(here)
    assert refused.exit_code == 2
    assert "output_exists" in refused.stderr
    tailor(here, "--fresh")
    assert json.loads(tailor(here, "--dry-run", "--json").stdout)["questions"] == 1
    assert json.loads(tailor(here, "--dry-run", "--json", "--fresh", "--no-cache").stdout)["questions"] == 6
    assert len(read_labels(here / "labels.jsonl")) == 5


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--teacher", "nobody:x"], "unknown_teacher"),
        (["--teacher", "replay:nothing.jsonl"], "bad_recording"),
        (["-o", "labels.csv"], "usage"),
        (["--task", "nothing"], "bad_task"),
        (["--batch"], "no_batches"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(here: Path, arguments: list[str], code: str) -> None:
    result = tailor(here, *arguments)
    assert result.exit_code == 2
    assert f"error [{code}]" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_ctrl_c_lets_calls_under_way_end_and_says_how_to_go_on(here: Path) -> None:
    (here / "slow.py").write_text(
        "import json, sys, time\ntime.sleep(0.4)\nprint(json.dumps(json.load(open(sys.argv[1]))))\n"
    )
    (here / "answer.json").write_text(json.dumps(dict.fromkeys(RECEIPTS.names) | {"line_items": []}))
    code = "from labeling.cli import label; from extractor.cli.main import app, run; app.command('label')(label); run()"
    teacher = f"command:{sys.executable} {here / 'slow.py'} {here / 'answer.json'}"
    command = [sys.executable, "-c", code, "label", str(here / "in"), "-o", str(here / "labels.jsonl")]
    process = subprocess.Popen(
        [*command, "--teacher", teacher, "--concurrency", "1"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (here / "labels.jsonl").exists() or not (here / "labels.jsonl").read_text():
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    told = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "Run the same command again to go on." in told
    labelled = len(read_labels(here / "labels.jsonl"))
    assert 1 <= labelled < 6
