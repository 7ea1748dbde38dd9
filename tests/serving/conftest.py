"""Services for tests: in this process, or behind a socket of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from serving.app import Room, create_app
from serving.engine.base import Engine
from serving.server.run import Server
from serving.settings import ServiceSettings
from tests.serving.fake_engine import FakeEngine


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ServiceSettings.model_fields:
        monkeypatch.delenv(f"TAILOR_{name.upper()}", raising=False)


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., ServiceSettings]:
    """`settings(name=value)`: settings with a data folder of the test's own."""

    def make(**given: Any) -> ServiceSettings:
        return ServiceSettings(**{"data": tmp_path / "data", **given})

    return make


@contextlib.asynccontextmanager
async def service(settings: ServiceSettings, engine: Engine, **more: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service in this process, its engine warm unless it is told to wait."""
    app = create_app(settings, engine, **more)
    async with app.router.lifespan_context(app):
        await asyncio.sleep(0)  # the engine starts in a task of its own
        await asyncio.sleep(0)
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            client.app = app  # type: ignore[attr-defined]
            yield client


class Listening:
    """`listening(engine, name=value)`: the address of a service behind a real socket, stopped after the test."""

    def __init__(
        self,
        settings: Callable[..., ServiceSettings],
        rooms: Callable[[ServiceSettings], Iterable[Room]] = lambda chosen: (),
    ) -> None:
        self._settings = settings
        self._rooms = rooms
        self._running: list[tuple[uvicorn.Server, threading.Thread, socket.socket]] = []

    def __call__(self, engine: Engine | None = None, **given: Any) -> tuple[str, int]:
        chosen = self._settings(**given)
        app = create_app(chosen, engine or FakeEngine(), rooms=self._rooms(chosen))
        server = Server(chosen, app)
        sock = socket.create_server(("127.0.0.1", 0))
        thread = threading.Thread(target=lambda: server.run(sockets=[sock]), daemon=True)
        thread.start()
        self._running.append((server, thread, sock))
        host, port = sock.getsockname()[:2]
        for _ in range(500):
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"http://{host}:{port}/readyz").status_code == 200:
                    return host, port
            threading.Event().wait(0.02)
        raise AssertionError("the service did not become ready")

    def stop(self) -> None:
        while self._running:
            server, thread, sock = self._running.pop()
            server.should_exit = True
            thread.join(20)
            sock.close()
            assert not thread.is_alive(), "the service did not stop"


@pytest.fixture
def listening(settings: Callable[..., ServiceSettings]) -> Iterator[Listening]:
    found = Listening(settings)
    yield found
    found.stop()


@pytest.fixture
def anyio_backend() -> str:
    """Tests marked `anyio` run on asyncio, as the service does."""
    return "asyncio"
