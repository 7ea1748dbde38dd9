"""What the teachers behind an HTTP interface share: where they are, their key, and what their errors mean.

The official SDKs of Anthropic and OpenAI come from one generator: their exceptions have the same names and form.
"""

from __future__ import annotations

import importlib.util
import ipaddress
import time
from collections.abc import Mapping
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from extractor.errors import MissingExtra, UsageError
from labeling.base import TeacherBusy, TeacherDown, TeacherError, TeacherRefused
from labeling.prices import FREE, Price, Prices
from labeling.teachers.keys import Secret

DOCUMENT_HEADER = "X-Tailor-Document"
"""Names the document of a call by the beginning of its SHA-256: for the logs of a gateway, and of the test server."""

_NEVER_SENT = ("ConnectError", "ConnectTimeout", "UnsupportedProtocol", "PoolTimeout", "ProxyError")
_BUSY = frozenset({429, 503, 529})
_LATER = frozenset({408, 409, 425, 500, 502, 504})


def need_sdk(package: str, *, extra: str = "labeling") -> None:
    """Raises MissingExtra where a package is not installed; imports nothing."""
    if importlib.util.find_spec(package) is None:
        message = f"This teacher needs {package}, which is not installed."
        raise MissingExtra(message, hint=f"Run: pip install 'tailor[{extra}]'")


def need_key(key: Secret | None, variable: str, base_url: str | None) -> str:
    """The key as it is sent; a server on one's own network needs none.

    Raises UsageError (missing_key): not one document can be labelled, so a run stops here.
    """
    if key is not None:
        return key.reveal()
    if is_own(base_url):
        return "none"
    raise UsageError(
        f"No key: {variable} is not set.", code="missing_key", hint=f"Set {variable}, or give a file with --key-file."
    )


def is_own(base_url: str | None) -> bool:
    """Whether a server stands on this machine or in a private network: nobody sends a bill for it."""
    if not base_url:
        return False
    host = urlsplit(base_url).hostname or ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or "." not in host or host.endswith((".local", ".internal"))
    return address.is_private or address.is_loopback


def price_of(model: str, prices: Prices, base_url: str | None) -> Price:
    """The price of a model. Raises UsageError (unknown_price) where somebody will send a bill and none is known."""
    found = prices.find(model)
    if found is not None:
        return found
    return FREE if is_own(base_url) else prices.need(model)


def translated(error: Exception, key: Secret | None, *, lost: Decimal, service: str) -> TeacherError:
    """The teacher's error for one of an SDK's. `lost` is what a call costs whose answer got lost after it was sent.

    The SDK's own error is not kept: it holds the request, and the request holds the key.
    """
    status = getattr(error, "status_code", None)
    names = [type(each).__name__ for each in (error, error.__cause__) if each is not None]
    if isinstance(status, int) and status >= 400:
        told = _message(error)[:300]
        said = f"{service} answered {status}: {key.scrubbed(told) if key else told}"
        if status in _BUSY:
            busy = TeacherBusy(said)
            busy.retry_after = retry_after(error.response.headers)  # type: ignore[attr-defined]
            return busy
        if status in _LATER or status > 504:
            return TeacherDown(said)
        hint = "Check the key." if status in (401, 403) else ""
        return TeacherRefused(said, hint=hint)
    down = TeacherDown(f"{service} gave no answer that can be used ({', '.join(names)}).")
    if not any(name in _NEVER_SENT for name in names):
        down.cost = lost
    return down


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds to wait that a provider asks for: `retry-after-ms`, or `Retry-After` as seconds or as a date."""
    try:
        if (milliseconds := headers.get("retry-after-ms")) is not None:
            return max(0.0, float(milliseconds) / 1000)
        value = headers.get("retry-after")
        if value is None:
            return None
        if value.strip().replace(".", "", 1).isdigit():
            return float(value)
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None


def _message(error: Exception) -> str:
    """What the server says, without the wrapping of the SDK."""
    body: Any = getattr(error, "body", None)
    if isinstance(body, Mapping):
        inner = body.get("error", body)
        if isinstance(inner, Mapping) and isinstance(inner.get("message"), str):
            return str(inner["message"])
    return str(error)
