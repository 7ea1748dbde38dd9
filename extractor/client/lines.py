"""The wire: a call goes out until it is answered or given up. Once for threads, once for asyncio."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

from extractor.client.calls import Call
from extractor.client.problems import Failure, Reply, judged, strange, unreachable
from extractor.client.retrying import Tries
from extractor.client.settings import ClientSettings
from extractor.errors import MissingExtra, ServiceError

if TYPE_CHECKING:
    import httpx2

CONNECTIONS = 100
"""The most that one client holds open at a time."""


class Line:
    """Sends calls from any thread."""

    def __init__(self, settings: ClientSettings) -> None:
        """Raises MissingExtra."""
        self._http = _library()
        self._settings = settings
        self._client: httpx2.Client = self._http.Client(**_arguments(self._http, settings))

    def send(self, call: Call, *, stop: threading.Event | None = None) -> Reply:
        """The answer. Raises TailorError: what the service said, or that it can't be reached. `stop` ends the waiting
        between attempts."""
        tries, halt = Tries(self._settings), stop or threading.Event()
        while True:
            outcome = self.once(call, tries.timeout)
            if isinstance(outcome, Reply):
                return outcome
            pause = tries.pause(outcome)
            if pause is None or halt.wait(pause):
                raise outcome.error

    def once(self, call: Call, timeout: float) -> Reply | Failure:
        """One attempt."""
        if self._client.is_closed:
            raise _closed()
        try:
            told = self._client.request(
                call.method, call.path, timeout=_timeout(self._http, self._settings, timeout), **call.body()
            )
        except (self._http.RequestError, self._http.InvalidURL) as error:
            return _broken(self._http, self._settings, error)
        return judged(told.status_code, told.headers, told.content)

    def close(self) -> None:
        self._client.close()


class AsyncLine:
    """Sends calls from one event loop."""

    def __init__(self, settings: ClientSettings) -> None:
        """Raises MissingExtra."""
        self._http = _library()
        self._settings = settings
        self._client: httpx2.AsyncClient = self._http.AsyncClient(**_arguments(self._http, settings))

    async def send(self, call: Call) -> Reply:
        """The answer. Raises TailorError: what the service said, or that it can't be reached."""
        tries = Tries(self._settings)
        while True:
            outcome = await self.once(call, tries.timeout)
            if isinstance(outcome, Reply):
                return outcome
            pause = tries.pause(outcome)
            if pause is None:
                raise outcome.error
            await asyncio.sleep(pause)

    async def once(self, call: Call, timeout: float) -> Reply | Failure:
        """One attempt."""
        if self._client.is_closed:
            raise _closed()
        try:
            told = await self._client.request(
                call.method, call.path, timeout=_timeout(self._http, self._settings, timeout), **call.body()
            )
        except (self._http.RequestError, self._http.InvalidURL) as error:
            return _broken(self._http, self._settings, error)
        return judged(told.status_code, told.headers, told.content)

    async def close(self) -> None:
        await self._client.aclose()


def _library() -> Any:
    try:
        import httpx2
    except ModuleNotFoundError as error:
        hint = "Run: pip install 'tailor[client]'"
        raise MissingExtra("The client needs httpx2, which is not installed.", hint=hint) from error
    return httpx2


def _arguments(http: Any, settings: ClientSettings) -> dict[str, Any]:
    headers = {"User-Agent": "tailor-client/1", "Accept": "application/json"}
    if settings.api_key:
        headers["Authorization"] = f"Bearer {settings.api_key}"
    return {
        "base_url": settings.url,
        "headers": headers,
        # The key must not follow to where a redirect points.
        "follow_redirects": False,
        "limits": http.Limits(max_connections=CONNECTIONS, max_keepalive_connections=20, keepalive_expiry=4.0),
    }


def _timeout(http: Any, settings: ClientSettings, seconds: float) -> Any:
    return http.Timeout(seconds, connect=min(seconds, settings.connect_timeout))


def _broken(http: Any, settings: ClientSettings, error: Exception) -> Failure:
    """No usable answer. Another attempt helps only where the connection, and not the request, was at fault."""
    if isinstance(error, http.UnsupportedProtocol | http.LocalProtocolError | http.InvalidURL):
        return unreachable(settings.url, error, again=False)
    if isinstance(error, http.TransportError):
        return unreachable(settings.url, error)
    return Failure(strange(type(error).__name__))


def _closed() -> ServiceError:
    return ServiceError("The client was closed.", code="client_closed", hint="Make a new one.")
