"""From an HTTP answer to what it means: a reply, or the error that the SDK would raise, and whether to try again."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from pydantic import BaseModel, ConfigDict, ValidationError

from extractor.errors import (
    BadModel,
    BadPolicy,
    LimitExceeded,
    MissingExtra,
    OutputError,
    ServiceError,
    TailorError,
    UsageError,
)

AGAIN = frozenset({408, 429, 502, 503, 504})
"""Statuses after which the same request may go well."""

_KINDS: dict[str, type[TailorError]] = {
    "missing_extra": MissingExtra,
    "bad_model": BadModel,
    "bad_policy": BadPolicy,
    "unknown_policy": BadPolicy,
    "disk_full": OutputError,
}
"""Codes whose exception is the SDK's own; others go by their status."""

_USAGE = frozenset({400, 415, 422})
_FOR_GOOD = frozenset({"missing_extra", "bad_model", "engine_failed"})
"""Codes that come with 503 and stay until somebody mends the service."""


@dataclass(frozen=True)
class Reply:
    """What was answered with 2xx."""

    status: int
    body: bytes


@dataclass(frozen=True)
class Failure:
    """What went wrong in one attempt, and whether another may help; `retry_after` in seconds where it was said."""

    error: TailorError
    again: bool = False
    retry_after: float | None = None


class _Problem(BaseModel):
    """Problem details (RFC 9457) with Tailor's code."""

    model_config = ConfigDict(extra="ignore")
    code: str
    detail: str
    hint: str = ""
    request_id: str = ""


def judged(status: int, headers: Mapping[str, str], body: bytes) -> Reply | Failure:
    """What an answer means."""
    if 200 <= status < 300:
        return Reply(status, body)
    after = seconds_of(headers.get("retry-after"))
    try:
        problem = _Problem.model_validate_json(body)
    except ValidationError:
        return Failure(_foreign(status, after), status in AGAIN, after)
    error = _error_of(status, problem, after)
    if problem.request_id:
        error.add_note(f"The service's log has it under the request number {problem.request_id}.")
    return Failure(error, status in AGAIN and problem.code not in _FOR_GOOD, after)


def unreachable(url: str, reason: Exception, *, again: bool = True) -> Failure:
    """No answer came: nobody listens there, the connection broke, or it took too long."""
    told = f" ({type(reason).__name__})"
    hint = "Check the address (TAILOR_URL) and whether the service runs."
    return Failure(ServiceError(f"No answer came from {url}{told}.", code="unreachable", hint=hint), again)


def strange(what: str) -> ServiceError:
    """An answer that Tailor's service doesn't give."""
    hint = "Is this address Tailor's, and of this version?"
    return ServiceError(f"The service's answer can't be understood: {what}.", code="strange_answer", hint=hint)


def seconds_of(header: str | None, now: float | None = None) -> float | None:
    """A Retry-After header, a number of seconds or a date, in seconds from now; None where it says nothing."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        then = parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, then - (time.time() if now is None else now))


def _error_of(status: int, problem: _Problem, after: float | None) -> TailorError:
    kind = _KINDS.get(problem.code)
    if kind is None and status == 413:
        kind = LimitExceeded
    elif kind is None and status in _USAGE:
        kind = UsageError
    if kind is not None:
        return kind(problem.detail, code=problem.code, hint=problem.hint)
    return ServiceError(problem.detail, code=problem.code, hint=problem.hint, status=status, retry_after=after)


def _foreign(status: int, after: float | None) -> ServiceError:
    """An error in no words of Tailor's: of a proxy before it, or of another server."""
    try:
        phrase = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        phrase = str(status)
    message = f"The answer was {phrase}, and not in Tailor's words."
    hint = "Look at the proxy before the service, and at the address."
    return ServiceError(message, code=f"http_{status}", hint=hint, status=status, retry_after=after)
