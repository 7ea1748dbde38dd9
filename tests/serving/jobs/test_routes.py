"""Jobs over HTTP: sent, looked at, paged, cancelled; kept apart by key; errors are problems."""

from __future__ import annotations

import asyncio
import base64
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from serving.app import create_app
from serving.jobs.room import JobRoom
from serving.rooms import all_rooms
from serving.safety.keys import KeyRing
from serving.settings import ServiceSettings
from tests.serving.conftest import service
from tests.serving.fake_engine import FakeEngine
from tests.serving.jobs.fakes import QUICK
from tests.serving.test_schema import send

Make = Callable[..., ServiceSettings]
FILES = [("files", ("a.png", b"aa")), ("files", ("b.png", b"")), ("files", ("c.png", b"cccc"))]


@asynccontextmanager
async def jobs_service(given: ServiceSettings, engine: FakeEngine | None = None) -> AsyncIterator[httpx.AsyncClient]:
    async with service(given, engine or FakeEngine(), rooms=[JobRoom(given)]) as client:
        yield client


async def ended(client: httpx.AsyncClient, job: str, **more: Any) -> dict[str, Any]:
    for _ in range(400):
        found: dict[str, Any] = (await client.get(f"/v1/jobs/{job}", **more)).json()
        if found["finished"]:
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"still open: {found}")


def test_a_job_is_sent_followed_and_fetched(settings: Make) -> None:
    async def scene() -> None:
        engine = FakeEngine()
        async with jobs_service(settings(jobs=QUICK), engine) as client:
            sent = await client.post("/v1/jobs", files=FILES, data={"language": "deu+eng", "pages": "0"})
            assert sent.status_code == 202
            job = sent.json()
            assert sent.headers["location"] == f"/v1/jobs/{job['id']}"
            assert job["counts"]["total"] == 3
            over = await ended(client, job["id"])
            assert (over["state"], over["progress"]) == ("done", 1.0)
            assert (over["counts"]["done"], over["counts"]["failed"]) == (2, 1)
            first = (await client.get(over["results"], params={"limit": "2"})).json()
            assert [record["file"] for record in first["results"]] == ["a.png", "b.png"]
            last = (await client.get(over["results"], params={"cursor": first["next"]})).json()
            assert [record["file"] for record in last["results"]] == ["c.png"]
            assert last["next"] is None
            assert engine.options[0].languages == ("deu", "eng")
            metrics = (await client.get("/metrics")).text
            assert 'tailor_jobs_documents_total{outcome="done"} 2.0' in metrics

    asyncio.run(scene())


def test_json_does_the_same_as_a_form(settings: Make) -> None:
    async def scene() -> None:
        async with jobs_service(settings(jobs=QUICK)) as client:
            files = [{"name": "a.png", "content": base64.b64encode(b"aa").decode()}]
            sent = await client.post("/v1/jobs", json={"files": files, "ocr": "tesseract"})
            assert sent.status_code == 202
            await ended(client, sent.json()["id"])

    asyncio.run(scene())


def test_the_body_wins_over_the_query_which_must_be_right_all_the_same(settings: Make) -> None:
    async def scene() -> None:
        engine = FakeEngine()
        async with jobs_service(settings(jobs=QUICK), engine) as client:
            sent = await client.post("/v1/jobs", files=FILES, data={"pages": "1"}, params={"pages": "0"})
            await ended(client, sent.json()["id"])
            wrong = await client.post("/v1/jobs", files=FILES, data={"ocr": "auto"}, params={"ocr": "guess"})
        assert engine.options[0].pages == (1,)
        assert (wrong.status_code, wrong.json()["errors"][0]["place"]) == (422, "query.ocr")

    asyncio.run(scene())


def test_the_same_request_under_a_key_makes_one_job_and_another_is_refused(settings: Make) -> None:
    async def scene() -> None:
        engine = FakeEngine()
        async with jobs_service(settings(jobs=QUICK), engine) as client:
            headers = {"Idempotency-Key": "march-1"}
            first = await client.post("/v1/jobs", files=FILES, headers=headers)
            again = await client.post("/v1/jobs", files=FILES, headers=headers)
            assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])
            assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (None, "true")
            other = await client.post("/v1/jobs", files=FILES[:1], headers=headers)
            assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
            bad = await client.post("/v1/jobs", files=FILES, headers={"Idempotency-Key": "with space"})
            assert (bad.status_code, bad.json()["code"]) == (400, "idempotency_key_invalid")
            await ended(client, first.json()["id"])
            assert engine.began == 3

    asyncio.run(scene())


def test_a_key_sees_its_own_jobs_only_and_needs_the_scope(settings: Make) -> None:
    async def scene() -> None:
        given = settings(jobs=QUICK)
        ring = KeyRing(given.data / "keys.json")
        anna, bert, other = (
            {"Authorization": f"Bearer {ring.add(name, scopes)[1]}"}
            for name, scopes in (("anna", ["jobs"]), ("bert", ["jobs"]), ("other", ["extract"]))
        )
        async with jobs_service(given) as client:
            job = (await client.post("/v1/jobs", files=FILES, headers=anna)).json()["id"]
            for method, path in (("GET", ""), ("GET", "/results"), ("POST", "/cancel"), ("DELETE", "")):
                found = await client.request(method, f"/v1/jobs/{job}{path}", headers=bert)
                assert (found.status_code, found.json()["code"]) == (404, "no_such_job")
            assert (await client.get(f"/v1/jobs/{job}", headers=other)).status_code == 403
            assert (await client.get(f"/v1/jobs/{job}")).status_code == 401
            assert (await ended(client, job, headers=anna))["state"] == "done"

    asyncio.run(scene())


def test_cancelling_and_deleting(settings: Make) -> None:
    async def scene() -> None:
        engine = FakeEngine(hold=asyncio.Event())
        async with jobs_service(settings(jobs={**QUICK, "readers": 1}), engine) as client:
            job = (await client.post("/v1/jobs", files=FILES)).json()["id"]
            while not engine.running:
                await asyncio.sleep(0.01)
            stopped = (await client.post(f"/v1/jobs/{job}/cancel")).json()
            assert (stopped["state"], stopped["counts"]["cancelled"]) == ("cancelled", 2)
            assert engine.hold is not None
            engine.hold.set()
            await ended(client, job)
            assert (await client.delete(f"/v1/jobs/{job}")).status_code == 204
            assert (await client.get(f"/v1/jobs/{job}")).status_code == 404

    asyncio.run(scene())


def test_too_much_waiting_is_answered_with_429_and_when_to_come_again(settings: Make) -> None:
    async def scene() -> None:
        engine = FakeEngine(warm=asyncio.Event())
        async with jobs_service(settings(jobs={**QUICK, "key_documents": 3}), engine) as client:
            assert (await client.post("/v1/jobs", files=FILES)).status_code == 202
            full = await client.post("/v1/jobs", files=FILES[:1])
            assert (full.status_code, full.json()["code"]) == (429, "queue_full")
            assert int(full.headers["retry-after"]) >= 1

    asyncio.run(scene())


def test_what_can_t_be_used_is_a_problem_that_says_why(settings: Make) -> None:
    async def scene() -> None:
        async with jobs_service(settings(jobs={**QUICK, "max_documents": 2})) as client:
            answers = [
                await client.post("/v1/jobs", files=FILES),
                await client.post("/v1/jobs", json={"files": [{"content": "YQ=="}] * 3}),
                await client.post("/v1/jobs", files=FILES[:1], data={"webhook": "http://hooks.example.com/"}),
                await client.post("/v1/jobs", files=FILES[:1], data={"webhook": "https://169.254.169.254/latest"}),
                await client.post("/v1/jobs", json={"files": [{"content": "YQ=="}], "annotate": True}),
                await client.post("/v1/jobs", files=FILES[:1], params={"policy": "unknown"}),
                await client.post("/v1/jobs", json={"files": []}),
                await client.get("/v1/jobs/../../etc/passwd"),
                await client.get("/v1/jobs/" + "0" * 32),
                await client.get("/v1/jobs/" + "0" * 32 + "/results", params={"cursor": "-1"}),
            ]
            told = [(found.status_code, found.json()["code"]) for found in answers]
            assert told[:2] == [(413, "too_many_files")] * 2
            assert told[2:4] == [(422, "bad_webhook")] * 2
            assert told[4] == (422, "invalid_request")
            assert told[5] == (422, "unknown_policy")
            assert told[6] == (422, "invalid_request")
            assert [status for status, _ in told[7:]] == [404, 404, 422]

    asyncio.run(scene())


def test_the_service_has_a_room_for_jobs_whose_settings_come_from_file_and_environment(
    tmp_path: Path, monkeypatch: Any
) -> None:
    file = tmp_path / "service.yaml"
    file.write_text("jobs:\n  retention: 3600\n  webhook:\n    http: true\n")
    monkeypatch.setenv("TAILOR_JOBS__WEBHOOK__ATTEMPTS", "3")
    given = ServiceSettings.load(file, data=tmp_path / "data")
    assert (given.jobs.retention, given.jobs.webhook.http, given.jobs.webhook.attempts) == (3600, True, 3)
    assert any(isinstance(room, JobRoom) for room in all_rooms(given))
    assert (tmp_path / "data" / "jobs" / "uploads").is_dir()


@pytest.mark.slow
def test_generated_requests_are_answered_as_described(settings: Make) -> None:
    given = settings(allowed_hosts=("testserver",), jobs={**QUICK, "readers": 4})
    app = create_app(given, FakeEngine(), rooms=[JobRoom(given)])
    asked: Counter[tuple[str, int]] = send(app, 120)
    assert asked["POST /v1/jobs", 202]
    assert asked["POST /v1/jobs", 422]
    assert asked["GET /v1/jobs/{job}", 404]
    assert not any(status >= 500 for _, status in asked)
