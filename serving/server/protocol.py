"""HTTP/1.1 connections that can't be held open for nothing: the head of a request has to come within a time.

uvicorn limits only the time between two requests of one connection. A client that opens a connection and sends nothing,
or its headers a byte at a time (slowloris), would keep it for ever. The times for bodies and answers are BodyGuard's.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from serving.problems import MEDIA_TYPE, Problem, phrase

LINGER = 5.0
"""Seconds for which the rest of a body is thrown away after a request was answered early."""


class GuardedProtocol(H11Protocol):
    """uvicorn's own protocol with a clock for heads, a ceiling for connections, and problems for bad requests."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        header_seconds: float = 10.0,
        max_connections: int = 1024,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._header_seconds = header_seconds
        self._max_connections = max_connections
        self._head_clock: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self._max_connections:
            transport.abort()
            return
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_clock()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._idle and self._head_clock is None:
            self._expect_head()
        super().data_received(data)

    def handle_events(self) -> None:
        super().handle_events()
        if not self._idle:
            self._stop_clock()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY and not self.transport.is_closing():
            # Answered before the body had come, such as with 413. To close now could take the answer away from the
            # client before it reads it; so the rest of the body is thrown away for a while.
            self.loop.call_later(LINGER, self._end_of_patience)

    def _end_of_patience(self) -> None:
        if self.conn.their_state is h11.SEND_BODY and self.cycle.response_complete:
            self.transport.abort()

    @property
    def _idle(self) -> bool:
        """Whether the connection waits for (the rest of) a request's head."""
        return self.conn.their_state is h11.IDLE and (self.cycle is None or self.cycle.response_complete)

    def _expect_head(self) -> None:
        self._stop_clock()
        self._head_clock = self.loop.call_later(self._header_seconds, self._head_late)

    def _stop_clock(self) -> None:
        if self._head_clock is not None:
            self._head_clock.cancel()
            self._head_clock = None

    def _head_late(self) -> None:
        self._head_clock = None
        if self.transport.is_closing() or not self._idle:
            return
        if self.conn.our_state is h11.IDLE:
            self._refuse(408, "request_slow", "The head of the request took too long to arrive.")
        else:
            self.transport.abort()

    def send_400_response(self, msg: str) -> None:
        """What h11 finds no HTTP in, as a problem. uvicorn's name for it."""
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            # An answer is under way: a second one would be taken for its body.
            self.transport.abort()
            return
        self._refuse(400, "malformed_http", "This is no HTTP request, or its headers are too long.")

    def _refuse(self, status: int, code: str, message: str) -> None:
        told = Problem(
            type=f"urn:tailor:problem:{code}", title=phrase(status), status=status, code=code, detail=message
        )
        body = json.dumps(told.model_dump()).encode()
        headers = [
            ("content-type", MEDIA_TYPE),
            ("content-length", str(len(body))),
            ("connection", "close"),
        ]
        for event in (
            h11.Response(status_code=status, headers=headers, reason=phrase(status).encode()),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
