"""A real service on this machine, and a way to it that goes wrong when it is told to."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest

pytest.importorskip("fastapi", reason="needs the extra serving")

from serving.app import create_app
from serving.engine.base import Engine
from serving.rooms import all_rooms
from serving.server.run import Server
from serving.settings import ServiceSettings
from tests.serving.fake_engine import FakeEngine

Fault = Callable[["Way"], bool]
"""What becomes of one request; true where it was dealt with and must not be passed on."""


@pytest.fixture(autouse=True)
def nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [*(f"TAILOR_{name.upper()}" for name in ServiceSettings.model_fields), "TAILOR_URL", "TAILOR_API_KEY"]
    for name in (*names, "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


class Running:
    """A service behind a socket of this machine, jobs included."""

    def __init__(self, folder: Path, engine: Engine, **given: Any) -> None:
        self.engine = engine
        jobs = {"poll": 0.05, "upkeep": 0.2}
        self.settings = ServiceSettings(**{"data": folder / "data", "jobs": jobs, "grace": 1.0, **given})
        app = create_app(self.settings, engine, rooms=all_rooms(self.settings))
        self._server = Server(self.settings, app)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=lambda: self._server.run(sockets=[self._socket]), daemon=True)
        self._thread.start()

    def wait(self) -> None:
        for _ in range(5000):
            with contextlib.suppress(httpx2.HTTPError):
                if httpx2.get(f"{self.url}/readyz").status_code == 200:
                    return
            time.sleep(0.02)
        raise AssertionError("the service did not become ready")

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(20)
        self._socket.close()
        assert not self._thread.is_alive(), "the service did not stop"


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """`serve(engine, name=value)`: a running service, stopped after the test."""
    running: list[Running] = []

    def start(engine: Engine | None = None, *, wait: bool = True, **given: Any) -> Running:
        running.append(Running(tmp_path, engine or FakeEngine(), **given))
        if wait:
            running[-1].wait()
        return running[-1]

    yield start
    for each in running:
        each.stop()


class Way(BaseHTTPRequestHandler):
    """Passes requests on to the service, unless a fault stands first in the list."""

    protocol_version = "HTTP/1.1"
    server: Road

    def do_POST(self) -> None:
        self.content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.passed.append(self.headers.get("Idempotency-Key", ""))
        fault = self.server.faults.pop(0) if self.server.faults else None
        if fault is None or not fault(self):
            self.give(*self.fetched())

    do_GET = do_DELETE = do_POST

    def fetched(self) -> tuple[int, dict[str, str], bytes]:
        """The service's own answer."""
        onward = http.client.HTTPConnection("127.0.0.1", self.server.target, timeout=20)
        try:
            onward.request(self.command, self.path, self.content, dict(self.headers))
            answer = onward.getresponse()
            return answer.status, dict(answer.headers), answer.read()
        finally:
            onward.close()

    def give(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Tests are quiet."""


class Road(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, target: int) -> None:
        super().__init__(("127.0.0.1", 0), Way)
        self.target = target
        self.faults: list[Fault] = []
        self.passed: list[str] = []
        """The Idempotency-Key of each request that came by."""
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is part of the test."""


@pytest.fixture
def road(serve: Callable[..., Running]) -> Iterator[Callable[..., Road]]:
    """`road(running, fault, …)`: a way to the service on which the first requests meet the faults, in their order."""
    roads: list[Road] = []

    def build(running: Running, *faults: Fault) -> Road:
        roads.append(Road(int(running.url.rsplit(":", 1)[1])))
        roads[-1].faults = list(faults)
        threading.Thread(target=roads[-1].serve_forever, args=(0.05,), daemon=True).start()
        return roads[-1]

    yield build
    for each in roads:
        each.shutdown()
        each.server_close()


def refused(status: int, code: str, after: str | None = None) -> Fault:
    """Answered with a problem in place of the service."""

    def fault(way: Way) -> bool:
        body = f'{{"code":"{code}","detail":"No.","hint":"Later.","request_id":"r-1","status":{status}}}'
        way.give(status, {} if after is None else {"Retry-After": after}, body.encode())
        return True

    return fault


def dropped(way: Way) -> bool:
    """The connection breaks before the service has seen anything."""
    way.close_connection = True
    way.connection.shutdown(socket.SHUT_RDWR)
    return True


def answer_lost(way: Way) -> bool:
    """The service does its work, and the connection breaks before the answer is through."""
    way.fetched()
    return dropped(way)


def answer_cut(way: Way) -> bool:
    """Half of the answer comes through."""
    status, _, body = way.fetched()
    way.send_response(status)
    way.send_header("Content-Length", str(len(body)))
    way.end_headers()
    way.wfile.write(body[: len(body) // 2])
    way.wfile.flush()
    return dropped(way)


def slow(seconds: float) -> Fault:
    def fault(way: Way) -> bool:
        time.sleep(seconds)
        return False

    return fault


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
