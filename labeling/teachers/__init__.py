"""The teachers, by name: `build_teacher("anthropic:claude-…")`, `build_teacher("replay:labels.jsonl")`.

anthropic:MODEL         Claude (official SDK)            ANTHROPIC_API_KEY, or a key file
openai:MODEL            OpenAI, or with a base URL vLLM, Ollama, LM Studio        OPENAI_API_KEY, or a key file
transformers:FOLDER     a vision-language model on this machine
replay:FILE             recorded answers
command:PROGRAM …       any program that reads a picture and prints JSON
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz import process

from extractor.errors import UsageError
from extractor.task import RECEIPTS, Task
from labeling.base import Teacher
from labeling.pictures import rule_for
from labeling.prices import Prices, load_prices
from labeling.teachers.chat import TeacherSettings

__all__ = ["TEACHERS", "Build", "build_teacher"]


@dataclass(frozen=True)
class Build:
    """What a teacher is made of."""

    argument: str
    task: Task
    prices: Prices
    base_url: str | None
    key_file: Path | None
    settings: TeacherSettings


def build_teacher(
    name: str,
    *,
    task: Task = RECEIPTS,
    prices: Prices | Path | str | None = None,
    base_url: str | None = None,
    key_file: Path | str | None = None,
    words: bool = False,
    batch: bool = False,
    temperature: float | None = None,
    timeout: float = 180.0,
) -> Teacher:
    """The teacher of a name, NAME[:ARGUMENT].

    `prices` is a table or a file of one (those that ship otherwise), `words` gives OCR's words as help, `batch` makes
    estimates by the prices of the batch API. Nothing is asked of a provider here, and no key is needed yet: `label`
    raises UsageError (missing_key) where it is missing.

    Raises UsageError (unknown_teacher, unknown_price, bad_key_file and more) and MissingExtra.
    """
    kind, _, argument = name.partition(":")
    if kind not in TEACHERS:
        near = process.extractOne(kind.lower(), TEACHERS.keys(), score_cutoff=50)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise UsageError(
            f"There is no teacher {kind!r}.", code="unknown_teacher", hint=f"{hint}Known: {', '.join(TEACHERS)}."
        )
    needed, make = TEACHERS[kind]
    if not argument:
        raise UsageError(f"The teacher {kind} needs a {needed}.", hint=f"Write {kind}:{needed}")
    table = prices if isinstance(prices, Prices) else load_prices(prices)
    settings = TeacherSettings(words=words, temperature=temperature, timeout=timeout, batch=batch)
    return make(Build(argument, task, table, base_url, Path(key_file) if key_file else None, settings))


def _anthropic(build: Build) -> Teacher:
    from labeling.teachers.anthropic_messages import VARIABLE, AnthropicTeacher
    from labeling.teachers.http import need_sdk, price_of
    from labeling.teachers.keys import find_key

    need_sdk("anthropic")
    url = build.base_url or os.environ.get("ANTHROPIC_BASE_URL") or None
    price = price_of(build.argument, build.prices, url)
    key = find_key(VARIABLE, build.key_file)
    return AnthropicTeacher(
        build.argument, build.task, price, rule_for(build.argument), build.settings, key=key, base_url=url
    )


def _openai(build: Build) -> Teacher:
    from labeling.teachers.http import need_sdk, price_of
    from labeling.teachers.keys import find_key
    from labeling.teachers.openai_chat import VARIABLE, OpenAITeacher

    need_sdk("openai")
    url = build.base_url or os.environ.get("OPENAI_BASE_URL") or None
    price = price_of(build.argument, build.prices, url)
    key = find_key(VARIABLE, build.key_file)
    return OpenAITeacher(
        build.argument, build.task, price, rule_for(build.argument), build.settings, key=key, base_url=url
    )


def _transformers(build: Build) -> Teacher:
    from labeling.teachers.http import need_sdk
    from labeling.teachers.local_model import TransformersTeacher

    for package in ("torch", "transformers"):
        need_sdk(package, extra="training")
    return TransformersTeacher(build.argument, build.task, rule_for(build.argument), build.settings)


def _replay(build: Build) -> Teacher:
    from labeling.teachers.replay import ReplayTeacher

    return ReplayTeacher(build.argument, price=build.prices.find("replay"))


def _command(build: Build) -> Teacher:
    from labeling.teachers.command import CommandTeacher

    return CommandTeacher(build.argument, timeout=build.settings.timeout)


TEACHERS: dict[str, tuple[str, Callable[[Build], Teacher]]] = {
    "anthropic": ("MODEL", _anthropic),
    "openai": ("MODEL", _openai),
    "transformers": ("FOLDER", _transformers),
    "replay": ("FILE", _replay),
    "command": ("PROGRAM", _command),
}
"""By name: what its argument is, and how it is made."""
