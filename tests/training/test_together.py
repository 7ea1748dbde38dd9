"""A launcher starts several processes, and they learn what one learns."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.training import tiny
from tests.training.test_loop import ROOT, answers, shown
from tests.training.tiny import receipts
from training import checkpoint, loop
from training.log import read_log
from training.together import leads, world_size

LAUNCHED = """
import sys
from pathlib import Path
import torch
from tests.training import tiny
from training import loop
from training.cli import train
from training.corpus import Example

def read(run, split, names=None):
    documents = tiny.receipts(6)
    return {"made-up": documents[:2]} if split == "dev" else {"made-up": documents}

loop.read_stores = read
if __name__ == "__main__":
    folder = Path(sys.argv[1])
    train(folder / "run.yaml", ["optimiser.epochs=6"], fresh=len(sys.argv) > 2)
"""


def declared(folder: Path) -> None:
    """The tiny run as a file, with the recipes in which processes must agree."""
    import yaml

    run = tiny.run(
        folder,
        name="two",
        optimiser__epochs=6,
        stages=[{"name": "fit", "reweight": {"every": 2}}],
        evaluation={"every": 3},
    )
    stage = run.model_dump(mode="json")
    (folder / "run.yaml").write_text(yaml.safe_dump(stage), encoding="utf-8")


def launch(folder: Path, *arguments: str) -> str:
    """Trains in two processes that a launcher starts; gives stdout."""
    script = folder / "launched.py"
    script.write_text(LAUNCHED, encoding="utf-8")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, str(script), str(folder), *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_two_launched_processes_learn_what_one_learns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = receipts(6)
    shown(monkeypatch, examples, examples[:2])
    declared(tmp_path)
    alone = loop.train(tiny.run(tmp_path, name="one", optimiser__epochs=6, stages=[{"name": "fit"}]))
    out = launch(tmp_path)
    together = tmp_path / "runs" / "two"
    # Not the weights: Adam's step is of full length even where a gradient is hardly more than rounding.
    assert torch.allclose(answers(alone, examples), answers(together, examples), atol=0.01)
    assert out.splitlines().count(str(together)) == 1, "one process speaks"
    lines = read_log(together)
    assert len([line for line in lines if "spans" in line]) == 6
    assert [line["epoch"] for line in lines if "weight.made-up" in line] == [2, 4]
    assert checkpoint.is_done(together)


def test_a_launcher_says_how_many_and_which_process_this_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = tiny.run(tmp_path, processes=3)
    assert world_size(run) == 3
    assert leads()
    monkeypatch.setenv("WORLD_SIZE", "8")
    monkeypatch.setenv("RANK", "5")
    assert world_size(run) == 8
    assert not leads()
