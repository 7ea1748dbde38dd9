"""With the real Label Studio: a browser shows boxes where they belong, and an open task what the student reads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from extractor.pipeline import Extractor
from extractor.task import RECEIPTS
from extractor.types import Extraction
from labeling.review.client import Client
from labeling.review.config import labelling_configuration
from labeling.review.convert import predicted_receipt
from labeling.review.pictures import PictureFolder
from labeling.review.pull import reviews
from labeling.review.push import push
from tests.labeling.review.browser import signed_in
from tests.labeling.review.documents import sources_of, submit
from tests.labeling.review.server import Server, free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

EXAMPLE = "grocery-malaysia.png"


@pytest.fixture(scope="module")
def record(examples: Path) -> Extraction:
    return Extractor().extract(examples / EXAMPLE)


def wait_until(true: Any, seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not come to pass"
        time.sleep(0.3)


def test_a_browser_draws_the_boxes_where_they_belong_and_submits_all(
    client: Client, label_studio: Server, examples: Path, record: Extraction, request: pytest.FixtureRequest
) -> None:
    source = sources_of([record])
    project, _ = push(client, "Browser", source, PictureFolder(examples), RECEIPTS)
    task = next(client.tasks(project["id"]))
    with signed_in(label_studio) as browser:
        browser.open_task(project["id"], task["id"])
        drawn = {each["id"]: each for each in browser.drawn()}
        browser.select("total")
        if request.config.getoption("--update-goldens"):
            browser.picture(Path(request.config.rootpath) / "docs" / "review.png")
        browser.submit()
        wait_until(lambda: next(client.tasks(project["id"]))["annotations"])
    placed = {name: field for name, field in record.receipt.fields.items() if field.box}
    assert len(placed) > 5
    assert placed.keys() <= drawn.keys()
    for name, field in placed.items():
        shown = drawn[name]
        wide, high = shown["size"]
        assert shown["label"] == name
        # A line's width: what is drawn may be rounded to whole pixels of the screen.
        assert shown["box"][0::2] == pytest.approx(field.box[0::2], abs=1.5 / wide)
        assert shown["box"][1::2] == pytest.approx(field.box[1::2], abs=1.5 / high)
    review = next(reviews(client.tasks(project["id"]), RECEIPTS, client.people()))
    assert (review.record(), review.changes) == (record, ())
    assert review.who == label_studio.email


@contextmanager
def backend(server: Server, tmp_path: Path, *arguments: str) -> Iterator[None]:
    """`tailor review backend` in a process of its own, until the block ends."""
    token = tmp_path / "token"
    token.write_text(server.token)
    command = "from labeling.review.cli import review; review()"
    options = ["--url", server.url, "--token-file", str(token), *arguments]
    environment = {**os.environ, "TAILOR_BACKEND_PASSWORD": "pass word"}
    log = tmp_path / "backend.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", command, "backend", *options], stderr=out, stdout=out, env=environment
        )
    try:
        wait_until(lambda: b"Ready" in log.read_bytes() or process.poll() is not None, 120)
        assert process.poll() is None, log.read_text()
        yield
    finally:
        process.terminate()
        process.wait(20)
    assert server.token not in log.read_text()


def test_an_open_task_shows_what_the_student_reads(
    client: Client, label_studio: Server, examples: Path, record: Extraction, tmp_path: Path
) -> None:
    project = client.create_project("Live", {"label_config": labelling_configuration(RECEIPTS)})
    pages = client.upload(project["id"], [(EXAMPLE, (examples / EXAMPLE).read_bytes())])
    client.add_tasks(project["id"], [{"data": {"pages": pages, "document": "a"}}])
    number = next(client.tasks(project["id"]))["id"]
    corpus = tmp_path / "labels.jsonl"
    options = ["--port", str(free_port()), "--connect", "Live", "--retrain-after", "1", "--corpus", str(corpus)]
    with backend(label_studio, tmp_path, *options):
        opened = client._json("GET", f"api/tasks/{number}/")
        assert [each["model_version"] for each in opened["predictions"]] == [record.model]
        assert predicted_receipt(opened["predictions"][0]["result"], RECEIPTS) == record.receipt
        submit(client, opened, opened["predictions"][0]["result"])
        mark = corpus.with_name("labels.jsonl.retrain.json")
        wait_until(mark.exists)
    said = json.loads(mark.read_text())
    assert (said["project"], said["count"], said["due"]) == ("Live", 1, True)
