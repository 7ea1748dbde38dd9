"""What no honest client sends is refused before anything of it is read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from serving.safety.gate import bare_host
from serving.settings import ServiceSettings
from tests.serving.conftest import service
from tests.serving.fake_engine import FakeEngine

Make = Callable[..., ServiceSettings]
pytestmark = pytest.mark.anyio
FILE = [("files", ("a.jpg", b"abc"))]


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:9", "[::1]:8000", "LOCALHOST"])
async def test_this_machine_is_called_by_its_own_names(settings: Make, host: str) -> None:
    async with service(settings(), FakeEngine()) as client:
        assert (await client.get("/v1/model", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.nip.example", "", "[::1].x"])
async def test_a_web_page_whose_name_is_made_to_point_here_is_refused(settings: Make, host: str) -> None:
    async with service(settings(), FakeEngine()) as client:
        answer = await client.get("/v1/model", headers={"Host": host})
        probe = await client.get("/healthz", headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (421, "host_unknown")
    assert probe.status_code == 200


async def test_a_name_can_be_allowed(settings: Make) -> None:
    async with service(settings(allowed_hosts=("receipts.example",)), FakeEngine()) as client:
        assert (await client.get("/v1/model", headers={"Host": "receipts.example:443"})).status_code == 200
        assert (await client.get("/v1/model")).status_code == 421


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
async def test_another_web_page_can_make_no_request_that_does_something(
    settings: Make, headers: dict[str, str]
) -> None:
    engine = FakeEngine()
    async with service(settings(), engine) as client:
        answer = await client.post("/v1/extract", files=FILE, headers=headers)
        own = await client.post("/v1/extract", files=FILE, headers={"Origin": "http://localhost"})
    assert (answer.status_code, answer.json()["code"]) == (403, "cross_origin")
    assert own.status_code == 200
    assert engine.began == 1


async def test_cors_is_off_unless_an_origin_is_allowed(settings: Make) -> None:
    page = {"Origin": "https://erp.example"}
    ask = {**page, "Access-Control-Request-Method": "POST"}
    async with service(settings(), FakeEngine()) as client:
        assert "access-control-allow-origin" not in (await client.options("/v1/extract", headers=ask)).headers
    async with service(settings(allowed_origins=("https://erp.example",)), FakeEngine()) as client:
        preflight = await client.options("/v1/extract", headers=ask)
        answer = await client.post("/v1/extract", files=FILE, headers=page)
        other = await client.post("/v1/extract", files=FILE, headers={"Origin": "https://evil.example"})
    assert preflight.headers["access-control-allow-origin"] == "https://erp.example"
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "https://erp.example"
    assert other.status_code == 403


async def test_too_many_or_too_long_headers_are_refused(settings: Make) -> None:
    async with service(settings(max_headers=20, max_header_bytes=2048), FakeEngine()) as client:
        many = await client.get("/v1/model", headers={f"X-{number}": "a" for number in range(20)})
        long = await client.get("/v1/model", headers={"X-Long": "a" * 2048})
    for answer in (many, long):
        assert (answer.status_code, answer.json()["code"]) == (431, "too_many_headers")


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ([("Host", "localhost"), ("Host", "evil.example")], "header_repeated"),
        ([("Authorization", "Bearer a"), ("Authorization", "Bearer b")], "header_repeated"),
        ([("Idempotency-Key", "a"), ("Idempotency-Key", "b")], "header_repeated"),
        ([("Content-Length", "3"), ("Transfer-Encoding", "chunked")], "length_ambiguous"),
        ([("Content-Length", "-3")], "length_ambiguous"),
        ([("Content-Length", "0x3")], "length_ambiguous"),
    ],
)
async def test_headers_that_two_readers_could_read_differently_are_refused(
    settings: Make, headers: list[tuple[str, str]], code: str
) -> None:
    async with service(settings(), FakeEngine()) as client:
        answer = await client.get("/v1/model", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_every_answer_carries_the_headers_that_keep_browsers_careful(settings: Make) -> None:
    async with service(settings(), FakeEngine()) as client:
        answers = [await client.get(path) for path in ("/v1/model", "/nothing", "/docs", "/healthz")]
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        assert "server" not in answer.headers


async def test_a_request_id_is_taken_over_where_it_is_harmless(settings: Make) -> None:
    async with service(settings(), FakeEngine()) as client:
        kept = await client.get("/nothing", headers={"X-Request-Id": "erp-42"})
        made = await client.get("/nothing", headers={"X-Request-Id": "a\tb"})
    assert kept.headers["x-request-id"] == kept.json()["request_id"] == "erp-42"
    assert made.headers["x-request-id"] != "a\tb"


@pytest.mark.parametrize(
    ("given", "bare"), [("A.b:80", "a.b"), ("[::1]:80", "[::1]"), ("[::1]", "[::1]"), ("x", "x"), ("a:b", "a:b")]
)
async def test_a_host_is_compared_without_its_port(given: str, bare: str) -> None:
    assert bare_host(given) == bare
