"""Real connections: slow and endless senders, early answers, clients that go, and a service that stops."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from starlette.requests import ClientDisconnect

from serving.engine.base import Answer, Busy, ReadOptions, Upload
from serving.rooms import all_rooms
from serving.safety.bodies import AnswerSender
from serving.settings import ServiceSettings
from tests.serving.conftest import Listening
from tests.serving.fake_engine import FakeEngine

HEAD = b"POST /v1/extract HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"


def talk(address: tuple[str, int], *pieces: bytes, pause: float = 0.0, wait: float = 10.0) -> tuple[bytes, float]:
    """Sends the pieces with pauses between; what came back until the connection was closed, and how long that took."""
    begun = time.monotonic()
    with socket.create_connection(address, timeout=wait) as sock:
        reader = threading.Thread(target=lambda: got.extend(_received(sock)))
        got: list[bytes] = []
        reader.start()
        try:
            for piece in pieces:
                sock.sendall(piece)
                time.sleep(pause)
        except OSError:
            pass  # the service has closed the connection: what we want to see
        reader.join(wait)
    return b"".join(got), time.monotonic() - begun


def _received(sock: socket.socket) -> Iterator[bytes]:
    try:
        while piece := sock.recv(65536):
            yield piece
    except OSError:
        return


def problem(answer: bytes) -> Any:
    return json.loads(answer.partition(b"\r\n\r\n")[2])


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest of a refused body is thrown away for a moment only: the tests wait for the end of it."""
    monkeypatch.setattr("serving.server.protocol.LINGER", 0.5)


def test_a_connection_that_sends_no_head_is_closed(listening: Listening) -> None:
    address = listening(header_seconds=0.5)
    answer, seconds = talk(address)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert problem(answer)["code"] == "request_slow"
    assert 0.4 < seconds < 8


def test_headers_that_dribble_in_don_t_hold_a_connection(listening: Listening) -> None:
    address = listening(header_seconds=0.5)
    dribble = [b"GET /healthz HTTP/1.1\r\n", *(b"X-%d: a\r\n" % number for number in range(60))]
    answer, seconds = talk(address, *dribble, pause=0.1)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert seconds < 9


def test_a_second_request_s_head_on_the_same_connection_has_its_time_too(listening: Listening) -> None:
    address = listening(header_seconds=0.5)
    whole = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer, _ = talk(address, whole, b"GET /heal", pause=0.2)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 408 " in answer


def test_a_connection_may_rest_between_requests_for_a_while(listening: Listening) -> None:
    whole = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer, _ = talk(listening(header_seconds=0.2), whole, whole, pause=1.0, wait=1.5)
    assert answer.count(b"HTTP/1.1 200 ") == 2
    _, seconds = talk(listening(idle_seconds=1), whole)
    assert 0.9 < seconds < 8


def test_a_body_that_pauses_is_given_up(listening: Listening) -> None:
    engine = FakeEngine()
    address = listening(engine, body_pause_seconds=0.5)
    answer, seconds = talk(address, HEAD + b"Content-Length: 1000\r\n\r\n--b\r\n")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert problem(answer)["code"] == "request_slow"
    assert seconds < 8
    assert engine.began == 0


def test_a_body_that_dribbles_is_given_up(listening: Listening) -> None:
    address = listening(body_seconds=0.7, body_pause_seconds=5)
    part = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
    answer, seconds = talk(address, HEAD + b"Content-Length: 1000\r\n\r\n" + part, *([b"-"] * 60), pause=0.1)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert seconds < 9


def test_a_body_announced_too_large_is_refused_before_it_is_sent(listening: Listening) -> None:
    address = listening(max_request_bytes=10_000)
    answer, _ = talk(address, HEAD + b"Content-Length: 10001\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert problem(answer)["code"] == "too_many_bytes"


def test_a_body_without_a_length_is_refused_as_soon_as_it_is_too_large(listening: Listening) -> None:
    engine = FakeEngine()
    address = listening(engine, max_request_bytes=100_000)
    part = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
    chunk = b"%x\r\n%b\r\n" % (50_000, b"x" * 50_000)
    start = HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"%x\r\n%b\r\n" % (len(part), part)
    answer, _ = talk(address, start, chunk, chunk, chunk, pause=0.1, wait=8)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert engine.began == 0


def test_all_requests_together_hold_a_bounded_number_of_bytes(listening: Listening) -> None:
    address = listening(max_inflight_bytes=100_000)
    body = b"x" * 120_000
    answer, _ = talk(address, HEAD + b"Content-Length: 120000\r\n\r\n" + body, wait=8)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert problem(answer)["code"] == "overloaded"
    assert b"retry-after" in answer.lower()


@pytest.mark.parametrize(
    "sent",
    [
        b"no http at all\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 100_000,
        b"GET / HTTP/1.1\r\nHost: a\r\nX\x00Y: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\nContent-Length: 1, 2\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",  # TLS where none is spoken
    ],
)
def test_what_is_no_http_is_a_problem_too(listening: Listening, sent: bytes) -> None:
    address = listening(header_seconds=0.5)
    answer, _ = talk(address, sent)
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 408 "))
    assert b"application/problem+json" in answer


def test_when_a_client_hangs_up_its_document_is_given_up(listening: Listening) -> None:
    engine = FakeEngine(seconds=60)
    address = listening(engine)
    body = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\nx\r\n--b--\r\n'
    sock = socket.create_connection(address, timeout=5)
    sock.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    until(lambda: engine.running == 1)
    sock.close()
    until(lambda: engine.cancelled == 1)
    assert engine.running == 0


def test_a_service_that_stops_finishes_what_it_has_begun(listening: Listening) -> None:
    engine = FakeEngine(seconds=0.5)
    host, port = listening(engine)
    answers: list[httpx.Response] = []

    def ask() -> None:
        answers.append(httpx.post(f"http://{host}:{port}/v1/extract", files={"files": ("a", b"x")}, timeout=20))

    asking = threading.Thread(target=ask)
    asking.start()
    until(lambda: engine.running == 1)
    listening.stop()
    asking.join(10)
    assert [answer.status_code for answer in answers] == [200]
    assert engine.finished == 1
    assert 0 < (engine.stopped_with or 0) <= 30


class Endless(FakeEngine):
    """Never finishes a document; gives them up when it is stopped, as the real one does."""

    async def read(self, upload: Upload, options: ReadOptions) -> Answer:
        self.hold = self.hold or asyncio.Event()
        await super().read(upload, options)
        raise Busy("The service is stopping.", code="stopping")

    async def stop(self, grace: float) -> None:
        await asyncio.sleep(grace)
        if self.hold:
            self.hold.set()


@pytest.mark.parametrize("busy", ["requests", "jobs"])
def test_stopping_takes_the_time_to_finish_once_whatever_is_under_way(
    settings: Callable[..., ServiceSettings], busy: str
) -> None:
    listening = Listening(settings, rooms=all_rooms)
    host, port = listening(engine := Endless(), grace=2.0)
    url, files = f"http://{host}:{port}", {"files": ("a", b"x")}
    answers: list[httpx.Response] = []
    if busy == "jobs":
        job = httpx.post(f"{url}/v1/jobs", files=files).json()["id"]
    asking = threading.Thread(target=lambda: answers.append(httpx.post(f"{url}/v1/extract", files=files, timeout=20)))
    asking.start()
    until(lambda: engine.running == (2 if busy == "jobs" else 1))
    begun = time.monotonic()
    listening.stop()
    asking.join(10)
    assert 1.9 < time.monotonic() - begun < 5
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(503, "stopping")]
    if busy == "jobs":
        host, port = listening(FakeEngine(), grace=2.0)
        states = f"http://{host}:{port}/v1/jobs/{job}"
        until(lambda: httpx.get(states).json()["state"] == "done")
        listening.stop()


def until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def test_a_client_that_takes_no_answer_loses_its_connection() -> None:
    async def never(message: Any) -> None:
        await asyncio.sleep(60)

    async def send() -> None:
        await AnswerSender(never, 0.05).send({"type": "http.response.body", "body": b""})

    with pytest.raises(ClientDisconnect):
        asyncio.run(send())
