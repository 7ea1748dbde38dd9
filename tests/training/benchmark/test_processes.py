import os
import sys

import pytest

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


def test_the_memory_probe_tells_of_each_document(pipeline):
    told: list[dict[str, object]] = []
    probes.memory(Job(("a.jpg", "b.jpg")), told.append)
    assert len(told) == 2
    assert all(line["status"] == "ok" and line["rss"] > 10_000_000 for line in told)
    assert "cache" not in pipeline.made[0]  # every page is read anew


def test_the_latency_probe_tells_the_records_seconds_on_one_core(pipeline, monkeypatch):
    told: list[dict[str, object]] = []
    pinned: list[set[int]] = []
    monkeypatch.setattr(os, "sched_setaffinity", lambda pid, cores: pinned.append(cores), raising=False)
    probes.latency(Job(("a.jpg",), core=1), told.append)
    assert told == [{"file": "a.jpg", "status": "ok", "seconds": {}}]
    assert pinned == [{1}]
    assert pipeline.made == [{"model": None, "threads": 1, "cuda": False}]
