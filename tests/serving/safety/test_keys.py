"""API keys: who has none is let in only on this machine; a key opens what its scopes say, as fast as it may."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from extractor.errors import UsageError
from serving.safety.access import check_start, keys_needed
from serving.safety.keys import KeyRing
from serving.safety.rates import Meter
from serving.settings import ServiceSettings
from tests.serving.conftest import service
from tests.serving.fake_engine import FakeEngine

Make = Callable[..., ServiceSettings]
FILE = [("files", ("a.jpg", b"abc"))]


@pytest.fixture
def ring(settings: Make) -> KeyRing:
    """The keys of the service that `settings` describes."""
    return KeyRing(settings().data / "keys.json")


def bearer(told: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {told}"}


def test_a_key_is_kept_as_a_hash_alone_in_a_file_for_its_owner(ring: KeyRing) -> None:
    key, told = ring.add("erp")
    assert re.fullmatch(r"tlr_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", told)
    kept = ring.path.read_text(encoding="utf-8")
    assert told not in kept
    assert told.rsplit("_", 1)[1] not in kept
    assert ring.path.stat().st_mode & 0o077 == 0
    assert ring.path.parent.stat().st_mode & 0o077 == 0
    found = ring.check(told)
    assert found
    assert (found.id, found.name) == (key.id, "erp")


@pytest.mark.parametrize("wrong", ["", "erp", "tlr_000000000000_" + "a" * 43, "é", "\ud800", "tlr_" * 1000])
def test_what_is_no_key_opens_nothing(ring: KeyRing, wrong: str) -> None:
    ring.add("erp")
    assert ring.check(wrong) is None


def test_the_secret_of_one_key_does_not_open_another(ring: KeyRing) -> None:
    first, told = ring.add("one")
    second, _ = ring.add("two")
    assert ring.check(told.replace(first.id, second.id)) is None
    assert ring.check(told[:-1] + ("A" if told[-1] != "A" else "B")) is None


def test_a_revoked_or_expired_key_opens_nothing_in_a_ring_that_knew_it(ring: KeyRing) -> None:
    _, told = ring.add("erp")
    _, old = ring.add("old", expires=datetime.now(UTC) - timedelta(seconds=1))
    assert ring.check(told)
    assert ring.check(old) is None
    KeyRing(ring.path).revoke("erp")  # as another process does
    assert ring.check(told) is None
    with pytest.raises(UsageError, match="no key erp"):
        ring.revoke("erp")


def test_names_are_given_once_and_scopes_must_exist(ring: KeyRing) -> None:
    ring.add("erp")
    with pytest.raises(UsageError, match="already"):
        ring.add("erp")
    with pytest.raises(UsageError, match="no scope everything"):
        ring.add("other", ["everything"])
    assert [key.name for key in ring.all()] == ["erp"]


def test_a_broken_file_of_keys_lets_nobody_in(settings: Make, ring: KeyRing) -> None:
    ring.add("erp")
    ring.path.write_text("{", encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        keys_needed(settings(), ring)
    assert refused.value.code == "keys_unreadable"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", "host.internal"])
def test_to_be_reachable_by_others_takes_a_key(settings: Make, ring: KeyRing, host: str) -> None:
    with pytest.raises(UsageError) as refused:
        check_start(settings(host=host), ring)
    assert refused.value.code == "keys_needed"
    assert "tailor keys add" in refused.value.hint
    ring.add("erp")
    check_start(settings(host=host), ring)
    assert keys_needed(settings(host=host, require_keys=False), ring)  # no setting opens the door to others


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.9.9.9"])
def test_on_this_machine_keys_are_needed_once_there_is_one(settings: Make, ring: KeyRing, host: str) -> None:
    check_start(settings(host=host), ring)
    assert not keys_needed(settings(host=host), ring)
    ring.add("erp")
    assert keys_needed(settings(host=host), ring)
    assert not keys_needed(settings(host=host, require_keys=False), ring)


@pytest.mark.anyio
async def test_without_a_key_or_with_a_wrong_one_the_answer_is_401(settings: Make, ring: KeyRing) -> None:
    _, told = ring.add("erp")
    engine = FakeEngine()
    async with service(settings(), engine) as client:
        none = await client.post("/v1/extract", files=FILE)
        wrong = await client.post("/v1/extract", files=FILE, headers=bearer(told + "x"))
        right = await client.post("/v1/extract", files=FILE, headers=bearer(told))
        other = await client.post("/v1/extract", files=FILE, headers={"X-API-Key": told})
        unknown_path = await client.get("/v1/nothing")
        probes = [(await client.get(path)).status_code for path in ("/healthz", "/readyz", "/docs", "/openapi.json")]
        schemes = (await client.get("/openapi.json")).json()["components"]["securitySchemes"]
    assert (none.status_code, none.json()["code"]) == (401, "key_needed")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "key_unknown")
    assert none.headers["www-authenticate"].startswith("Bearer")
    assert right.status_code == other.status_code == 200
    assert unknown_path.status_code == 401  # who has no key doesn't learn which paths there are
    assert probes == [200] * 4
    assert set(schemes) == {"bearer", "header"}
    assert engine.began == 2


@pytest.mark.anyio
async def test_a_key_opens_what_its_scopes_say(settings: Make, ring: KeyRing) -> None:
    _, told = ring.add("erp", ["score"])
    _, watcher = ring.add("prometheus", ["metrics"])
    async with service(settings(), FakeEngine()) as client:
        extract = await client.post("/v1/extract", files=FILE, headers=bearer(told))
        pair = {"prediction": {}, "reference": {}}
        score = await client.post("/v1/score", json={"documents": [pair]}, headers=bearer(told))
        metrics = await client.get("/metrics", headers=bearer(told))
        watched = await client.get("/metrics", headers=bearer(watcher))
        model = await client.get("/v1/model", headers=bearer(watcher))
    assert (extract.status_code, extract.json()["code"]) == (403, "scope_missing")
    assert score.status_code == 200
    assert metrics.status_code == 403
    assert watched.status_code == model.status_code == 200


@pytest.mark.anyio
async def test_a_key_beyond_its_rate_is_429_and_others_are_not(settings: Make, ring: KeyRing) -> None:
    _, fast = ring.add("fast", rate_per_minute=6)
    _, calm = ring.add("calm")
    async with service(settings(burst=2), FakeEngine()) as client:
        answers = [await client.get("/v1/model", headers=bearer(fast)) for _ in range(3)]
        other = await client.get("/v1/model", headers=bearer(calm))
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json()["code"] == "rate_limited"
    assert 1 <= int(answers[2].headers["retry-after"]) <= 10
    assert other.status_code == 200


def test_a_bucket_fills_with_time_up_to_its_size() -> None:
    now = 0.0
    meter = Meter(lambda: now)
    assert [meter.ask("a", 60, 2) for _ in range(3)] == [0, 0, 1.0]
    now = 1.0
    assert meter.ask("a", 60, 2) == 0
    now = 100.0
    assert [meter.ask("a", 60, 2) > 0 for _ in range(3)] == [False, False, True]


def test_requests_at_a_time_are_counted_until_they_leave() -> None:
    meter = Meter()
    assert meter.enter("a", 1)
    assert not meter.enter("a", 1)
    assert meter.enter("b", 1)
    meter.leave("a")
    assert meter.enter("a", 1)


def test_the_file_can_be_read_by_a_person(ring: KeyRing, tmp_path: Path) -> None:
    ring.add("erp", ["extract"])
    (key,) = json.loads(ring.path.read_text(encoding="utf-8"))["keys"]
    assert key["name"] == "erp"
    assert key["scopes"] == ["extract"]
