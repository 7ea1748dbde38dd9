"""One browser for all tests of the page in each of its forms: starting one takes seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from serving.page.room import Page
from serving.settings import ServiceSettings
from tests.serving.conftest import Listening
from tests.serving.page.browser import Browser, chromium
from tests.serving.page.reading_engine import drawing


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    folder = tmp_path_factory.mktemp("wide")
    with chromium(folder) as chrome:
        yield Browser(chrome, folder)


@pytest.fixture(scope="module")
def phone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    folder = tmp_path_factory.mktemp("phone")
    with chromium(folder, dark=True, phone=True) as chrome:
        yield Browser(chrome, folder)


@pytest.fixture
def serving(settings: Callable[..., ServiceSettings]) -> Iterator[Listening]:
    """A service with the page, behind a real socket."""
    found = Listening(settings, rooms=lambda chosen: (Page(chosen),))
    yield found
    found.stop()


@pytest.fixture
def receipts(tmp_path: Path) -> Callable[..., list[Path]]:
    """`receipts("a.png", "b.png")`: files, each a receipt of its own."""

    def make(*names: str) -> list[Path]:
        paths = []
        for number, name in enumerate(names):
            path = tmp_path / name
            path.write_bytes(drawing(number))
            paths.append(path)
        return paths

    return make
