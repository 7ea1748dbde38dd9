"""POST /v1/extract: files in a form or in JSON, options wherever they stand, and exactly the records back."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from extractor.types import Extraction
from serving.engine.base import Upload
from serving.settings import ServiceSettings
from tests.serving.conftest import service
from tests.serving.fake_engine import FakeEngine, record_of

Make = Callable[..., ServiceSettings]
pytestmark = pytest.mark.anyio


def form(*contents: bytes) -> list[tuple[str, tuple[str, bytes]]]:
    return [("files", (f"{number}.jpg", content)) for number, content in enumerate(contents)]


def inside(content: bytes, name: str = "a.jpg") -> dict[str, str]:
    return {"name": name, "content": base64.b64encode(content).decode()}


async def test_a_form_and_json_give_the_same_records_and_nothing_beside_them(settings: Make) -> None:
    async with service(settings(), FakeEngine()) as client:
        by_form = await client.post("/v1/extract", files=[("files", ("a.jpg", b"one")), ("files", ("b.pdf", b"three"))])
        body = {"files": [inside(b"one"), inside(b"three", "b.pdf")]}
        by_json = await client.post("/v1/extract", json=body)
    assert by_form.status_code == by_json.status_code == 200
    assert by_form.content == by_json.content
    answer = by_form.json()
    assert list(answer) == ["results"]
    records = [Extraction.model_validate(record) for record in answer["results"]]
    assert records == [record_of(Upload("a.jpg", b"one")), record_of(Upload("b.pdf", b"three"))]


async def test_records_come_in_the_order_of_the_files_and_a_bad_one_hides_no_other(settings: Make) -> None:
    async with service(settings(), FakeEngine()) as client:
        answer = await client.post("/v1/extract", files=form(b"12", b"", b"1"))
    assert [record["status"] for record in answer.json()["results"]] == ["ok", "failed", "ok"]
    assert [record["file"] for record in answer.json()["results"]] == ["0.jpg", "1.jpg", "2.jpg"]


OPTIONS = {"ocr": "tesseract", "language": "deu+eng", "pages": "0,2-4", "annotate": "true"}


@pytest.mark.parametrize("place", ["query", "form", "json"])
async def test_options_mean_the_same_wherever_they_stand(settings: Make, place: str) -> None:
    engine = FakeEngine()
    async with service(settings(), engine) as client:
        if place == "json":
            body = {"files": [inside(b"x")], **OPTIONS, "annotate": True}
            answer = await client.post("/v1/extract", json=body)
        else:
            where: dict[str, Any] = {"params": OPTIONS} if place == "query" else {"data": OPTIONS}
            answer = await client.post("/v1/extract", files=form(b"x"), **where)
    assert answer.status_code == 200
    (asked,) = engine.options
    assert (asked.ocr, asked.languages, asked.pages) == ("tesseract", ("deu", "eng"), (0, 2, 3, 4))
    assert asked.annotate


async def test_pictures_stand_beside_the_results_only_where_asked_for(settings: Make) -> None:
    async with service(settings(), FakeEngine()) as client:
        answer = (await client.post("/v1/extract", files=form(b"x", b"y"), params={"annotate": "true"})).json()
    assert list(answer) == ["results", "pictures"]
    first, second = answer["pictures"]
    assert len(first) == len(second) == 1
    assert first[0]["media_type"] == "image/png"
    assert base64.b64decode(first[0]["content"]) == b"\x89PNG picture"


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"ocr": "guess"}, "ocr"),
        ({"pages": "3-1"}, None),
        ({"pages": "one"}, "pages"),
        ({"language": "../../etc"}, "language"),
        ({"policy": "../secret"}, "policy"),
        ({"policy": "unheard"}, None),
        ({"colour": "blue"}, "colour"),
        ({"annotate": "perhaps"}, "annotate"),
    ],
)
async def test_an_option_that_can_t_be_used_is_refused_by_name(
    settings: Make, options: dict[str, str], place: str | None
) -> None:
    engine = FakeEngine()
    async with service(settings(), engine) as client:
        answer = await client.post("/v1/extract", files=form(b"x"), data=options)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == 422
    if place:
        assert problem["errors"][0]["place"] == f"body.{place}"
    assert engine.began == 0


async def test_the_body_wins_over_the_query_which_must_be_right_all_the_same(settings: Make) -> None:
    engine = FakeEngine()
    async with service(settings(), engine) as client:
        wins = await client.post("/v1/extract", files=form(b"x"), data={"pages": "1"}, params={"pages": "0"})
        wrong = await client.post("/v1/extract", files=form(b"x"), data={"ocr": "auto"}, params={"ocr": "guess"})
    assert wins.status_code == 200
    assert engine.options[0].pages == (1,)
    assert (wrong.status_code, wrong.json()["errors"][0]["place"]) == (422, "query.ocr")


async def test_a_password_is_not_taken_from_an_address(settings: Make) -> None:
    engine = FakeEngine()
    async with service(settings(), engine) as client:
        refused = await client.post("/v1/extract", files=form(b"x"), params={"password": "secret"})
        taken = await client.post("/v1/extract", files=form(b"x"), data={"password": "secret"})
    assert refused.status_code == 422
    assert "secret" not in refused.text
    assert taken.status_code == 200
    assert engine.options[0].password == "secret"


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({"json": {"files": []}}, 422, "invalid_request"),
        ({"json": {"files": [{"content": "not base64!"}]}}, 422, "invalid_request"),
        ({"json": {"files": [{"content": 7}]}}, 422, "invalid_request"),
        ({"json": {"files": [inside(b"x")], "annotate": "yes"}}, 422, "invalid_request"),
        ({"json": [1]}, 422, "invalid_request"),
        ({"content": b"{", "headers": {"content-type": "application/json"}}, 400, "malformed_json"),
        ({"content": b"[" * 100_000, "headers": {"content-type": "application/json"}}, 400, "malformed_json"),
        ({"data": {"files": "text"}}, 415, "unsupported_media_type"),
        ({"content": b"x", "headers": {"content-type": "multipart/form-data"}}, 400, "malformed_form"),
        ({"content": b"--x", "headers": {"content-type": "multipart/form-data; boundary=x"}}, 400, "malformed_form"),
        (
            {
                "content": b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\ncut off',
                "headers": {"content-type": "multipart/form-data; boundary=x"},
            },
            400,
            "malformed_form",
        ),
        ({"content": b"x"}, 415, "unsupported_media_type"),
        ({"content": b"x", "headers": {"content-type": "image/png"}}, 415, "unsupported_media_type"),
        (
            {"content": b"{}", "headers": {"content-type": "application/json", "content-encoding": "gzip"}},
            415,
            "unsupported_media_type",
        ),
        (
            {"content": b"x", "headers": {"content-type": "multipart/form-data; boundary=x; charset=idna"}},
            415,
            "unsupported_media_type",
        ),
        ({"files": [("other", ("a.jpg", b"x"))]}, 422, "invalid_request"),
        ({"files": [("files", (None, b"x"))]}, 422, "invalid_request"),
        ({"files": form(b"x"), "data": {"pages": ["0", "1"]}}, 422, "invalid_request"),
    ],
)
async def test_a_body_that_can_t_be_used_is_a_problem_with_a_code(
    settings: Make, sent: dict[str, Any], status: int, code: str
) -> None:
    async with service(settings(), FakeEngine()) as client:
        answer = await client.post("/v1/extract", **sent)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["type"] == f"urn:tailor:problem:{code}"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


async def test_more_files_than_one_request_may_hold_are_refused(settings: Make) -> None:
    async with service(settings(max_files=2), FakeEngine()) as client:
        by_form = await client.post("/v1/extract", files=form(b"1", b"2", b"3"))
        by_json = await client.post("/v1/extract", json={"files": [inside(b"x")] * 3})
    for answer in (by_form, by_json):
        assert (answer.status_code, answer.json()["code"]) == (413, "too_many_files")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\bill.pdf", "bill.pdf"),
        ("a\x00\x1b[31m\u202egpj.exe", "a[31mgpj.exe"),
        ("..", "file-1"),
        ("", "file-1"),
        ("x" * 900, "x" * 255),
        ("Quittung für Müller.pdf", "Quittung für Müller.pdf"),
    ],
)
async def test_a_file_s_name_is_told_back_and_can_t_be_a_path(settings: Make, given: str, told: str) -> None:
    engine = FakeEngine()
    async with service(settings(), engine) as client:
        answer = await client.post("/v1/extract", json={"files": [inside(b"x", given)]})
    assert answer.json()["results"][0]["file"] == told
    assert engine.uploads[0].name == told


async def test_a_request_before_the_model_is_warm_is_told_to_come_again(settings: Make) -> None:
    warm = asyncio.Event()
    async with service(settings(), FakeEngine(warm=warm)) as client:
        early = await client.post("/v1/extract", files=form(b"x"))
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.get("/healthz")).status_code == 200
        warm.set()
        await asyncio.sleep(0.01)
        late = await client.post("/v1/extract", files=form(b"x"))
    assert (early.status_code, early.json()["code"]) == (503, "not_ready")
    assert int(early.headers["retry-after"]) >= 1
    assert late.status_code == 200


async def test_a_full_queue_is_429_with_the_time_to_come_again(settings: Make) -> None:
    hold = asyncio.Event()
    engine = FakeEngine(capacity=1, hold=hold)
    async with service(settings(), engine) as client:
        first = asyncio.create_task(client.post("/v1/extract", files=form(b"x")))
        while not engine.running:
            await asyncio.sleep(0.001)
        second = await client.post("/v1/extract", files=form(b"y"))
        hold.set()
        assert (await first).status_code == 200
        assert (await client.post("/v1/extract", files=form(b"y"))).status_code == 200
    assert (second.status_code, second.json()["code"]) == (429, "busy")
    assert second.headers["retry-after"] == "3"


async def test_once_a_request_is_under_way_a_full_queue_is_waited_for(settings: Make) -> None:
    engine = FakeEngine(capacity=1, seconds=0.01, retry_after=0.01)
    async with service(settings(), engine) as client:
        answer = await client.post("/v1/extract", files=form(b"1", b"22", b"333"))
    assert answer.status_code == 200
    totals = [record["receipt"]["fields"]["total"]["value"] for record in answer.json()["results"]]
    assert totals == ["1.00", "2.00", "3.00"]


async def test_a_defect_is_told_without_its_traceback_or_what_was_sent(
    settings: Make, caplog: pytest.LogCaptureFixture
) -> None:
    async with service(settings(), FakeEngine(breaks=ValueError("IBAN DE00 of Mrs Smith"))) as client:
        answer = await client.post("/v1/extract", files=form(b"x"))
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "IBAN" not in answer.text
    assert answer.json()["request_id"] in [getattr(each, "request_id", "") for each in caplog.records]


async def test_when_the_client_goes_its_documents_are_given_up(settings: Make) -> None:
    engine = FakeEngine(hold=asyncio.Event())
    async with service(settings(), engine) as client:
        messages = [await body_of(client, form(b"x", b"y")), {"type": "http.disconnect"}]
        scope_headers = [(b"host", b"localhost"), (b"content-type", b"multipart/form-data; boundary=b")]
        sent: list[Any] = []

        async def receive() -> Any:
            if len(messages) == 1:
                while engine.running < 2:
                    await asyncio.sleep(0.001)
            return messages.pop(0)

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": "POST",
            "path": "/v1/extract",
            "raw_path": b"/v1/extract",
            "query_string": b"",
            "headers": scope_headers,
            "scheme": "http",
            "server": ("localhost", 80),
            "client": ("127.0.0.1", 1),
            "http_version": "1.1",
            "root_path": "",
        }
        await asyncio.wait_for(client.app(scope, receive, send), 5)  # type: ignore[attr-defined]
    assert engine.cancelled == 2
    assert engine.finished == 0
    assert sent == []


async def body_of(client: httpx.AsyncClient, files: Any) -> dict[str, Any]:
    headers = {"content-type": "multipart/form-data; boundary=b"}
    request = client.build_request("POST", "/v1/extract", files=files, headers=headers)
    return {"type": "http.request", "body": await request.aread(), "more_body": False}


async def test_neither_file_names_nor_values_are_logged_unless_asked(
    settings: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    sent = {"files": [inside(b"x" * 77, "Müller.pdf")]}

    async def logged(**given: Any) -> str:
        caplog.clear()
        async with service(settings(**given), FakeEngine()) as client:
            await client.post("/v1/extract", json=sent, params={"pages": "0"})
        ours = [vars(each) for each in caplog.records if not each.name.startswith("httpx")]
        return json.dumps(ours, default=str, ensure_ascii=False)

    silent = await logged()
    assert '"route": "/v1/extract"' in silent
    assert "Müller" not in silent
    assert "77.00" not in silent
    assert "pages" not in silent
    told = await logged(log_text=True)
    assert "Müller" in told
    assert "77.00" in told
