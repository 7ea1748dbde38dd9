"""The owner's server is told of a job's end: signed, once if it answers, again if it doesn't, never for ever."""

from __future__ import annotations

import asyncio
import json
import ssl
import stat
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from serving.jobs.deliveries import Delivery, pause
from serving.jobs.errors import JobRefused
from serving.jobs.model import Request
from serving.jobs.settings import WebhookSettings
from serving.jobs.signing import verify
from serving.jobs.webhooks import new_client, post, secrets_for
from tests.serving.jobs.fakes import FakeEngine, ended, running, send, settings, until, uploads
from tests.serving.jobs.receiver import receiving

SECRET = "the service's secret"
HERE: dict[str, Any] = {
    "secret": SecretStr(SECRET),
    "http": True,
    "networks": (IPv4Network("127.0.0.0/8"),),
    "first_pause": 0.05,
    "longest_pause": 0.1,
    "timeout": 1.0,
}


def hooks(**changes: Any) -> WebhookSettings:
    return WebhookSettings(**{**HERE, **changes})


def test_the_end_of_a_job_is_told_once_with_a_signature_that_verifies(tmp_path: Path) -> None:
    async def scene() -> None:
        async with receiving() as server, running(settings(tmp_path, webhook=hooks()), FakeEngine()) as jobs:
            job = await ended(jobs, await send(jobs, Request("anna", webhook=server.url), uploads(3)))
            await until(lambda: jobs.figures.webhooks_delivered == 1)
            await asyncio.sleep(0.3)
            (call,) = server.got
            assert call.line == "POST /hook?from=tailor HTTP/1.1"
            assert call.headers["host"] == f"127.0.0.1:{server.port}"
            assert verify(call.headers["tailor-signature"], call.body, SECRET)
            told = json.loads(call.body)
            assert (told["event"], told["id"]) == ("job.ended", job.id)
            assert (told["state"], told["counts"]["done"]) == ("done", 3)
            assert "receipt" not in call.body.decode()

    asyncio.run(scene())


def test_a_cancelled_job_is_told_too(tmp_path: Path) -> None:
    async def scene() -> None:
        engine = FakeEngine()
        engine.ready = False
        async with receiving() as server, running(settings(tmp_path, webhook=hooks()), engine) as jobs:
            job = await send(jobs, Request("anna", webhook=server.url), uploads(2))
            await jobs.cancel("anna", job.id)
            await until(lambda: len(server.got) == 1)
            assert json.loads(server.got[0].body)["state"] == "cancelled"

    asyncio.run(scene())


def test_it_is_tried_again_under_the_same_id_until_the_server_takes_it(tmp_path: Path) -> None:
    async def scene() -> None:
        async with (
            receiving(statuses=[500, 429, 302], location="http://127.0.0.1:1/elsewhere") as server,
            running(settings(tmp_path, webhook=hooks()), FakeEngine()) as jobs,
        ):
            await send(jobs, Request("anna", webhook=server.url), uploads(1))
            await until(lambda: jobs.figures.webhooks_delivered == 1)
            assert jobs.figures.webhook_failures == 3
            assert len({call.headers["tailor-delivery"] for call in server.got}) == 1
            assert len(server.got) == 4

    asyncio.run(scene())


def test_it_is_given_up_after_the_attempts_or_at_once_where_the_server_says_gone(tmp_path: Path) -> None:
    async def scene() -> None:
        given = settings(tmp_path, webhook=hooks(attempts=3))
        async with receiving(statuses=[500] * 9) as server, running(given, FakeEngine()) as jobs:
            await send(jobs, Request("anna", webhook=server.url), uploads(1))
            await until(lambda: jobs.figures.webhooks_given_up == 1)
            assert len(server.got) == 3
            server.statuses[:] = [410]
            await send(jobs, Request("anna", webhook=server.url), uploads(1))
            await until(lambda: jobs.figures.webhooks_given_up == 2)
            assert len(server.got) == 4
            assert jobs.figures.webhooks_waiting == 0

    asyncio.run(scene())


def test_a_server_that_never_answers_costs_the_timeout_and_no_more(tmp_path: Path) -> None:
    async def scene() -> None:
        given = settings(tmp_path, webhook=hooks(timeout=0.7, attempts=2))
        async with receiving(silent=True) as server, running(given, FakeEngine()) as jobs:
            await send(jobs, Request("anna", webhook=server.url), uploads(1))
            await until(lambda: jobs.figures.webhooks_given_up == 1)
            assert len(server.got) == 2

    asyncio.run(scene())


def test_a_webhook_on_its_way_outlives_the_process(tmp_path: Path) -> None:
    async def scene() -> None:
        given = settings(tmp_path, webhook=hooks(timeout=20))
        async with receiving(silent=True) as server:
            async with running(given, FakeEngine()) as jobs:
                await send(jobs, Request("anna", webhook=server.url), uploads(1))
                await until(lambda: len(server.got) == 1)
            server.silent = False
            async with running(given, FakeEngine()) as jobs:
                await until(lambda: jobs.figures.webhooks_delivered == 1)
            assert server.got[0].headers["tailor-delivery"] == server.got[1].headers["tailor-delivery"]

    asyncio.run(scene())


def test_a_name_that_turns_private_after_the_job_was_taken_is_not_called(tmp_path: Path) -> None:
    async def rebound(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async def scene() -> None:
        given = settings(tmp_path, webhook=hooks(networks=()))
        async with receiving() as server, running(given, FakeEngine(), resolve=rebound) as jobs:
            url = f"http://hooks.example.com:{server.port}/"
            await send(jobs, Request("anna", webhook=url), uploads(1))
            await until(lambda: jobs.figures.webhooks_given_up == 1)
            assert server.got == []

    asyncio.run(scene())


def test_a_private_url_and_one_that_can_t_be_signed_are_refused_before_anything_is_kept(tmp_path: Path) -> None:
    async def scene() -> None:
        given = settings(tmp_path, webhook=hooks(networks=()), key_documents=1)
        async with running(given, FakeEngine()) as jobs:
            with pytest.raises(JobRefused):
                await send(jobs, Request("anna", webhook="https://169.254.169.254/latest"), uploads(1))
            await ended(jobs, await send(jobs, Request("anna"), uploads(1)))

    asyncio.run(scene())
    none = secrets_for(WebhookSettings(), tmp_path, shared=True)
    assert none("anna") is None


def test_the_connection_goes_to_the_judged_address_and_certificate_and_host_are_the_name_s(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A proxy would look the name up once more.
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")

    async def judged(host: str, port: int) -> list[str]:
        assert host == "hooks.example.com"
        return ["127.0.0.1"]

    async def scene() -> None:
        client = new_client(hooks())
        delivery = Delivery("d1", "anna", "", "{}", 1, "lease")
        async with receiving() as server:
            plain = Delivery(**{**vars(delivery), "url": f"http://hooks.example.com:{server.port}/x"})
            assert await post(client, plain, SECRET, hooks(), judged) == 204
            assert server.got[0].headers["host"] == f"hooks.example.com:{server.port}"
        asked: list[str | None] = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.sni_callback = lambda _socket, name, _context: asked.append(name)
        async with receiving(tls=context) as server:
            secure = Delivery(**{**vars(delivery), "url": f"https://hooks.example.com:{server.port}/x"})
            with pytest.raises(httpx2.TransportError):
                await post(client, secure, SECRET, hooks(), judged)
            assert server.got == []
        await client.aclose()
        assert asked == ["hooks.example.com"]

    asyncio.run(scene())


def test_a_secret_is_made_once_and_kept_for_this_user_alone_and_owners_may_have_their_own(tmp_path: Path) -> None:
    own = WebhookSettings(secrets={"bert": SecretStr("bert's")})
    first = secrets_for(own, tmp_path, shared=False)
    again = secrets_for(own, tmp_path, shared=False)
    made = first("anna")
    assert made is not None
    assert len(made) >= 40
    assert again("anna") == made
    assert first("bert") == "bert's"
    assert stat.S_IMODE((tmp_path / "webhook.secret").stat().st_mode) == 0o600


def test_pauses_double_up_to_a_bound_and_differ_by_chance() -> None:
    given = WebhookSettings(first_pause=4, longest_pause=60)
    for attempts, longest in ((1, 4), (2, 8), (3, 16), (10, 60), (50, 60)):
        pauses = [pause(attempts, given) for _ in range(20)]
        assert all(longest / 2 <= one <= longest for one in pauses)
        assert len(set(pauses)) > 1
