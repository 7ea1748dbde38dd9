"""The commands with a fake extractor behind them."""

from dataclasses import dataclass
from typing import Any

import pytest
from typer.testing import CliRunner

from extractor import pipeline
from tests.extractor.fake_extractors import make_fake


@dataclass(frozen=True)
class FakeSettings:
    """Stands for extractor.pipeline.Settings: takes the same fields and builds a fake."""

    fields: tuple[tuple[str, Any], ...]

    @classmethod
    def of(cls, **fields: Any) -> "FakeSettings":
        return cls(tuple(fields.items()))

    def __call__(self):
        return make_fake()


@pytest.fixture
def fake(monkeypatch):
    """Puts the fake in place; gives the list of settings that commands asked for."""
    asked = []

    def settings(**fields):
        asked.append(fields)
        return FakeSettings.of(**fields)

    monkeypatch.setattr(pipeline, "Settings", settings)
    return asked


@pytest.fixture
def tailor():
    from extractor.cli.main import app

    def call(*arguments: object):
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return call


@pytest.fixture
def receipts(tmp_path):
    """A folder `in` with receipts of these names; their totals count up from 0."""
    folder = tmp_path / "in"
    folder.mkdir()

    def write(*names: str):
        for number, name in enumerate(names):
            (folder / name).write_text(f"{number}.00")
        return folder

    return write
