"""The pretended provider itself: what it counts and how it fails can be relied on."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from extractor.task import RECEIPTS
from labeling.base import TeacherError
from tests.labeling.documents import KEY, document, label
from tests.labeling.server import ALL, Faults, FaultServer
from tests.labeling.server.metering import claude_picture, tiles_picture
from tests.labeling.teachers.conftest import teacher_for

Serve = Callable[..., FaultServer]
ROOT = Path(__file__).resolve().parents[3]


def test_faults_are_the_same_for_a_seed_and_of_the_share_asked_for() -> None:
    faults = Faults(0.1, seed=5)
    drawn = [faults.of(f"r{number}", call) for number in range(1000) for call in range(2)]
    assert drawn == [Faults(0.1, seed=5).of(f"r{number}", call) for number in range(1000) for call in range(2)]
    counted = Counter(each for each in drawn if each)
    assert sum(counted.values()) == pytest.approx(200, rel=0.2)
    assert set(counted) == set(ALL)


def test_calls_and_money_are_counted_for_each_document(serve: Serve) -> None:
    server = serve(faults=Faults(script=("rate_limit", "wrong_schema", None)))
    teacher = teacher_for("anthropic", server)
    with pytest.raises(TeacherError):
        teacher.label(document(), RECEIPTS)
    assert server.total == 0
    answer = teacher.label(document(), RECEIPTS)
    with urllib.request.urlopen(f"{server.url}/report") as response:
        report = json.load(response)
    name = document().id
    assert (report["calls"][name], report["charged"][name], report["intact"][name]) == (3, 2, 1)
    assert report["total"] == str(answer.cost)
    assert report["faults"] == {"rate_limit": 1, "wrong_schema": 1}


def test_pictures_out_of_order_are_refused(serve: Serve) -> None:
    server = serve()
    teacher = teacher_for("openai", server)
    request = teacher.request(document(pages=(*document().pages, *document().pages)), RECEIPTS)
    swapped = type(request)(**{**vars(request), "captions": request.captions[::-1]})
    with pytest.raises(TeacherError, match="pictures out of order"):
        teacher._ask(swapped)


@pytest.mark.parametrize("size", [(1024, 1024), (500, 1568), (28, 29)])
def test_its_count_of_pictures_agrees_with_the_rules_where_they_meet(size: tuple[int, int]) -> None:
    from labeling.pictures import rule_for

    for model, counted in (("claude-sonnet-4-6", claude_picture), ("gpt-4o", tiles_picture)):
        rule = rule_for(model)
        fitted = rule.fitted(*size)
        assert counted(*fitted) == rule.tokens(*fitted)


def test_it_runs_in_a_process_of_its_own(tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    Image.new("RGB", (60, 90), "white").save(pictures / "a.png")
    recording = tmp_path / "labels.jsonl"
    recording.write_text(json.dumps({"id": "a", **label()}), encoding="utf-8")
    command = [sys.executable, "-m", "tests.labeling.server", "--labels", str(recording), "--pictures", str(pictures)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([*command, "--key", KEY], cwd=ROOT, text=True, **pipes) as process:  # type: ignore[call-overload]
        assert process.stdout
        assert process.stdin
        url = json.loads(process.stdout.readline())["url"]
        with urllib.request.urlopen(f"{url}/report") as response:
            assert json.load(response)["total"] == "0"
        process.stdin.close()
        assert process.wait(timeout=20) == 0
