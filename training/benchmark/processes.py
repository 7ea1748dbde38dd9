"""Processes that a benchmark starts: their output line by line, their wall time, their memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from extractor.errors import TailorError
from training.benchmark.probe import Job, tree_rss

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Spinning threads of one process would take the other's core: each process keeps to one."""


class ProbeFailed(TailorError):
    """A measured process ended badly; its last words are in the message."""

    code = "probe_failed"


def probe_command(mode: str) -> list[str]:
    return [sys.executable, "-m", "training.benchmark.probe", mode]


def tailor_command(*arguments: str) -> list[str]:
    """The `tailor` of this very environment, whether or not its script is on the path."""
    return [sys.executable, "-c", "from extractor.cli.main import run; run()", *arguments]


def probe(mode: str, job: Job, watch: Callable[[int], None] | None = None) -> Iterator[dict[str, Any]]:
    """What a probe tells, as it tells it. `watch` is called with its process id, over and over, until it ends.

    Raises ProbeFailed where it ends badly.
    """
    with tempfile.TemporaryFile("w+") as complaints:
        process = subprocess.Popen(
            probe_command(mode),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            env=environment(),
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(job.to_json())
            process.stdin.close()
            with _watching(process.pid, watch):
                for line in process.stdout:
                    if line.startswith("{"):
                        yield json.loads(line)
                status = process.wait()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            process.stdout.close()
        if status:
            complaints.seek(0)
            raise ProbeFailed(_last_words(f"The {mode} probe", status, complaints.read()))


def wall_seconds(command: Sequence[str], given: str = "", accepted: Sequence[int] = (0,)) -> float:
    """How long a command takes from its start to its end, `given` on its stdin.

    Raises ProbeFailed on an exit status that isn't accepted.
    """
    begun = time.perf_counter()
    done = subprocess.run(command, input=given, capture_output=True, text=True, env=environment(), check=False)
    seconds = time.perf_counter() - begun
    if done.returncode not in accepted:
        raise ProbeFailed(_last_words(" ".join(command[-3:]), done.returncode, done.stderr))
    return seconds


def environment() -> dict[str, str]:
    return {**os.environ, **ONE_THREAD}


class MemoryWatch:
    """The largest resident memory seen: of one process, and of a process with all its children, in bytes."""

    def __init__(self) -> None:
        self.largest_process = 0
        self.largest_tree = 0

    def __call__(self, pid: int) -> None:
        held = list(tree_rss(pid))
        self.saw_process(max(held, default=0))
        self.largest_tree = max(self.largest_tree, sum(held))

    def saw_process(self, resident: int) -> None:
        self.largest_process = max(self.largest_process, resident)
        self.largest_tree = max(self.largest_tree, resident)


@contextmanager
def _watching(pid: int, watch: Callable[[int], None] | None, pause: float = 0.2) -> Iterator[None]:
    if watch is None:
        yield
        return
    done = threading.Event()

    def look() -> None:
        while not done.wait(pause):
            watch(pid)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _last_words(what: str, status: int, complaints: str) -> str:
    lines = complaints.strip().splitlines() or ["it said nothing"]
    return f"{what} ended with status {status}: {lines[-1]}"
