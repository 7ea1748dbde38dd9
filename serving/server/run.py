"""Starts the service and stops it cleanly: what runs is finished, what waits is told, nothing is left behind."""

from __future__ import annotations

import contextlib
import logging
import math
import multiprocessing
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterable
from functools import partial
from typing import Any

import uvicorn

from extractor.errors import TailorError, UsageError
from serving import logs
from serving.app import Hooks, Room, create_app
from serving.engine.base import Engine
from serving.metrics import Metrics
from serving.rooms import all_rooms
from serving.safety.access import check_start, keys_needed
from serving.safety.keys import KeyRing
from serving.server.engines import build_engine
from serving.server.protocol import GuardedProtocol
from serving.settings import ServiceSettings

log = logging.getLogger("serving")

ANSWERING = 5.0
"""Seconds beyond the grace for the answers that requests get whose documents were given up."""

LAST_RESORT = 25.0
"""Seconds beyond the grace after which the process ends, whatever still hangs."""


def serve(settings: ServiceSettings) -> None:
    """`tailor serve`: everything that belongs to the service, until it is stopped. Raises TailorError."""
    listening = prepared(settings)
    metrics = Metrics()
    try:
        engine = build_engine(settings, metrics)
    except BaseException:
        listening.close()
        raise
    run(settings, engine, metrics=metrics, rooms=all_rooms(settings), listening=listening)


def prepared(settings: ServiceSettings) -> socket.socket:
    """What can go wrong at once does so here: the data folder, the keys, the address. The bound socket.

    Raises UsageError: data_unwritable, keys_needed, keys_unreadable, address_unusable.
    """
    try:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"The data folder {settings.data} can't be made ({type(error).__name__}).",
            code="data_unwritable",
            hint="Name another with --data.",
        ) from error
    check_start(settings, KeyRing(settings.data / "keys.json"))
    return _bound(settings)


def run(
    settings: ServiceSettings,
    engine: Engine,
    *,
    metrics: Metrics | None = None,
    rooms: Iterable[Room] = (),
    listening: socket.socket | None = None,
) -> None:
    """Serves until SIGTERM or Ctrl+C. Raises what kept the engine from starting."""
    logs.set_up(settings.log_level, settings.log_text, plain=sys.stderr.isatty())
    sock = listening or prepared(settings)
    failures: list[TailorError] = []

    def failed(error: TailorError) -> None:
        failures.append(error)
        server.should_exit = True

    app = create_app(settings, engine, metrics=metrics, rooms=rooms, hooks=Hooks(failed=failed))
    server = Server(settings, app)
    address, port = sock.getsockname()[:2]
    shown = f"[{address}]" if ":" in address else address
    needed = keys_needed(settings, KeyRing(settings.data / "keys.json"))
    log.info("listening", extra={"address": f"http://{shown}:{port}", "keys": "needed" if needed else "not needed"})
    # uvicorn hands a signal on after it has stopped cleanly; then there is nothing left to do for it.
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[sock])
    finally:
        signal.signal(signal.SIGTERM, before)
        sock.close()
    if failures:
        raise failures[0]
    log.info("stopped")


class Server(uvicorn.Server):
    """uvicorn's server, that tells the application at once when it has to stop, and doesn't outlast its time.

    uvicorn by itself lets requests finish first and tells the application afterwards, so that each part took the time
    to finish anew.
    """

    def __init__(self, settings: ServiceSettings, app: Any) -> None:
        super().__init__(server_config(settings, app))
        self._begin_to_stop = app.state.services.begin_to_stop
        self._last_resort = threading.Timer(settings.grace + LAST_RESORT, _end_by_force)
        self._last_resort.daemon = True

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            super().run(sockets)  # until the threads that it started have ended, too
        finally:
            self._last_resort.cancel()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._last_resort.start()
        self._begin_to_stop()
        await super().shutdown(sockets)


def _end_by_force() -> None:
    """Some thread is stuck, in native code or waiting for a store that is away. Jobs survive this as they do a kill."""
    log.error("the service did not stop in time and is ended")
    for child in multiprocessing.active_children():
        child.kill()
    os._exit(1)


def server_config(settings: ServiceSettings, app: Any) -> uvicorn.Config:
    """uvicorn as the service needs it: its own log and protocol, and no belief in headers that a proxy may have set."""
    protocol: Any = partial(
        GuardedProtocol, header_seconds=settings.header_seconds, max_connections=settings.max_connections
    )
    return uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=math.ceil(settings.idle_seconds),
        timeout_graceful_shutdown=math.ceil(settings.grace + ANSWERING),
        h11_max_incomplete_event_size=settings.max_header_bytes + 8192,
    )


def _bound(settings: ServiceSettings) -> socket.socket:
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        # "localhost" may stand for two addresses; the older one is what everybody tries.
        family, kind, number, _, address = sorted(found, key=lambda each: each[0] != socket.AF_INET)[0]
        sock = socket.socket(family, kind, number)
        try:
            if sys.platform != "win32":
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(address)
        except OSError:
            sock.close()
            raise
    except OSError as error:
        raise UsageError(
            f"The service can't listen on {settings.host}:{settings.port} ({error.strerror or type(error).__name__}).",
            code="address_unusable",
            hint="Choose another --port, or stop what listens there.",
        ) from error
    sock.set_inheritable(False)
    return sock
