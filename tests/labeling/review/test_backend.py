"""The backend speaks Label Studio's protocol and lets nothing else in."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from extractor.errors import DocumentError
from extractor.loading import load
from extractor.task import RECEIPTS
from extractor.types import Extraction, Field, Notice, Receipt

pytest.importorskip("fastapi", reason="needs the extra labeling")

from fastapi.testclient import TestClient

from labeling.review.backend import Backend, application
from labeling.review.connecting import is_loopback
from labeling.review.convert import predicted_receipt
from labeling.review.retraining import Marker

TOTAL = Field(value="80.90", text="RM80.90", confidence=0.7, page=0, box=[0.5, 0.1, 0.7, 0.2])


class FakeReader:
    """Reads the same receipt off everything; `pages` holds how many pages each document had."""

    def __init__(self, **changes: Any) -> None:
        self.pages: list[int] = []
        self._record = Extraction(
            **{
                "file": "",
                "sha256": "",
                "status": "ok",
                "pages": 1,
                "receipt": Receipt(fields={"total": TOTAL}),
                **changes,
            }
        )

    def extract(self, source: bytes) -> Extraction:
        with load(source) as document:
            self.pages.append(document.page_count)
        return self._record


def picture(address: str) -> bytes:
    if not address.startswith("/data/upload/"):
        raise DocumentError("not here")
    buffer = io.BytesIO()
    Image.new("RGB", (200, 300), "white").save(buffer, "PNG")
    return buffer.getvalue()


def served(reader: FakeReader | None = None, **more: Any) -> TestClient:
    return TestClient(application(Backend(reader or FakeReader(), picture, RECEIPTS, "tiny@1", **more)))


def asked(client: TestClient, *pages: str) -> Any:
    answer = client.post("/predict", json={"tasks": [{"id": 1, "data": {"pages": list(pages)}}], "project": "1.2"})
    assert answer.status_code == 200
    return answer.json()["results"][0]


def event(task: int = 1, action: str = "ANNOTATION_CREATED", **more: Any) -> dict[str, Any]:
    return {"action": action, "annotation": {"id": 5, "task": task, **more}, "project": {"id": 1, "title": "P"}}


def test_health_and_setup_tell_the_model() -> None:
    client = served()
    assert client.get("/health").json() == {"status": "UP", "model_version": "tiny@1"}
    setup = {"project": "1.2", "schema": "<View/>", "hostname": "http://x", "access_token": "t", "extra_params": None}
    assert client.post("/setup", json=setup).json() == {"model_version": "tiny@1"}


def test_a_prediction_is_what_the_student_reads() -> None:
    found = asked(served(), "/data/upload/1/a.png")
    assert predicted_receipt(found["result"], RECEIPTS) == Receipt(fields={"total": TOTAL})
    assert (found["score"], found["model_version"]) == (0.7, "tiny@1")
    assert found["result"][0]["original_width"] == 200


def test_the_pages_of_a_task_are_read_as_one_document() -> None:
    reader = FakeReader()
    asked(served(reader), "/data/upload/1/a.png", "/data/upload/1/b.png")
    assert reader.pages == [2]


def test_boxes_of_a_page_that_was_turned_to_be_read_lie_on_the_page_as_it_is_shown() -> None:
    notice = Notice(code="page_turned", message="Page 1 was turned by 90 degrees counter-clockwise to be upright.")
    found = asked(served(FakeReader(warnings=[notice])), "/data/upload/1/a.png")
    assert predicted_receipt(found["result"], RECEIPTS).fields["total"].box == pytest.approx([0.8, 0.5, 0.9, 0.7])


@pytest.mark.parametrize("pages", [["http://elsewhere.test/a.png"], ["/data/local-files/?d=x"], []])
def test_a_task_that_cannot_be_read_gets_no_prediction(pages: list[str]) -> None:
    assert asked(served(), *pages) == []


def test_a_failed_reading_gets_no_prediction_and_harms_no_other_task() -> None:
    client = served(FakeReader(status="failed", error=Notice(code="no_text", message="none")))
    tasks = [{"id": 1, "data": {"pages": ["/data/upload/a.png"]}}, {"id": 2, "data": {}}]
    assert client.post("/predict", json={"tasks": tasks}).json()["results"] == [[], []]


def test_reviews_are_counted_for_retraining(tmp_path: Path) -> None:
    client = served(marker=Marker(tmp_path / "labels.jsonl", after=2))
    assert client.post("/webhook", json=event(1)).json() == {"counted": True, "count": 1, "due": False}
    assert client.post("/webhook", json=event(1, "ANNOTATION_UPDATED")).json()["count"] == 1
    assert client.post("/webhook", json=event(3, was_cancelled=True)).json() == {"counted": False}
    assert client.post("/webhook", json={"action": "PROJECT_UPDATED"}).json() == {"counted": False}
    assert client.post("/webhook", json=event(2)).json() == {"counted": True, "count": 2, "due": True}


def test_without_a_corpus_reviews_are_only_acknowledged() -> None:
    assert served().post("/webhook", json=event()).json() == {"counted": False}


@pytest.mark.parametrize(
    ("path", "body"), [("/predict", {}), ("/predict", {"tasks": 3}), ("/webhook", {"action": "ANNOTATION_CREATED"})]
)
def test_what_is_not_the_protocol_is_refused(path: str, body: dict[str, Any]) -> None:
    assert served().post(path, json=body).status_code == 422


def test_with_a_password_only_label_studio_gets_in() -> None:
    client = served(password="pass word")
    assert client.get("/health").status_code == 200
    assert client.post("/setup", json={}).status_code == 401
    assert client.post("/setup", json={}, auth=("label-studio", "wrong")).status_code == 401
    assert client.post("/setup", json={}, auth=("label-studio", "pass word")).status_code == 200


@pytest.mark.parametrize(
    ("host", "expected"), [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("host", False)]
)
def test_only_this_machine_is_safe_without_a_password(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
