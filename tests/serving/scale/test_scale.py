"""The engine on Ray: with a stand-in for the cluster, and (slow) with two real replicas on this machine."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from extractor.errors import BadModel, MissingExtra, TailorError, UsageError
from extractor.types import Extraction
from serving.engine.base import Answer, Busy, EngineState, ReadOptions, Upload
from serving.engine.settings import EngineSettings
from serving.scale.cluster import Cluster
from serving.scale.engine import RayEngine
from serving.scale.replica import Refusal, Replica
from serving.scale.settings import ScaleSettings
from serving.server.engines import build_engine
from tests.conftest import ROOT
from tests.serving.conftest import service
from tests.serving.engine.fake_readers import Fakes
from tests.serving.starting import told_until_ready

pytestmark = pytest.mark.anyio


class ReplicaDied(Exception):
    """Stands for ray.exceptions.RayActorError."""


class Response:
    """A call that is on its way to a replica."""

    def __init__(self, work: Any) -> None:
        self._task = asyncio.ensure_future(work)
        self.cancelled = False

    def __await__(self) -> Any:
        # As with Ray, who stops waiting does not stop the work.
        return asyncio.shield(self._task).__await__()

    def cancel(self) -> None:
        self.cancelled = True
        self._task.cancel()


class FakeCluster:
    """A cluster of one replica, which is this process."""

    name = "tailor-test"

    def __init__(self, fails: TailorError | None = None) -> None:
        self.handle = self.read = self
        self.fails = fails
        self.joined = False
        self.replicas = 2
        self.stopped = 0
        self.asked: list[str] = []
        self.responses: list[Response] = []
        self.hold = asyncio.Event()

    def join(self) -> None:
        self.joined = True

    def start(self) -> EngineState:
        assert self.joined
        if self.fails:
            raise self.fails
        return EngineState(ready=True, model="fake@1", provider="CPUExecutionProvider", facts={"fields": ["total"]})

    def running(self) -> int:
        return self.replicas

    def stop(self) -> None:
        self.stopped += 1

    def lost(self, error: BaseException) -> bool:
        return isinstance(error, ReplicaDied)

    def remote(self, upload: Upload, options: ReadOptions) -> Response:
        self.asked.append(upload.name)
        self.responses.append(Response(self._work(upload)))
        return self.responses[-1]

    async def _work(self, upload: Upload) -> Answer | Refusal:
        match upload.name:
            case "held":
                await self.hold.wait()
            case "deadly":
                raise ReplicaDied
            case "unlucky" if self.asked.count("unlucky") == 1:
                raise ReplicaDied
            case "moved" if self.asked.count("moved") == 1:
                return Refusal.of(Busy("The service is stopping.", code="stopping"))
            case "full":
                return Refusal.of(Busy("Full.", hint="Later.", retry_after=7.0))
            case "defect":
                raise ZeroDivisionError("oops")
        return Answer(Extraction(file=upload.name, sha256="", status="ok", pages=1))


@pytest.fixture
def build() -> Callable[..., tuple[RayEngine, FakeCluster]]:
    def make(queue: int = 4, fails: TailorError | None = None) -> tuple[RayEngine, FakeCluster]:
        engine = RayEngine(EngineSettings(workers=1, queue=queue), ScaleSettings(replicas=2))
        cluster = FakeCluster(fails)
        engine._cluster = cluster  # type: ignore[assignment]
        return engine, cluster

    return make


def upload(name: str) -> Upload:
    return Upload(name, b"1")


async def test_it_is_ready_once_the_replicas_are(build):
    engine, _ = build()
    assert not engine.state().ready
    await engine.start()
    state = engine.state()
    assert (state.ready, state.model, state.workers, state.capacity) == (True, "fake@1", 2, 6)
    assert state.facts == {"fields": ["total"]}
    assert (await engine.read(upload("a"), ReadOptions())).record.status == "ok"
    await engine.stop(1)
    assert not engine.state().ready


async def test_a_replica_that_is_lost_costs_its_document_another_attempt(build):
    engine, cluster = build()
    await engine.start()
    assert (await engine.read(upload("unlucky"), ReadOptions())).record.status == "ok"
    assert (await engine.read(upload("moved"), ReadOptions())).record.status == "ok"
    assert cluster.asked == ["unlucky"] * 2 + ["moved"] * 2
    await engine.stop(0)


async def test_a_document_that_kills_every_replica_fails_alone(build):
    engine, cluster = build()
    await engine.start()
    deadly, other = await asyncio.gather(*(engine.read(upload(name), ReadOptions()) for name in ("deadly", "a")))
    assert (deadly.record.status, deadly.record.error.code) == ("failed", "worker_died")
    assert other.record.status == "ok"
    assert cluster.asked.count("deadly") == 3
    await engine.stop(0)


async def test_a_full_queue_is_busy_and_so_is_a_full_replica(build):
    engine, cluster = build(queue=1)
    await engine.start()
    held = [asyncio.create_task(engine.read(upload("held"), ReadOptions())) for _ in range(3)]
    await asyncio.sleep(0)
    assert (engine.state().running, engine.state().waiting) == (2, 1)
    with pytest.raises(Busy) as caught:
        await engine.read(upload("a"), ReadOptions())
    assert 1 <= caught.value.retry_after <= 30
    cluster.hold.set()
    await asyncio.gather(*held)
    with pytest.raises(Busy) as caught:
        await engine.read(upload("full"), ReadOptions())
    assert (caught.value.retry_after, caught.value.hint) == (7.0, "Later.")
    await engine.stop(0)


async def test_who_goes_away_cancels_the_work_on_the_replica(build):
    engine, cluster = build()
    await engine.start()
    task = asyncio.create_task(engine.read(upload("held"), ReadOptions()))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cluster.responses[0].cancelled
    assert engine.state().running == 0
    await engine.stop(0)


async def test_a_defect_stays_a_defect(build):
    engine, cluster = build()
    await engine.start()
    with pytest.raises(ZeroDivisionError):
        await engine.read(upload("defect"), ReadOptions())
    assert cluster.asked == ["defect"]
    await engine.stop(0)


async def test_stopping_finishes_what_was_begun_and_takes_nothing_more(build):
    engine, cluster = build()
    await engine.start()
    task = asyncio.create_task(engine.read(upload("held"), ReadOptions()))
    await asyncio.sleep(0.01)
    stopping = asyncio.create_task(engine.stop(5))
    await asyncio.sleep(0.01)
    with pytest.raises(Busy) as caught:
        await engine.read(upload("a"), ReadOptions())
    assert caught.value.code == "stopping"
    cluster.hold.set()
    assert (await task).record.status == "ok"
    await stopping
    assert cluster.stopped == 1


async def test_a_missing_replica_is_told(build, monkeypatch):
    monkeypatch.setattr("serving.scale.engine.LOOK", 0.01)
    engine, cluster = build()
    await engine.start()
    for replicas, ready, warning in ((1, True, "1 of 2 replicas"), (0, False, "2 of 2 replicas")):
        cluster.replicas = replicas
        while engine.state().workers != replicas:
            await asyncio.sleep(0.01)
        assert engine.state().ready == ready
        assert warning in engine.state().warnings[-1]
    await engine.stop(0)


async def test_what_keeps_replicas_from_starting_is_raised(build):
    engine, cluster = build(fails=BadModel("The folder x holds no model."))
    with pytest.raises(BadModel):
        await engine.start()
    assert cluster.stopped == 1


async def test_a_replica_reads_and_hands_errors_back_as_values(tmp_path):
    replica = object.__new__(Replica)
    await replica.__init__(EngineSettings(workers=1), Fakes(tmp_path, fails=True))  # type: ignore[misc]
    problem = await replica.problem()
    assert problem is not None
    assert problem.code == "bad_model"
    assert isinstance(Refusal.of(problem).error(), TailorError)


async def test_without_ray_the_extra_is_named(settings, monkeypatch):
    from serving.metrics import Metrics

    monkeypatch.setitem(sys.modules, "ray", None)
    engine = build_engine(settings(engine="ray", replicas=3, workers=2), Metrics())
    assert isinstance(engine, RayEngine)
    assert (engine.scale.replicas, engine.scale.cpus, engine.settings.processes) == (3, 2.0, 2)
    with pytest.raises(MissingExtra, match="tailor\\[scale\\]"):
        await engine.start()


async def test_scales_that_make_no_sense_are_refused():
    with pytest.raises(UsageError):
        ScaleSettings(replicas=0)
    with pytest.raises(UsageError):
        ScaleSettings(cpus=0)


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_two_replicas_on_this_machine_behind_the_service(tmp_path, settings):
    """Ray itself: both read, a loss is survived, a client that goes frees its place, and nothing is left behind."""
    ray = pytest.importorskip("ray", reason="needs the extra scale")
    pytest.importorskip("ray.serve", reason="needs the extra scale")
    engine = RayEngine(
        EngineSettings(workers=1, queue=8), ScaleSettings(replicas=2, cpus=0.5), assemble=Fakes(tmp_path)
    )
    async with service(settings(), engine) as client:
        while (told := await client.get("/readyz")).status_code != 200:
            assert told.json()["code"] == "not_ready", told.text
            await asyncio.sleep(0.2)
        addresses = {node["NodeManagerAddress"] for node in ray.nodes()}
        assert all(address.startswith("127.") for address in addresses)

        files = [("files", (f"quick-{number}", str(number + 1).encode())) for number in range(6)]
        answer = (await client.post("/v1/extract", files=files)).json()
        assert [record["sha256"] for record in answer["results"]] == [f"{number + 1}.0" for number in range(6)]

        pids = {await engine._cluster.handle.pid.remote() for _ in range(30)}
        assert len(pids) == 2
        task = asyncio.create_task(engine.read(Upload("endless", b"1"), ReadOptions()))
        while not (tmp_path / "begun").exists():
            await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

        under_way = [engine.read(Upload("quick", b"1"), ReadOptions()) for _ in range(6)]
        reading = asyncio.gather(*under_way)
        await asyncio.sleep(0.01)
        os.kill(pids.pop(), signal.SIGKILL)
        assert {found.record.status for found in await reading} == {"ok"}
        while len({await engine._cluster.handle.pid.remote() for _ in range(30)} - pids) < 1:
            await asyncio.sleep(0.5)  # Ray brings another
        assert isinstance(engine._cluster, Cluster)
        assert engine._cluster.running() == 2
    assert not ray.is_initialized()


PROGRAM = """
import sys
from pathlib import Path
from serving.engine.settings import EngineSettings
from serving.scale.engine import RayEngine
from serving.scale.settings import ScaleSettings
from serving.server.run import run
from serving.settings import ServiceSettings
from tests.serving.engine.fake_readers import Fakes

engine = RayEngine(EngineSettings(workers=1), ScaleSettings(replicas=1, cpus=0.5), assemble=Fakes(Path(sys.argv[1])))
run(ServiceSettings.load(), engine)
"""


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_on_sigterm_what_was_begun_is_finished_and_the_log_is_the_services_own(tmp_path):
    """Ray's native code would end the process at once, and print a stack beside the log."""
    pytest.importorskip("ray", reason="needs the extra scale")
    environment = {**os.environ, "TAILOR_PORT": "0", "TAILOR_DATA": str(tmp_path / "d"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    told = told_until_ready(process)
    address = next(each["address"] for each in told if each["event"] == "listening")
    statuses = []

    def ask():
        answer = httpx.post(f"{address}/v1/extract", files={"files": ("brief", b"1")}, timeout=60)
        statuses.append(answer.status_code)

    asking = threading.Thread(target=ask)
    asking.start()
    while not (tmp_path / "begun").exists():
        assert asking.is_alive()
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    told += [json.loads(line) for line in process.stderr]
    asking.join(60)
    assert statuses == [200]
    assert process.wait(60) == 0
    assert told[-1]["event"] == "stopped"
    assert not any(name.startswith("_") for each in told for name in each)
