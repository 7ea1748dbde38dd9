"""/v1/reviews: values that a person checked against the document, kept as labels to train on."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from extractor.sureness import LEAST, Sureness
from extractor.types import ITEM_PARTS
from extractor.writers.rows import columns_with, own_columns
from serving.api.answering import note
from serving.api.bodies import JSON, body_type, invalid, read_json
from serving.page.forms import MOST_ITEMS, FieldForm, faults, forms
from serving.page.store import ReviewStore
from serving.problems import Fault, Refused, problems
from serving.safety.access import caller_of, needs
from serving.safety.names import told_name
from serving.services import Services, services_of

LINE_ITEMS = "line_items"

Cell = Annotated[str, Field(max_length=2000)] | None
Item = Annotated[list[Cell], Field(min_length=len(ITEM_PARTS), max_length=len(ITEM_PARTS))]
Share = Annotated[float, Field(ge=0, le=1)]


class Level(BaseModel):
    """A word for how sure a value is."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    word: Sureness
    least: Share = Field(description="The confidence from which it holds.")


class ReviewForm(BaseModel):
    """How a review is filled in here, and what becomes of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    fields: list[FieldForm]
    line_items: list[str] = Field(description="The parts of a line item, in their order; empty: there are none.")
    columns: list[str] = Field(description="The columns of a table of records, as `tailor extract` writes them.")
    levels: list[Level] = Field(description="Words for confidences, the surest first.")
    keeps_documents: bool = Field(description="Whether the document itself is kept beside its label.")
    may_save: bool = Field(description="Whether the caller's key may save reviews.")


class ReviewBody(BaseModel):
    """The values of one document as a person left them."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="Of the document, as in its record.")
    file: str = Field("", max_length=1000)
    model: str = Field("", max_length=200, description="The model that had read it, as in its record.")
    fields: dict[str, Cell] = Field(max_length=200, description="Values by field; null: the document has none.")
    date_text: Cell = Field(None, description="The date as printed.")
    line_items: list[Item] = Field(
        default_factory=list,
        max_length=MOST_ITEMS,
        description="Each [description, quantity, unit_price, amount]; null: not printed.",
    )
    trust: dict[str, Share] = Field(
        default_factory=dict,
        max_length=200,
        description="How far each value may be trusted, by field (`line_items` for all items): 1 for those that the "
        "person checked, else the confidence they were read with. What is missing counts as 1.",
    )
    document: str | None = Field(
        None,
        description="The file in base64. Only kept where the service keeps documents; refused elsewhere.",
        json_schema_extra={"contentEncoding": "base64"},
        repr=False,
    )


class ReviewSaved(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str = Field(description="The label's id: the document's SHA-256.")
    labels: int = Field(description="How many documents are reviewed by now.")
    again: bool = Field(description="Whether the document had been reviewed before: its label was replaced.")
    kept_document: bool


DESCRIPTION = """
Keeps the values of one document, as a person corrected or confirmed them, in the format of label files: the service's
data folder then holds `reviews/labels.jsonl`, which `tailor train` takes as a source. One label a document: a later
review replaces the earlier one.

The document itself is kept only where the operator allows it (`--keep-reviewed`); `GET /v1/reviews/form` tells.
"""

_EXAMPLE = {
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "file": "lunch.png",
    "fields": {"total": "80.90"},
    "trust": {"total": 1.0},
}


def router(folder: Path) -> APIRouter:
    """The routes over the reviews kept in `folder`."""
    routes = APIRouter(tags=["reviewing"])
    store = ReviewStore(folder)

    @routes.get(
        "/v1/reviews/form",
        summary="How is a review filled in?",
        operation_id="review_form",
        response_model=ReviewForm,
        responses=dict(problems()),
    )
    async def form(request: Request) -> JSONResponse:
        services = services_of(request)
        return JSONResponse(_form(services, "review" in caller_of(request).scopes).model_dump())

    @routes.post(
        "/v1/reviews",
        summary="Keep checked values as a label",
        description=DESCRIPTION,
        operation_id="review",
        response_model=ReviewSaved,
        responses=dict(problems(415, 507)),
        openapi_extra=_documented(),
        dependencies=[needs("review")],
    )
    async def save(request: Request) -> JSONResponse:
        services = services_of(request)
        if body_type(request) != JSON:
            raise Refused(415, "unsupported_media_type", "A review is JSON.", hint=f"Send {JSON}.")
        body = await read_json(request, ReviewBody)
        known = _forms(services)
        _check(body, known)
        document = _document(body, services.settings.keep_reviewed)
        line = label(body, known, caller_of(request).name, datetime.now(UTC))
        saved = await asyncio.to_thread(store.save, line, document)
        note(request, labels=saved.labels, kept_document=document is not None)
        told = ReviewSaved(id=body.sha256, labels=saved.labels, again=saved.again, kept_document=document is not None)
        return JSONResponse(told.model_dump())

    return routes


def label(body: ReviewBody, known: list[FieldForm], reviewer: str, now: datetime) -> dict[str, Any]:
    """The line of a label file: id, the fields in their order, line items, then provenance and trust."""
    line: dict[str, Any] = {"id": body.sha256}
    for form in known:
        if form.name == "date":
            line["date_text"] = body.date_text or body.fields.get("date")
        line[form.name] = body.fields.get(form.name)
    line[LINE_ITEMS] = [list(item) for item in body.line_items if any(item)]
    line["provenance"] = {
        "reviewer": reviewer,
        "model": body.model,
        "time": now.isoformat(timespec="seconds"),
        "sha256": body.sha256,
        "file": told_name(body.file, 0),
    }
    line["trust"] = dict(body.trust)
    return line


def _forms(services: Services) -> list[FieldForm]:
    facts = services.engine.state().facts
    names, types = facts.get("fields"), facts.get("types")
    return forms(
        [str(name) for name in names] if isinstance(names, list | tuple) else [],
        types if isinstance(types, Mapping) else {},
    )


def _form(services: Services, may_save: bool) -> ReviewForm:
    known = _forms(services)
    parts = services.engine.state().facts.get("line_items", ITEM_PARTS)
    return ReviewForm(
        fields=known,
        line_items=list(ITEM_PARTS) if parts else [],
        columns=list(columns_with(own_columns(form.column for form in known))),
        levels=[Level(word=word, least=least) for word, least in LEAST.items()],
        keeps_documents=services.settings.keep_reviewed,
        may_save=may_save,
    )


def _check(body: ReviewBody, known: list[FieldForm]) -> None:
    found = list(faults(known, body.fields, body.date_text, body.line_items))
    names = {*(form.name for form in known), LINE_ITEMS}
    found += [Fault(place=f"body.trust.{name[:100]}", message="is no field") for name in body.trust.keys() - names]
    if found:
        raise invalid(found[:50])


def _document(body: ReviewBody, keeps: bool) -> bytes | None:
    if body.document is None:
        return None
    if not keeps:
        raise Refused(
            403, "documents_not_kept", "This service keeps no documents.", hint="Send the review without the document."
        )
    try:
        content = base64.b64decode(body.document, validate=True)
    except (binascii.Error, ValueError):
        raise invalid([Fault(place="body.document", message="is not base64")]) from None
    if hashlib.sha256(content).hexdigest() != body.sha256:
        raise invalid([Fault(place="body.document", message="is not the document of this sha256")])
    return content


def _documented() -> dict[str, Any]:
    schema = ReviewBody.model_json_schema()
    example = {"summary": "One value", "value": _EXAMPLE}
    return {"requestBody": {"required": True, "content": {JSON: {"schema": schema, "examples": {"one": example}}}}}
