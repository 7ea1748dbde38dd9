"""Idempotency-Key: one work, one answer, however often and however many at once ask for it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from serving.problems import Refused
from serving.safety.repeats import Kept, Repeats
from serving.settings import ServiceSettings
from tests.serving.conftest import service
from tests.serving.fake_engine import FakeEngine

Make = Callable[..., ServiceSettings]
pytestmark = pytest.mark.anyio
FILE = [("files", ("a.jpg", b"abc"))]
KEY = {"Idempotency-Key": "order-1"}


async def test_the_same_request_again_gives_the_same_answer_without_work(settings: Make) -> None:
    engine = FakeEngine()
    async with service(settings(), engine) as client:
        first = await client.post("/v1/extract", files=FILE, headers=KEY)
        again = await client.post("/v1/extract", files=FILE, headers=KEY)  # with another boundary
        other = await client.post("/v1/extract", files=FILE, headers={"Idempotency-Key": "order-2"})
    assert first.content == again.content
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert other.status_code == 200
    assert engine.began == 2


async def test_it_is_remembered_by_the_next_process(settings: Make) -> None:
    engine = FakeEngine()
    for _ in range(2):
        async with service(settings(), engine) as client:
            assert (await client.post("/v1/extract", files=FILE, headers=KEY)).status_code == 200
    assert engine.began == 1


async def test_those_who_come_while_it_runs_wait_for_the_same_work(settings: Make) -> None:
    engine = FakeEngine(hold=asyncio.Event())
    async with service(settings(), engine) as client:
        asked = [asyncio.create_task(client.post("/v1/extract", files=FILE, headers=KEY)) for _ in range(5)]
        while not engine.running:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.02)
        assert engine.hold
        engine.hold.set()
        answers = await asyncio.gather(*asked)
    assert engine.began == 1
    assert {answer.content for answer in answers} == {answers[0].content}
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 4


@pytest.mark.parametrize("change", [{"files": [("files", ("a.jpg", b"abd"))]}, {"files": FILE, "data": {"pages": "0"}}])
async def test_another_request_under_the_same_key_is_refused(settings: Make, change: dict[str, object]) -> None:
    async with service(settings(), FakeEngine()) as client:
        await client.post("/v1/extract", files=FILE, headers=KEY)
        other = await client.post("/v1/extract", headers=KEY, **change)  # type: ignore[arg-type]
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_a_refusal_is_not_remembered(settings: Make) -> None:
    engine = FakeEngine(capacity=0)
    async with service(settings(), engine) as client:
        assert (await client.post("/v1/extract", files=FILE, headers=KEY)).status_code == 429
        engine.capacity = 1
        assert (await client.post("/v1/extract", files=FILE, headers=KEY)).status_code == 200


@pytest.mark.parametrize("key", ["", "with space", "x" * 256, "é"])
async def test_a_key_that_is_none_is_refused(settings: Make, key: str) -> None:
    async with service(settings(), FakeEngine()) as client:
        answer = await client.post("/v1/extract", files=FILE, headers={"Idempotency-Key": key.encode()})  # type: ignore[dict-item]
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_invalid")


async def nothing() -> Kept:
    return Kept(200, "application/json", b"{}")


async def test_each_caller_has_its_own_keys(tmp_path: Path) -> None:
    repeats = Repeats(tmp_path / "a.sqlite", 1)
    await repeats.once("alice", "k", "one", nothing)
    answer = await repeats.once("bob", "k", "two", nothing)
    assert not answer.again
    await repeats.close()


async def test_answers_are_forgotten_after_their_time_and_not_before(tmp_path: Path) -> None:
    now = 1000.0
    repeats = Repeats(tmp_path / "a.sqlite", 1, clock=lambda: now)
    await repeats.once("a", "k", "one", nothing)
    now += 3599
    assert (await repeats.once("a", "k", "one", nothing)).again
    assert await repeats.forget_old() == 0
    now += 2
    assert await repeats.forget_old() == 1
    assert not (await repeats.once("a", "k", "two", nothing)).again
    await repeats.close()


async def test_only_the_last_who_gives_up_stops_the_work(tmp_path: Path) -> None:
    repeats = Repeats(tmp_path / "a.sqlite", 1)
    go, begun, stopped = asyncio.Event(), asyncio.Event(), 0

    async def work() -> Kept:
        nonlocal stopped
        begun.set()
        try:
            await go.wait()
        except asyncio.CancelledError:
            stopped += 1
            raise
        return await nothing()

    first, second = (asyncio.create_task(repeats.once("a", "k", "one", work)) for _ in range(2))
    await begun.wait()
    first.cancel()
    await asyncio.sleep(0.01)
    assert stopped == 0
    second.cancel()
    await asyncio.sleep(0.01)
    assert stopped == 1
    # Who comes after that must get work of its own, not the cancelled one.
    begun.clear()
    third = asyncio.create_task(repeats.once("a", "k", "one", work))
    await begun.wait()
    go.set()
    assert (await third).status == 200
    await repeats.close()


async def test_the_file_is_for_its_owner_alone_and_a_broken_one_does_no_work_twice(tmp_path: Path) -> None:
    path = tmp_path / "inner" / "a.sqlite"
    repeats = Repeats(path, 1)
    await repeats.once("a", "k", "one", nothing)
    assert path.stat().st_mode & 0o077 == 0
    await repeats.close()
    path.write_bytes(b"no database" * 1000)
    for tail in ("-wal", "-shm"):
        Path(f"{path}{tail}").unlink(missing_ok=True)
    broken = Repeats(path, 1)
    with pytest.raises(Refused) as refused:
        await broken.once("a", "k", "one", nothing)
    assert refused.value.status == 503
    assert isinstance(refused.value.__cause__, sqlite3.Error)
