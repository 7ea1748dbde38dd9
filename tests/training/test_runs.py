"""Runs are listed with where they stand and how well they read."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console
from typer import Typer
from typer.testing import CliRunner

from extractor.errors import UsageError
from tests.training import tiny
from tests.training.test_loop import shown
from tests.training.tiny import receipts
from training import loop
from training.cli import runs
from training.folder import held, is_held
from training.runs import runs_below, table

app = Typer()
app.command()(runs)


def invoke(*arguments: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(each) for each in arguments], catch_exceptions=False)
    return result.exit_code, result.stdout, result.stderr


def made(folder: Path, name: str, lines: Sequence[dict[str, object]], age: int = 0) -> Path:
    """A run's folder, as it lies after a break."""
    path = folder / name
    path.mkdir(parents=True)
    declared = {"name": name.split("/")[-1], "stages": [{"name": "warm"}, {"name": "fit"}]}
    (path / "config.json").write_text(json.dumps(declared), encoding="utf-8")
    log = path / "log.jsonl"
    log.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    os.utime(log, (1e9 - age, 1e9 - age))
    return path


EPOCH = {"stage": "fit", "step": 40, "epoch": 3, "documents_a_second": 21.5, "spans": 0.4, "seconds": 3725.4}
LOOK = {
    "stage": "fit",
    "step": 40,
    "epoch": 3,
    "wild.total": 0.91,
    "wild.mean": 0.8,
    "wild.items": 0.7,
    "sroie.total": 0.97,
    "sroie.mean": 0.9,
    "mean": 0.85,
    "seconds": 3730.0,
}


def test_a_finished_run_is_told_from_one_that_was_broken_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = receipts(6)
    shown(monkeypatch, examples, examples[:2])
    folder = loop.train(tiny.run(tmp_path))
    made(folder.parent, "study/broken", [EPOCH, LOOK])
    done, broken = sorted(runs_below(folder.parent), key=lambda run: run.state == "broken off")
    assert (done.name, done.state, done.stage, done.epoch) == ("tiny", "finished", "fit", 2)
    assert done.figures["made-up"].keys() >= {"mean", "total", "date", "merchant_name", "items"}
    assert done.documents_a_second
    assert (broken.name, broken.state, broken.epoch, broken.seconds) == ("broken", "broken off", 3, 3730.0)
    assert broken.figures == {
        "": {"mean": 0.85},
        "wild": {"total": 0.91, "mean": 0.8, "items": 0.7},
        "sroie": {"total": 0.97, "mean": 0.9},
    }


def test_a_run_is_running_while_a_process_holds_its_folder(tmp_path: Path) -> None:
    folder = made(tmp_path, "one", [EPOCH])
    assert not is_held(folder)
    with held(folder):
        assert [run.state for run in runs_below(tmp_path)] == ["running"]
        with pytest.raises(UsageError, match="under way"), held(folder):
            pass
    assert [run.state for run in runs_below(tmp_path)] == ["broken off"]


def test_a_second_training_in_the_same_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown(monkeypatch, receipts(6))
    declared = tiny.run(tmp_path)
    (declared.output / declared.name).mkdir(parents=True)
    for fresh in (False, True):
        with held(declared.output / declared.name), pytest.raises(UsageError, match="under way"):
            loop.train(declared, fresh=fresh)


def test_newer_runs_come_first_and_what_is_no_run_is_passed_over(tmp_path: Path) -> None:
    made(tmp_path, "old", [EPOCH], age=100)
    made(tmp_path, "new", [])
    (tmp_path / "old" / "student").mkdir()
    (tmp_path / "old" / "student" / "config.json").write_text("{}", encoding="utf-8")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text('{"hidden": 3}', encoding="utf-8")
    assert [(run.name, run.epoch, run.stage) for run in runs_below(tmp_path)] == [("new", 0, "warm"), ("old", 3, "fit")]


def test_the_table_has_a_line_a_source(tmp_path: Path) -> None:
    made(tmp_path, "one", [EPOCH, LOOK])
    console = Console(width=160, record=True)
    console.print(table(runs_below(tmp_path)))
    head, first, second = console.export_text().splitlines()
    assert head.split()[:3] == ["run", "state", "stage"]
    assert first.split()[:8] == ["one", "broken", "off", "fit", "2/2", "3", "21.5", "1:02:10"]
    assert first.split()[-7:] == ["wild", "0.800", "0.910", "–", "–", "–", "0.700"]
    assert second.split() == ["sroie", "0.900", "0.970", "–", "–", "–", "–"]


def test_runs_are_told_as_json_lines_alone_on_stdout(tmp_path: Path) -> None:
    made(tmp_path, "one", [EPOCH, LOOK])
    status, out, err = invoke(tmp_path, "--json")
    assert (status, err) == (0, "")
    (told,) = [json.loads(line) for line in out.splitlines()]
    assert told["name"] == "one"
    assert told["figures"]["wild"]["total"] == 0.91
    assert len(told["config_hash"]) == 12


def test_curves_are_drawn_anew(tmp_path: Path) -> None:
    folder = made(tmp_path, "one", [EPOCH, LOOK])
    bare = made(tmp_path, "two", [])
    status, out, err = invoke(tmp_path, "--curves")
    assert status == 0
    assert (folder / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert f"{bare} has nothing to draw yet" in err
    assert "curves.png" not in out


def test_an_empty_folder_is_said_to_be_empty(tmp_path: Path) -> None:
    assert invoke(tmp_path) == (0, "", f"There is no run in {tmp_path} yet; `tailor train CONFIG` begins one.\n")
    with pytest.raises(UsageError, match="There is no folder"):
        invoke(tmp_path / "nowhere")
