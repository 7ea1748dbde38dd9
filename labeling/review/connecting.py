"""Joining backend and project. Label Studio asks a backend at once whether it is there, so it must be up first."""

from __future__ import annotations

import base64
import ipaddress
import threading
import time
from collections.abc import Callable
from typing import Any

from extractor.errors import TailorError
from labeling.review.backend import LOGIN
from labeling.review.client import Client

TITLE = "Tailor"
START_SECONDS = 20.0


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reachable from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def serve(app: Any, host: str, port: int, once_up: Callable[[], None] | None = None) -> None:
    """Serves `app` until it is stopped; `once_up` is called when it answers.

    Raises the TailorError that `once_up` raised, after stopping the server.
    """
    import uvicorn

    server = uvicorn.Server(uvicorn.Config(app, host=host, port=port, log_level="warning"))
    failures: list[TailorError] = []

    def afterwards(then: Callable[[], None]) -> None:
        until = time.monotonic() + START_SECONDS
        while not server.started and time.monotonic() < until:
            time.sleep(0.05)
        try:
            then()
        except TailorError as error:
            failures.append(error)
            server.should_exit = True

    if once_up is not None:
        threading.Thread(target=afterwards, args=(once_up,), daemon=True).start()
    server.run()
    if failures:
        raise failures[0]


def join(client: Client, project: int, address: str, password: str, *, notices: bool) -> None:
    """Makes a project ask the backend at `address` for predictions, and tell it of reviews where `notices`."""
    login = (LOGIN, password) if password else None
    client.connect_backend(project, address, TITLE, login)
    client.update_project(project, {"evaluate_predictions_automatically": True})
    if notices:
        secret = base64.b64encode(f"{LOGIN}:{password}".encode()).decode()
        headers = {"Authorization": f"Basic {secret}"} if password else {}
        client.connect_webhook(project, f"{address}/webhook", headers)
