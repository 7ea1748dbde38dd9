"""kill -9: the next process finishes what was left, loses nothing, and writes no record twice."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from serving.jobs.model import Job, Request
from serving.jobs.parts import Parts
from serving.jobs.settings import JobSettings
from tests.serving.jobs.fakes import FakeEngine, ended, running, send, settings, uploads

ROOT = Path(__file__).resolve().parents[3]


@contextlib.contextmanager
def process(given: JobSettings, notes: Path, seconds: float) -> Iterator[subprocess.Popen[str]]:
    """A process that reads, and has begun to."""
    command = [sys.executable, "-m", "tests.serving.jobs.killed", given.model_dump_json(), str(notes), str(seconds)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    child = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        yield child
    finally:
        child.kill()
        child.wait()


def begun(notes: Path) -> list[str]:
    return notes.read_text().split() if notes.exists() else []


def wait_for_more(notes: Path, more: int) -> None:
    have = len(begun(notes))
    end = time.monotonic() + 30
    while len(begun(notes)) < have + more:
        assert time.monotonic() < end, "nothing more was begun"
        time.sleep(0.01)


async def sent(given: JobSettings, count: int) -> Job:
    """A job that is taken, and not begun."""
    engine = FakeEngine()
    engine.ready = False
    async with running(given, engine) as jobs:
        return await send(jobs, Request("anna"), uploads(count))


async def records(given: JobSettings, job: Job) -> tuple[Job, list[str]]:
    async with running(given, FakeEngine()) as jobs:
        over = await ended(jobs, job, seconds=30)
        page = await jobs.results("anna", job.id, 0, 1000)
        assert page.next is None
        return over, [json.loads(record)["file"] for record in page.records]


def test_nothing_is_lost_and_nothing_stands_twice_however_often_the_process_is_killed(tmp_path: Path) -> None:
    given, notes = settings(tmp_path, lease=1.5), tmp_path / "notes"
    job = asyncio.run(sent(given, 40))
    for _ in range(3):
        with process(given, notes, 0.05) as child:
            wait_for_more(notes, 5)
            child.send_signal(signal.SIGKILL)
            assert child.wait() == -signal.SIGKILL
    left = begun(notes)
    over, files = asyncio.run(records(given, job))
    assert over.counts.done == 40
    assert files == [f"r{number}.png" for number in range(40)]
    # Only what was at work when the process died is begun again: two readers, three kills.
    assert len(left) >= 15
    assert max(Counter(left).values()) <= 4
    assert not list((tmp_path / "uploads").iterdir())


def test_a_document_that_kills_its_reader_every_time_ends_in_a_failed_record(tmp_path: Path) -> None:
    given, notes = settings(tmp_path, lease=1.5, attempts=2, readers=1), tmp_path / "notes"
    job = asyncio.run(sent(given, 1))
    for _ in range(2):
        with process(given, notes, 60):
            wait_for_more(notes, 1)
    over, files = asyncio.run(records(given, job))
    assert (over.state, over.counts.failed, files) == ("failed", 1, ["r0.png"])
    assert begun(notes) == ["r0.png"] * 2


def test_of_two_processes_one_takes_over_what_the_other_left_when_it_was_killed(tmp_path: Path) -> None:
    given, notes = settings(tmp_path, lease=2.5, readers=1), tmp_path / "notes"
    job = asyncio.run(sent(given, 6))
    with process(given, notes, 60):
        wait_for_more(notes, 1)
        held = begun(notes)[0]
        parts = Parts.open(given)
        before = parts.store.find("anna", job.id).counts
        assert before.running == 1
        with process(given, notes, 0.01):
            end = time.monotonic() + 20
            while parts.store.find("anna", job.id).counts.done < 5:
                assert time.monotonic() < end
                time.sleep(0.02)
            # The first holds its document, for it is alive and renews its lease.
            time.sleep(2 * given.lease)
            counts = parts.store.find("anna", job.id).counts
            assert (counts.done, counts.running) == (5, 1)
            assert Counter(begun(notes))[held] == 1
        parts.close()
    over, files = asyncio.run(records(given, job))
    assert (over.counts.done, len(set(files))) == (6, 6)
