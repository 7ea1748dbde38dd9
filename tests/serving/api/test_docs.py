"""The documentation is true: each example can be sent as it stands, and the page needs nothing from elsewhere."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from serving.app import create_app
from serving.settings import ServiceSettings
from tests.serving.conftest import Listening, service
from tests.serving.fake_engine import FakeEngine

Make = Callable[..., ServiceSettings]


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


@pytest.mark.anyio
async def test_every_example_of_a_body_is_answered_as_described(settings: Make) -> None:
    sent = []
    async with service(settings(), FakeEngine()) as client:
        schema = (await client.get("/openapi.json")).json()
        for method, path, operation in operations(schema):
            for kind, content in operation.get("requestBody", {}).get("content", {}).items():
                for name, example in content.get("examples", {}).items():
                    answer = await client.request(method, path, json=example["value"])
                    assert answer.status_code == 200, (path, name, answer.text)
                    assert kind == "application/json"
                    sent.append((path, name))
    for path in ("/v1/extract", "/v1/score", "/v1/audit"):
        assert [each for each in sent if each[0] == path], f"{path} has no example"


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_every_command_that_is_shown_works(
    listening: Listening, settings: Make, examples: Path, tmp_path: Path
) -> None:
    host, port = listening(FakeEngine())
    for name, example in {
        "receipt.jpg": "fuel-uk.jpg",
        "a.jpg": "mart-japan.jpg",
        "b.pdf": "hotel-singapore.pdf",
    }.items():
        (tmp_path / name).write_bytes((examples / example).read_bytes())
    schema = create_app(settings(), FakeEngine()).openapi()
    shown = [
        sample["source"] for _, _, operation in operations(schema) for sample in operation.get("x-codeSamples", ())
    ]
    assert shown
    for command in shown:
        words = shlex.split(command.replace("http://localhost:8000", f"http://{host}:{port}"))
        done = subprocess.run([*words, "-sS", "--fail"], cwd=tmp_path, capture_output=True, timeout=30, text=True)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith('{"results":[{')


@pytest.mark.anyio
async def test_the_page_describes_each_operation_and_loads_nothing(settings: Make) -> None:
    async with service(settings(), FakeEngine()) as client:
        page = await client.get("/docs")
        schema = (await client.get("/openapi.json")).json()
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert not re.search(r"<script|<link|<img|src=|@import|url\(", page.text)
    for method, path, operation in operations(schema):
        assert f"{method.upper()} {path}" in page.text
        assert operation["summary"] in page.text or "&#x27;" in page.text
    # Every type that is linked is on the page.
    assert set(re.findall(r"href='#(\w+)'", page.text)) <= set(re.findall(r"id='(\w+)'", page.text))


@pytest.mark.anyio
async def test_every_reference_of_the_description_leads_somewhere(settings: Make) -> None:
    async with service(settings(), FakeEngine()) as client:
        schema = await client.get("/openapi.json")
    references = set(re.findall(r'"#/components/schemas/([^"]+)"', schema.text))
    assert "Problem" in references
    assert references <= set(schema.json()["components"]["schemas"])


@pytest.mark.anyio
async def test_each_operation_says_which_problems_it_answers_with(settings: Make) -> None:
    async with service(settings(), FakeEngine()) as client:
        schema = (await client.get("/openapi.json")).json()
    for _, path, operation in operations(schema):
        for status in ("401", "405", "422", "429", "503"):
            assert "application/problem+json" in operation["responses"][status]["content"], (path, status)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/v2/extract", 404, "not_found"), ("DELETE", "/v1/extract", 405, "method_not_allowed")],
)
async def test_what_the_framework_refuses_is_a_problem_too(
    settings: Make, method: str, path: str, status: int, code: str
) -> None:
    async with service(settings(), FakeEngine()) as client:
        answer: httpx.Response = await client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
