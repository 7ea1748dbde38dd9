"""POST /v1/extract: documents in, records out."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from extractor.types import Extraction
from serving.api import samples
from serving.api.answering import as_json, note, read_all, ready, settle
from serving.api.bodies import (
    FORM,
    JSON,
    FileIn,
    as_model,
    body_type,
    check_count,
    decoded,
    fingerprint,
    invalid,
    query_values,
    read_form,
    read_json,
)
from serving.api.options import QUERY_NAMES, Options, form_properties, parameters
from serving.engine.base import Answer, Upload
from serving.problems import Fault, problems
from serving.safety.access import needs
from serving.safety.repeats import Kept
from serving.services import Services, services_of


class ExtractBody(Options):
    """Files inside JSON, and how they are to be read."""

    files: list[FileIn] = Field(min_length=1)


class Picture(BaseModel):
    """A page with the fields drawn over it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    page: int = Field(ge=0, description="Counted among the pages that were read.")
    media_type: str
    content: str = Field(description="The picture in base64.")


class ExtractAnswer(BaseModel):
    """One record a file, in the order of the files."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    results: list[Extraction]
    pictures: list[list[Picture]] | None = Field(
        None, description="Only where `annotate` was asked for: for each file its pages' pictures, in the same order."
    )


DESCRIPTION = """
Reads one or more documents (JPEG, PNG, TIFF, WebP, HEIC, PDF) and answers with one record for each, in their order:
the values, how sure each is, and where it stands on the page.

Files come as parts `files` of a form, or in JSON as base64. A file that can't be read gets a record with status
`failed` and an `error`; it neither fails the request nor hides the others. Options may stand in the query, the form or
the JSON body, which wins over the query.

With `annotate`, the answer holds `pictures` beside `results`; without, `results` alone.

Send an `Idempotency-Key` to be able to repeat the request safely: the same request again gives the same answer, and its
work is done once, also while the first is still running.
"""


def router() -> APIRouter:
    routes = APIRouter(tags=["reading"])

    @routes.post(
        "/v1/extract",
        summary="Read documents",
        description=DESCRIPTION,
        operation_id="extract",
        response_class=Response,
        responses={200: {"description": "A record for each file.", "content": _answer_content()}, **problems(415)},
        openapi_extra=_documented(),
        dependencies=[needs("extract"), ready()],
    )
    async def extract(request: Request) -> Response:
        services = services_of(request)
        options, uploads = await asked_for(request, services)
        note(request, documents=len(uploads), bytes=sum(len(upload.content) for upload in uploads))
        if services.settings.log_text:
            note(request, files=[upload.name for upload in uploads])
        services.judge.check(options.policy)
        reading = options.reading(words=services.judge.wants_words(options.policy))

        async def work() -> Kept:
            answers = await read_all(services, uploads, reading)
            records = await services.judge.judged(answers, options.policy)
            note(request, statuses=[record.status for record in records])
            if services.settings.log_text:
                note(request, records=[record.model_dump(mode="json") for record in records])
            return as_json(_written(records, answers if options.annotate else None))

        return await settle(request, fingerprint("/v1/extract", options.model_dump(), uploads), work)

    return routes


async def asked_for(request: Request, services: Services) -> tuple[Options, tuple[Upload, ...]]:
    """Options and files of a request. Raises Refused."""
    query = query_values(request, QUERY_NAMES)
    as_model(Options, query, "query")  # also where the body says otherwise and wins
    if body_type(request) == JSON:
        body = await read_json(request, ExtractBody)
        check_count(len(body.files), services.settings)
        said = body.model_dump(exclude={"files"}, exclude_unset=True)
        return as_model(Options, {**query, **said}, "query"), decoded(body.files)
    form = await read_form(request, services.settings)
    stray = [name for name, _ in form.files if name != "files"]
    if stray or "files" in form.fields:
        message = "holds a file, and only `files` may" if stray else "must be a file, with a file name"
        raise invalid([Fault(place=f"body.{(stray or ['files'])[0][:100]}", message=message)])
    check_count(len(form.files), services.settings)
    options = as_model(Options, {**query, **form.fields}, "body")
    return options, tuple(upload for _, upload in form.files)


def _written(records: Sequence[Extraction], drawn: Sequence[Answer] | None) -> bytes:
    """Exactly `{"results": […]}`; pictures stand beside it only where asked for."""
    results = b",".join(record.to_json().encode() for record in records)
    if drawn is None:
        return b'{"results":[' + results + b"]}"
    pictures = [[_picture(page, content) for page, content in enumerate(each.pictures)] for each in drawn]
    told = ",".join("[" + ",".join(picture.model_dump_json() for picture in each) + "]" for each in pictures)
    return b'{"results":[' + results + b'],"pictures":[' + told.encode() + b"]}"


def _picture(page: int, content: bytes) -> Picture:
    kind = "image/png" if content.startswith(b"\x89PNG") else "image/jpeg"
    return Picture(page=page, media_type=kind, content=base64.b64encode(content).decode())


def _answer_content() -> dict[str, Any]:
    return {JSON: {"schema": {"$ref": "#/components/schemas/ExtractAnswer"}}}


def _documented() -> dict[str, Any]:
    files = {
        "type": "array",
        "minItems": 1,
        "items": {"type": "string", "format": "binary"},
        "description": "The documents.",
    }
    form = {
        "type": "object",
        "required": ["files"],
        "properties": {"files": files, **form_properties()},
        "additionalProperties": False,
    }
    return {
        "parameters": [*parameters(), samples.IDEMPOTENCY_KEY],
        "requestBody": {
            "required": True,
            "content": {
                FORM: {"schema": form},
                JSON: {
                    "schema": {"$ref": "#/components/schemas/ExtractBody"},
                    "examples": {
                        "one": {"summary": "One receipt", "value": {"files": [samples.FILE]}},
                        "options": {
                            "summary": "Only the first page, with its picture",
                            "value": {"files": [samples.FILE], "ocr": "auto", "pages": "0", "annotate": True},
                        },
                    },
                },
            },
        },
        "x-codeSamples": [
            {"lang": "Shell", "source": "curl -F files=@receipt.jpg http://localhost:8000/v1/extract"},
            {
                "lang": "Shell",
                "source": "curl -F files=@a.jpg -F files=@b.pdf -F pages=0 http://localhost:8000/v1/extract",
            },
        ],
    }
