"""The review desk with the real Label Studio: nothing is lost, nothing doubled, and what people do comes back."""

from __future__ import annotations

import json
import time
from copy import deepcopy
from pathlib import Path

import pytest

from extractor.task import RECEIPTS
from extractor.types import Box, Field
from labeling.review.client import Client, DeskError
from labeling.review.convert import predicted_receipt
from labeling.review.labels import label_of_receipt, receipt_of_label
from labeling.review.pictures import PictureFolder
from labeling.review.pull import reviews
from labeling.review.push import push
from labeling.review.sources import TEACHER, Source, values_of
from labeling.review.status import project_status
from tests.labeling.review.documents import made_up, sources_of, submit
from tests.labeling.review.receipts import SIZES
from tests.labeling.review.server import Server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PUSH_SECONDS = 60.0
"""What 200 documents may take."""


def test_two_hundred_documents_come_back_identical(client: Client, folder: Path) -> None:
    records = made_up(folder, 200)
    begun = time.monotonic()
    project, report = push(client, "Two hundred", sources_of(records), PictureFolder(folder), RECEIPTS)
    seconds = time.monotonic() - begun
    assert (report.added, report.problems) == (200, [])
    for task in client.tasks(project["id"]):
        submit(client, task, task["predictions"][0]["result"])
    tasks = list(client.tasks(project["id"]))
    came = {each.document: each for each in reviews(tasks, RECEIPTS, client.people())}
    # The annotation alone, so that nothing is filled in from the prediction.
    alone = {each["data"]["document"]: predicted_receipt(each["annotations"][0]["result"], RECEIPTS) for each in tasks}
    compared = identical = 0
    for sent in records:
        review = came[Path(sent.file).stem]
        assert review.record() == sent
        assert review.changes == ()
        assert {**review.label(RECEIPTS), "provenance": None} == {
            **label_of_receipt(review.document, sent.receipt, RECEIPTS),
            "provenance": None,
        }
        before, after = list(values_of(sent.receipt)), list(values_of(alone[review.document]))
        compared += len(before)
        identical += sum(_same(one, other) for one, other in zip(before, after, strict=True))
    print(f"\npushed in {seconds:.1f} s; {identical} of {compared} values identical")
    assert identical == compared > 2000
    assert seconds < PUSH_SECONDS


def _same(one: Field, other: Field) -> bool:
    """Value, text, confidence and page equal; the box within half a pixel."""
    if one.model_copy(update={"box": None}) != other.model_copy(update={"box": None}):
        return False
    if one.box is None or other.box is None:
        return one.box is other.box
    wide, high = SIZES[one.page or 0]
    edges = zip(Box(*one.box).as_list(), Box(*other.box).as_list(), (wide, high) * 2, strict=True)
    return all(abs(a - b) * pixels <= 0.5 for a, b, pixels in edges)


def test_pushing_again_doubles_nothing(client: Client, folder: Path) -> None:
    records = made_up(folder, 5, seed=2)
    sources, pictures = sources_of(records), PictureFolder(folder)
    project, _ = push(client, "Again", sources, pictures, RECEIPTS)
    _, again = push(client, "Again", sources, pictures, RECEIPTS)
    assert (again.added, again.updated, again.unchanged) == (0, 0, 5)
    other = Source("d000", "d000", "", f"{TEACHER}t", receipt_of_label({"total": "1.00"}, RECEIPTS))
    changed = Source(**{**vars(sources[1]), "receipt": records[0].receipt})
    _, third = push(client, "Again", [other, changed], pictures, RECEIPTS)
    assert (third.added, third.updated, third.unchanged) == (0, 2, 0)
    tasks = {each["data"]["document"]: each for each in client.tasks(project["id"])}
    assert len(tasks) == 5
    assert [len(tasks[f"d00{at}"]["predictions"]) for at in range(3)] == [2, 1, 1]


def test_the_most_doubtful_document_is_opened_first(client: Client, folder: Path) -> None:
    sources = sources_of(made_up(folder, 8, seed=3))
    pictures = PictureFolder(folder)
    project, _ = push(client, "Doubtful", sources[:4], pictures, RECEIPTS)
    push(client, "Doubtful", sources[4:], pictures, RECEIPTS)
    opened = []
    for _ in sources:
        task = client._json("GET", f"api/projects/{project['id']}/next")
        opened.append(task["data"]["document"])
        submit(client, task, [])
    assert opened == [each.document for each in sorted(sources, key=lambda each: each.sureness)]
    view = client._json("GET", "api/dm/views/", params={"project": project["id"]})[0]
    listed = client._json("GET", "api/tasks", params={"view": view["id"], "page_size": 100, "fields": "all"})["tasks"]
    assert [each["data"]["document"] for each in listed] == opened


def test_what_people_change_comes_back(client: Client, label_studio: Server, folder: Path) -> None:
    records = made_up(folder, 4, seed=4)
    project, _ = push(client, "Changes", sources_of(records), PictureFolder(folder), RECEIPTS)
    tasks = {each["data"]["document"]: each for each in client.tasks(project["id"])}
    results = deepcopy(tasks["d000"]["predictions"][0]["result"])
    written = next(each for each in results if each["from_name"] == "_text" and each["id"] in RECEIPTS.names)
    written["value"]["text"] = ["RM 77.70"]
    submit(client, tasks["d000"], results)
    submit(client, tasks["d001"], tasks["d001"]["predictions"][0]["result"], was_cancelled=True)
    found = list(reviews(client.tasks(project["id"]), RECEIPTS, client.people()))
    assert [each.document for each in found] == ["d000"]
    label = json.loads(json.dumps(found[0].label(RECEIPTS)))
    told = label["provenance"]
    assert (told["who"], told["lead_time"], told["predicted_by"]) == (label_studio.email, 12.5, "tiny@1")
    assert [each["field"] for each in told["changed"]] == [written["id"]]
    expected = label_of_receipt("d000", records[0].receipt, RECEIPTS)
    assert {key for key in expected if label[key] != expected[key]} <= {written["id"], "date_text"}
    status = project_status(client.tasks(project["id"]), RECEIPTS)
    assert (status.total, status.done, status.skipped, status.left, status.changed) == (4, 1, 1, 2, 1)


def test_a_wrong_token_is_told_without_showing_it(label_studio: Server) -> None:
    with pytest.raises(DeskError, match="refuses the token") as told:
        Client(label_studio.url, "0123456789abcdef").project("Nothing")
    assert "0123456789abcdef" not in str(told.value)
