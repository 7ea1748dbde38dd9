"""Services for tests: in this process, or behind a socket of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from serving.app import create_app
from serving.engine.base import Engine
from serving.server.run import server_config
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


@pytest.fixture
def listening(settings: Callable[..., ServiceSettings]) -> Iterator[Callable[..., tuple[str, int]]]:
    """`listening(engine, name=value)`: the address of a service behind a real socket, stopped after the test."""
    servers: list[tuple[uvicorn.Server, threading.Thread, socket.socket]] = []

    def start(engine: Engine | None = None, **given: Any) -> tuple[str, int]:
        chosen = settings(**given)
        app = create_app(chosen, engine or FakeEngine())
        server = uvicorn.Server(server_config(chosen, app))
        sock = socket.create_server(("127.0.0.1", 0))
        thread = threading.Thread(target=lambda: server.run(sockets=[sock]), daemon=True)
        thread.start()
        servers.append((server, thread, sock))
        address = sock.getsockname()[:2]
        with httpx.Client(base_url=f"http://127.0.0.1:{address[1]}") as client:
            for _ in range(200):
                with contextlib.suppress(httpx.HTTPError):
                    if client.get("/readyz").status_code == 200:
                        return address
                threading.Event().wait(0.02)
        raise AssertionError("the service did not become ready")

    yield start
    for server, thread, sock in servers:
        server.should_exit = True
        thread.join(10)
        sock.close()
