"""A headless Chromium that is signed in to Label Studio, and what it shows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.chromium import headless
from tests.labeling.review.server import Server

SECONDS = 90.0

_OPEN = "return !!(window.Htx?.annotationStore?.selected?.regions?.some(region => region.shapeRef))"

_DRAWN = """
const picture = [...document.querySelectorAll('img')].sort((a, b) => b.clientHeight - a.clientHeight)[0];
const frame = picture.getBoundingClientRect();
return Htx.annotationStore.selected.regions.filter(region => region.shapeRef).map(region => {
    const stage = region.shapeRef.getStage().container().getBoundingClientRect();
    const at = region.shapeRef.getClientRect({skipStroke: true, skipShadow: true});
    const left = (stage.left + at.x - frame.left) / frame.width, top = (stage.top + at.y - frame.top) / frame.height;
    return {
        id: region.cleanId,
        label: region.labelName,
        box: [left, top, left + at.width / frame.width, top + at.height / frame.height],
        size: [frame.width, frame.height],
    };
});
"""
"""Where each rectangle is really drawn, in shares of the picture as it is displayed."""


@contextmanager
def signed_in(server: Server) -> Iterator[Browser]:
    """A browser; the test is skipped where there is none."""
    with headless(1800, 1250) as chrome:
        chrome.set_script_timeout(SECONDS)
        browser = Browser(chrome, server)
        browser.sign_in()
        yield browser


class Browser:
    def __init__(self, chrome: Any, server: Server) -> None:
        self._chrome = chrome
        self._server = server

    def sign_in(self) -> None:
        self._chrome.get(f"{self._server.url}/user/login/")
        for name, said in (("email", self._server.email), ("password", self._server.password)):
            self._chrome.find_element("name", name).send_keys(said)
        self._chrome.find_element("css selector", "form [type=submit]").click()
        self._wait("return !location.pathname.startsWith('/user/login')", "signing in")

    def open_task(self, project: int, task: int) -> None:
        self._chrome.get(f"{self._server.url}/projects/{project}/data?task={task}")
        self._wait(_OPEN, "opening the task")
        time.sleep(1)  # the rectangles are drawn once the picture has found its size

    def drawn(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._chrome.execute_script(_DRAWN)
        return found

    def select(self, region: str) -> None:
        script = (
            "const open = Htx.annotationStore.selected;"
            "open.selectArea(open.regions.find(one => one.cleanId === arguments[0]))"
        )
        self._chrome.execute_script(script, region)
        time.sleep(1)

    def submit(self) -> None:
        self._chrome.execute_script(
            "[...document.querySelectorAll('button')].find(one => one.textContent.trim() === 'Submit').click()"
        )

    def picture(self, path: Path) -> None:
        path.parent.mkdir(exist_ok=True)
        self._chrome.save_screenshot(str(path))

    def _wait(self, script: str, what: str) -> None:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            if self._chrome.execute_script(script):
                return
            time.sleep(0.3)
        pytest.fail(f"the browser did not finish {what}")
