"""Back from the desk: what people made of each document, and what they changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from extractor.task import Task
from extractor.types import ITEM_PARTS, Extraction, Field, Receipt
from labeling.review.config import PAGES_KEY
from labeling.review.convert import predicted_receipt, reviewed_receipt
from labeling.review.labels import label_of_receipt

Results = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Review:
    """One document as a person left it.

    `changes` tell field, what of it (value, text, box), before and after; `predicted_by` is who had read it ("" where
    the person began with nothing); `seconds` is how long the person took, where known.
    """

    document: str
    receipt: Receipt
    who: str
    when: str
    seconds: float | None
    predicted_by: str
    changes: tuple[dict[str, Any], ...]
    problems: tuple[str, ...]
    data: Mapping[str, Any] = field(repr=False)

    def label(self, task: Task) -> dict[str, Any]:
        """The review in the format of teachers' labels, with its provenance."""
        provenance = {
            "who": self.who,
            "when": self.when,
            "lead_time": self.seconds,
            "predicted_by": self.predicted_by or None,
            "changed": list(self.changes),
        }
        return {**label_of_receipt(self.document, self.receipt, task), "provenance": provenance}

    def record(self) -> Extraction:
        """The review as a record with places. Where a label, which has none, was reviewed, the rest is the least."""
        least = {"status": "ok", "pages": len(self.data.get(PAGES_KEY, [])), "model": self.predicted_by}
        known = {**least, **(self.data.get("record") or {})}
        named = {"file": self.data.get("file", self.document), "sha256": self.data.get("sha256", "")}
        return Extraction.model_validate({**known, **named, "receipt": self.receipt})


def reviews(tasks: Iterable[Mapping[str, Any]], task: Task, people: Mapping[int, str]) -> Iterator[Review]:
    """The reviews of these tasks of Label Studio: one a document, of several annotations the latest; skipped ones
    (cancelled annotations) and documents that nobody annotated are left out."""
    for each in tasks:
        done = finished(each)
        if done:
            latest = max(done, key=lambda annotation: annotation["updated_at"])
            yield review_of(latest, each, task, people)


def finished(task: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The annotations that were submitted, not skipped."""
    return [each for each in task["annotations"] if not each.get("was_cancelled")]


def review_of(annotation: Mapping[str, Any], there: Mapping[str, Any], task: Task, people: Mapping[int, str]) -> Review:
    prediction = _prediction(annotation, there["predictions"])
    predicted: Results = prediction["result"] if prediction else ()
    receipt, problems = reviewed_receipt(annotation["result"], task, predicted)
    data = there["data"]
    return Review(
        document=str(data.get("document", there["id"])),
        receipt=receipt,
        who=people.get(author(annotation), str(author(annotation))),
        when=annotation["updated_at"],
        seconds=annotation.get("lead_time"),
        predicted_by=prediction["model_version"] if prediction else "",
        changes=tuple(changes(predicted_receipt(predicted, task), receipt)),
        problems=problems,
        data=data,
    )


def author(annotation: Mapping[str, Any]) -> int:
    """The number of the person who made an annotation."""
    who = annotation.get("completed_by") or 0
    return int(who["id"] if isinstance(who, Mapping) else who)


def changes(before: Receipt, after: Receipt) -> Iterator[dict[str, Any]]:
    """What differs, field by field: its value, its text where the value is the same, or only its box."""
    old, new = dict(_named(before)), dict(_named(after))
    for name in dict.fromkeys([*old, *new]):
        one, other = old.get(name), new.get(name)
        for what in ("value", "text", "box"):
            left, right = (getattr(each, what) if each else None for each in (one, other))
            if left != right:
                yield {"field": name, "what": what, "before": left, "after": right}
                break
        else:
            if one and other and one.page != other.page:
                yield {"field": name, "what": "page", "before": one.page, "after": other.page}


def _named(receipt: Receipt) -> Iterator[tuple[str, Field]]:
    yield from receipt.fields.items()
    for at, item in enumerate(receipt.line_items):
        for part in ITEM_PARTS:
            found = getattr(item, part)
            if found is not None:
                yield f"line_items[{at}].{part}", found


def _prediction(annotation: Mapping[str, Any], predictions: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The prediction that a person began with; where Label Studio doesn't say, the one that shares most regions."""
    parent = annotation.get("parent_prediction")
    named = [each for each in predictions if parent is not None and each["id"] == parent]
    if named or not predictions:
        return named[0] if named else None
    ids = {result.get("id") for result in annotation["result"]}
    return max(predictions, key=lambda each: (len(ids & {result.get("id") for result in each["result"]}), each["id"]))
