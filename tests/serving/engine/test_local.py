"""The engine loses no document but the one that did the harm, and none for ever."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from extractor.errors import BadModel
from extractor.loading import Limits
from extractor.pipeline import Settings
from serving.engine.base import Answer, Busy, ReadOptions, Upload
from serving.engine.local import LocalEngine
from serving.engine.observer import Stage, Unobserved, WorkerEvent
from serving.engine.settings import EngineSettings
from tests.serving.engine.fake_readers import Fakes

T = TypeVar("T")
PATIENCE = 150.0
"""Seconds in which whatever a test waits for has happened, on a busy machine too."""


class Ears(Unobserved):
    def __init__(self) -> None:
        self.events: list[WorkerEvent] = []
        self.stages: set[Stage] = set()
        self.documents: list[tuple[str, str]] = []

    def on_worker(self, event: WorkerEvent) -> None:
        self.events.append(event)

    def on_stage(self, name: Stage, seconds: float) -> None:
        assert seconds >= 0
        self.stages.add(name)

    def on_document(self, status: str, code: str) -> None:
        self.documents.append((status, code))


class Running:
    """An engine of fakes, and a loop to talk to it."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.ears = Ears()
        settings = {"workers": 2, "patience": 0.2} | changes
        self.engine = LocalEngine(EngineSettings(**settings), self.ears, assemble=Fakes(folder))
        self.loop = asyncio.new_event_loop()
        self.run(self.engine.start())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(asyncio.wait_for(work, PATIENCE))

    def read(self, *names: str) -> list[Answer]:
        async def together() -> list[Answer]:
            return list(await asyncio.gather(*(self.one(name) for name in names)))

        return self.run(together())

    async def one(self, name: str, content: bytes = b"") -> Answer:
        return await self.engine.read(Upload(name, content), ReadOptions())

    def until(self, holds: Callable[[], bool]) -> None:
        async def look() -> None:
            while not holds():
                await asyncio.sleep(0.02)

        self.run(look())

    def until_begun(self) -> None:
        self.until((self.folder / "begun").exists)
        (self.folder / "begun").unlink()

    def close(self) -> None:
        self.run(self.engine.stop(0.0))
        self.loop.close()


@pytest.fixture(scope="module")
def shared_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("engine"))
    yield running
    running.close()


@pytest.fixture
def engine(shared_engine: Running) -> Running:
    """The engine that most tests share, all its workers there."""
    shared_engine.until(lambda: shared_engine.engine.state().workers == 2)
    shared_engine.ears.documents.clear()
    shared_engine.ears.events.clear()
    return shared_engine


def test_documents_are_read_and_the_student_is_asked_in_the_parent(engine: Running) -> None:
    async def of_words() -> list[Answer]:
        return list(await asyncio.gather(*(engine.one(f"{n}", str(n).encode()) for n in (3, 5, 8))))

    answers = engine.run(of_words())
    assert [answer.record.sha256 for answer in answers] == ["3.0", "5.0", "8.0"]
    assert [answer.record.file for answer in answers] == ["3", "5", "8"]
    assert all(answer.waited >= 0 for answer in answers)
    assert {"queue", "total", "batch_wait", "batch_run"} <= engine.ears.stages
    assert engine.ears.documents == [("ok", "")] * 3


def test_workers_start_one_thread_each(engine: Running) -> None:
    assert engine.read("a")[0].record.model.endswith(":1")


def test_the_state_tells_what_runs(engine: Running) -> None:
    state = engine.engine.state()
    assert (state.ready, state.workers, state.model, state.provider) == (True, 2, "fake@1", "CPUExecutionProvider")
    assert state.warnings == ("Readers of tests read nothing.",)
    assert (state.waiting, state.running, state.capacity) == (0, 0, 66)


def test_a_bad_document_and_a_defect_give_failed_records(engine: Running) -> None:
    records = [answer.record for answer in engine.read("broken", "defect", "cut off", "fine")]
    codes = [record.error.code if record.error else "" for record in records]
    assert codes == ["broken_image", "internal", "internal", ""]
    assert not engine.ears.events
    assert "Traceback" not in str(records[1].error)
    assert len(records[0].sha256) == 64


@pytest.mark.parametrize(("name", "reason"), [("dies", "exit status 7"), ("crashes", "SIGSEGV")])
def test_a_worker_that_crashes_loses_its_own_document_only(engine: Running, name: str, reason: str) -> None:
    lost, *others = engine.read(name, "quick", "quick", "quick")
    assert lost.record.error
    assert lost.record.error.code == "worker_died"
    assert reason in lost.record.error.message
    assert [other.record.status for other in others] == ["ok"] * 3
    assert engine.ears.events.count("died") == 1


def test_a_document_whose_worker_is_killed_from_outside_is_read_again(engine: Running) -> None:
    assert engine.read("killed-once")[0].record.status == "ok"


def test_a_document_whose_workers_are_killed_again_fails(engine: Running) -> None:
    record = engine.read("killed-always")[0].record
    assert record.error
    assert record.error.code == "worker_died"
    assert engine.ears.events.count("died") == 2


def test_idle_workers_that_are_killed_are_replaced_and_readiness_says_so(engine: Running) -> None:
    before = engine.engine.worker_pids()
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    engine.until(lambda: engine.engine.state().workers == 0)
    state = engine.engine.state()
    assert not state.ready
    assert "2 of 2 workers are being started anew." in state.warnings
    assert engine.read("after")[0].record.status == "ok"
    engine.until(lambda: engine.engine.state().workers == 2)
    assert not set(before) & set(engine.engine.worker_pids())


def test_a_running_document_that_is_withdrawn_stops_at_its_next_page_and_keeps_its_worker(engine: Running) -> None:
    before = engine.engine.worker_pids()

    async def withdrawn() -> None:
        task = asyncio.ensure_future(engine.one("pages"))
        while not (engine.folder / "begun").exists():
            await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    engine.run(withdrawn())
    (engine.folder / "begun").unlink()
    engine.until(lambda: engine.engine.state().running == 0)
    assert engine.read("next")[0].record.status == "ok"
    assert engine.engine.worker_pids() == before


def test_a_running_document_that_is_withdrawn_and_does_not_stop_has_its_worker_killed(engine: Running) -> None:
    async def withdrawn() -> None:
        task = asyncio.ensure_future(engine.one("endless"))
        while not (engine.folder / "begun").exists():
            await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    engine.run(withdrawn())
    (engine.folder / "begun").unlink()
    engine.until(lambda: engine.engine.state().running == 0)
    assert "stopped" in engine.ears.events
    assert engine.read("next")[0].record.status == "ok"


def test_a_waiting_document_that_is_withdrawn_is_never_begun(engine: Running) -> None:
    async def withdrawn() -> list[str]:
        running = [asyncio.ensure_future(engine.one("quick")) for _ in range(2)]
        waiting = asyncio.ensure_future(engine.one("killed-always"))
        await asyncio.sleep(0)
        waiting.cancel()
        return [(await each).record.status for each in running]

    assert engine.run(withdrawn()) == ["ok", "ok"]
    assert engine.engine.state().waiting == 0
    assert "died" not in engine.ears.events


def test_a_document_that_takes_too_long_has_its_worker_killed(tmp_path: Path) -> None:
    engine = Running(tmp_path / "slow", workers=1, reading=Settings(limits=Limits(seconds=0.1)))
    try:
        slow, fine = engine.read("endless", "fine")
        assert slow.record.error
        assert slow.record.error.code == "too_slow"
        assert fine.record.status == "ok"
        assert engine.ears.events.count("too_slow") == 1
    finally:
        engine.close()


def test_a_full_queue_refuses_and_stopping_hands_back_what_is_not_done(tmp_path: Path) -> None:
    engine = Running(tmp_path / "full", workers=1, queue=1)

    async def flood() -> list[object]:
        tasks = [asyncio.ensure_future(engine.one("endless")), asyncio.ensure_future(engine.one("waits"))]
        await asyncio.sleep(0)
        with pytest.raises(Busy) as refused:
            await engine.one("too many")
        assert refused.value.retry_after >= 1
        begun = time.monotonic()
        await engine.engine.stop(0.3)
        assert time.monotonic() - begun < PATIENCE / 2
        return list(await asyncio.gather(*tasks, return_exceptions=True))

    codes = [outcome.code for outcome in engine.run(flood()) if isinstance(outcome, Busy)]
    assert codes == ["stopping", "stopping"]
    assert not engine.engine.state().ready
    engine.close()


def test_stopping_finishes_what_was_accepted_within_the_grace(tmp_path: Path) -> None:
    engine = Running(tmp_path / "grace", workers=1)

    async def stopped() -> list[Answer]:
        tasks = [asyncio.ensure_future(engine.one("quick")) for _ in range(4)]
        await asyncio.sleep(0)
        await engine.engine.stop(PATIENCE)
        with pytest.raises(Busy, match="stopping"):
            await engine.one("late")
        return list(await asyncio.gather(*tasks))

    assert [answer.record.status for answer in engine.run(stopped())] == ["ok"] * 4
    engine.loop.close()


def test_a_worker_is_renewed_after_its_share_without_a_pause(tmp_path: Path) -> None:
    engine = Running(tmp_path / "renewed", workers=1, renew_after=3)
    try:
        before = engine.engine.worker_pids()
        assert [answer.record.status for answer in engine.read(*["quick"] * 3)] == ["ok"] * 3

        async def on_and_on() -> set[str]:
            models = set()
            while "renewed" not in engine.ears.events or engine.engine.worker_pids() == before:
                assert engine.engine.state().ready
                models.add((await engine.one("quick")).record.model)
            models.add((await engine.one("quick")).record.model)
            return models

        assert len(engine.run(on_and_on())) >= 2
        assert "died" not in engine.ears.events
    finally:
        engine.close()


def test_an_engine_can_be_stopped_while_it_starts(tmp_path: Path) -> None:
    async def hasty() -> None:
        engine = LocalEngine(EngineSettings(workers=1), assemble=Fakes(tmp_path))
        starting = asyncio.ensure_future(engine.start())
        await asyncio.sleep(0.2)
        await engine.stop(0.0)
        with pytest.raises(Busy, match="stopping"):
            await starting
        assert not engine.state().ready

    asyncio.run(asyncio.wait_for(hasty(), PATIENCE))


def test_an_engine_whose_workers_cannot_be_built_says_why(tmp_path: Path) -> None:
    engine = LocalEngine(EngineSettings(workers=1), assemble=Fakes(tmp_path, fails=True))
    with pytest.raises(BadModel, match="holds no model"):
        asyncio.run(engine.start())
    assert not engine.state().ready
