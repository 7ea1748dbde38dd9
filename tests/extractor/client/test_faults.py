"""Whatever happens on the way: the call succeeds or says why not, and the work is done once."""

from __future__ import annotations

import random
import time

import pytest

from extractor import AsyncClient, Client
from extractor.client.problems import Failure, Reply, judged, seconds_of
from extractor.client.retrying import Tries
from extractor.client.settings import ClientSettings
from extractor.errors import BadModel, LimitExceeded, ServiceError, UsageError
from tests.extractor.client.conftest import answer_cut, answer_lost, dropped, refused, slow
from tests.serving.fake_engine import FakeEngine

QUICK = {"first_pause": 0.01, "longest_pause": 0.02}

FAULTS = {
    "429 without a time": [refused(429, "busy")],
    "429 with a time": [refused(429, "busy", "0")],
    "503 while it warms up": [refused(503, "not_ready", "0"), refused(503, "not_ready")],
    "a proxy's 502": [lambda way: way.give(502, {}, b"<html>Bad gateway</html>") or True],
    "a dropped connection": [dropped, dropped],
    "a lost answer": [answer_lost],
    "half an answer": [answer_cut],
    "several": [dropped, refused(503, "not_ready"), answer_lost, answer_cut],
}


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_a_call_goes_through_and_its_work_is_done_once(serve, road, faults):
    running = serve()
    way = road(running, *faults)
    with Client(way.url, **QUICK) as client:
        record = client.extract(b"0123456789", name="a.jpg")
    assert record.receipt.value("total") == "10.00"
    assert running.engine.began == 1
    assert len(way.passed) == len(faults) + 1
    assert len(set(way.passed)) == 1
    assert len(way.passed[0]) == 32


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
@pytest.mark.anyio
async def test_so_it_is_with_asyncio(serve, road, faults):
    running = serve()
    way = road(running, *faults)
    async with AsyncClient(way.url, **QUICK) as client:
        record = await client.extract(b"0123456789", name="a.jpg")
    assert record.receipt.value("total") == "10.00"
    assert (running.engine.began, len(way.passed), len(set(way.passed))) == (1, len(faults) + 1, 1)


def test_each_call_has_a_key_of_its_own(serve, road):
    running = serve()
    way = road(running)
    with Client(way.url) as client:
        for _ in range(3):
            client.extract(b"the same", name="a.jpg")
    assert len(set(way.passed)) == 3
    assert running.engine.began == 3


def test_an_answer_that_takes_too_long_is_asked_for_again(serve, road):
    running = serve()
    way = road(running, slow(5))
    with Client(way.url, timeout=1, **QUICK) as client:
        assert client.extract(b"abc", name="a.jpg").status == "ok"
    assert len(way.passed) == 2


def test_a_job_is_sent_once_though_its_answer_was_lost(serve, road):
    running = serve()
    way = road(running, answer_lost, answer_cut)
    with Client(way.url, **QUICK) as client:
        job = client.wait(client.submit([b"a", b"bb"]), timeout=20)
        assert job.counts.done == 2
    assert running.engine.began == 2


def test_the_time_that_the_service_names_is_waited_for(serve, road):
    way = road(serve(), refused(429, "rate_limited", "1"))
    begun = time.monotonic()
    with Client(way.url, **QUICK) as client:
        assert client.extract(b"abc").status == "ok"
    assert 1.0 <= time.monotonic() - begun < 5


def test_a_full_queue_is_waited_out(serve):
    running = serve(FakeEngine(seconds=0.3, capacity=1, retry_after=1))
    with Client(running.url, **QUICK) as client:
        import threading

        threads = [threading.Thread(target=client.extract, args=(b"abc",)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert running.engine.finished == 3


def test_a_time_beyond_the_patience_is_not_waited_for(serve, road):
    way = road(serve(), refused(429, "rate_limited", "3600"))
    with Client(way.url, patience=5, **QUICK) as client, pytest.raises(ServiceError) as caught:
        client.extract(b"abc")
    error = caught.value
    assert (error.code, error.status, error.retry_after) == ("rate_limited", 429, 3600)
    assert "r-1" in error.__notes__[0]


def test_attempts_end(serve, road):
    way = road(serve(), *[dropped] * 9)
    with Client(way.url, attempts=3, **QUICK) as client, pytest.raises(ServiceError) as caught:
        client.extract(b"abc")
    assert caught.value.code == "unreachable"
    assert len(way.passed) == 3


def test_nobody_listens_there():
    with Client("http://127.0.0.1:9", attempts=2, **QUICK) as client, pytest.raises(ServiceError, match="TAILOR_URL"):
        client.model()


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (422, "invalid_request", UsageError),
        (413, "too_many_files", LimitExceeded),
        (503, "bad_model", BadModel),
        (401, "key_needed", ServiceError),
        (500, "error", ServiceError),
    ],
)
def test_what_another_attempt_would_not_help_is_raised_at_once(serve, road, status, code, kind):
    way = road(serve(), refused(status, code))
    with Client(way.url, **QUICK) as client, pytest.raises(kind) as caught:
        client.score([])
    assert type(caught.value) is kind
    assert (caught.value.code, caught.value.message, caught.value.hint) == (code, "No.", "Later.")
    assert len(way.passed) == 1


def test_an_answer_of_something_else_is_no_record(serve, road):
    way = road(serve(), lambda way: way.give(200, {}, b"<html>Welcome</html>") or True)
    with Client(way.url) as client, pytest.raises(ServiceError) as caught:
        client.extract(b"abc")
    assert caught.value.code == "strange_answer"


def test_a_redirect_is_not_followed_with_the_key(serve, road):
    running = serve()
    elsewhere = road(running)
    way = road(running, lambda way: way.give(307, {"Location": f"{elsewhere.url}/v1/model"}, b"") or True)
    with Client(way.url, api_key="secret") as client, pytest.raises(ServiceError) as caught:
        client.model()
    assert caught.value.status == 307
    assert not elsewhere.passed


def test_what_retry_after_says():
    assert seconds_of("7") == 7
    assert seconds_of("Thu, 01 Jan 2026 00:00:30 GMT", now=1767225600.0) == 30
    assert seconds_of("Thu, 01 Jan 2026 00:00:00 GMT", now=1767225700.0) == 0
    assert seconds_of("soon") is None
    assert seconds_of(None) is None


def test_pauses_grow_and_are_random():
    settings = ClientSettings(first_pause=1, longest_pause=6, attempts=6, patience=1000)
    failure = Failure(ServiceError("gone"), again=True)
    longest = Tries(settings, clock=lambda: 0.0, chance=lambda: 1.0)
    assert [longest.pause(failure) for _ in range(6)] == [1, 2, 4, 6, 6, None]
    spread = {Tries(settings, clock=lambda: 0.0, chance=random.Random(seed).random).pause(failure) for seed in range(9)}
    assert len(spread) == 9
    assert all(0 <= pause <= 1 for pause in spread)


def test_refusals_with_a_time_count_against_the_patience_alone():
    now = 0.0
    tries = Tries(ClientSettings(attempts=1, patience=100), clock=lambda: now, chance=lambda: 0.0)
    busy = Failure(ServiceError("busy"), again=True, retry_after=9.0)
    pauses = []
    while (pause := tries.pause(busy)) is not None:
        pauses.append(pause)
        now += pause
    assert pauses == [9.0] * 11


def test_an_attempt_gets_no_more_time_than_is_left():
    now = 0.0
    tries = Tries(ClientSettings(timeout=60, patience=100), clock=lambda: now)
    assert tries.timeout == 60
    now = 70.0
    assert tries.timeout == 30


def test_an_answer_is_a_reply():
    assert judged(204, {}, b"") == Reply(204, b"")
