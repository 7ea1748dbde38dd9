"""/v1/reviews: what a person checked becomes a label; what can't be one is refused, place by place."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from extractor.sureness import LEAST
from extractor.truth import load_truths
from labeling.labels import read_labels
from serving.app import create_app
from serving.page.room import Page
from serving.safety.keys import KeyRing
from serving.settings import ServiceSettings
from tests.serving.conftest import service
from tests.serving.page.reading_engine import ReadingEngine, drawing
from tests.serving.test_schema import send
from training.config import LabelledSource
from training.corpus import labelled

Make = Callable[..., ServiceSettings]
DOCUMENT = drawing()
SHA = hashlib.sha256(DOCUMENT).hexdigest()


def review(**more: Any) -> dict[str, Any]:
    fields = {"total": "80.90", "date": "2026-01-31", "merchant_name": "Kedai", "tax": None}
    said = {"sha256": SHA, "file": "../a/lunch.png", "model": "fake@0", "fields": fields, "date_text": "31/01/2026"}
    return {**said, "line_items": [["Tea", "2", "3.50", "7.00"]], "trust": {"total": 1.0, "tax": 0.0}, **more}


async def posted(settings: ServiceSettings, body: Any, **more: Any) -> httpx.Response:
    async with service(settings, ReadingEngine(), rooms=[Page(settings)]) as client:
        return await client.post("/v1/reviews", json=body, **more)


@pytest.mark.anyio
async def test_a_review_becomes_a_label_that_every_reader_of_labels_takes(settings: Make) -> None:
    answer = await posted(settings(), review())
    assert answer.json() == {"id": SHA, "labels": 1, "again": False, "kept_document": False}
    folder = settings().data / "reviews"
    label = read_labels(folder / "labels.jsonl")[SHA]
    assert list(label)[:3] == ["id", "document_type", "merchant_name"]
    assert (label["date_text"], label["date"], label["tax"]) == ("31/01/2026", "2026-01-31", None)
    assert label["line_items"] == [["Tea", "2", "3.50", "7.00"]]
    assert label["trust"] == {"total": 1.0, "tax": 0.0}
    assert label["provenance"]["file"] == "lunch.png"
    assert label["provenance"]["reviewer"] == "local"
    truth = load_truths(folder / "labels.jsonl")[SHA]
    assert truth.fields["total"] == "80.90"
    assert not (folder / "documents").exists()


@pytest.mark.anyio
async def test_with_the_operators_leave_the_document_is_kept_and_training_finds_both(settings: Make) -> None:
    chosen = settings(keep_reviewed=True)
    answer = await posted(chosen, review(document=base64.b64encode(DOCUMENT).decode()))
    assert answer.json()["kept_document"]
    folder = chosen.data / "reviews"
    source = LabelledSource(name="reviews", labels=folder / "labels.jsonl", pictures=folder / "documents")
    ((path, label),) = labelled(source)
    assert path.read_bytes() == DOCUMENT
    assert label["total"] == "80.90"


@pytest.mark.anyio
async def test_without_it_a_document_is_refused_rather_than_dropped_without_a_word(settings: Make) -> None:
    answer = await posted(settings(), review(document=base64.b64encode(DOCUMENT).decode()))
    assert answer.status_code == 403
    assert answer.json()["code"] == "documents_not_kept"
    assert not (settings().data / "reviews").exists()


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"fields": {"total": "80,90"}}, "body.fields.total"),
        ({"fields": {"nonsense": "1"}}, "body.fields.nonsense"),
        ({"trust": {"nonsense": 1.0}}, "body.trust.nonsense"),
        ({"trust": {"total": 1.5}}, "body.trust.total"),
        ({"line_items": [["Tea", "two", None, None]]}, "body.line_items.0.quantity"),
        ({"line_items": [["Tea"]]}, "body.line_items.0"),
        ({"sha256": "../../etc/passwd"}, "body.sha256"),
        ({"date_text": "a\u202eb"}, "body.date_text"),
        ({"document": "?"}, "body.document"),
        ({"document": base64.b64encode(b"another").decode()}, "body.document"),
        ({"more": 1}, "body.more"),
    ],
)
@pytest.mark.anyio
async def test_what_can_be_no_label_is_refused_at_its_place(settings: Make, changed: Any, place: str) -> None:
    chosen = settings(keep_reviewed=True)
    answer = await posted(chosen, review(**changed))
    assert answer.status_code == 422
    assert [each["place"] for each in answer.json()["errors"]] == [place]
    assert not (chosen.data / "reviews").exists()


@pytest.mark.anyio
async def test_a_key_without_the_scope_may_see_the_form_and_save_nothing(settings: Make) -> None:
    chosen = settings()
    ring = KeyRing(chosen.data / "keys.json")
    _, reader = ring.add("reader", ["extract"])
    _, reviewer = ring.add("reviewer", ["review"])
    async with service(chosen, ReadingEngine(), rooms=[Page(chosen)]) as client:
        for key, may in ((reader, False), (reviewer, True)):
            headers = {"Authorization": f"Bearer {key}"}
            form = await client.get("/v1/reviews/form", headers=headers)
            assert form.json()["may_save"] is may
            answer = await client.post("/v1/reviews", json=review(), headers=headers)
            assert answer.status_code == (200 if may else 403)
        assert (await client.get("/v1/reviews/form")).status_code == 401
        assert (await client.post("/v1/reviews", json=review())).status_code == 401


@pytest.mark.anyio
async def test_the_form_tells_the_words_for_confidences(settings: Make) -> None:
    chosen = settings()
    async with service(chosen, ReadingEngine(), rooms=[Page(chosen)]) as client:
        levels = (await client.get("/v1/reviews/form")).json()["levels"]
    assert {each["word"]: each["least"] for each in levels} == dict(LEAST)


@pytest.mark.anyio
async def test_the_page_needs_no_key_and_runs_nothing_from_elsewhere(settings: Make) -> None:
    chosen = settings(require_keys=True)
    KeyRing(chosen.data / "keys.json").add("one")
    async with service(chosen, ReadingEngine(), rooms=[Page(chosen)]) as client:
        page = await client.get("/")
        assert page.status_code == 200
        policy = page.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "style=" not in page.text
        assert "onclick" not in page.text
        for name in ("app.js", "style.css", "icon.svg"):
            assert (await client.get(f"/page/{name}")).status_code == 200
        for path in ("/page/../room.py", "/page/%2e%2e%2froom.py", "/page/index.html/", "/page/nothing.js"):
            assert (await client.get(path)).status_code in (401, 404), path
        assert (await client.get("/v1/model")).status_code == 401


def test_no_file_of_the_page_names_another_host() -> None:
    folder = Path(__file__).parents[3] / "serving" / "page" / "files"
    for path in folder.iterdir():
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "http" not in text.replace("http_${", "").replace("`http", ""), path.name
        assert "innerHTML" not in text, path.name


def test_generated_requests_are_answered_as_described(settings: Make) -> None:
    chosen = settings(allowed_hosts=("testserver",))
    answered = send(create_app(chosen, ReadingEngine(), rooms=[Page(chosen)]), 60, only="/v1/reviews")
    assert answered["POST /v1/reviews", 200]
    assert answered["POST /v1/reviews", 422]
