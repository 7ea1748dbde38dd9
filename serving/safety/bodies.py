"""How much a body may hold and how long it may take, counted while it comes in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.problems import Refused, answer
from serving.settings import ServiceSettings


class BodyGuard:
    """ASGI: a body larger than is read is refused by its Content-Length at once, and without one as soon as it is.

    A sender that pauses or dribbles for too long gets 408; a client that doesn't take its answer loses the connection.
    """

    def __init__(self, app: ASGIApp, settings: ServiceSettings) -> None:
        self.app = app
        self._settings = settings
        self._inflight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = _Body(self, receive)
        sender = AnswerSender(send, self._settings.send_seconds)
        try:
            body.check_announced(scope["headers"])
            await self.app(scope, body.receive, sender.send)
        except Refused as error:
            if sender.started:
                raise
            await answer(error, scope, receive, sender.send)
        finally:
            self._inflight -= body.size

    def grow(self, size: int) -> None:
        """Counts bytes of all requests together. Raises Refused (overloaded)."""
        self._inflight += size
        if self._inflight > self._settings.max_inflight_bytes:
            raise Refused(
                503,
                "overloaded",
                "The service holds as many bytes of requests as it can.",
                hint="Come again after Retry-After.",
                headers={"Retry-After": "2"},
            )


class _Body:
    def __init__(self, guard: BodyGuard, receive: Receive) -> None:
        self._guard = guard
        self._receive = receive
        self._settings = guard._settings
        self._deadline = time.monotonic() + self._settings.body_seconds
        self._whole = False
        self.size = 0

    def check_announced(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        for name, value in headers:
            if name == b"content-length":
                if not value.isdigit():
                    raise Refused(400, "length_ambiguous", "Content-Length is no number.")
                if len(value) > 18 or int(value) > self._settings.max_request_bytes:
                    raise self._too_large()

    async def receive(self) -> Message:
        if self._whole:
            return await self._receive()  # waits for the client to go: there is no limit to that
        wait = min(self._settings.body_pause_seconds, self._deadline - time.monotonic())
        try:
            message = await asyncio.wait_for(self._receive(), max(wait, 0.001))
        except TimeoutError:
            raise Refused(
                408,
                "request_slow",
                "The request took too long to arrive.",
                hint="Send it at once, or smaller files.",
                headers={"Connection": "close"},
            ) from None
        if message["type"] == "http.request":
            self._whole = not message.get("more_body", False)
            size = len(message.get("body", b""))
            self.size += size
            self._guard.grow(size)
            if self.size > self._settings.max_request_bytes:
                raise self._too_large()
        else:
            self._whole = True
        return message

    def _too_large(self) -> Refused:
        return Refused(
            413,
            "too_many_bytes",
            f"The request is larger than {self._settings.max_request_bytes:,} bytes.",
            hint="Send fewer or smaller files, or raise --max-request-mb.",
        )


class AnswerSender:
    def __init__(self, send: Send, seconds: float) -> None:
        self._send = send
        self._seconds = seconds
        self.started = False

    async def send(self, message: Message) -> None:
        self.started = self.started or message["type"] == "http.response.start"
        try:
            await asyncio.wait_for(self._send(message), self._seconds)
        except TimeoutError:
            raise ClientDisconnect from None
