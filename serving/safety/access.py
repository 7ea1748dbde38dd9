"""Who calls, and whether they may: before a byte of the body is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Depends, Request
from fastapi.params import Depends as Dependency
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Connection

from extractor.errors import UsageError
from serving.problems import Refused, answer, busy
from serving.safety.keys import SCOPES, KeyRing, Scope
from serving.safety.rates import Meter
from serving.settings import ServiceSettings

PUBLIC = ("/healthz", "/readyz", "/docs", "/openapi.json")
"""Paths that need no key. The page and what it loads are public too (`add_public`): they show nothing by themselves."""


@dataclass(frozen=True)
class Caller:
    """Whose request this is. Without keys everybody on this machine is `local`, who may do all."""

    id: str
    name: str
    scopes: frozenset[str]
    rate_per_minute: float | None = None
    concurrent: int | None = None


LOCAL = Caller("local", "local", frozenset(SCOPES))


def keys_needed(settings: ServiceSettings, keys: KeyRing) -> bool:
    """Whether a request needs a key. Raises UsageError (keys_unreadable): then nothing is let in."""
    if not settings.loopback or settings.require_keys:
        return True
    return settings.require_keys is None and bool(keys.all())


def check_start(settings: ServiceSettings, keys: KeyRing) -> None:
    """Raises UsageError (keys_needed) where others could reach the service, or keys were asked for, and none exists."""
    if keys_needed(settings, keys) and not keys.all():
        where = (
            "is asked to require API keys" if settings.loopback else f"would be reachable by others ({settings.host})"
        )
        raise UsageError(
            f"The service {where}, and there is no API key.",
            code="keys_needed",
            hint="Make one with tailor keys add NAME, or listen on 127.0.0.1 without --require-keys.",
        )


class Admission:
    """ASGI: finds the caller, and holds each to its rate and to its number of requests at a time."""

    def __init__(self, app: ASGIApp, settings: ServiceSettings, keys: KeyRing, public: Callable[[str], bool]) -> None:
        self.app = app
        self._settings = settings
        self._keys = keys
        self._public = public
        self._meter = Meter()

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        if self._public(scope["path"]):
            state["caller"] = Caller("nobody", "", frozenset())
            await self.app(scope, receive, send)
            return
        try:
            caller = self._caller(Headers(scope=scope))
            state["caller"] = caller
            self._admit(caller)
        except (Refused, UsageError) as error:
            await answer(_closed(error), scope, receive, send)
            return
        try:
            await self.app(scope, receive, send)
        finally:
            if caller is not LOCAL:
                self._meter.leave(caller.id)

    def _caller(self, headers: Headers) -> Caller:
        if not keys_needed(self._settings, self._keys):
            return LOCAL
        presented = _presented(headers)
        key = self._keys.check(presented) if presented else None
        if key is None:
            raise Refused(
                401,
                "key_unknown" if presented else "key_needed",
                "The API key isn't known, or has expired." if presented else "An API key is needed.",
                hint="Send Authorization: Bearer KEY. tailor keys add NAME makes one.",
                headers={"WWW-Authenticate": 'Bearer realm="tailor"'},
            )
        return Caller(key.id, key.name, frozenset(key.scopes), key.rate_per_minute, key.concurrent)

    def _admit(self, caller: Caller) -> None:
        if caller is LOCAL:
            return  # the engine's queue bounds what this machine asks of itself
        settings = self._settings
        wait = self._meter.ask(caller.id, caller.rate_per_minute or settings.rate_per_minute, settings.burst)
        if wait:
            raise busy("rate_limited", "This key sends requests faster than it may.", wait)
        if not self._meter.enter(caller.id, caller.concurrent or settings.concurrent):
            raise busy("too_many_at_once", "This key has as many requests running as it may.", 1)


def _closed(error: Refused | UsageError) -> Refused:
    """A file of keys that can't be read lets nobody in; what is wrong with it is told at the start and in the log."""
    if isinstance(error, Refused):
        return error
    return Refused(503, error.code, "The service's API keys can't be read.", hint="Its operator must look at them.")


def _presented(headers: Headers) -> str:
    kind, _, value = headers.get("authorization", "").partition(" ")
    return value.strip() if kind.lower() == "bearer" else headers.get("x-api-key", "")


def caller_of(request: Request) -> Caller:
    """The caller that `Admission` found."""
    found: Caller = request.state.caller
    return found


def needs(scope: Scope) -> Dependency:
    """A dependency for routes: the caller's key must have this scope, else 403."""

    def allowed(request: Request) -> None:
        if scope not in caller_of(request).scopes:
            raise Refused(403, "scope_missing", f"This key may not use {scope}.", hint=f"Use a key with scope {scope}.")

    found: Dependency = Depends(allowed)
    return found
