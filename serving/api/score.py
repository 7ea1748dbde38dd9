"""POST /v1/score: fields against references, by the measure of `tailor evaluate`."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from extractor.evaluation import FieldScore, Report, evaluate
from extractor.truth import Truth, comparable, comparable_item
from extractor.types import ITEM_PARTS, Extraction, LineItem, Receipt
from extractor.types import Field as Value
from serving.api import samples
from serving.api.answering import as_json, note, settle
from serving.api.bodies import JSON, body_type, fingerprint, invalid, query_values, read_json
from serving.problems import Fault, Refused, problems
from serving.safety.access import needs
from serving.safety.repeats import Kept

MOST_PAIRS = 1000
MOST_ITEMS = 60
"""Line items of one document. Matching them takes the cube of their number."""

MOST_MATCHING = 5_000_000
"""The sum of these cubes: some ten seconds of one core."""

Text = Annotated[str, Field(max_length=5000)]
FieldName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ItemIn(_Strict):
    """A line item; what is left out or null was not read, or isn't printed."""

    description: Text | None = None
    quantity: Text | None = None
    unit_price: Text | None = None
    amount: Text | None = None


class ReadValue(_Strict):
    """A value as it stands in a record."""

    value: Text
    text: Text = ""
    confidence: float = Field(1.0, ge=0, le=1)
    page: int | None = None
    box: list[float] | None = Field(None, min_length=4, max_length=4)


class Prediction(_Strict):
    """What was read. `receipt` of a record fits, and so do plain values by name; null was not read."""

    fields: dict[FieldName, Text | ReadValue | None] = Field(default_factory=dict, max_length=200)
    line_items: list[ItemIn | dict[str, ReadValue | None]] = Field(default_factory=list, max_length=MOST_ITEMS)


class Reference(_Strict):
    """What is true. A field that is null is not on the document (to answer it is a false reading); one that is left out
    isn't scored. `date` is the date as printed, `date_iso` the same as YYYY-MM-DD."""

    fields: dict[FieldName, Text | None] = Field(default_factory=dict, max_length=200)
    line_items: list[ItemIn] | None = Field(None, max_length=MOST_ITEMS)


class Pair(_Strict):
    id: Text = Field("", description="Told back.")
    prediction: Prediction
    reference: Reference


class ScoreBody(_Strict):
    """Documents, each with what was read and what is true."""

    documents: list[Pair] = Field(min_length=1, max_length=MOST_PAIRS)


class Score(_Strict):
    """How one field was read. Shares and scores are 0 to 1; null where nothing could be measured."""

    field: str
    n: int = Field(ge=0, description="Documents whose reference has a value; ANLS, exact and coverage run over these.")
    anls: float | None = Field(description="Average normalised Levenshtein similarity, 0 under one half.")
    exact: float | None
    coverage: float | None = Field(description="The share that was answered.")
    nulls: int = Field(ge=0, description="Documents whose reference says that there is no value.")
    false_readings: float | None = Field(description="The share of `nulls` that was answered anyway.")
    ece: float | None = Field(description="Expected calibration error; null where no confidence was sent.")


class DocumentScore(_Strict):
    """One document: the ANLS of each field of its reference (0 for a false reading, 1 for a right silence)."""

    id: str
    anls: float | None = Field(description="Over the fields that have a value.")
    fields: dict[str, float]
    line_items: float | None = Field(description="ANLS* of the line items; null where the reference has none.")


class ScoreAnswer(_Strict):
    overall: Score
    fields: list[Score]
    line_items: Score | None
    documents: list[DocumentScore]


DESCRIPTION = """
Scores what was read against references, by the measure of `tailor evaluate`: ANLS as in DocVQA per field, exact match,
coverage, false readings, calibration error, and ANLS* for line items. Amounts are compared as decimals: 80.9 is 80.90.
Needs no model.
"""


def router() -> APIRouter:
    routes = APIRouter(tags=["scoring"])

    @routes.post(
        "/v1/score",
        summary="Score fields against references",
        description=DESCRIPTION,
        operation_id="score",
        response_class=Response,
        responses={
            200: {
                "description": "The scores.",
                "content": {JSON: {"schema": {"$ref": "#/components/schemas/ScoreAnswer"}}},
            },
            **problems(415),
        },
        openapi_extra=_documented(),
        dependencies=[needs("score")],
    )
    async def score(request: Request) -> Response:
        query_values(request, ())
        if body_type(request) != JSON:
            raise Refused(415, "unsupported_media_type", "Scores are asked for in JSON.", headers={"Accept-Post": JSON})
        body = await read_json(request, ScoreBody)
        _check_names(body)
        _check_work(body)
        note(request, documents=len(body.documents))

        async def work() -> Kept:
            return as_json(await asyncio.to_thread(scored, body))

        return await settle(request, fingerprint("/v1/score", body.model_dump(), ()), work)

    return routes


def scored(body: ScoreBody) -> ScoreAnswer:
    """The scores of all documents together and of each."""
    records = [_record(str(number), pair.prediction) for number, pair in enumerate(body.documents)]
    truths = [_truth(str(number), pair.reference) for number, pair in enumerate(body.documents)]
    whole = evaluate(records, {truth.id: truth for truth in truths})
    confident = any(
        isinstance(value, ReadValue) and "confidence" in value.model_fields_set
        for pair in body.documents
        for value in pair.prediction.fields.values()
    )
    each = [
        _document(pair.id, evaluate([record], {truth.id: truth}))
        for pair, record, truth in zip(body.documents, records, truths, strict=True)
    ]
    return ScoreAnswer(
        overall=_score(whole.overall, confident),
        fields=[_score(found, confident) for found in whole.fields],
        line_items=_score(whole.line_items, confident) if whole.line_items else None,
        documents=each,
    )


def _document(name: str, report: Report) -> DocumentScore:
    return DocumentScore(
        id=name,
        anls=report.anls,
        fields={found.field: _one(found) for found in report.fields},
        line_items=_one(report.line_items) if report.line_items else None,
    )


def _one(found: FieldScore) -> float:
    """One document's score of a field: where there is no value, silence is right."""
    return found.anls if found.anls is not None else 1.0 - (found.false_readings or 0.0)


def _score(found: FieldScore, confident: bool) -> Score:
    return Score(**{**asdict(found), **({} if confident else {"ece": None})})


def _record(file: str, said: Prediction) -> Extraction:
    fields = {name: _value(value) for name, value in said.fields.items() if value is not None}
    items = [LineItem(**{part: _part(item, part) for part in ITEM_PARTS}) for item in said.line_items]
    receipt = Receipt(fields=fields, line_items=items)
    return Extraction(file=file, sha256="", status="ok", pages=1, receipt=receipt)


def _value(said: str | ReadValue) -> Value:
    if isinstance(said, str):
        return Value(value=said, text=said, confidence=1.0)
    return Value(value=said.value, text=said.text or said.value, confidence=said.confidence)


def _part(item: ItemIn | dict[str, ReadValue | None], part: str) -> Value | None:
    said = item.get(part) if isinstance(item, dict) else getattr(item, part)
    return None if said is None else _value(said)


def _truth(name: str, told: Reference) -> Truth:
    known = {key: None if value is None else comparable(key, value) for key, value in told.fields.items()}
    items = told.line_items
    kept = None if items is None else tuple(filter(None, (comparable_item(item.model_dump()) for item in items)))
    return Truth(name, known, kept)


def _check_names(body: ScoreBody) -> None:
    """A name that is no part of a line item is a slip that would go unseen."""
    for number, pair in enumerate(body.documents):
        for item in pair.prediction.line_items:
            if isinstance(item, dict) and (unknown := sorted(set(item) - set(ITEM_PARTS))):
                place = f"body.documents.{number}.prediction.line_items"
                raise invalid([Fault(place=place, message=f"a line item has no {unknown[0][:50]}")])


def _check_work(body: ScoreBody) -> None:
    pairs = ((len(pair.prediction.line_items), len(pair.reference.line_items or ())) for pair in body.documents)
    if sum(max(counts) ** 3 for counts in pairs if all(counts)) > MOST_MATCHING:
        message = "The documents have more line items than are matched in one request."
        raise Refused(413, "too_many_items", message, hint="Send fewer documents at a time.")


def _documented() -> dict[str, Any]:
    plain = {
        "documents": [
            {
                "id": "lunch",
                "prediction": {"fields": {"merchant_name": "Cafe Luna", "total": "12.5", "date": "03/11/2026"}},
                "reference": {
                    "fields": {"merchant_name": "Café Luna", "total": "12.50", "date": "03/11/2026", "tax": None}
                },
            }
        ]
    }
    value = {"value": "12.50", "text": "EUR 12,50", "confidence": 0.97, "page": 0, "box": [0.6, 0.7, 0.8, 0.74]}
    item = {"description": "Espresso", "amount": "2.50"}
    record = {
        "documents": [
            {
                "prediction": {"fields": {"total": value}, "line_items": [item]},
                "reference": {"fields": {"total": "12.50"}, "line_items": [{**item, "quantity": "1"}]},
            }
        ]
    }
    return {
        "parameters": [samples.IDEMPOTENCY_KEY],
        "requestBody": {
            "required": True,
            "content": {
                JSON: {
                    "schema": {"$ref": "#/components/schemas/ScoreBody"},
                    "examples": {
                        "plain": {"summary": "Plain values", "value": plain},
                        "record": {"summary": "Values as in a record, with line items", "value": record},
                    },
                }
            },
        },
    }
