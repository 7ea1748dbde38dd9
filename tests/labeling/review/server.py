"""A real Label Studio for tests, in an environment of its own: its pins conflict with ours.

It is installed once, into $TAILOR_LABEL_STUDIO or ~/.cache/tailor/label-studio-VERSION (about 1 GB, a minute or two),
and started on a free port of this machine with its database in a temporary folder.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

VERSION = "1.23.2"
START_SECONDS = 300.0
EMAIL = "reviewer@example.com"


class NoServer(RuntimeError):
    """Label Studio can't be installed or started here; the message says what went wrong."""


@dataclass(frozen=True)
class Server:
    url: str
    token: str = field(repr=False)
    email: str
    password: str = field(repr=False)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def program() -> Path:
    """The command `label-studio`, installed where it isn't yet. Raises NoServer."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(os.environ.get("TAILOR_LABEL_STUDIO") or base / "tailor" / f"label-studio-{VERSION}")
    command, finished = folder / "bin" / "label-studio", folder / ".installed"
    if finished.exists() or (command.exists() and _answers(command)):
        return command
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "-qq", f"label-studio=={VERSION}"]
    for step in ([sys.executable, "-m", "venv", "--clear", str(folder)], pip):
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NoServer(f"Label Studio {VERSION} can't be installed: {done.stderr.strip()[-300:]}")
    finished.touch()
    return command


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """A server with its data in `folder`, until the block ends. Raises NoServer where it doesn't come up."""
    command, port = program(), free_port()
    server = Server(f"http://127.0.0.1:{port}", secrets.token_hex(20), EMAIL, secrets.token_urlsafe(12))
    settings = {
        "LABEL_STUDIO_USERNAME": server.email,
        "LABEL_STUDIO_PASSWORD": server.password,
        "LABEL_STUDIO_USER_TOKEN": server.token,
        # Only at the first start: a database that was made without them never takes such tokens.
        "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
        # By default it talks to no address of its own machine, where the tests' ML backend listens.
        "ML_BLOCK_LOCAL_IP": "false",
        "SSRF_PROTECTION_ENABLED": "false",
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
    }
    # Without --internal-host it listens on every address of the machine.
    place = ["--internal-host", "127.0.0.1", "--port", str(port), "--data-dir", str(folder)]
    log = folder / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(command), "start", "--no-browser", *place],
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**os.environ, **settings},
        )
    try:
        _wait(server.url, process, log)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise NoServer(f"Label Studio did not come up: {log.read_text(errors='replace')[-500:]}")


def _answers(command: Path) -> bool:
    return subprocess.run([str(command), "version"], capture_output=True, check=False).returncode == 0
