"""The measuring measures what it says."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from extractor.pipeline import Extractor, Settings
from extractor.types import Extraction
from serving.benchmark import batching, latency, load, throughput
from serving.benchmark.__main__ import app
from serving.benchmark.documents import cut, documents, repeated
from serving.benchmark.report import Figure, at_least, at_most, show
from serving.engine.gpu import sample


class SlowDoor:
    """Takes its time for each document and counts how many are inside."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.inside = self.most = 0
        self.pid: int | None = None
        self.names: Counter[str] = Counter()

    async def read(self, name: str, content: bytes) -> Extraction:
        self.inside += 1
        self.most = max(self.most, self.inside)
        await asyncio.sleep(self.seconds)
        self.inside -= 1
        self.names[name] += 1
        return Extraction(file=name, sha256="", status="ok", pages=1, seconds={"load": 0.0, "ocr": 0.0})


def test_figures_say_whether_they_meet_what_was_asked(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    figures = [at_least("speed", 2.0, "×", 1.5), at_most("delay", 20.0, "ms", 15), Figure("why", 1.0, "ms", "so")]
    show(figures, tmp_path / "figures.json")
    lines = capsys.readouterr().out.splitlines()
    assert "asked: ≥ 1.5, met" in lines[0]
    assert "asked: ≤ 15, NOT met" in lines[1]
    assert "asked" not in lines[2]
    assert [each["ok"] for each in json.loads((tmp_path / "figures.json").read_text())] == [True, False, None]


def test_named_documents_are_taken_and_else_there_are_as_many_as_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"a")
    assert documents([tmp_path], 9) == [tmp_path / "a.jpg"]
    assert len(documents([], 12)) == 12


def test_a_document_can_be_made_as_long_as_needed() -> None:
    long = cut(sample(5), 12)
    assert len(long) == len(long.boxes) == len(long.cells) == 12
    assert len(repeated([sample(1)], 3)) == 3


def test_the_batcher_is_measured_with_what_explains_it() -> None:
    figures = {each.name: each for each in batching.measure([sample(20)] * 16, threads=1, lanes=1, askers=8, rounds=1)}
    assert figures["mean batch, with buckets"].value > 1
    assert figures["padding, with buckets"].value == 0
    assert figures["gain of dynamic batching"].asked == "≥ 1.5"
    assert figures["32 tokens each, batch 16"].value > 0


def test_throughput_keeps_as_many_requests_under_way_as_it_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for number in range(12):
        (tmp_path / f"{number}.jpg").write_bytes(b"x")
    door = SlowDoor(0.01)

    def extract(paths: object, settings: Settings, workers: int, run: throughput.Run) -> None:
        run.times = [float(number) for number in range(12)]
        run.cpu = [0.5 * number for number in range(10)]

    monkeypatch.setattr(throughput, "_extract", extract)
    paths = sorted(tmp_path.iterdir())
    figures = asyncio.run(throughput.measure(door, paths, workers=2, rounds=1, over="http"))
    assert door.most == 6
    assert sorted(door.names.values()) == [1] * 12
    assert figures[1].value == 1.0  # one a second, as was pretended
    assert figures[2].value > 0.9
    assert len(figures) == 3  # what work a service did whose process isn't known can't be told


def test_latency_is_what_the_service_adds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Instant:
        def __init__(self, settings: None) -> None:
            assert settings is None

        def read(self, content: bytes, name: str) -> tuple[Extraction, None]:
            time.sleep(0.01)
            return Extraction(file=name, sha256="", status="ok", pages=1), None

    monkeypatch.setattr(latency, "Extractor", Instant)
    (tmp_path / "a.jpg").write_bytes(b"x")
    figures = asyncio.run(latency.measure(SlowDoor(0.05), [tmp_path / "a.jpg"], rounds=5, over="http"))
    assert 20 < figures[1].value < 500


def test_every_kind_of_bad_file_is_bad_to_the_sdk(examples: Path) -> None:
    chance = random.Random(1)
    good = [("cafe.jpg", (examples / "cafe-france.jpg").read_bytes())]
    extractor = Extractor(engine=_Blind(), cuda="off")
    seen = set()
    for _ in range(40):
        name, content = load.bad_files(good, chance)
        record, _ = extractor.read(content, name=name)
        assert record.status != "ok"
        seen.add(record.error.code if record.error else record.status)
    assert len(seen) >= 3


class _Blind:
    name = "blind"

    def read(self, image: Any) -> Any:
        from extractor.ocr.base import Reading

        return Reading(())


def test_the_command_names_its_parts() -> None:
    told = CliRunner().invoke(app, ["--help"]).output
    assert all(part in told for part in ("batching", "gpu", "throughput", "latency", "load"))
