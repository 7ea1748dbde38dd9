"""The client against the real service: the same records as the SDK's, and all that the service offers beside."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import threading
from dataclasses import fields
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from extractor import AsyncClient, Client, Extractor
from extractor.client import ClientSettings, Pair, verify_webhook
from extractor.client.settings import Changes
from extractor.client.uploads import FileOnDemand
from extractor.errors import BadPolicy, FileUnreadable, MissingExtra, ServiceError, UsageError
from extractor.policy.cases import Claim
from extractor.types import Extraction, Field, Receipt
from serving.jobs import signing
from tests.serving.fake_engine import FakeEngine


@pytest.fixture
def receipts(tmp_path: Path) -> Path:
    folder = tmp_path / "receipts"
    folder.mkdir()
    for number in range(6):
        (folder / f"{number}.jpg").write_bytes(b"x" * (number + 1))
    return folder


def test_documents_of_every_kind(serve, receipts):
    running = serve()
    with Client(running.url, ocr="rapidocr", pages=(0, 2), password="pw") as client:
        found = client.extract(receipts / "2.jpg")
        assert (found.file, found.status, found.receipt.value("total")) == (str(receipts / "2.jpg"), "ok", "3.00")
        assert client.extract(str(receipts / "2.jpg")).file == str(receipts / "2.jpg")
        assert client.extract(b"12345", name="a/b.pdf").file == "a/b.pdf"
        assert client.extract(b"12345").file == "<bytes>"
        assert client.extract(Image.new("RGB", (4, 4))).file == "<image>"
        assert client.extract(np.zeros((4, 4, 3), np.uint8)).file == "<array>"
    assert running.engine.uploads[0].name == "2.jpg"
    assert running.engine.uploads[2].name == "b.pdf"
    assert running.engine.uploads[4].content.startswith(b"\x89PNG")
    asked = running.engine.options[0]
    assert (asked.ocr, asked.pages, asked.password) == ("rapidocr", (0, 2), "pw")


@pytest.mark.parametrize("make", [lambda folder: folder / "none.jpg", lambda folder: folder, lambda folder: b""])
def test_what_cannot_be_read_here_fails_as_it_does_with_the_sdk(serve, tmp_path, make):
    class Student:
        name, provider = "none@0", "CPUExecutionProvider"

    source = make(tmp_path)
    with Client(serve().url) as client:
        mine = client.extract(source)
    sdk = Extractor(student=Student(), engine=object()).extract(source)  # type: ignore[arg-type]
    assert mine.status == sdk.status == "failed"
    assert (mine.error, mine.file, mine.sha256) == (sdk.error, sdk.file, sdk.sha256)


def test_a_file_larger_than_the_service_takes_is_a_failed_record(serve):
    running = serve(max_request_bytes=10_000)
    with Client(running.url) as client:
        found = client.extract(b"x" * 50_000, name="big.pdf")
    assert (found.status, found.error.code, found.file) == ("failed", "too_many_bytes", "big.pdf")


def test_many_are_read_side_by_side_but_not_too_many(serve, receipts):
    running = serve(FakeEngine(seconds=0.05))
    most = 0
    inner = running.engine.read

    async def read(upload, options):
        nonlocal most
        most = max(most, running.engine.running + 1)
        return await inner(upload, options)

    running.engine.read = read
    (receipts / "empty.jpg").touch()
    with Client(running.url) as client:
        found = {Path(record.file).name: record.status for record in client.extract_many([receipts], workers=3)}
    assert found == {**{f"{number}.jpg": "ok" for number in range(6)}, "empty.jpg": "failed"}
    assert 1 < most <= 3


def test_who_stops_listening_ends_the_asking(serve, receipts):
    running = serve(FakeEngine(seconds=0.05))
    with Client(running.url) as client:
        reading = client.extract_many([receipts], workers=2)
        next(reading)
        reading.close()
        assert client.extract(b"abc").status == "ok"
    assert running.engine.began <= 5


def test_a_defect_on_one_document_hides_no_other(serve, receipts):
    running = serve()
    inner = running.engine.read

    async def read(upload, options):
        if upload.name == "3.jpg":
            raise RuntimeError("broken")
        return await inner(upload, options)

    running.engine.read = read
    with Client(running.url) as client:
        found = {Path(record.file).name: record for record in client.extract_many([receipts])}
    assert found["3.jpg"].error.code == "internal"
    assert [record.status for record in found.values()].count("ok") == 5


def test_one_client_serves_many_threads(serve):
    running = serve(FakeEngine(seconds=0.01))
    found: list[str | None] = []
    with Client(running.url) as client:

        def ask(size: int) -> None:
            for _ in range(5):
                found.append(client.extract(b"x" * size).receipt.value("total"))

        threads = [threading.Thread(target=ask, args=(size,)) for size in range(1, 9)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(found) == sorted(f"{size}.00" for size in range(1, 9) for _ in range(5))


def test_pictures_with_the_fields_drawn_over_them(serve):
    with Client(serve().url) as client:
        found = client.annotated(b"abc", name="a.jpg")
        assert found.record.status == "ok"
        assert [(picture.page, picture.media_type) for picture in found.pictures] == [(0, "image/png")]
        assert found.pictures[0].content.startswith(b"\x89PNG")
        assert client.annotated(b"").pictures == ()


def test_jobs(serve, receipts):
    running = serve()
    with Client(running.url) as client:
        sent = client.submit([receipts, b"bytes"])
        assert (sent.counts.total, sent.state in ("queued", "running", "done")) == (7, True)
        totals = [record.receipt.value("total") for record in client.results(sent, timeout=20)]
        assert totals == [f"{size}.00" for size in (1, 2, 3, 4, 5, 6, 5)]
        ended = client.wait(sent.id, timeout=20)
        assert (ended.state, ended.progress, ended.ended) == ("done", 1.0, True)
        assert client.cancel(sent).state == "done"
        client.delete(sent)
        client.delete(sent)
        with pytest.raises(ServiceError) as caught:
            client.job(sent)
        assert (caught.value.code, caught.value.status) == ("no_such_job", 404)
        with pytest.raises(ServiceError, match="no such job"):
            client.job("../../metrics")


def test_a_job_can_be_cancelled_and_is_not_waited_for_for_ever(serve):
    running = serve(FakeEngine(seconds=1.0), jobs={"readers": 1, "poll": 0.05, "upkeep": 0.2})
    with Client(running.url) as client:
        sent = client.submit([b"a"] * 3)
        with pytest.raises(ServiceError) as caught:
            client.wait(sent, timeout=0.2)
        assert caught.value.code == "job_unfinished"
        client.cancel(sent)
        assert client.wait(sent, timeout=10).state == "cancelled"
        assert len(list(client.results(sent, timeout=10))) <= 1


def test_a_job_with_a_missing_file_is_not_sent(serve, receipts):
    running = serve()
    with Client(running.url) as client, pytest.raises(FileUnreadable):
        client.submit([receipts / "0.jpg", receipts / "none.jpg"])
    assert running.engine.began == 0


def test_audits_of_files_and_of_records(serve, receipts):
    total = Field(value="12.50", text="EUR 12.50", confidence=0.98, page=0, box=[0.1, 0.7, 0.6, 0.8])
    currency = Field(value="EUR", text="EUR", confidence=0.9)
    read = Receipt(fields={"total": total, "currency": currency})
    record = Extraction(file="lunch.png", sha256="", status="ok", pages=1, receipt=read)
    claim = Claim(claim_id="T-17", amount=Decimal("15.20"), currency="EUR", receipts=("lunch.png",))
    plain = {"claim_id": "T-18", "amount": Decimal("3.00"), "date": dt.date(2026, 11, 3)}
    with Client(serve().url) as client:
        found = client.audit([claim, plain], [receipts / "2.jpg", record], today=dt.date(2026, 11, 20))
    assert [decision.claim_id for decision in found.decisions][:2] == ["T-17", "T-18"]
    assert found.decisions[0].overpayment == Decimal("2.70")
    assert found.decisions[0].findings[0].severity in ("medium", "high")
    assert [each.file for each in found.results] == ["2.jpg"]


def test_scores(serve):
    read = Receipt(fields={"total": Field(value="12.5", text="12.5", confidence=0.9)})
    with Client(serve().url) as client:
        found = client.score(
            [
                Pair(read, {"total": "12.50", "tax": None}, id="a"),
                Pair({"merchant_name": "Cafe Luna"}, {"merchant_name": "Café Luna"}, id="b"),
            ]
        )
    assert {score.field: score.anls for score in found.fields if score.n}["total"] == 1.0
    assert [document.id for document in found.documents] == ["a", "b"]
    assert found.documents[0].fields == {"total": 1.0, "tax": 1.0}
    assert 0.8 < found.documents[1].anls < 1


def test_the_model_and_whether_it_is_ready(serve):
    with Client(serve().url) as client:
        told = client.model()
        assert (told.model, told.ready, told.limits["max_files"], "default" in told.policies) == (
            "fake@0",
            True,
            32,
            True,
        )
        assert client.ready()
        client.wait_ready()
    with Client("http://127.0.0.1:9") as client:
        assert not client.ready()
        with pytest.raises(ServiceError, match=r"not ready in 0\.2 seconds"):
            client.wait_ready(0.2)


def test_keys_and_policies(serve, tmp_path, monkeypatch):
    from serving.safety.keys import KeyRing

    running = serve(require_keys=True)
    _, key = KeyRing(running.settings.data / "keys.json").add("erp", ["extract", "jobs"])
    with Client(running.url, attempts=1) as client, pytest.raises(ServiceError) as caught:
        client.extract(b"abc")
    assert (caught.value.code, caught.value.status) == ("key_needed", 401)
    monkeypatch.setenv("TAILOR_URL", running.url)
    monkeypatch.setenv("TAILOR_API_KEY", key)
    with Client(policy="default") as client:
        assert client.extract(b"abc").verdict is not None
        assert key not in repr(client.settings)
    with Client(policy="none") as client, pytest.raises(BadPolicy, match="no policy"):
        client.extract(b"abc")
    with Client() as client, pytest.raises(ServiceError, match="may not use score"):
        client.score([])


@pytest.mark.anyio
async def test_asyncio_offers_the_same(serve, receipts):
    names = [name for name in vars(Client) if not name.startswith("_")]
    assert names == [name for name in vars(AsyncClient) if not name.startswith("_")]
    running = serve()
    async with AsyncClient(running.url) as client:
        assert await client.ready()
        await client.wait_ready()
        assert (await client.extract(receipts / "0.jpg")).receipt.value("total") == "1.00"
        assert (await client.extract(receipts / "none.jpg")).error.code == "not_found"
        assert (await client.annotated(b"abc")).pictures[0].page == 0
        found = [record.status async for record in client.extract_many([receipts], workers=3)]
        assert found == ["ok"] * 6
        job = await client.submit([receipts])
        assert (await client.wait(job, timeout=20)).state == "done"
        assert len([record async for record in client.results(job)]) == 6
        assert (await client.cancel(await client.job(job))).state == "done"
        await client.delete(job)
        assert (await client.model()).model == "fake@0"
        assert (await client.score([Pair({"total": "1.00"}, {"total": "1"})])).overall.anls == 1.0
        assert (await client.audit([Claim(claim_id="a")])).decisions[0].claim_id == "a"


@pytest.mark.anyio
async def test_cancelling_a_call_gives_its_work_up(serve):
    import asyncio

    running = serve(FakeEngine(seconds=30))
    async with AsyncClient(running.url) as client:
        task = asyncio.create_task(client.extract(b"abc"))
        while not running.engine.began:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        for _ in range(200):
            if running.engine.cancelled:
                break
            await asyncio.sleep(0.02)
    assert running.engine.cancelled == 1


def test_a_large_file_is_sent_piece_by_piece(tmp_path):
    path = tmp_path / "large.pdf"
    path.write_bytes(bytes(range(256)) * 4096)
    file = FileOnDemand(path)
    assert file.seek(0, 2) == 2**20
    file.seek(0)
    assert b"".join(iter(lambda: file.read(65536), b"")) == path.read_bytes()
    file.seek(5)
    assert file.read(2) == b"\x05\x06"
    file.seek(0)
    path.write_bytes(b"short")
    assert file.read(65536) == b"short"
    with pytest.raises(FileUnreadable, match="became shorter"):
        file.read(1)


def test_settings_are_checked_and_named():
    assert {*Changes.__annotations__, "url"} == {each.name for each in fields(ClientSettings)}
    for url in ("localhost:8000", "ftp://a", "http://", "http://user:pw@host"):
        with pytest.raises(UsageError) as caught:
            Client(url)
        assert caught.value.code == "bad_url"
    with pytest.raises(UsageError, match="timeout"):
        Client(timeout=0)
    with pytest.raises(UsageError, match="API key"):
        Client(api_key="a\nb")
    with pytest.raises(TypeError, match="colour"):
        Client(colour="red")  # type: ignore[call-arg]


def test_a_closed_client_says_so():
    client = Client("http://127.0.0.1:9")
    client.close()
    with pytest.raises(ServiceError) as caught:
        client.extract(b"abc")
    assert caught.value.code == "client_closed"


def test_without_the_extra_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "httpx2", None)
    with pytest.raises(MissingExtra, match="tailor\\[client\\]"):
        Client()


def test_importing_the_product_stays_light():
    code = "import sys, extractor; print([m for m in ('httpx2', 'numpy', 'pydantic') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"
    code = "import sys, extractor.client; print([m for m in ('httpx2', 'onnxruntime', 'serving') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


@pytest.mark.parametrize("body", [b"", b'{"event":"job.ended"}', "é".encode()])
def test_webhooks_are_verified_as_the_service_signs_them(body):
    signature = signing.sign(body, "secret", now=1000.0)
    for given, secret, now in [
        (signature, "secret", 1000.0),
        (signature, "secret", 1300.0),
        (signature, "secret", 1301.0),
        (signature, "secret", 600.0),
        (signature, "other", 1000.0),
        ("", "secret", 1000.0),
        (signature + "0", "secret", 1000.0),
        (signature.replace("t=1000", "t=1001"), "secret", 1000.0),
        ("t=٣,v1=" + "0" * 64, "secret", 3.0),
    ]:
        mine = verify_webhook(given, body, secret, now=now)
        assert mine == signing.verify(given, body, secret, now=now)
        assert mine == (given == signature and secret == "secret" and now in (1000.0, 1300.0))
