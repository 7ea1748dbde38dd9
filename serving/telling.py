"""The outermost layer: numbers each request, tells the log and the metrics of it, and lets no traceback out."""

from __future__ import annotations

import logging
import re
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from extractor.errors import TailorError
from serving.metrics import Metrics
from serving.problems import Refused, answer

log = logging.getLogger("serving.requests")

CLIENT_GONE = 499
"""What the log calls a request whose client went away before its answer."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Telling:
    """ASGI. The log names the route's pattern, not the path: paths and queries can hold what is nobody's business."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        state = scope.setdefault("state", {})
        state["request_id"] = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        begun = time.perf_counter()
        status = 0

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = state["request_id"]
            await send(message)

        try:
            await self.app(scope, receive, told)
        except ClientDisconnect:
            status = CLIENT_GONE
        except Exception:
            log.exception("a defect of the service", extra={"request_id": state["request_id"]})
            if status:
                raise  # the answer has begun: only the connection can be cut
            await answer(_defect(), scope, receive, told)
        finally:
            self._tell(scope, status or CLIENT_GONE, time.perf_counter() - begun)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        state = scope["state"]
        route = getattr(scope.get("route"), "path", "") or "none"
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.requests.labels(method, route, str(status)).inc()
        self._metrics.request_seconds.labels(route).observe(seconds)
        if "problem" in state:
            self._metrics.problems.labels(state["problem"]).inc()
        # Asked every few seconds; that the engine is not ready yet is told by its own lines.
        quiet = route in ("/healthz", "/readyz", "/metrics") and (status < 400 or status == 503)
        told = {
            "request_id": state["request_id"],
            "method": method,
            "route": route,
            "status": status,
            "seconds": round(seconds, 4),
            "key": getattr(state.get("caller"), "name", ""),
            **({"problem": state["problem"]} if "problem" in state else {}),
            **state.get("told", {}),
        }
        log.log(logging.DEBUG if quiet else logging.INFO, "request", extra=told)


def _defect() -> TailorError:
    return Refused(
        500,
        "internal_error",
        "The service has a defect; nothing was returned.",
        hint="Its log tells more under this request_id.",
    )
