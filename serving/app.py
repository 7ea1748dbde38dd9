"""The application: routes, what guards them, and the life of the engine behind them.

Telling      numbers requests, log and metrics, no traceback leaves
└ Gate       headers, Host, Origin, number of requests at a time; security headers
  └ (CORS)   where pages of other origins are allowed
    └ Admission   API key, rate and number of requests of each caller
      └ BodyGuard   size of the body and time that it takes
        └ routes
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Protocol

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from extractor.errors import TailorError
from serving.api import audit, docs, extract, health, score
from serving.api.bodies import invalid
from serving.api.openapi import described
from serving.engine.base import Engine
from serving.judging import Judge
from serving.metrics import MeasuredEngine, Metrics
from serving.problems import Fault, ProblemResponse, Refused
from serving.safety.access import PUBLIC, Admission, keys_needed
from serving.safety.bodies import BodyGuard
from serving.safety.gate import Gate
from serving.safety.keys import KeyRing
from serving.safety.repeats import Repeats
from serving.services import Services
from serving.settings import ServiceSettings
from serving.telling import Telling

log = logging.getLogger("serving")

FORGET_EVERY = 600.0
"""Seconds between two looks for what is too old to be kept."""


class Room(Protocol):
    """A part of the service beside reading: jobs, or the page. It has routes and may have work of its own to do."""

    def router(self) -> APIRouter: ...

    def public(self, path: str) -> bool:
        """Whether a path may be fetched without a key (a page and its styles; never data)."""
        ...

    def running(self, services: Services) -> contextlib.AbstractAsyncContextManager[None]:
        """Entered once the engine was told to start, left before it stops."""
        ...


@dataclass(frozen=True)
class Hooks:
    """What the server under the application wants to know."""

    failed: Callable[[TailorError], None] = lambda error: None


def create_app(
    settings: ServiceSettings,
    engine: Engine,
    *,
    metrics: Metrics | None = None,
    rooms: Iterable[Room] = (),
    hooks: Hooks | None = None,
) -> FastAPI:
    """The service over an engine. `metrics` are those that the engine's observer writes to, where it has one.

    The engine starts with the application and warms up while /healthz already answers.
    """
    measured = metrics or Metrics()
    keys = KeyRing(settings.data / "keys.json")
    services = Services(
        settings=settings,
        engine=MeasuredEngine(engine, measured),
        keys=keys,
        repeats=Repeats(settings.data / "answers.sqlite", settings.remember_hours),
        metrics=measured,
        judge=Judge(settings),
    )
    present = tuple(rooms)

    def public(path: str) -> bool:
        return path in PUBLIC or any(room.public(path) for room in present)

    app = FastAPI(
        title="Tailor",
        version=version("tailor"),
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan(services, present, hooks or Hooks()),
        middleware=_middleware(services, public),
        redirect_slashes=False,
    )
    app.state.services = services
    for handled in (HTTPException, RequestValidationError, TailorError):
        app.add_exception_handler(handled, _answered)
    for routes in (extract, score, audit, health, docs):
        app.include_router(routes.router())
    for room in present:
        app.include_router(room.router())
    app.openapi = described(app, lambda: keys_needed(settings, keys), public)  # type: ignore[method-assign]
    return app


def _middleware(services: Services, public: Callable[[str], bool]) -> list[Middleware]:
    settings = services.settings
    crossing = [
        Middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "X-API-Key", "Content-Type", "Idempotency-Key", "X-Request-Id"],
            expose_headers=["X-Request-Id", "Retry-After", "Idempotent-Replayed"],
        )
    ]
    return [
        Middleware(Telling, metrics=services.metrics),
        Middleware(Gate, settings=settings),
        *(crossing if settings.allowed_origins else ()),
        Middleware(Admission, settings=settings, keys=services.keys, public=public),
        Middleware(BodyGuard, settings=settings),
    ]


def _lifespan(
    services: Services, rooms: Iterable[Room], hooks: Hooks
) -> Callable[[FastAPI], contextlib.AbstractAsyncContextManager[None]]:
    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        services.told_to_stop = asyncio.Event()
        starting = asyncio.create_task(_start(services, hooks))
        forgetting = asyncio.create_task(_forget(services))
        idle = asyncio.Event()
        ending = asyncio.create_task(_end(services, starting, idle))
        async with contextlib.AsyncExitStack() as stack:
            for room in rooms:
                await stack.enter_async_context(room.running(services))
            yield
            services.begin_to_stop()
        idle.set()
        forgetting.cancel()
        await asyncio.gather(forgetting, return_exceptions=True)
        await ending
        await services.repeats.close()

    return lifespan


async def _start(services: Services, hooks: Hooks) -> None:
    try:
        await services.engine.start()
    except TailorError as error:
        services.failed = error
        log.error("the engine did not start", extra={"problem": error.code})
        hooks.failed(error)
    except Exception:
        services.failed = TailorError("The engine did not start.", code="engine_failed", hint="See the log.")
        log.exception("the engine did not start")
        hooks.failed(services.failed)
    else:
        state = services.engine.state()
        for warning in state.warnings:
            log.warning("engine", extra={"warning": warning})
        told = {"model": state.model, "provider": state.provider, "workers": state.workers}
        log.info("ready", extra={**told, "policies": services.judge.names()})


async def _end(services: Services, starting: asyncio.Task[None], idle: asyncio.Event) -> None:
    """Stops the engine when nobody needs it any more, or the time to finish is over: who still waits for a document
    then is told to come again (503), and keeps no connection open."""
    await services.told_to_stop.wait()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(idle.wait(), services.left)
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    await services.engine.stop(services.left)


async def _forget(services: Services) -> None:
    while True:
        try:
            await services.repeats.forget_old()
            await asyncio.to_thread(audit.drop_leftovers, services.settings.data)
        except Exception:
            log.exception("old answers were not forgotten")
        await asyncio.sleep(FORGET_EVERY)


async def _answered(request: Request, error: Exception) -> Response:
    """Every error as a problem: ours, and those of the frameworks below."""
    if isinstance(error, RequestValidationError):
        found = (Fault(place=".".join(map(str, each["loc"])), message=each["msg"]) for each in error.errors())
        error = invalid(found)
    if isinstance(error, HTTPException):
        error = _of_framework(error)
    assert isinstance(error, TailorError)
    request.scope["state"]["problem"] = error.code
    return ProblemResponse(error, request.state.request_id)


_SAID = {
    400: ("bad_request", "The request is malformed."),
    404: ("not_found", "There is nothing here."),
    405: ("method_not_allowed", "Not with this method."),
}


def _of_framework(error: HTTPException) -> Refused:
    code, said = _SAID.get(error.status_code, (f"http_{error.status_code}", str(error.detail)))
    return Refused(error.status_code, code, said, hint="See /docs.", headers=error.headers)
