"""The mixed load notices what goes wrong: lost requests and jobs, and memory that grows."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from extractor.types import Extraction, Notice
from serving.benchmark import load, load_jobs, load_memory
from serving.benchmark.doors import HttpDoor
from serving.benchmark.load_memory import Look
from serving.benchmark.load_seen import Seen
from serving.benchmark.report import Figure

FILES: list[tuple[tuple[str, bytes], bool]] = [(("a.jpg", b"a"), False), (("b.jpg", b"b"), True)]


def record(name: str = "a.jpg", code: str = "") -> Extraction:
    error = Notice(code=code, message="") if code else None
    return Extraction(file=name, sha256="", status="failed" if code else "ok", pages=1, error=error)


class Door:
    """A service that takes jobs at the second attempt, ends them at the third question and forgets none."""

    def __init__(self, *, forgets: int = 0, ends: bool = True, doubles: bool = False) -> None:
        self.pid: int | None = None
        self.forgets, self.ends, self.doubles = forgets, ends, doubles
        self.asked = self.refused = 0
        self.jobs: dict[str, list[str]] = {}
        self.by_key: dict[str, str] = {}

    async def read(self, name: str, content: bytes) -> Extraction:
        await asyncio.sleep(0.002)
        return record(name)

    async def submit(self, files: Sequence[tuple[str, bytes]], key: str) -> str:
        if not self.refused:
            self.refused += 1
            answer = httpx.Response(429, headers={"Retry-After": "0"}, request=httpx.Request("POST", "http://door"))
            answer.raise_for_status()
        if key not in self.by_key or self.doubles:
            self.by_key[key] = f"{len(self.jobs)}"
            self.jobs[self.by_key[key]] = [name for name, _ in files]
        return self.by_key[key]

    async def ended(self, job: str) -> bool:
        self.asked += 1
        return self.ends and self.asked > 2

    async def results(self, job: str) -> list[Extraction]:
        names = self.jobs[job]
        return [record(name) for name in names[: len(names) - self.forgets]]


class Always(random.Random):
    """Sends every job twice."""

    def random(self) -> float:
        return 0.0


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_jobs, "ASK_EVERY", 0.001)
    monkeypatch.setattr(load_jobs, "PATIENCE", 60.0)


def jobs_lost(door: Door) -> Seen:
    seen = Seen()
    over = time.monotonic() - (0 if door.ends else 60)
    asyncio.run(load_jobs.run(door, FILES, Always(1), over, seen))
    return seen


def test_a_job_that_gives_a_record_for_each_file_is_done_and_its_repetition_is_the_same_job() -> None:
    door = Door()
    seen = jobs_lost(door)
    assert not seen.jobs_lost
    assert len(door.jobs) == 1
    assert seen.outcomes["job refused, came again"] == seen.outcomes["job sent twice"] == seen.outcomes["job done"] == 1
    assert seen.outcomes["in a job: read"] == seen.outcomes["in a job: bad file read in part"] == 1


@pytest.mark.parametrize(
    ("door", "why"),
    [
        (Door(forgets=1), "1 records for 2 files"),
        (Door(ends=False), "had not ended"),
        (Door(doubles=True), "became another job"),
    ],
)
def test_a_job_without_all_its_records_or_an_end_or_that_doubles_is_lost(door: Door, why: str) -> None:
    assert why in jobs_lost(door).jobs_lost[0]


def test_a_failed_good_file_counts_as_lost_unless_its_worker_was_killed() -> None:
    seen = Seen()
    seen.judge(record(code="worker_died"), "a", bad=False)
    seen.judge(record(code="broken_image"), "a", bad=True)
    assert not seen.lost
    assert seen.died == 1
    seen.judge(record(code="too_slow"), "a", bad=False)
    seen.judge(record(code="internal"), "b", bad=True)
    assert seen.lost == ["a: too_slow", "b: internal"]


def test_a_load_sends_files_and_jobs_and_says_what_became_of_them(tmp_path: Any) -> None:
    (tmp_path / "a.jpg").write_bytes(b"a" * 900)
    figures = asyncio.run(load.measure(Door(), [tmp_path / "a.jpg"], seconds=0.5, kills=0, pid=None))
    told = {each.name: each for each in figures}
    assert told["requests lost, or answered 5xx"].value == told["jobs lost"].value == 0
    assert "were accepted" in told["jobs lost"].note
    for outcome in ("'read'", "'job done'", "'in a job: read'"):
        assert outcome in told["requests and files of jobs"].note


def test_the_http_door_turns_over_the_pages_of_results() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            assert request.headers["Idempotency-Key"] == "k"
            return httpx.Response(202, json={"id": "7"})
        if not request.url.path.endswith("/results"):
            return httpx.Response(200, json={"state": "done"})
        at = int(request.url.params["cursor"])
        page = [record(f"{at}.jpg").model_dump(mode="json")]
        return httpx.Response(200, json={"results": page, "next": str(at + 1) if at < 2 else None})

    async def run() -> list[str]:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://door") as client:
            door = HttpDoor(client)
            job = await door.submit([("a.jpg", b"a")], "k")
            assert await door.ended(job)
            return [each.file for each in await door.results(job)]

    assert asyncio.run(run()) == ["0.jpg", "1.jpg", "2.jpg"]


def looks(sizes: Any, *, workers: Any = lambda at: ((1000, at), (1000, at))) -> list[Look]:
    return [Look(float(at), sizes(at), workers(at)) for at in range(0, 600, 2)]


def memory(found: list[Look]) -> Figure:
    return load_memory.figures(found, 600)[0]


def test_memory_is_judged_from_its_level_and_not_from_its_start() -> None:
    assert memory(looks(lambda at: 500 if at < 100 else 2000)).value == 0
    growing = memory(looks(lambda at: 1000 + 2 * at))
    assert growing.value > 15
    assert growing.ok is False


def test_a_worker_s_rebirth_is_neither_a_leak_nor_shrinkage() -> None:
    def reborn(at: int) -> tuple[tuple[int, float], ...]:
        other, age = (1000, at / 4), at - 500.0  # a machine on which others work: a quarter of a core each
        if at < 500:
            return other, other
        return (other,) if age < 6 else (other, (min(1000, int(10 * age)), age / 4))

    assert memory(looks(lambda at: 2000, workers=reborn)).value == 0


def test_a_leak_in_workers_is_seen_although_one_was_reborn() -> None:
    def leaking(at: int) -> tuple[tuple[int, float], ...]:
        return (1000 + 2 * at, at), (1000 + 2 * at, at if at < 300 else at - 300.0)

    assert memory(looks(lambda at: 500, workers=leaking)).ok is False


def test_where_hardly_a_look_counts_nothing_is_claimed() -> None:
    newborn = memory(looks(lambda at: 1000, workers=lambda at: ((1000, 1.0),)))
    assert newborn.ok is False
    assert "too few" in newborn.note
