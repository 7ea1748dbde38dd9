"""POST /v1/jobs and what follows: state, result pages, cancelling."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from serving.api import samples
from serving.api.answering import note
from serving.api.bodies import (
    FORM,
    JSON,
    FileIn,
    as_model,
    body_type,
    decoded,
    fingerprint,
    invalid,
    query_values,
    read_form,
    read_json,
)
from serving.api.options import Options, form_properties, parameters
from serving.engine.base import Upload
from serving.jobs.errors import JobNotFound
from serving.jobs.model import Job
from serving.jobs.model import Request as Wanted
from serving.jobs.service import Jobs
from serving.problems import Fault, Refused, problems
from serving.safety.access import caller_of, needs
from serving.services import services_of

_ID = re.compile(r"[0-9a-f]{32}")
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_QUERY = ("ocr", "language", "pages", "policy")
_MOST = 200

WEBHOOK = (
    "An https URL that is sent a POST when the job has ended: `event`, `id`, `state`, `counts` and times, in JSON. "
    "`Tailor-Signature: t=SECONDS,v1=HEX` signs it: HMAC-SHA256 of `SECONDS.BODY` under the service's webhook secret; "
    "refuse what is older than five minutes. It comes again until it is answered with 2xx; `Tailor-Delivery` stays the "
    "same, so that repeats can be told."
)

SENDING = """
Takes many documents at once, and answers before they are read. Once the answer is 202 the job outlives the service's
process. Fetch its state from `Location` until it is `done`, `failed` (nothing could be read) or `cancelled`, or give a
`webhook`; fetch its records from `/results`. They are kept for `retention`, 24 hours unless set otherwise.

Files and options are those of `/v1/extract`, without pictures. With an `Idempotency-Key`, the same request again gives
the same job.
"""


class JobOptions(Options):
    """What is left out is left to the service's settings."""

    annotate: Literal[False] = Field(False, description="Jobs give no pictures.")
    webhook: str | None = Field(None, min_length=1, max_length=2000, description=WEBHOOK)


class JobBody(JobOptions):
    """Files inside JSON, and how they are to be read."""

    files: list[FileIn] = Field(min_length=1)


class JobCounts(BaseModel):
    """Documents by what became of them. `failed` ones have a record too, which says why."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    total: int = Field(ge=1)
    queued: int = Field(ge=0)
    running: int = Field(ge=0)
    done: int = Field(ge=0)
    failed: int = Field(ge=0)
    cancelled: int = Field(ge=0)


class JobAnswer(BaseModel):
    """A job. A cancelled one may still have documents running; `finished` says when none was left."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    counts: JobCounts
    progress: float = Field(ge=0, le=1, description="The part that nothing more will happen to.")
    created: datetime
    started: datetime | None
    finished: datetime | None
    expires: datetime = Field(description="When it and its results are forgotten.")
    results: str = Field(description="Where its records are.")


def router(jobs_now: Callable[[], Jobs]) -> APIRouter:
    """The routes; `jobs_now` gives the jobs of the running service."""
    routes = APIRouter(tags=["jobs"], dependencies=[needs("jobs")])

    @routes.post(
        "/v1/jobs",
        status_code=202,
        summary="Send a job",
        description=SENDING,
        operation_id="send_job",
        response_model=JobAnswer,
        responses={202: {"description": "The job was taken.", "headers": _LOCATION}, **problems(415, 507)},
        openapi_extra=_documented(),
    )
    async def send(request: Request) -> Response:
        jobs = jobs_now()
        services = services_of(request)
        options, uploads = await _asked_for(request, jobs)
        note(request, documents=len(uploads), bytes=sum(len(upload.content) for upload in uploads))
        services.judge.check(options.policy)
        wanted = Wanted(
            owner=caller_of(request).id,
            options=options.reading(words=services.judge.wants_words(options.policy)),
            policy=options.policy,
            webhook=options.webhook,
            key=_key(request),
            fingerprint=fingerprint("/v1/jobs", options.model_dump(), uploads),
        )
        job, again = await jobs.submit(wanted, uploads)
        headers = {"Location": f"/v1/jobs/{job.id}", **({"Idempotent-Replayed": "true"} if again else {})}
        return _answer(job, 202, headers)

    @routes.get(
        "/v1/jobs/{job}",
        summary="The state of a job",
        operation_id="job",
        response_model=JobAnswer,
        responses={200: {"description": "The job."}, **problems(404)},
    )
    async def state(request: Request, job: str) -> Response:
        query_values(request, ())
        return _answer(await jobs_now().find(caller_of(request).id, _known(job)))

    @routes.get(
        "/v1/jobs/{job}/results",
        summary="Records of a job, page by page",
        description="Records in the order in which the files were sent, up to the first that is not there yet. Fetch "
        "the next page with `cursor` set to `next`; it is null after the last record. Cancelled ones have none.",
        operation_id="job_results",
        response_class=Response,
        responses={200: {"description": "A page.", "content": {JSON: {"schema": _PAGE}}}, **problems(404)},
        openapi_extra={"parameters": _PAGING},
    )
    async def results(request: Request, job: str) -> Response:
        start, limit = _paging(request)
        page = await jobs_now().results(caller_of(request).id, _known(job), start, limit)
        following = "null" if page.next is None else json.dumps(str(page.next))
        return Response(f'{{"results":[{",".join(page.records)}],"next":{following}}}', media_type=JSON)

    @routes.post(
        "/v1/jobs/{job}/cancel",
        summary="Cancel a job",
        description="Cancels what has not begun. What has, finishes. A job that has ended stays as it is.",
        operation_id="cancel_job",
        response_model=JobAnswer,
        responses={200: {"description": "The job as it is now."}, **problems(404)},
    )
    async def cancel(request: Request, job: str) -> Response:
        query_values(request, ())
        return _answer(await jobs_now().cancel(caller_of(request).id, _known(job)))

    @routes.delete(
        "/v1/jobs/{job}",
        status_code=204,
        summary="Delete a job",
        description="Cancels what has not begun, and forgets the job with its results at once.",
        operation_id="delete_job",
        response_class=Response,
        responses={204: {"description": "It is gone."}, **problems(404)},
    )
    async def delete(request: Request, job: str) -> Response:
        query_values(request, ())
        await jobs_now().delete(caller_of(request).id, _known(job))
        return Response(status_code=204)

    return routes


async def _asked_for(request: Request, jobs: Jobs) -> tuple[JobOptions, tuple[Upload, ...]]:
    """Options and files of a request. Raises Refused."""
    query = query_values(request, _QUERY)
    as_model(JobOptions, query, "query")  # also where the body says otherwise and wins
    most = jobs.settings.max_documents
    if body_type(request) == JSON:
        body = await read_json(request, JobBody)
        said = body.model_dump(exclude={"files"}, exclude_unset=True)
        if len(body.files) > most:
            return as_model(JobOptions, {**query, **said}, "query"), _too_many(len(body.files), most)
        return as_model(JobOptions, {**query, **said}, "query"), decoded(body.files)
    settings = services_of(request).settings.model_copy(update={"max_files": most})
    form = await read_form(request, settings)
    stray = [name for name, _ in form.files if name != "files"]
    if stray or "files" in form.fields:
        message = "holds a file, and only `files` may" if stray else "must be a file, with a file name"
        raise invalid([Fault(place=f"body.{(stray or ['files'])[0][:100]}", message=message)])
    if not form.files:
        raise invalid([Fault(place="body.files", message="holds no file")])
    options = as_model(JobOptions, {**query, **form.fields}, "body")
    return options, tuple(upload for _, upload in form.files)


def _too_many(count: int, most: int) -> tuple[Upload, ...]:
    raise Refused(
        413, "too_many_files", f"The job holds {count} files; at most {most} are taken.", hint="Send several jobs."
    )


def _key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise Refused(400, "idempotency_key_invalid", "An Idempotency-Key is 1 to 255 visible ASCII characters.")
    return key


def _known(job: str) -> str:
    if not _ID.fullmatch(job):
        raise JobNotFound
    return job


def _paging(request: Request) -> tuple[int, int]:
    values = query_values(request, ("cursor", "limit"))
    cursor, limit = values.get("cursor", "0"), values.get("limit", "50")
    faults = []
    if not re.fullmatch(r"[0-9]{1,9}", cursor):
        faults.append(Fault(place="query.cursor", message="is not one that a page gave as `next`"))
    if not re.fullmatch(r"[0-9]{1,3}", limit) or not 1 <= int(limit) <= _MOST:
        faults.append(Fault(place="query.limit", message=f"must be 1 to {_MOST}"))
    if faults:
        raise invalid(faults)
    return int(cursor), int(limit)


def _answer(job: Job, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    counts = job.counts
    told = JobAnswer(
        id=job.id,
        state=job.state,
        counts=JobCounts(total=counts.total, **asdict(counts)),
        progress=round(counts.progress, 4),
        created=_time(job.created),
        started=_time(job.started) if job.started is not None else None,
        finished=_time(job.finished) if job.finished is not None else None,
        expires=_time(job.expires),
        results=f"/v1/jobs/{job.id}/results",
    )
    return Response(told.model_dump_json(), status, headers, media_type=JSON)


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


_LOCATION: dict[str, Any] = {"Location": {"description": "Where its state is.", "schema": {"type": "string"}}}

_PAGING: list[dict[str, Any]] = [
    {
        "name": "cursor",
        "in": "query",
        "required": False,
        "description": "`next` of the page before; the first page without.",
        "schema": {"type": "string", "pattern": "^[0-9]{1,9}$"},
    },
    {
        "name": "limit",
        "in": "query",
        "required": False,
        "description": "Records on the page, at most; 50 unless said.",
        "schema": {"type": "integer", "minimum": 1, "maximum": _MOST},
    },
]

_PAGE: dict[str, Any] = {
    "type": "object",
    "required": ["results", "next"],
    "properties": {
        "results": {"type": "array", "items": {"$ref": "#/components/schemas/Extraction"}},
        "next": {"anyOf": [{"type": "string"}, {"type": "null"}], "description": "The next page's `cursor`."},
    },
    "additionalProperties": False,
}


def _documented() -> dict[str, Any]:
    body = JobBody.model_json_schema(ref_template="#/components/schemas/{model}")
    body.pop("$defs", None)
    files = {"type": "array", "minItems": 1, "items": {"type": "string", "format": "binary"}}
    options = {name: schema for name, schema in form_properties().items() if name in (*_QUERY, "password")}
    webhook = {"type": "string", "minLength": 1, "maxLength": 2000, "description": WEBHOOK}
    form = {
        "type": "object",
        "required": ["files"],
        "properties": {"files": files, **options, "webhook": webhook},
        "additionalProperties": False,
    }
    return {
        "parameters": [*(each for each in parameters() if each["name"] in _QUERY), samples.IDEMPOTENCY_KEY],
        "requestBody": {
            "required": True,
            "content": {
                FORM: {"schema": form},
                JSON: {"schema": body, "examples": {"one": {"value": {"files": [samples.FILE]}}}},
            },
        },
        "x-codeSamples": [
            {
                "lang": "Shell",
                "source": "curl -F files=@a.jpg -F files=@b.pdf -H 'Idempotency-Key: march-1' "
                "http://localhost:8000/v1/jobs",
            }
        ],
    }
