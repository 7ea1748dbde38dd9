"""Dockerfiles and compose files: they parse, what they name is there, and no tag floats."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from dockerfile_parse import DockerfileParser

from serving.cli import keys, serve
from serving.settings import ServiceSettings
from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"
DOCKERFILES = ["Dockerfile.cpu", "Dockerfile.cuda"]
PINNED = re.compile(r"[\w./-]+:v?\d+\.\d+\.\d+[\w.-]*")


def parsed(name: str) -> DockerfileParser:
    return DockerfileParser(fileobj=(DEPLOY / name).open("rb"))


def steps(name: str, instruction: str) -> list[str]:
    return [step["value"] for step in parsed(name).structure if step["instruction"] == instruction]


@pytest.mark.parametrize("name", DOCKERFILES)
def test_a_dockerfile_has_known_instructions_and_pinned_bases(name):
    known = {"FROM", "ENV", "RUN", "WORKDIR", "COPY", "ARG", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "COMMENT"}
    assert {step["instruction"] for step in parsed(name).structure} <= known | {"HEALTHCHECK", "ENTRYPOINT", "CMD"}
    bases = [base.split(" AS ")[0] for base in steps(name, "FROM")]
    assert len(bases) == 2
    assert len(set(bases)) == 1
    assert PINNED.fullmatch(bases[0])


@pytest.mark.parametrize("name", DOCKERFILES)
def test_what_is_copied_exists_and_reaches_the_builder(name):
    allowed = {
        line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line.startswith("!")
    }
    for copied in steps(name, "COPY"):
        if copied.startswith("--from="):
            continue
        for source in copied.split()[:-1]:
            assert (ROOT / source).exists()
            assert source in allowed
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert packages <= allowed


@pytest.mark.parametrize("name", DOCKERFILES)
def test_the_extras_exist_and_only_one_onnxruntime_is_installed(name):
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    install = next(step for step in steps(name, "RUN") if "pip install" in step)
    chosen = re.search(r"\.\[([\w,-]+)\]", install)[1].split(",")
    assert set(chosen) <= set(extras)
    assert ("cpu" in chosen) != ("gpu" in chosen)
    assert {"serving", "tesseract"} <= set(chosen)
    assert ("gpu" in chosen) == (name == "Dockerfile.cuda")


def test_the_cuda_image_brings_what_onnxruntime_needs():
    assert re.match(r"nvidia/cuda:13\.\d+\.\d+-cudnn-runtime-", steps("Dockerfile.cuda", "FROM")[0])


@pytest.mark.parametrize("name", DOCKERFILES)
def test_it_runs_as_nobody_and_says_how_it_is(name):
    assert steps(name, "USER") == ["10001:10001"]
    for package in ("tesseract-ocr", "poppler-utils"):
        assert any(package in step for step in steps(name, "RUN"))
    (check,) = steps(name, "HEALTHCHECK")
    assert json.loads(check[check.index("[") :])[0] == "python"
    assert "/healthz" in check


@pytest.mark.parametrize("name", DOCKERFILES)
def test_its_command_and_its_settings_exist(name):
    assert json.loads(steps(name, "ENTRYPOINT")[0]) == ["tailor"]
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "tailor" in scripts["scripts"]
    (command,) = json.loads(steps(name, "CMD")[0])
    assert command in scripts["entry-points"]["tailor.commands"]
    said = parsed(name).envs
    known = {f"TAILOR_{field.upper()}" for field in ServiceSettings.model_fields}
    assert {variable for variable in said if variable.startswith("TAILOR_")} <= known
    settings = {variable[7:].lower(): value for variable, value in said.items() if variable.startswith("TAILOR_")}
    assert ServiceSettings(**settings).data == Path("/data")


def compose(name: str = "compose.yaml") -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / name).read_text(encoding="utf-8"))
    return found


def test_compose_names_only_what_there_is():
    found = compose()
    services = found["services"]
    assert set(services) == {"tailor", "label-studio", "prometheus", "grafana"}
    for name, service in services.items():
        assert set(service.get("depends_on", ())) <= set(services)
        assert set(service.get("secrets", ())) <= set(found["secrets"])
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert (DEPLOY / source).exists() if source.startswith(".") else source in found["volumes"]
        if "build" in service:
            assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).resolve().is_file()
        else:
            assert PINNED.fullmatch(service["image"]), name
    assert (DEPLOY / compose("compose.gpu.yaml")["services"]["tailor"]["build"]["dockerfile"].split("/")[1]).is_file()


def test_compose_opens_nothing_to_other_machines_and_gives_no_rights():
    for service in compose()["services"].values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
        assert "no-new-privileges:true" in service["security_opt"]
        assert "mem_limit" in service
    tailor = compose()["services"]["tailor"]
    assert tailor["read_only"]
    assert tailor["cap_drop"] == ["ALL"]
    assert int(tailor["stop_grace_period"].rstrip("s")) > int(tailor["environment"]["TAILOR_GRACE"])
    known = {f"TAILOR_{field.upper()}" for field in ServiceSettings.model_fields}
    assert set(tailor["environment"]) <= known


def test_every_password_that_compose_asks_for_is_in_the_example():
    asked = set(re.findall(r"\$\{(\w+):\?", (DEPLOY / "compose.yaml").read_text(encoding="utf-8")))
    lines = (DEPLOY / ".env.example").read_text(encoding="utf-8").splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert asked == set(given)
    assert not any("PASSWORD" in name and value for name, value in given.items()), "an example must not be a password"


def test_commands_in_comments_and_documentation_exist():
    known = {"serve": _options(serve)}
    for command in keys.registered_commands:
        known[f"keys {command.name or command.callback.__name__}"] = _options(command.callback)
    texts = [*DEPLOY.rglob("*.y*ml"), *(DEPLOY / name for name in DOCKERFILES), ROOT / "docs" / "serving.md"]
    found = [
        match
        for path in texts
        for match in re.finditer(r"tailor(?::\w+)? (serve|keys \w+)([^\n`]*)", path.read_text(encoding="utf-8"))
    ]
    assert len(found) > 5
    for match in found:
        assert match[1] in known, match[0]
        assert set(re.findall(r" (--[a-z-]+)", match[2].split("|")[0])) <= known[match[1]], match[0]


def _options(callback: Any) -> set[str]:
    app = typer.Typer(add_completion=False)
    app.command()(callback)
    command = typer.main.get_command(app)
    return {option for parameter in command.params for option in [*parameter.opts, *parameter.secondary_opts]}
