"""Two ways to the engine that are measured alike: in this process, and over HTTP through the running service."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from extractor.errors import MissingExtra, UsageError
from extractor.types import Extraction
from serving.benchmark.report import say
from serving.engine.base import ReadOptions, Upload
from serving.engine.local import LocalEngine
from serving.engine.settings import EngineSettings

if TYPE_CHECKING:
    import httpx

START_LIMIT, STOP_LIMIT = 180.0, 60.0
"""Seconds."""


class Door(Protocol):
    """Where documents are handed in. `pid` is the process behind it, where it is known."""

    pid: int | None

    async def read(self, name: str, content: bytes) -> Extraction: ...


class EngineDoor:
    """The engine itself."""

    def __init__(self, engine: LocalEngine) -> None:
        self.pid: int | None = os.getpid()
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

    async def submit(self, files: Sequence[tuple[str, bytes]], key: str) -> str:
        """POST /v1/jobs. Raises httpx.HTTPStatusError."""
        parts = [("files", named) for named in files]
        answer = await self.client.post("/v1/jobs", files=parts, headers={"Idempotency-Key": key})
        answer.raise_for_status()
        return str(answer.json()["id"])

    async def ended(self, job: str) -> bool:
        """Raises httpx.HTTPStatusError."""
        answer = await self.client.get(f"/v1/jobs/{job}")
        answer.raise_for_status()
        return answer.json()["state"] in ("done", "failed", "cancelled")

    async def results(self, job: str) -> list[Extraction]:
        """Raises httpx.HTTPStatusError."""
        found: list[Extraction] = []
        cursor: str | None = "0"
        while cursor is not None:
            answer = await self.client.get(f"/v1/jobs/{job}/results", params={"cursor": cursor})
            answer.raise_for_status()
            page = answer.json()
            found += [Extraction.model_validate(each) for each in page["results"]]
            cursor = page["next"]
        return found


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
    """`tailor serve` on a free port of this machine, ready; with a data folder of its own, so without keys or jobs."""
    port = _free_port()
    with tempfile.TemporaryDirectory() as data, tempfile.TemporaryFile() as log:
        command = [sys.executable, "-m", "extractor.cli", "serve", "--data", data]
        command += ["--port", str(port), "--workers", str(workers)]
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            url = f"http://127.0.0.1:{port}"
            await _until_ready(url, process)
            yield url, process.pid
        finally:
            _stop(process)
            log.seek(0)
            for line in log.read().decode(errors="replace").splitlines():
                if '"level": "error"' in line or "Traceback" in line:
                    say(f"  the service's log: {line}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    begun = time.monotonic()
    process.terminate()
    try:
        process.wait(STOP_LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        say(f"  the service did not stop within {STOP_LIMIT:g} s and was killed")
    else:
        say(f"  the service stopped {time.monotonic() - begun:.1f} s after it was told to")


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
