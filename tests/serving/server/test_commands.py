"""`tailor serve` and `tailor keys` as their user sees them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from extractor.errors import UsageError
from serving.cli import keys
from serving.safety.keys import KeyRing
from serving.server.run import prepared
from serving.settings import ServiceSettings
from tests.conftest import ROOT
from tests.serving.starting import told_until_ready

PROGRAM = """
import sys
from serving.server.run import run
from serving.settings import ServiceSettings
from tests.serving.fake_engine import FakeEngine
from extractor.errors import BadModel

run(ServiceSettings.load(), FakeEngine(fails=BadModel("no model") if "fail" in sys.argv else None))
"""


def call(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(keys, list(words))
    return result.exit_code, result.stdout, result.stderr


def test_keys_are_made_listed_and_revoked(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path / "d"))
    status, told, said = call("add", "erp", "--scopes", "extract,score", "--days", "30", "--rate", "5", *data)
    assert status == 0
    assert told.startswith("tlr_")
    assert told.count("\n") == 1
    assert "can't be shown again" in said
    key = KeyRing(tmp_path / "d" / "keys.json").check(told.strip())
    assert key
    assert (key.scopes, key.rate_per_minute) == (("extract", "score"), 5)
    _, listed, _ = call("list", *data)
    assert listed.startswith(f"erp\t{key.id}\textract,score\t")
    assert "5/min" in listed
    assert told.strip() not in listed
    assert call("revoke", "erp", *data)[0] == 0
    assert call("list", *data)[1] == ""


def test_an_address_that_is_taken_is_told_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(UsageError) as refused:
        prepared(ServiceSettings(data=tmp_path, port=taken.getsockname()[1]))
    assert refused.value.code == "address_unusable"
    assert "--port" in refused.value.hint


def test_to_listen_for_others_without_a_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="reachable by others") as refused:
        prepared(ServiceSettings(data=tmp_path / "d", host="0.0.0.0", port=0))
    assert refused.value.code == "keys_needed"
    assert (tmp_path / "d").stat().st_mode & 0o077 == 0


STUCK = """
import asyncio, time
import serving.server.run as server
from serving.settings import ServiceSettings
from tests.serving.fake_engine import FakeEngine


class Stuck(FakeEngine):
    async def stop(self, grace: float) -> None:
        await asyncio.to_thread(time.sleep, 600)


server.LAST_RESORT = 0.5
server.run(ServiceSettings.load(grace=0.2), Stuck())
"""


def start(tmp_path: Path, *words: str, program: str = PROGRAM) -> subprocess.Popen[str]:
    environment = {**os.environ, "TAILOR_PORT": "0", "TAILOR_DATA": str(tmp_path), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", program, *words]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_it_says_where_it_listens_and_stops_cleanly_when_told(tmp_path: Path) -> None:
    process = start(tmp_path)
    told = told_until_ready(process)
    listening = next(each for each in told if each["event"] == "listening")
    assert listening["keys"] == "not needed"
    ready = told[-1]
    assert (ready["model"], ready["provider"]) == ("fake@0", "CPUExecutionProvider")
    answer = httpx.post(f"{listening['address']}/v1/extract", files={"files": ("secret-name.jpg", b"x")}, timeout=60)
    assert answer.status_code == 200
    process.send_signal(signal.SIGTERM)
    rest = process.stderr.read()
    assert process.wait(60) == 0
    assert json.loads(rest.splitlines()[-1])["event"] == "stopped"
    assert "secret-name" not in rest
    assert not any("Traceback" in line for line in rest.splitlines())


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_service_that_hangs_while_it_stops_is_ended_all_the_same(tmp_path: Path) -> None:
    process = start(tmp_path, program=STUCK)
    assert process.stderr
    assert any(json.loads(line)["event"] == "ready" for line in process.stderr)
    process.send_signal(signal.SIGTERM)
    told = json.loads(process.stderr.read().splitlines()[-1])
    assert process.wait(60) == 1
    assert (told["level"], told["event"]) == ("error", "the service did not stop in time and is ended")


def test_an_engine_that_does_not_start_ends_the_service(tmp_path: Path) -> None:
    process = start(tmp_path, "fail")
    begun = time.monotonic()
    _, said = process.communicate(timeout=120)
    assert process.returncode != 0
    assert "BadModel" in said  # raised to the command, which tells it without a traceback
    assert time.monotonic() - begun < 120
