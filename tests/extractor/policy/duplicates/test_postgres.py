"""The same index in PostgreSQL, on a server of the test's own where its binaries are installed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from extractor.errors import UsageError
from extractor.policy.duplicates import Index, Owner, fingerprint
from tests.extractor.policy.duplicates.receipts import another_day, evidence

pytestmark = pytest.mark.slow

FIRST = fingerprint(evidence())
AGAIN = fingerprint(evidence(name="again.jpg"))


def _binary(name: str) -> str:
    known = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = shutil.which(name) or (str(known[-1]) if known else None)
    if found is None:
        pytest.skip(f"needs PostgreSQL: no {name} on this machine")
    return found


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    pytest.importorskip("psycopg", reason="needs the extra postgres")
    initdb, postgres = _binary("initdb"), _binary("postgres")
    # Not in pytest's own folder: PostgreSQL refuses to run as root, and its user may not look into that.
    folder = Path(tempfile.mkdtemp(prefix="tailor-postgres-"))
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = folder / "data"
    subprocess.run(
        [initdb, "-D", data, "-U", "tailor", "-A", "trust", "-E", "UTF8", "--no-sync"],
        check=True, capture_output=True, user=user, cwd="/",
    )  # fmt: skip
    command = [postgres, "-D", data, "-p", str(port), "-k", str(folder), "-h", "127.0.0.1", "-F"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, user=user, cwd="/")
    try:
        ready = [_binary("pg_isready"), "-h", "127.0.0.1", "-p", str(port), "-q"]
        for _ in range(600):
            if subprocess.run(ready, check=False).returncode == 0:
                break
            assert server.poll() is None, "the server ended"
        yield f"postgresql://tailor@127.0.0.1:{port}/postgres"
    finally:
        server.terminate()
        server.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def test_a_receipt_is_kept_once_and_found_again(url):
    with Index.open(url) as index:
        owner = Owner("c1", "a.jpg", "Kim")
        number = index.add(FIRST, owner)
        assert index.add(FIRST, owner) == number
        index.add(fingerprint(another_day()), Owner("c2", "b.jpg"))
        (match,) = index.candidates(AGAIN, Owner("c3", "again.jpg"))
        assert match.owner == owner
        assert index.candidates(AGAIN, before=number) == []
        assert index.known(owner, FIRST.sha256) == FIRST
        assert index.size == 2


def test_writers_that_add_the_same_take_turns(url):
    def write(name: str) -> list[int]:
        with Index.open(url) as index:
            return [index.add(fingerprint(evidence(name=f"{n}.jpg")), Owner(f"both-{n}", "a.jpg")) for n in range(20)]

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(write, ("one", "two"))
    assert first == second


def test_a_server_that_is_not_there_gives_an_error_without_the_password():
    with pytest.raises(UsageError) as raised:
        Index.open("postgresql://tailor:secret@127.0.0.1:1/none")
    assert raised.value.code == "bad_index"
    assert "secret" not in str(raised.value)
