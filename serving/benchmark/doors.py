"""Two ways to the engine that are measured alike: in this process, and over HTTP through the running service."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from extractor.errors import MissingExtra, UsageError
from extractor.types import Extraction
from serving.engine.base import ReadOptions, Upload
from serving.engine.local import LocalEngine
from serving.engine.settings import EngineSettings

if TYPE_CHECKING:
    import httpx

START_LIMIT = 180.0


class Door(Protocol):
    """Where documents are handed in. `pid` is the process behind it: None for this one, or one that is not known."""

    pid: int | None

    async def read(self, name: str, content: bytes) -> Extraction: ...


class EngineDoor:
    """The engine itself."""

    def __init__(self, engine: LocalEngine) -> None:
        self.pid: int | None = None
        self._engine = engine

    async def read(self, name: str, content: bytes) -> Extraction:
        return (await self._engine.read(Upload(name, content), ReadOptions())).record


class HttpDoor:
    """POST /v1/extract of a service."""

    def __init__(self, client: httpx.AsyncClient, pid: int | None = None) -> None:
        self.client = client
        self.pid = pid

    async def read(self, name: str, content: bytes) -> Extraction:
        """Raises httpx.HTTPStatusError where the service answers with a problem."""
        answer = await self.client.post("/v1/extract", files={"files": (name, content)})
        answer.raise_for_status()
        return Extraction.model_validate(answer.json()["results"][0])


@contextlib.asynccontextmanager
async def engine_door(settings: EngineSettings) -> AsyncIterator[Door]:
    engine = LocalEngine(settings)
    await engine.start()
    try:
        yield EngineDoor(engine)
    finally:
        await engine.stop(5.0)


@contextlib.asynccontextmanager
async def http_door(url: str | None, key: str | None, workers: int) -> AsyncIterator[HttpDoor]:
    """The service at `url`, or one of its own that is started for the time being."""
    httpx = _httpx()
    async with contextlib.AsyncExitStack() as stack:
        where, pid = (url, None) if url else await stack.enter_async_context(_service(workers))
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
        client = httpx.AsyncClient(base_url=where, headers=headers, timeout=300.0, limits=limits)
        yield HttpDoor(await stack.enter_async_context(client), pid)


@contextlib.asynccontextmanager
async def _service(workers: int) -> AsyncIterator[tuple[str, int]]:
    """`tailor serve` on a free port of this machine, ready."""
    port = _free_port()
    command = [sys.executable, "-m", "extractor.cli", "serve", "--port", str(port), "--workers", str(workers)]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
        try:
            url = f"http://127.0.0.1:{port}"
            await _until_ready(url, process)
            yield url, process.pid
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(30)
            process.kill()
            process.wait()


async def _until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    httpx = _httpx()
    until = time.monotonic() + START_LIMIT
    async with httpx.AsyncClient(base_url=url) as client:
        while time.monotonic() < until and process.poll() is None:
            with contextlib.suppress(httpx.HTTPError):
                if (await client.get("/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.2)
    raise UsageError("The service did not get ready.", hint="Start `tailor serve` yourself and name it with --url.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _httpx() -> Any:
    try:
        import httpx
    except ImportError as error:
        raise MissingExtra("httpx is not installed.", hint="Install it: pip install 'tailor[dev]'.") from error
    return httpx


def content_of(paths: list[Path]) -> list[tuple[str, bytes]]:
    return [(path.name, path.read_bytes()) for path in paths]
