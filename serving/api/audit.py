"""POST /v1/audit: claims and their receipts in, one decision a claim out."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import hashlib
import secrets
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.responses import Response

from extractor.errors import OutputError
from extractor.policy.cases import Observation, ReceiptEvidence
from extractor.types import Extraction
from serving.api import samples
from serving.api.answering import as_json, note, read_all, ready, settle
from serving.api.bodies import (
    FORM,
    JSON,
    FileIn,
    Form,
    as_model,
    body_type,
    check_count,
    decoded,
    fingerprint,
    invalid,
    query_values,
    read_form,
    read_json,
    refusal,
)
from serving.api.claims import ClaimIn, Day, repeated_ids, unusable
from serving.api.options import LANGUAGE, NAME, Options
from serving.engine.base import Upload
from serving.problems import Fault, problems
from serving.safety.access import needs
from serving.safety.names import told_name
from serving.safety.repeats import Kept
from serving.services import Services, services_of

MOST_CLAIMS = 500
MOST_RECORDS = 500

LEFT = "audits"
"""The folder, among the service's data, where uploads lie while they are audited."""

Claims = Annotated[list[ClaimIn], Field(max_length=MOST_CLAIMS)]
Records = Annotated[list[Extraction], Field(max_length=MOST_RECORDS)]


class AuditOptions(BaseModel):
    """What is left out is left to the service's settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    ocr: Literal["auto", "rapidocr", "tesseract"] | None = Field(None, description="The OCR engine.")
    language: str | None = Field(None, pattern=LANGUAGE, description="Tesseract's language packs: `deu+eng`.")
    policy: str | None = Field(None, pattern=NAME, description="A policy of the service, by its name.")
    today: Day | None = Field(None, description="The day of the audit, if not today.")


class AuditBody(AuditOptions):
    """Claims, and the receipts for them: files to be read, records that were read before, or both."""

    claims: Claims = Field(default_factory=list)
    files: list[FileIn] = Field(default_factory=list)
    records: Records = Field(default_factory=list)


class Decision(BaseModel):
    """What was decided of one claim, or of a receipt that nobody claims (then `claim_id` is its file name)."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    claim_id: str
    verdict: Literal["approve", "review", "reject"]
    overpayment: str | None = Field(description="What the claim asks above its receipts; null where no more.")
    findings: list[Observation] = Field(description="The gravest first.")
    receipts: list[str] = Field(description="File names of the receipts that belong to it.")


class AuditAnswer(BaseModel):
    """Decisions in the order of the claims, then those of receipts that nobody claims; and the records of all files."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    decisions: list[Decision]
    results: list[Extraction]


@dataclass(frozen=True)
class _Asked:
    options: AuditOptions
    claims: tuple[ClaimIn, ...]
    uploads: tuple[Upload, ...]
    records: tuple[Extraction, ...]


DESCRIPTION = """
Holds claims against their receipts and a policy: one decision for each claim, with what was found, how sure that is,
where on which receipt it shows, and what money is at stake. A claim may name its receipts; otherwise they are found by
sum, day and merchant. A receipt that nobody claims is decided by itself.

Receipts come as files (parts `files` of a form, or in JSON as base64), or as `records` that `/v1/extract` answered with
before. In a form, `claims` and `records` are fields that hold JSON.
"""


def router() -> APIRouter:
    routes = APIRouter(tags=["auditing"])

    @routes.post(
        "/v1/audit",
        summary="Hold claims against receipts",
        description=DESCRIPTION,
        operation_id="audit",
        response_class=Response,
        responses={
            200: {
                "description": "A decision for each claim.",
                "content": {JSON: {"schema": {"$ref": "#/components/schemas/AuditAnswer"}}},
            },
            **problems(415, 507),
        },
        openapi_extra=_documented(),
        dependencies=[needs("audit"), ready()],
    )
    async def audit(request: Request) -> Response:
        services = services_of(request)
        asked = await _asked(request, services)
        services.judge.check(asked.options.policy)
        note(request, claims=len(asked.claims), documents=len(asked.uploads), records=len(asked.records))
        said = [asked.options, *asked.claims, *asked.records]
        mark = fingerprint("/v1/audit", [each.model_dump(mode="json") for each in said], asked.uploads)

        async def work() -> Kept:
            return as_json(await _audited(services, asked))

        return await settle(request, mark, work)

    return routes


async def _audited(services: Services, asked: _Asked) -> AuditAnswer:
    reading = Options(ocr=asked.options.ocr, language=asked.options.language).reading(words=True)
    answers = await read_all(services, asked.uploads, reading)
    today = asked.options.today or dt.date.today()
    folder = services.settings.data / LEFT / secrets.token_hex(16)
    keeping = asyncio.create_task(asyncio.to_thread(_kept, folder, asked.uploads))
    try:
        paths = await asyncio.shield(keeping)
        evidence = [
            *(ReceiptEvidence(a.record, path, a.document) for a, path in zip(answers, paths, strict=True)),
            *(ReceiptEvidence(_told_apart(record)) for record in asked.records),
        ]
        results = await services.judge.audit(asked.claims, evidence, asked.options.policy, today)
    finally:
        # A thread goes on when its request is given up: what it still writes must be gone too.
        await asyncio.gather(keeping, return_exceptions=True)
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    for result in results:
        services.metrics.verdicts.labels(result.verdict).inc()
    decisions = [Decision.model_validate(result.as_dict()) for result in results]
    return AuditAnswer(decisions=decisions, results=[answer.record for answer in answers])


def _told_apart(record: Extraction) -> Extraction:
    """A record whose file's digest was left out gets one of its own: equal digests are taken for one receipt."""
    if record.sha256:
        return record
    return record.model_copy(update={"sha256": hashlib.sha256(record.to_json().encode()).hexdigest()})


def _kept(folder: Path, uploads: Sequence[Upload]) -> list[Path]:
    """The uploads as files, for what looks for signs of tampering; in a private folder that is gone afterwards.

    Each lies in a folder of its own under a name that was made harmless. Raises OutputError (disk_full).
    """
    paths = []
    try:
        for number, upload in enumerate(uploads):
            place = folder / str(number)
            place.mkdir(mode=0o700, parents=True)
            paths.append(place / _short(told_name(upload.name, number)))
            paths[-1].write_bytes(upload.content)
    except OSError as error:
        raise OutputError(
            f"The uploads can't be kept while they are looked at ({error.strerror or type(error).__name__}).",
            code="disk_full",
            hint="Free some space where the service keeps its data.",
        ) from error
    return paths


def drop_leftovers(data: Path, older_than: float = 3600.0) -> None:
    """Removes uploads of audits that a killed process left behind."""
    folder = data / LEFT
    for left in folder.iterdir() if folder.is_dir() else ():
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > older_than:
                shutil.rmtree(left, ignore_errors=True)


def _short(name: str) -> str:
    """A name that file systems take: they count bytes."""
    return name if len(name.encode()) <= 200 else name.encode()[-200:].decode(errors="ignore")


async def _asked(request: Request, services: Services) -> _Asked:
    query = query_values(request, AuditOptions.model_fields)
    as_model(AuditOptions, query, "query")  # also where the body says otherwise and wins
    if body_type(request) == JSON:
        body = await read_json(request, AuditBody)
        said = body.model_dump(exclude={"claims", "files", "records"}, exclude_unset=True)
        options = as_model(AuditOptions, {**query, **said}, "query")
        asked = _Asked(options, tuple(body.claims), decoded(body.files), tuple(body.records))
    else:
        asked = _in_form(await read_form(request, services.settings), query)
    if not (asked.claims or asked.uploads or asked.records):
        raise invalid([Fault(place="body", message="holds neither claims nor receipts")])
    check_count(len(asked.uploads), services.settings, least=0)
    faults = [*repeated_ids(asked.claims), *unusable(asked.records)]
    if faults:
        raise invalid(faults[:20])
    return asked


def _in_form(form: Form, query: dict[str, str]) -> _Asked:
    stray = [name for name, _ in form.files if name != "files"]
    if stray or "files" in form.fields:
        raise invalid(
            [Fault(place=f"body.{(stray or ['files'])[0][:100]}", message="must be `files`, with a file name")]
        )
    claims = _listed(TypeAdapter(Claims), form, "claims")
    records = _listed(TypeAdapter(Records), form, "records")
    rest = {name: value for name, value in form.fields.items() if name not in ("claims", "records")}
    options = as_model(AuditOptions, {**query, **rest}, "body")
    return _Asked(options, tuple(claims), tuple(upload for _, upload in form.files), tuple(records))


def _listed(kind: TypeAdapter[Any], form: Form, name: str) -> list[Any]:
    if name not in form.fields:
        return []
    try:
        found: list[Any] = kind.validate_json(form.fields[name], strict=True)
    except ValidationError as error:
        raise refusal(error, f"body.{name}") from None
    return found


def _documented() -> dict[str, Any]:
    claim = {
        "claim_id": "T-17",
        "employee": "a.smith",
        "date": "2026-11-03",
        "merchant": "Cafe Luna",
        "amount": "15.20",
        "currency": "EUR",
        "category": "meals",
    }
    found = {"value": "12.50", "text": "EUR 12.50", "confidence": 0.98, "page": 0, "box": [0.1, 0.7, 0.6, 0.8]}
    record = {
        "file": "lunch.png",
        "sha256": "",
        "status": "ok",
        "pages": 1,
        "receipt": {"fields": {"total": found, "currency": {"value": "EUR", "text": "EUR", "confidence": 0.9}}},
    }
    options = {
        name: {
            key: value for key, value in schema.items() if key in ("description", "type", "pattern", "enum", "format")
        }
        for name, schema in _flat(AuditOptions.model_json_schema()["properties"]).items()
    }
    form = {
        "type": "object",
        "properties": {
            "files": {"type": "array", "items": {"type": "string", "format": "binary"}, "description": "Receipts."},
            "claims": {"type": "string", "description": "The claims as a JSON list."},
            "records": {"type": "string", "description": "Records as a JSON list."},
            **options,
        },
        "additionalProperties": False,
    }
    examples = {
        "file": {"summary": "A claim and its receipt", "value": {"claims": [claim], "files": [samples.FILE]}},
        "record": {
            "summary": "A claim and a record of its receipt",
            "value": {"claims": [{**claim, "receipts": ["lunch.png"]}], "records": [record], "today": "2026-11-20"},
        },
    }
    query = [
        {"name": name, "in": "query", "required": False, "description": schema.get("description", ""), "schema": schema}
        for name, schema in options.items()
    ]
    body = {"schema": {"$ref": "#/components/schemas/AuditBody"}, "examples": examples}
    return {
        "parameters": [*query, samples.IDEMPOTENCY_KEY],
        "requestBody": {"required": True, "content": {JSON: body, FORM: {"schema": form}}},
    }


def _flat(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {**next((each for each in schema.get("anyOf", ()) if each.get("type") != "null"), schema), **schema}
        for name, schema in properties.items()
    }
