"""One real Label Studio for all slow tests of the review desk, and clients of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from labeling.review.client import Client
from tests.labeling.review.server import NoServer, Server, running


@pytest.fixture(scope="session")
def label_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A Label Studio of its own for this run of tests; skipped with the reason where it can't be had."""
    pytest.importorskip("label_studio_sdk", reason="needs the extra labeling")
    try:
        with running(tmp_path_factory.mktemp("label-studio")) as server:
            yield server
    except NoServer as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def client(label_studio: Server) -> Client:
    return Client(label_studio.url, label_studio.token)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for the documents of one test."""
    (tmp_path / "pictures").mkdir()
    return tmp_path / "pictures"
