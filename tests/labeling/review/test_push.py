"""What is sent to the desk, in which order, and what is left as it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from extractor.errors import UsageError
from extractor.task import RECEIPTS, load_task
from extractor.types import Extraction, Field, Notice, Receipt
from labeling.review.pictures import PictureFolder, check_pictures
from labeling.review.push import PushReport
from labeling.review.push import push as real_push
from labeling.review.sources import Source, read_sources
from tests.labeling.review.documents import made_up, sources_of
from tests.labeling.review.fake_desk import FakeDesk


def push(desk: FakeDesk, sources: list[Source], folder: Path, below: float = 1.0) -> PushReport:
    pictures = PictureFolder(folder)
    return real_push(desk, "Receipts", sources, pictures, RECEIPTS, below=below)[1]  # type: ignore[arg-type]


def sure(source: Source, confidence: float) -> Source:
    receipt = Receipt(fields={"total": Field(value="1.00", text="1.00", confidence=confidence)})
    return Source(**{**vars(source), "receipt": receipt})


def test_the_most_doubtful_come_first_with_their_doubt_as_score(folder: Path) -> None:
    desk = FakeDesk()
    sources = [sure(each, at) for each, at in zip(sources_of(made_up(folder, 3)), (0.9, 0.2, 0.5), strict=True)]
    push(desk, sources, folder)
    assert [each["data"]["document"] for each in desk.made] == ["d001", "d002", "d000"]
    assert [each["predictions"][0]["score"] for each in desk.made] == [0.2, 0.5, 0.9]
    assert desk.projects[0]["sampling"] == "Uncertainty sampling"
    assert desk.projects[0]["model_version"] == "tiny@1"


def test_those_read_surely_can_be_left_out(folder: Path) -> None:
    desk = FakeDesk()
    sources = [sure(each, at) for each, at in zip(sources_of(made_up(folder, 3)), (0.9, 0.2, 0.5), strict=True)]
    report = push(desk, sources, folder, below=0.5)
    assert (report.added, report.sure) == (1, 2)


def test_each_page_is_a_picture_of_its_task(folder: Path) -> None:
    desk = FakeDesk()
    push(desk, sources_of(made_up(folder, 10)), folder)
    two = next(each["data"] for each in desk.made if each["data"]["document"] == "d009")
    assert two["sizes"] == [[400, 600], [300, 500]]
    assert [address.rsplit("-", 1)[1] for address in two["pages"]] == ["1.jpg", "2.jpg"]


def test_a_picture_that_browsers_show_is_sent_as_it_is(folder: Path) -> None:
    desk = FakeDesk()
    push(desk, sources_of(made_up(folder, 1)), folder)
    assert list(desk.uploads.values()) == [(folder / "d000.png").read_bytes()]


def test_pushing_again_changes_nothing(folder: Path) -> None:
    desk = FakeDesk()
    sources = sources_of(made_up(folder, 4))
    push(desk, sources, folder)
    before = json.dumps(desk.made)
    assert push(desk, sources, folder) == PushReport(unchanged=4)
    assert json.dumps(desk.made) == before


def test_two_names_of_the_same_picture_are_two_documents(folder: Path) -> None:
    desk = FakeDesk()
    first = made_up(folder, 1)[0]
    (folder / "copy.png").write_bytes((folder / "d000.png").read_bytes())
    sources = sources_of([first, first.model_copy(update={"file": str(folder / "copy.png")})])
    assert push(desk, sources, folder).added == 2
    assert push(desk, sources, folder).unchanged == 2


def test_another_reading_of_the_same_reader_takes_the_place_of_the_first(folder: Path) -> None:
    desk = FakeDesk()
    sources = sources_of(made_up(folder, 2))
    push(desk, sources, folder)
    assert push(desk, [sure(sources[0], 0.3), sources[1]], folder) == PushReport(updated=1, unchanged=1)
    assert sorted(len(each["predictions"]) for each in desk.made) == [1, 1]


def test_labels_of_a_teacher_stand_beside_the_student(folder: Path) -> None:
    desk = FakeDesk()
    push(desk, sources_of(made_up(folder, 1)), folder)
    labels = folder.parent / "labels.jsonl"
    labels.write_text('{"id": "d000", "total": "1.00", "line_items": []}\n')
    assert push(desk, read_sources(labels, RECEIPTS), folder).updated == 1
    assert [each["model_version"] for each in desk.made[0]["predictions"]] == ["tiny@1", "teacher labels"]


def test_documents_that_cannot_be_sent_stop_nothing(folder: Path) -> None:
    desk = FakeDesk()
    records = made_up(folder, 4)
    Image.new("RGB", (9, 9)).save(folder / "d000.png")
    (folder / "d001.png").unlink()
    outside = Field(value="1", text="1", confidence=1, page=0, box=[0.5, 0.5, 1.5, 0.6])
    records[2] = records[2].model_copy(update={"receipt": Receipt(fields={"total": outside})})
    report = push(desk, sources_of(records), folder)
    assert report.added == 1
    assert sorted(each.split("[")[1].split("]")[0] for each in report.problems) == [
        "bad_record",
        "picture_changed",
        "picture_missing",
    ]


def test_a_page_that_was_turned_to_be_read_is_shown_upright(folder: Path) -> None:
    desk = FakeDesk()
    record = made_up(folder, 1)[0]
    notice = Notice(code="page_turned", message="Page 1 was turned by 90 degrees clockwise to be upright.")
    push(desk, sources_of([record.model_copy(update={"warnings": [notice]})]), folder)
    assert desk.made[0]["data"]["sizes"] == [[600, 400]]


def test_a_task_of_ones_own_changes_the_configuration(folder: Path, tmp_path: Path) -> None:
    desk = FakeDesk()
    sources = sources_of(made_up(folder, 1))
    push(desk, sources, folder)
    file = tmp_path / "own.yaml"
    file.write_text("name: own\nfields: [{name: shop, kind: span, meaning: The shop.}]\n")
    real_push(desk, "Receipts", sources, PictureFolder(folder), load_task(file))  # type: ignore[arg-type]
    assert 'value="shop"' in desk.projects[0]["label_config"]


def test_records_find_their_documents_without_a_folder(folder: Path) -> None:
    desk = FakeDesk()
    sources = sources_of(made_up(folder, 1))
    real_push(desk, "Receipts", sources, PictureFolder(None), RECEIPTS)  # type: ignore[arg-type]
    assert len(desk.made) == 1


def test_labels_without_a_folder_are_refused() -> None:
    with pytest.raises(UsageError, match="--pictures"):
        check_pictures(None, [Source("a", "a", "", "teacher x", Receipt())])


@pytest.mark.parametrize("text", ["", "{oops\n", "[1]\n", '{"total": "1"}\n', '{"receipt": {}}\n'])
def test_a_file_of_something_else_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "x.jsonl"
    file.write_text(text)
    with pytest.raises(UsageError) as told:
        read_sources(file, RECEIPTS)
    assert told.value.code == "not_reviewable"


def test_the_record_but_for_its_receipt_is_kept_with_the_task(folder: Path) -> None:
    desk = FakeDesk()
    record = made_up(folder, 1)[0].model_copy(update={"status": "partial", "seconds": {"ocr": 1.5}})
    push(desk, sources_of([record]), folder)
    kept = desk.made[0]["data"]
    least = {"file": kept["file"], "sha256": kept["sha256"], "receipt": record.receipt}
    assert Extraction.model_validate({**kept["record"], **least}) == record
