"""The backend serves until it is stopped, and not at all where it can't be joined to its project."""

from __future__ import annotations

import urllib.request
from typing import Any

import pytest

from labeling.review.client import DeskError
from labeling.review.connecting import join, serve
from tests.labeling.review.server import free_port

pytest.importorskip("uvicorn", reason="needs the extra labeling")


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The least that a server can serve."""
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"here"})


def test_it_answers_before_it_is_joined_and_ends_with_what_went_wrong() -> None:
    port = free_port()
    answers = []

    def once_up() -> None:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:
            answers.append(answer.read())
        raise DeskError("The project does not want it.")

    with pytest.raises(DeskError, match="does not want"):
        serve(application, "127.0.0.1", port, once_up)
    assert answers == [b"here"]


class Recorder:
    """Keeps what the client was asked."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *given: self.calls.append((name, *given))


def test_joining_tells_the_password_and_asks_for_notices_only_where_they_count() -> None:
    desk = Recorder()
    join(desk, 3, "http://127.0.0.1:9", "pw", notices=True)  # type: ignore[arg-type]
    join(desk, 3, "http://127.0.0.1:9", "", notices=False)  # type: ignore[arg-type]
    assert desk.calls == [
        ("connect_backend", 3, "http://127.0.0.1:9", "Tailor", ("label-studio", "pw")),
        ("update_project", 3, {"evaluate_predictions_automatically": True}),
        ("connect_webhook", 3, "http://127.0.0.1:9/webhook", {"Authorization": "Basic bGFiZWwtc3R1ZGlvOnB3"}),
        ("connect_backend", 3, "http://127.0.0.1:9", "Tailor", None),
        ("update_project", 3, {"evaluate_predictions_automatically": True}),
    ]
