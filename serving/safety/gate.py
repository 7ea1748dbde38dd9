"""The first look at a request: its headers, the name it is called by, and the page that it comes from.

Needs no key and reads no body. Against abuse of headers, DNS rebinding (a web page whose name is made to point at this
machine) and cross-site requests (a web page that posts to this machine).
"""

from __future__ import annotations

import re
from collections import Counter
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.problems import Refused, answer, busy
from serving.settings import ServiceSettings

ONCE = frozenset(
    {
        b"host",
        b"content-length",
        b"content-type",
        b"transfer-encoding",
        b"authorization",
        b"x-api-key",
        b"idempotency-key",
        b"origin",
    }
)
"""Headers that two readers could read differently if they came twice."""

PROBES = ("/healthz", "/readyz")
"""Whoever watches the service calls it by its address: their Host is not looked at, and they are never too many."""

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
"""Set on each answer that doesn't set them itself."""


class Gate:
    """ASGI: refuses what no honest client sends, and more requests at a time than the service holds."""

    def __init__(self, app: ASGIApp, settings: ServiceSettings) -> None:
        self.app = app
        self._settings = settings
        self._hosts = frozenset(host.lower() for host in settings.hosts)
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            self._look(scope)
        except Refused as error:
            await answer(error, scope, receive, told)
            return
        self._running += 1
        try:
            await self.app(scope, receive, told)
        finally:
            self._running -= 1

    def _look(self, scope: Scope) -> None:
        self._check_headers(scope["headers"])
        if scope["path"] in PROBES:
            return
        headers = Headers(scope=scope)
        self._check_host(headers.get("host", ""))
        self._check_origin(scope["method"], headers)
        if self._running >= self._settings.max_requests:
            raise busy("overloaded", "The service holds as many requests as it can.", 1)

    def _check_headers(self, headers: list[tuple[bytes, bytes]]) -> None:
        size = sum(len(name) + len(value) for name, value in headers)
        if len(headers) > self._settings.max_headers or size > self._settings.max_header_bytes:
            raise Refused(431, "too_many_headers", "The request has too many headers, or too long ones.")
        seen = Counter(name.lower() for name, _ in headers)
        twice = sorted(name.decode("latin-1") for name in ONCE if seen[name] > 1)
        if twice:
            raise Refused(400, "header_repeated", f"The header {twice[0]} stands twice.")
        if seen[b"content-length"] and seen[b"transfer-encoding"]:
            raise Refused(400, "length_ambiguous", "The request says its length in two ways.")

    def _check_host(self, host: str) -> None:
        if "*" in self._hosts or bare_host(host) in self._hosts:
            return
        raise Refused(
            421,
            "host_unknown",
            "The service isn't called by this name.",
            hint="Call it by its address, or allow the name with --allowed-host.",
        )

    def _check_origin(self, method: str, headers: Headers) -> None:
        """A request that changes something and says that another web page sent it is refused, CORS or not."""
        if method in ("GET", "HEAD", "OPTIONS"):
            return
        origin = headers.get("origin")
        own = urlsplit(origin).netloc.lower() == headers.get("host", "").lower() if origin else True
        crossing = headers.get("sec-fetch-site") == "cross-site" and not origin
        if crossing or not (own or origin in self._settings.allowed_origins):
            raise Refused(
                403,
                "cross_origin",
                "The request comes from another web page.",
                hint="Allow the page with --allowed-origin, if it is yours.",
            )


def bare_host(host: str) -> str:
    """A Host header without its port, in lower case; an IPv6 address keeps its brackets. Others stay whole."""
    found = _HOST.fullmatch(host.strip().lower())
    return found[1] if found else host


_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^:\[\]]*)(?::[0-9]{1,5})?")
