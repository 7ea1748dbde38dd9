"""A provider on this machine, and the two teachers that ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from extractor.task import RECEIPTS
from labeling.pictures import rule_for
from labeling.prices import load_prices
from labeling.teachers.anthropic_messages import AnthropicTeacher
from labeling.teachers.chat import ChatTeacher, TeacherSettings
from labeling.teachers.keys import Secret
from labeling.teachers.openai_chat import OpenAITeacher
from tests.labeling.documents import FAST, KEY, document, label
from tests.labeling.server import Faults, FaultServer

CLAUDE, GPT = "claude-sonnet-4-6", "gpt-4o"
COUNT = 24


@pytest.fixture
def serve() -> Iterator[Callable[..., FaultServer]]:
    """`serve(faults=…)` starts a provider that knows the invented documents."""
    with ExitStack() as running:

        def start(**options: Any) -> FaultServer:
            labels = {document(number).id: label(number) for number in range(COUNT)}
            server = running.enter_context(FaultServer(labels, key=KEY, **options))
            for number in range(COUNT):
                server.register(document(number).sha256, document(number).id)
            return server

        yield start


def scripted(*faults: str | None) -> Faults:
    """Every document's first calls go like this."""
    return Faults(script=faults)


def teacher_for(kind: str, server: FaultServer, settings: TeacherSettings = FAST) -> ChatTeacher:
    prices = load_prices()
    if kind == "anthropic":
        return AnthropicTeacher(
            CLAUDE,
            RECEIPTS,
            prices.need(CLAUDE),
            rule_for(CLAUDE),
            settings,
            key=Secret(KEY),
            base_url=server.url,
            poll_seconds=0.01,
        )
    return OpenAITeacher(
        GPT, RECEIPTS, prices.need(GPT), rule_for(GPT), settings, key=Secret(KEY), base_url=f"{server.url}/v1"
    )
