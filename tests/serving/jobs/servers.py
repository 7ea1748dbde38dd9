"""PostgreSQL and Redis for tests: real servers on this machine, of the test's own, where their programs are found."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def program(name: str) -> str:
    """Where a program lies; Debian keeps PostgreSQL's beside the path. Skips the test where there is none."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = shutil.which(name) or (str(versions[-1]) if versions else None)
    if found is None:
        pytest.skip(f"needs {name}: install PostgreSQL and Redis to test shared queues")
    return found


def wait_for(port: int, child: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 40
    while time.monotonic() < end and child.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    pytest.fail("the server did not start")


@contextlib.contextmanager
def redis(folder: Path) -> Iterator[str]:
    """The URL of a Redis server."""
    pytest.importorskip("redis")
    port = free_port()
    command = [program("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait_for(port, child)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        child.terminate()
        child.wait(20)


@contextlib.contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """The URL of a PostgreSQL server. It refuses to run as root: then it runs as the user that its package made."""
    pytest.importorskip("psycopg")
    data = folder / "postgres"
    data.mkdir()
    user: str | None = None
    if os.geteuid() == 0:
        user = "postgres"
        try:
            shutil.chown(data, user)
        except LookupError:
            pytest.skip("needs a user postgres: PostgreSQL doesn't run as root")
        folder.chmod(0o755)
    port = free_port()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "user": user, "cwd": data}
    made = [program("initdb"), "-D", str(data / "db"), "-U", "tailor", "-A", "trust", "--no-sync"]
    subprocess.run(made, check=True, **quiet)  # type: ignore[call-overload]
    command = [program("postgres"), "-D", str(data / "db"), "-p", str(port), "-h", "127.0.0.1", "-k", str(data), "-F"]
    child = subprocess.Popen(command, **quiet)  # type: ignore[call-overload]
    try:
        wait_for(port, child)
        import psycopg

        end = time.monotonic() + 20
        while True:
            try:
                psycopg.connect(f"postgresql://tailor@127.0.0.1:{port}/postgres").close()
                break
            except psycopg.OperationalError:
                assert time.monotonic() < end
                time.sleep(0.1)
        yield f"postgresql://tailor@127.0.0.1:{port}/postgres"
    finally:
        child.terminate()
        child.wait(20)
