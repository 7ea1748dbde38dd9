"""Several machines share store and queue: PostgreSQL, and Redis for the queue. Real servers, where they are found."""

from __future__ import annotations

import asyncio
import json
import signal
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from extractor.errors import UsageError
from serving.engine.base import Upload
from serving.jobs.errors import QueueFull
from serving.jobs.model import Request
from serving.jobs.parts import Parts
from tests.serving.jobs import servers
from tests.serving.jobs.fakes import FakeEngine, ended, running, send, settings, uploads
from tests.serving.jobs.test_killed import begun, process, records, sent, wait_for_more


@pytest.fixture(scope="module")
def postgresql_server() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="tailor-pg-") as folder, servers.postgresql(Path(folder)) as url:
        yield url


@pytest.fixture
def postgresql(postgresql_server: str) -> str:
    """The URL of a database of the test's own."""
    import psycopg

    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    return f"{postgresql_server.rpartition('/')[0]}/{name}"


@pytest.fixture(scope="module")
def redis() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="tailor-redis-") as folder, servers.redis(Path(folder)) as url:
        yield url


@pytest.fixture(params=["postgresql", "redis"])
def shared(request: pytest.FixtureRequest, postgresql: str) -> dict[str, str]:
    queue = postgresql if request.param == "postgresql" else request.getfixturevalue("redis")
    return {"store": postgresql, "queue": queue}


def test_two_machines_share_a_job_and_each_document_is_read_by_one(tmp_path: Path, shared: dict[str, str]) -> None:
    async def scene() -> None:
        here, there = FakeEngine(0.02), FakeEngine(0.02)
        async with (
            running(settings(tmp_path / "here", **shared), here) as jobs,
            running(settings(tmp_path / "there", **shared), there),
        ):
            job = await send(jobs, Request("anna"), uploads(30))
            over = await ended(jobs, job, seconds=30)
            assert (over.state, over.counts.done) == ("done", 30)
            page = await jobs.results("anna", job.id, 0, 100)
            assert [json.loads(record)["file"] for record in page.records] == [f"r{n}.png" for n in range(30)]
            assert sorted(here.seen + there.seen) == sorted(f"r{n}.png" for n in range(30))
            assert here.seen
            assert there.seen
            while await jobs._parts.call(jobs._parts.spool.older_than, -10):
                await asyncio.sleep(0.05)

    asyncio.run(scene())


def test_what_a_killed_machine_had_is_taken_over(tmp_path: Path, shared: dict[str, str]) -> None:
    given, notes = settings(tmp_path, lease=1.5, **shared), tmp_path / "notes"
    job = asyncio.run(sent(given, 20))
    for _ in range(2):
        with process(given, notes, 0.1) as child:
            wait_for_more(notes, 3)
            child.send_signal(signal.SIGKILL)
            child.wait()
    assert len(begun(notes)) < 20
    over, files = asyncio.run(records(settings(tmp_path / "other", **shared), job))
    assert over.counts.done == 20
    assert files == [f"r{number}.png" for number in range(20)]


def test_the_bounds_hold_when_many_send_at_once(tmp_path: Path, postgresql: str) -> None:
    async def scene() -> None:
        engine = FakeEngine()
        engine.ready = False
        given = settings(tmp_path, store=postgresql, queue=postgresql, key_documents=4)
        async with running(given, engine) as jobs, running(given, engine) as others:
            tries = [(jobs, others)[n % 2].submit(Request("carl"), uploads(1)) for n in range(10)]
            outcomes = await asyncio.gather(*tries, return_exceptions=True)
            assert sum(isinstance(one, QueueFull) for one in outcomes) == 6
            same = [
                (jobs, others)[n % 2].submit(Request("dora", key="k", fingerprint="f"), uploads(1)) for n in range(6)
            ]
            assert len({job.id for job, _ in await asyncio.gather(*same)}) == 1

    asyncio.run(scene())


def test_a_job_is_taken_while_the_queue_is_away_and_read_once_it_is_back(tmp_path: Path, redis: str) -> None:
    async def scene() -> None:
        nowhere = f"redis://127.0.0.1:{servers.free_port()}/0"
        async with running(settings(tmp_path, queue=nowhere), FakeEngine()) as jobs:
            job = await send(jobs, Request("anna"), [Upload("a.png", b"a")])
        async with running(settings(tmp_path, queue=redis), FakeEngine()) as jobs:
            assert (await ended(jobs, job)).state == "done"

    asyncio.run(scene())


def test_a_store_that_can_t_be_reached_is_a_sentence_without_its_password(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    url = f"postgresql://tailor:sesame@127.0.0.1:{servers.free_port()}/x"
    with pytest.raises(UsageError) as refused:
        Parts.open(settings(tmp_path, store=url))
    assert refused.value.code == "store_unreachable"
    assert "sesame" not in str(refused.value)
