"""The client tells what went wrong at the server, never shows the token, and fetches nothing but uploads."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from extractor.errors import UsageError
from labeling.review.client import Client, DeskError, batches, credentials
from tests.labeling.review.server import free_port

TOKEN = "abcdef0123456789abcdef0123456789abcdef01"


class Desk(BaseHTTPRequestHandler):
    """Answers every request with `status` and `body`; `seen` keeps method, path and the token given."""

    status: ClassVar[int] = 200
    body: ClassVar[object] = {}
    seen: ClassVar[list[tuple[str, str, str | None]]] = []

    def do_GET(self) -> None:
        self.seen.append((self.command, self.path, self.headers.get("Authorization")))
        data = json.dumps(self.body).encode()
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_POST = do_GET
    do_PATCH = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Tests are quiet."""


@pytest.fixture
def desk() -> Iterator[str]:
    pytest.importorskip("label_studio_sdk", reason="needs the extra labeling")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    Desk.status, Desk.body, Desk.seen = 200, {}, []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("status", "code"), [(401, "desk_refused"), (403, "desk_refused"), (400, "desk_failed")])
def test_a_refusal_is_told_without_the_token(desk: str, status: int, code: str) -> None:
    Desk.status, Desk.body = status, {"detail": "not like this"}
    with pytest.raises(DeskError) as told:
        Client(desk, TOKEN).add_tasks(1, [{"data": {}}])
    assert told.value.code == code
    assert TOKEN not in str(told.value)
    assert Desk.seen[0][2] == f"Token {TOKEN}"


def test_the_servers_own_words_are_passed_on(desk: str) -> None:
    Desk.status, Desk.body = 400, {"detail": "label config\n is wrong"}
    with pytest.raises(DeskError, match=r"answered 400.*label config"):
        Client(desk, TOKEN).update_project(1, {})


def test_a_server_that_guards_its_own_network_tells_what_to_do(desk: str) -> None:
    Desk.status, Desk.body = 403, {"detail": "URL resolves to a reserved network address (block: 127.0.0.0/8)"}
    with pytest.raises(DeskError) as told:
        Client(desk, TOKEN).update_project(1, {})
    assert "ML_BLOCK_LOCAL_IP" in told.value.hint


def test_a_server_that_is_not_there_is_told() -> None:
    pytest.importorskip("label_studio_sdk", reason="needs the extra labeling")
    with pytest.raises(DeskError) as told:
        Client(f"http://127.0.0.1:{free_port()}", TOKEN).project("Receipts")
    assert told.value.code == "desk_unreachable"


@pytest.mark.parametrize(
    "address",
    [
        "http://elsewhere.test/data/upload/a.png",
        "//elsewhere.test/data/upload/a.png",
        "/data/local-files/?d=etc/passwd",
        "/data/upload/../../api/users",
        "/data/upload/%2e%2e/%2e%2e/api/users",
        "/api/users",
        "",
    ],
)
def test_only_uploads_are_fetched(desk: str, address: str) -> None:
    with pytest.raises(DeskError):
        Client(desk, TOKEN).fetch(address)
    assert Desk.seen == []


def test_an_upload_is_fetched_with_the_token(desk: str) -> None:
    Client(desk, TOKEN).fetch("/data/upload/1/a-b.png")
    assert Desk.seen == [("GET", "/data/upload/1/a-b.png", f"Token {TOKEN}")]


@pytest.mark.parametrize("title", ["ab", "a" * 51])
def test_a_name_that_label_studio_would_refuse_is_refused_before(desk: str, title: str) -> None:
    with pytest.raises(UsageError, match="3 to 50"):
        Client(desk, TOKEN).create_project(title, {})
    assert Desk.seen == []


def test_credentials_come_from_options_or_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABEL_STUDIO_URL", "http://a.test/")
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", "one")
    (tmp_path / "token").write_text("two\n")
    assert credentials(None, None) == ("http://a.test", "one")
    assert credentials("https://b.test", tmp_path / "token") == ("https://b.test", "two")


@pytest.mark.parametrize(
    ("url", "token", "code"), [("", "t", "no_server"), ("a.test", "t", "no_server"), ("http://a", "", "no_token")]
)
def test_what_is_missing_is_asked_for(monkeypatch: pytest.MonkeyPatch, url: str, token: str, code: str) -> None:
    monkeypatch.setenv("LABEL_STUDIO_URL", url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", token)
    with pytest.raises(UsageError) as told:
        credentials(None, None)
    assert told.value.code == code


def test_batches_keep_the_order() -> None:
    assert list(batches([1, 2, 3, 4, 5], 2)) == [[1, 2], [3, 4], [5]]
