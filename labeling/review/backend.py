"""A machine-learning backend for Label Studio: an open task shows what the student reads on it.

The protocol is Label Studio's own (label-studio-ml-backend): GET /health, POST /setup, POST /predict, POST /webhook.
The backend fetches pictures with its own token, and only such as were uploaded to its own server.
"""

from __future__ import annotations

import io
import logging
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPBasic, HTTPBasicCredentials
from PIL import Image

from extractor.errors import TailorError
from extractor.task import Task
from extractor.types import Box, Extraction, Field, LineItem, Receipt
from labeling.review.config import PAGES_KEY
from labeling.review.convert import results_of
from labeling.review.pictures import turns_of
from labeling.review.retraining import Marker
from labeling.review.sources import values_of

log = logging.getLogger(__name__)

LOGIN = "label-studio"
"""The user name that Label Studio gives where the backend has a password."""

REVIEWED = ("ANNOTATION_CREATED", "ANNOTATION_UPDATED")

UNREADABLE = (TailorError, KeyError, IndexError, TypeError, OSError, ValueError, Image.DecompressionBombError)
"""What a task that isn't ours, or a picture that is none, may raise."""

_basic = HTTPBasic(auto_error=False)


class Reader(Protocol):
    """What reads a document: `extractor.Extractor` does."""

    def extract(self, source: bytes) -> Extraction: ...


@dataclass(frozen=True)
class Backend:
    """What the backend needs. `fetch` gives the bytes of an uploaded picture by its address on the server; `model` is
    the version that its predictions carry; without a `password` anybody who reaches the port may ask."""

    reader: Reader
    fetch: Callable[[str], bytes]
    task: Task
    model: str
    marker: Marker | None = None
    password: str = ""


def application(backend: Backend) -> FastAPI:
    """The backend as an ASGI application."""
    app = FastAPI(title="Tailor: live pre-annotation", docs_url=None, redoc_url=None, openapi_url=None)
    one_at_a_time = threading.Lock()  # an Extractor is not to be shared between threads
    version = {"model_version": backend.model}

    def admitted(given: Annotated[HTTPBasicCredentials | None, Depends(_basic)]) -> None:
        if not backend.password:
            return
        said = f"{given.username}:{given.password}" if given else ""
        if not secrets.compare_digest(said.encode(), f"{LOGIN}:{backend.password}".encode()):
            raise HTTPException(401, "A user name and password are needed.", {"WWW-Authenticate": "Basic"})

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "UP", **version}

    @app.post("/setup", dependencies=[Depends(admitted)])
    def setup() -> dict[str, str]:
        return version

    @app.post("/predict", dependencies=[Depends(admitted)])
    def predict(body: dict[str, Any]) -> dict[str, Any]:
        tasks = body.get("tasks")
        if not isinstance(tasks, list):
            raise HTTPException(422, "There are no tasks.")
        with one_at_a_time:
            return {"results": [_predicted(backend, each) for each in tasks], **version}

    @app.post("/webhook", dependencies=[Depends(admitted)])
    def webhook(body: dict[str, Any]) -> dict[str, Any]:
        return _noticed(backend.marker, body) if body.get("action") in REVIEWED else {"counted": False}

    return app


def _predicted(backend: Backend, task: Mapping[str, Any]) -> dict[str, Any] | list[Any]:
    """The prediction for one task; an empty list where it can't be read, which Label Studio takes for none."""
    try:
        addresses = [str(each) for each in task["data"][PAGES_KEY]]
        pages = [backend.fetch(address) for address in addresses]
        sizes = [_size(page) for page in pages]
        record = backend.reader.extract(pages[0] if len(pages) == 1 else _bound(pages))
    except UNREADABLE as error:
        log.warning("Task %s can't be read: %s", task.get("id"), error)
        return []
    if record.status == "failed":
        log.warning("Task %s was not read: %s", task.get("id"), record.error.message if record.error else "")
        return []
    receipt = _as_displayed(record)
    score = min((field.confidence for field in values_of(receipt)), default=0.0)
    return {"model_version": backend.model, "score": score, "result": results_of(receipt, backend.task, sizes)}


def _noticed(marker: Marker | None, body: Mapping[str, Any]) -> dict[str, Any]:
    """Counts a review that Label Studio tells of."""
    try:
        annotation = body["annotation"]
        task = int(annotation["task"])
        project = str(body["project"]["title"])
    except (KeyError, TypeError, ValueError):
        raise HTTPException(422, "This is no event of Label Studio with its payload.") from None
    if marker is None or annotation.get("was_cancelled"):
        return {"counted": False}
    mark = marker.reviewed(project, task)
    if mark.due:
        log.info("%s is due for re-training: %d reviews since %s", mark.corpus, mark.count, mark.since)
    return {"counted": True, "count": mark.count, "due": mark.due}


def _size(page: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(page)) as image:
        return image.size


def _bound(pages: Sequence[bytes]) -> bytes:
    """Several pictures as the pages of one document."""
    images = [Image.open(io.BytesIO(page)).convert("RGB") for page in pages]
    buffer = io.BytesIO()
    images[0].save(buffer, "TIFF", save_all=True, append_images=images[1:], compression="tiff_lzw")
    return buffer.getvalue()


def _as_displayed(record: Extraction) -> Receipt:
    """The receipt with its boxes on the pages as Label Studio shows them: those that were turned are turned back."""
    turns = turns_of(record)

    def back(field: Field) -> Field:
        turned = turns.get(field.page, 0) if field.page is not None else 0
        if not turned or field.box is None:
            return field
        return field.model_copy(update={"box": Box(*field.box).turned(360 - turned).as_list()})

    items = [
        LineItem(**{part: back(field) for part, field in item if isinstance(field, Field)})
        for item in record.receipt.line_items
    ]
    return Receipt(fields={name: back(field) for name, field in record.receipt.fields.items()}, line_items=items)
