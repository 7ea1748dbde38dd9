"""Reading on a Ray cluster, with a stand-in for Ray: what actors are told, and what becomes of those that fail."""

import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from extractor.errors import BadModel, MissingExtra, WorkerDied
from extractor.pool import read_safely
from extractor.ray_pool import run_on_ray
from tests.extractor.fake_extractors import FakeExtractor, make_fake, make_nothing


class ActorDied(Exception):
    """Stands for ray.exceptions.RayActorError."""


@dataclass(frozen=True, eq=False)
class Reference:
    call: object
    arguments: tuple

    @property
    def hangs(self) -> bool:
        return any("slow" in str(argument) for argument in self.arguments)


class Handle:
    """An actor's method `name.remote(…)` is called when its result is asked for."""

    def __init__(self, actor: object) -> None:
        self._actor = actor

    def __getattr__(self, name: str):
        method = ModuleType(name)
        method.remote = lambda *arguments: Reference(getattr(self._actor, name), arguments)
        return method


class FakeRay(ModuleType):
    def __init__(self) -> None:
        super().__init__("ray")
        self.exceptions = ModuleType("ray.exceptions")
        self.exceptions.RayActorError = ActorDied
        self.started, self.killed, self.actors, self.most_waiting = False, 0, 0, 0

    def is_initialized(self):
        return self.started

    def init(self, **_):
        self.started = True

    def shutdown(self):
        self.started = False

    def cluster_resources(self):
        return {"CPU": 2.0}

    def remote(self, **_):
        def decorate(kind):
            def build(*arguments):
                self.actors += 1
                return Handle(kind(*arguments))

            decorated = ModuleType("kind")
            decorated.remote = build
            return decorated

        return decorate

    def get(self, wanted):
        if isinstance(wanted, list):
            return [self.get(reference) for reference in wanted]
        if any("dies" in str(argument) for argument in wanted.arguments):
            raise ActorDied
        return wanted.call(*wanted.arguments)

    def wait(self, references, num_returns, timeout):
        self.most_waiting = max(self.most_waiting, len(references))
        ready = [reference for reference in references if not reference.hangs][:num_returns]
        return ready, [reference for reference in references if reference not in ready]

    def kill(self, _):
        self.killed += 1


@pytest.fixture
def ray(monkeypatch):
    fake = FakeRay()
    monkeypatch.setitem(sys.modules, "ray", fake)
    monkeypatch.setitem(sys.modules, "ray.exceptions", fake.exceptions)
    return fake


@pytest.fixture
def receipts(tmp_path):
    def write(*names: str) -> list[Path]:
        paths = [tmp_path / name for name in names]
        for path in paths:
            path.write_text("1.00")
        return paths

    return write


def test_documents_that_hang_or_kill_their_actor_fail_alone_and_actors_are_replaced(ray, receipts):
    paths = receipts("a", "dies", "b", "slow", "defect", "c")
    found = {Path(record.file).name: record for record in run_on_ray(make_fake, paths, 2, seconds=0.2)}
    assert {name: record.error.code for name, record in found.items() if record.error} == {
        "dies": "worker_died",
        "slow": "too_slow",
        "defect": "internal",
    }
    assert {found[name].status for name in "abc"} == {"ok"}
    assert ray.actors == 2 + 2
    assert not ray.started


def test_no_more_actors_than_there_are_processors_and_one_document_each(ray, receipts):
    assert len(list(run_on_ray(make_fake, receipts(*"abcdef"), workers=50))) == 6
    assert ray.actors == 2
    assert ray.most_waiting == 2
    assert ray.killed == 2


def test_a_cluster_that_was_there_before_is_left_running(ray, receipts):
    ray.init()
    list(run_on_ray(make_fake, receipts("a"), workers=1))
    assert ray.started


def test_a_model_that_cannot_be_loaded_ends_the_run(ray, receipts):
    with pytest.raises(BadModel):
        list(run_on_ray(make_nothing, receipts("a"), workers=2))


def test_an_error_of_the_run_comes_out_as_itself(ray, receipts, monkeypatch):
    def bad(self, source):
        raise BadModel("broken half-way")

    monkeypatch.setattr(FakeExtractor, "extract", bad)
    with pytest.raises(BadModel):
        read_safely(make_fake(), Path("a"))
    with pytest.raises(BadModel):
        list(run_on_ray(make_fake, receipts("a"), workers=1))


def test_actors_that_die_at_once_end_the_run(ray, receipts, monkeypatch):
    def dead(_):
        raise ActorDied

    monkeypatch.setattr(ray, "get", dead)
    with pytest.raises(WorkerDied):
        list(run_on_ray(make_fake, receipts("a"), workers=1))


def test_stopping_begins_nothing_more(ray, receipts):
    stop = threading.Event()
    reading = run_on_ray(make_fake, receipts("a", "b", "c", "d"), workers=1, stop=stop)
    next(reading)
    stop.set()
    assert len(list(reading)) <= 1


def test_without_ray_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtra, match="tailor\\[scale\\]"):
        next(run_on_ray(make_fake, [Path("a")], workers=1))
