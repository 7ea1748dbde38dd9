"""Errors as they leave the service: problem details (RFC 9457) with Tailor's stable codes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from extractor.errors import (
    BadModel,
    DocumentError,
    LimitExceeded,
    MissingExtra,
    OutputError,
    TailorError,
    UsageError,
)
from serving.engine.base import Busy

MEDIA_TYPE = "application/problem+json"


class Fault(BaseModel):
    """One thing that is wrong with a request, and where it stands in it."""

    model_config = ConfigDict(extra="forbid")
    place: str = Field(description="Where in the request, such as `body.pages` or `query.ocr`.")
    message: str


class Problem(BaseModel):
    """What went wrong. Programs compare `code`; people read `detail` and `hint`."""

    model_config = ConfigDict(extra="forbid")
    type: str = Field(description="`urn:tailor:problem:` and the code.")
    title: str = Field(description="The HTTP status in words.")
    status: int = Field(ge=400, le=599)
    code: str = Field(description="Stable: programs may compare it.")
    detail: str
    hint: str = Field(default="", description="What to do; may be empty.")
    request_id: str = Field(default="", description="The request's number, as in the service's log and X-Request-Id.")
    errors: list[Fault] = Field(default_factory=list, description="Each thing that is wrong, where there are several.")


class Refused(TailorError):
    """A request that is answered with a problem of this `status`."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        hint: str = "",
        headers: Mapping[str, str] | None = None,
        errors: tuple[Fault, ...] = (),
    ) -> None:
        super().__init__(message, code=code, hint=hint)
        self.status = status
        self.headers = dict(headers or {})
        self.errors = errors


def status_of(error: TailorError) -> int:
    """The HTTP status of an error of Tailor's."""
    match error:
        case Refused():
            return error.status
        case Busy():  # a proxy sends what is answered with 503 to another machine
            return 503 if error.code == "stopping" else 429
        case LimitExceeded():
            return 413
        case MissingExtra() | BadModel():
            return 503
        case DocumentError() | UsageError():
            return 422
        case OutputError():
            return 507
        case _:
            return 500


class ProblemResponse(Response):
    """An error as application/problem+json."""

    media_type = MEDIA_TYPE

    def __init__(self, error: TailorError, request_id: str = "") -> None:
        status = status_of(error)
        headers: dict[str, str] = dict(error.headers) if isinstance(error, Refused) else {}
        if isinstance(error, Busy):
            headers["Retry-After"] = retry_after(error.retry_after)
        problem = Problem(
            type=f"urn:tailor:problem:{error.code}",
            title=phrase(status),
            status=status,
            code=error.code,
            detail=error.message,
            hint=error.hint,
            request_id=request_id,
            errors=list(error.errors) if isinstance(error, Refused) else [],
        )
        self.code = error.code
        super().__init__(json.dumps(problem.model_dump(), ensure_ascii=False).encode(), status, headers)


def phrase(status: int) -> str:
    """A status in words; 499 is what a log calls a client that went away."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def retry_after(seconds: float) -> str:
    """Seconds as the header takes them: whole, and one at least."""
    return str(max(1, math.ceil(min(seconds, 3600))))


def busy(code: str, message: str, seconds: float, hint: str = "Come again after Retry-After.") -> Refused:
    """A refusal (429) that says when to come again."""
    return Refused(429, code, message, hint=hint, headers={"Retry-After": retry_after(seconds)})


async def answer(error: TailorError, scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with a problem, from a place below the routes."""
    scope.setdefault("state", {})["problem"] = error.code
    await ProblemResponse(error, str(scope["state"].get("request_id", "")))(scope, receive, send)


PROBLEMS: dict[int, str] = {
    400: "The request is malformed.",
    401: "An API key is needed, or the one given isn't known.",
    403: "The key may not do this, or the request comes from another web page.",
    404: "There is nothing here.",
    405: "Not with this method.",
    408: "The request took too long to arrive.",
    413: "The request, or a file in it, is larger than is read.",
    415: "The body is of a type that isn't read.",
    421: "The service isn't called by this name.",
    422: "The request can't be used; `errors` says why.",
    429: "Too much at once: come again after Retry-After seconds.",
    431: "Too many headers, or too long.",
    500: "A defect of the service.",
    503: "Not ready: the model is warming up, or the service is stopping.",
    507: "The service's disk is full.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The documentation of the problems that a route may answer with, beside those that any route may."""
    always = (400, 401, 403, 405, 408, 413, 421, 422, 429, 431, 500, 503)
    reference = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": PROBLEMS[status], "content": {MEDIA_TYPE: {"schema": reference}}}
        for status in sorted({*always, *statuses})
    }
