"""Teachers are made by name; keys come from the environment or a secret file."""

from __future__ import annotations

import copy
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from extractor.errors import MissingExtra, UsageError
from labeling.base import Teacher
from labeling.teachers import TEACHERS, build_teacher
from labeling.teachers.http import is_own, need_sdk, retry_after
from labeling.teachers.keys import Secret, find_key
from tests.labeling.documents import KEY, label


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for provider in ("ANTHROPIC", "OPENAI"):
        monkeypatch.delenv(f"{provider}_API_KEY", raising=False)
        monkeypatch.delenv(f"{provider}_BASE_URL", raising=False)


def test_each_kind_is_a_teacher_with_a_name_and_a_version(tmp_path: Path) -> None:
    recording = tmp_path / "labels.jsonl"
    recording.write_text(json.dumps({"id": "a", **label()}), encoding="utf-8")
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    arguments = {
        "anthropic": "claude-haiku-4-5",
        "openai": "gpt-4o-mini",
        "transformers": str(tmp_path),
        "replay": str(recording),
        "command": sys.executable,
    }
    assert set(arguments) == set(TEACHERS)
    for kind, argument in arguments.items():
        teacher = build_teacher(f"{kind}:{argument}")
        assert isinstance(teacher, Teacher)
        assert teacher.name.startswith(f"{kind}:")
        assert len(teacher.prompt_version) == 12


def test_a_misspelt_name_gets_the_nearest_one() -> None:
    with pytest.raises(UsageError, match="Did you mean anthropic") as caught:
        build_teacher("antropic:claude")
    assert caught.value.code == "unknown_teacher"


def test_a_name_without_its_argument_is_explained() -> None:
    with pytest.raises(UsageError, match="replay:FILE"):
        build_teacher("replay")


def test_a_model_that_somebody_bills_needs_a_price_and_ones_own_does_not(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        build_teacher("openai:gpt-99")
    assert caught.value.code == "unknown_price"
    with pytest.raises(UsageError):
        build_teacher("openai:gpt-99", base_url="https://api.example.com/v1")
    for url in ("http://127.0.0.1:11434/v1", "http://localhost:1234/v1", "http://vllm:8000/v1", "http://10.0.0.7/v1"):
        assert is_own(url)
        build_teacher("openai:qwen-vl", base_url=url)
    own = tmp_path / "prices.yaml"
    own.write_text("as_of: 2026-11-01\nmodels: {gpt-99: {input: 1, output: 2}}\n", encoding="utf-8")
    build_teacher("openai:gpt-99", prices=own)


def test_the_base_url_may_stand_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:8000/v1")
    build_teacher("openai:some-local-model")


def test_a_missing_sdk_is_named_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"pip install 'tailor\[labeling\]'"):
        need_sdk("anthropic")


def test_building_a_teacher_imports_neither_sdk_nor_torch() -> None:
    code = (
        "import sys; from labeling.teachers import build_teacher; build_teacher('anthropic:claude-haiku-4-5');"
        "build_teacher('openai:gpt-4o'); print({'anthropic', 'openai', 'torch', 'transformers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_key_comes_from_the_environment_or_a_file_that_only_its_owner_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_key("OPENAI_API_KEY", None) is None
    monkeypatch.setenv("OPENAI_API_KEY", f" {KEY}\n")
    from_environment = find_key("OPENAI_API_KEY", None)
    assert from_environment
    assert from_environment.reveal() == KEY
    secret = tmp_path / "key"
    secret.write_text("another-key-1234\n", encoding="utf-8")
    secret.chmod(0o600)
    from_file = find_key("OPENAI_API_KEY", secret)
    assert from_file
    assert from_file.reveal() == "another-key-1234", "a file that was named goes first"


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_key_file_that_everybody_may_read_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text(KEY, encoding="utf-8")
    secret.chmod(0o644)
    with pytest.raises(UsageError, match="chmod 600") as caught:
        build_teacher("anthropic:claude-haiku-4-5", key_file=secret)
    assert caught.value.code == "bad_key_file"
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("content", ["", "two words"])
def test_a_key_file_holds_one_key(tmp_path: Path, content: str) -> None:
    secret = tmp_path / "key"
    secret.write_text(content, encoding="utf-8")
    secret.chmod(0o600)
    with pytest.raises(UsageError, match="one key"):
        find_key("OPENAI_API_KEY", secret)
    with pytest.raises(UsageError, match="can't be read"):
        find_key("OPENAI_API_KEY", tmp_path / "missing")


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret(KEY)
    assert KEY not in f"{secret} {secret!r} {[secret]}"
    assert secret.scrubbed(f"wrong key {KEY}, i.e. {KEY[:8]}…{KEY[-8:]}") == "wrong key [key], i.e. [key]…[key]"
    with pytest.raises(TypeError):
        copy.copy(secret)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_the_time_to_wait_is_read_in_every_form(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds
