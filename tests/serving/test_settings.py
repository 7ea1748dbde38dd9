"""Settings come from the command, else the environment, else a file; a wrong one is told by its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractor.errors import UsageError
from serving.settings import ServiceSettings


def test_the_last_word_has_the_command_then_the_environment_then_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "serve.yaml"
    file.write_text("port: 1\nocr: tesseract\nmax_files: 5\nallowed_hosts: [a.example]\n", encoding="utf-8")
    monkeypatch.setenv("TAILOR_PORT", "2")
    monkeypatch.setenv("TAILOR_MAX_FILES", "6")
    monkeypatch.setenv("TAILOR_LANGUAGES", "deu, eng")
    settings = ServiceSettings.load(file, port=3, host=None)
    assert (settings.port, settings.max_files, settings.ocr) == (3, 6, "tesseract")
    assert settings.languages == ("deu", "eng")
    assert settings.hosts == ("a.example",)
    assert settings.host == "127.0.0.1"


@pytest.mark.parametrize(
    ("text", "named"), [("prot: 1", "prot"), ("port: many", "port"), ("- port", "serve.yaml"), ("{", "serve.yaml")]
)
def test_a_wrong_setting_is_told_by_its_name(tmp_path: Path, text: str, named: str) -> None:
    file = tmp_path / "serve.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=named) as refused:
        ServiceSettings.load(file)
    assert refused.value.code == "bad_settings"


def test_nothing_but_this_machine_s_names_is_answered_by_default() -> None:
    assert set(ServiceSettings().hosts) == {"localhost", "127.0.0.1", "[::1]"}
    assert ServiceSettings(host="0.0.0.0").hosts == ("*",)


def test_limits_of_the_service_are_those_of_the_extractor() -> None:
    limits = ServiceSettings(max_file_bytes=10, max_pages=2, max_pixels=3, max_seconds=4).limits
    assert (limits.max_bytes, limits.max_pages, limits.max_pixels, limits.seconds) == (10, 2, 3, 4)
