"""What people made of a document comes back: the latest, with who, when and what they changed."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from extractor.task import RECEIPTS
from extractor.types import Field, LineItem, Receipt
from labeling.review.convert import results_of
from labeling.review.pull import Review, changes, reviews
from labeling.review.push import data_of, prediction_of
from labeling.review.regions import Result
from labeling.review.sources import Source
from labeling.review.status import project_status
from tests.labeling.review.fake_desk import FakeDesk
from tests.labeling.review.receipts import SIZES, record

PEOPLE = {1: "ann@example.com", 2: "bob@example.com"}


def placed(value: str, text: str | None = None, x: float = 0.5) -> Field:
    return Field(value=value, text=text or value, confidence=0.6, page=0, box=[x, 0.5, x + 0.2, 0.55])


READ = Receipt(
    fields={"merchant_name": placed("Kafe"), "total": placed("80.90", "RM80.90")},
    line_items=[LineItem(description=placed("Tea"), amount=placed("80.90"))],
)


def desk_with(receipt: Receipt = READ, model: str = "tiny@1", count: int = 1) -> FakeDesk:
    """A desk with documents d1, d2, … that one reader read."""
    desk = FakeDesk()
    for at in range(1, count + 1):
        record_ = record(f"in/d{at}.png", f"{at:064}", receipt)
        source = Source(f"d{at}", record_.file, record_.sha256, model, receipt, record_)
        data = data_of(source, source.sha256, ["/data/upload/1/x.png"], SIZES[:1])
        desk.add_tasks(1, [{"data": data, "predictions": [prediction_of(source, RECEIPTS, SIZES[:1])]}])
    return desk


def shown(receipt: Receipt = READ) -> list[Result]:
    return results_of(receipt, RECEIPTS, SIZES[:1])


def retyped(text: str) -> list[Result]:
    """The results after a person typed another text at the total."""
    results = deepcopy(shown())
    next(each for each in results if (each["id"], each["from_name"]) == ("total", "_text"))["value"]["text"] = [text]
    return results


def pulled(desk: FakeDesk) -> list[Review]:
    return list(reviews(desk.tasks(1), RECEIPTS, PEOPLE))


def test_an_accepted_document_comes_back_as_it_was_read() -> None:
    desk = desk_with()
    desk.annotate(1, shown(), completed_by=2)
    review = pulled(desk)[0]
    assert review.record() == record("in/d1.png", f"{1:064}", READ)
    assert (review.document, review.who, review.predicted_by, review.changes) == ("d1", PEOPLE[2], "tiny@1", ())


def test_the_label_says_who_when_and_what_changed() -> None:
    desk = desk_with()
    desk.annotate(1, retyped("RM81.90"))
    label = pulled(desk)[0].label(RECEIPTS)
    assert (label["id"], label["total"], label["merchant_name"]) == ("d1", "81.90", "Kafe")
    assert label["line_items"] == [["Tea", None, None, "80.90"]]
    assert label["provenance"] == {
        "who": "ann@example.com",
        "when": "2026-01-02T03:04:05Z",
        "lead_time": 3.0,
        "predicted_by": "tiny@1",
        "changed": [{"field": "total", "what": "value", "before": "80.90", "after": "81.90"}],
    }


def test_skipped_documents_and_untouched_ones_are_left_out() -> None:
    desk = desk_with(count=2)
    desk.annotate(1, shown(), was_cancelled=True)
    assert pulled(desk) == []


def test_of_several_annotations_the_latest_counts() -> None:
    desk = desk_with()
    desk.annotate(1, retyped("RM2.00"), updated_at="2026-01-03T00:00:00Z", completed_by=2)
    desk.annotate(1, retyped("RM1.00"), updated_at="2026-01-02T00:00:00Z")
    assert [each.receipt.value("total") for each in pulled(desk)] == ["2.00"]


def test_a_review_is_compared_with_the_prediction_that_it_began_with() -> None:
    desk = desk_with()
    other = Receipt(fields={"total": Field(value="1.00", text="1.00", confidence=1)})
    results = shown(other)
    desk.add_predictions(1, [{"task": 1, "model_version": "teacher t", "score": 1, "result": results}])
    desk.annotate(1, results, parent_prediction=2)
    desk.annotate(1, shown(), updated_at="2026-01-03T00:00:00Z")  # through the API, which names no parent
    latest = pulled(desk)[0]
    assert (latest.predicted_by, latest.changes) == ("tiny@1", ())
    desk.made[0]["annotations"].pop()
    assert (pulled(desk)[0].predicted_by, pulled(desk)[0].changes) == ("teacher t", ())


def test_changes_name_value_text_box_and_page_in_turn() -> None:
    def changed(after: Field | None) -> list[dict[str, Any]]:
        fields = {"total": after} if after else {}
        return list(changes(Receipt(fields={"total": placed("1.00", "RM1")}), Receipt(fields=fields)))

    assert changed(None) == [{"field": "total", "what": "value", "before": "1.00", "after": None}]
    assert changed(placed("1.00", "RM1.00"))[0]["what"] == "text"
    assert changed(placed("1.00", "RM1", x=0.6))[0]["what"] == "box"
    assert changed(placed("1.00", "RM1").model_copy(update={"page": 1}))[0]["what"] == "page"
    assert changed(placed("1.00", "RM1").model_copy(update={"confidence": 1.0})) == []


def test_changes_of_line_items_name_their_place() -> None:
    after = READ.model_copy(update={"line_items": [LineItem(description=placed("Tea"))]})
    assert [each["field"] for each in changes(READ, after)] == ["line_items[0].amount"]


def test_status_counts_documents() -> None:
    desk = desk_with(count=4)
    desk.annotate(1, shown())
    desk.annotate(2, retyped("RM1.00"), completed_by=2)
    desk.annotate(3, shown(), was_cancelled=True)
    status = project_status(desk.tasks(1), RECEIPTS)
    assert (status.total, status.done, status.skipped, status.left) == (4, 2, 1, 1)
    assert (status.changed, status.people) == (1, 2)


def test_status_tells_agreement_of_people_teacher_and_student() -> None:
    desk = desk_with()
    teacher = Receipt(fields={"total": Field(value="80.95", text="80.95", confidence=1)})
    desk.add_predictions(1, [{"task": 1, "model_version": "teacher t", "score": 1, "result": shown(teacher)}])
    desk.annotate(1, retyped("RM81.90"), completed_by=2)
    desk.annotate(1, shown(), updated_at="2026-01-03T00:00:00Z")
    rows = {each.field: each for each in project_status(desk.tasks(1), RECEIPTS).fields}
    total, name, items = rows["total"], rows["merchant_name"], rows["line_items"]
    assert [each and round(each.score, 2) for each in (total.people, total.person_teacher, total.person_student)] == [
        0.8,
        0.8,
        1.0,
    ]
    assert name.person_teacher
    assert name.person_teacher.score == 0.0  # the teacher missed what the person saw
    assert items.person_student
    assert items.person_student.score == 1.0
    assert "tax" not in rows
