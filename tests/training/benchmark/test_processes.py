import os
import sys
from types import SimpleNamespace

import pytest
from PIL import Image

from extractor.ocr.fake import FakeOcr
from extractor.student import decoder
from extractor.types import Box, Word
from training.benchmark import probe as probes
from training.benchmark import processes
from training.benchmark.probe import Job
from training.benchmark.processes import MemoryWatch, ProbeFailed, probe, wall_seconds

ECHO = """
import json, os, sys
job = json.load(sys.stdin)
print("a library's chatter")
for file in job["files"]:
    print(json.dumps({"file": file, "threads": os.environ["OMP_NUM_THREADS"]}), flush=True)
"""
HOARD = "import json, time; held = bytearray(60_000_000); print(json.dumps({'ok': 1}), flush=True); time.sleep(0.4)"
FAIL = "import sys; print('{\"file\": 1}'); sys.exit('the disk is full')"


@pytest.fixture
def scripted(monkeypatch):
    def use(script: str) -> None:
        monkeypatch.setattr(processes, "probe_command", lambda mode: [sys.executable, "-c", script])

    return use


def test_a_probe_tells_one_line_a_document_and_chatter_is_passed_over(scripted):
    scripted(ECHO)
    assert list(probe("ocr", Job(("a", "b")))) == [{"file": "a", "threads": "1"}, {"file": "b", "threads": "1"}]


def test_a_probe_that_ends_badly_says_why(scripted):
    scripted(FAIL)
    with pytest.raises(ProbeFailed, match=r"status 1: the disk is full"):
        list(probe("memory", Job(())))


def test_the_memory_of_a_probe_is_watched_while_it_works(scripted):
    scripted(HOARD)
    watch = MemoryWatch()
    list(probe("memory", Job(()), watch))
    assert watch.largest_process > 60_000_000
    assert watch.largest_tree >= watch.largest_process


def test_a_process_that_is_gone_has_no_memory():
    assert list(probes.tree_rss(2**22 + os.getpid())) == []


def test_a_command_is_timed_and_its_failure_told():
    assert wall_seconds([sys.executable, "-c", "import time; time.sleep(0.1)"]) > 0.1
    assert wall_seconds([sys.executable, "-c", "raise SystemExit(1)"], accepted=(0, 1)) > 0
    with pytest.raises(ProbeFailed, match="status 2"):
        wall_seconds([sys.executable, "-c", "raise SystemExit(2)"])


def test_a_job_survives_its_way_to_the_probe():
    job = Job(("a", "ü"), model="m", core=1, workers=3)
    assert Job.from_json(job.to_json()) == job


def test_the_system_counts_at_least_what_this_process_holds_now():
    pytest.importorskip("resource")
    assert probes.peak_rss() >= 0.9 * next(probes.tree_rss(os.getpid()))


def test_the_memory_probe_tells_of_each_document_even_where_files_come_again(pipeline):
    told: list[dict[str, object]] = []
    probes.memory(Job(("b.jpg", "a.jpg", "b.jpg")), told.append)
    assert sorted(str(line["file"]) for line in told) == ["a.jpg", "b.jpg", "b.jpg"]
    assert all(line["status"] == "ok" and line["rss"] > 10_000_000 for line in told)
    assert "cache" not in pipeline.made[0]  # every page is read anew


def test_the_latency_probe_keeps_to_one_core_and_one_thread(pipeline, monkeypatch):
    told: list[dict[str, object]] = []
    pinned: list[set[int]] = []
    monkeypatch.setattr(os, "sched_setaffinity", lambda pid, cores: pinned.append(cores), raising=False)
    monkeypatch.setattr(probes, "stages", lambda extractor, file: {"ocr": 1.0})
    probes.latency(Job(("a.jpg",), core=1), told.append)
    assert told == [{"file": "a.jpg", "seconds": {"ocr": 1.0}}]
    assert pinned == [{1}]
    assert pipeline.made == [{"model": None, "threads": 1, "cuda": "off"}]


@pytest.mark.parametrize(
    ("words", "told"), [(["TOTAL", "9.00"], ["ocr", "encode", "session", "decode"]), ([], ["ocr"])]
)
def test_each_stage_of_a_document_is_timed_and_a_blank_page_stops_after_the_ocr(words, told, tmp_path, monkeypatch):
    picture = tmp_path / "a.png"
    Image.new("RGB", (40, 60), "white").save(picture)
    placed = [Word(word, Box(0.1, 0.2 * at, 0.5, 0.2 * at + 0.1), line=at) for at, word in enumerate(words)]
    asked: list[int] = []
    student = SimpleNamespace(run=lambda batch: asked.append(len(batch[0])) or ["answers"], manifest="manifest")
    monkeypatch.setattr(decoder, "decode", lambda tokens, answers, manifest: asked.append(len(tokens)))
    seconds = probes.stages(SimpleNamespace(engine=FakeOcr(placed), student=student), str(picture))
    assert list(seconds) == told
    assert all(spent > 0 for spent in seconds.values())
    assert asked == ([2, 2] if words else [])
