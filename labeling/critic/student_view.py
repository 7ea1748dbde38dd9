"""What the present student makes of a document: its values with their confidence, and how probable it holds others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from extractor.anls import anls, anls_star_items
from extractor.normalize.amounts import document_decimal_sign
from extractor.student.decoder import candidates, decode
from extractor.student.encoder import encode, picture, tokenize
from extractor.student.runtime import Student
from extractor.student.values import Reader
from extractor.truth import comparable, comparable_item
from extractor.types import ITEM_PARTS, Page, Receipt
from labeling.critic.family import Evidence
from labeling.critic.merchants import SAME


@dataclass(frozen=True)
class StudentView:
    """`candidates`: field → value → probability, for fields found as spans; `absent` the probability of none."""

    receipt: Receipt
    candidates: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    absent: Mapping[str, float] = field(default_factory=dict)


def view(
    student: Student, pages: Sequence[Page], pictures: Sequence[npt.NDArray[np.uint8]] | None = None
) -> StudentView | None:
    """The student's view of a document; None where it has no words. `pictures` are made where they are not given."""
    tokens = tokenize(pages)
    if not tokens:
        return None
    answers = student.run([encode(tokens, pictures or [picture(page) for page in pages])])[0]
    manifest = student.manifest
    receipt, _ = decode(tokens, answers, manifest)
    country = receipt.value("country")
    types = {name: manifest.type_of(name) for name in manifest.spans}
    reader = Reader(country, document_decimal_sign(token.text for token in tokens), types, frozenset(manifest.positive))
    found = {
        name: {each.value: min(each.probability, 1.0) for each in candidates(tokens, answers, at, name, reader)}
        for at, name in enumerate(manifest.spans)
    }
    absent = {name: float(answers.absent[at]) for at, name in enumerate(manifest.spans)}
    for name in manifest.inferred:
        kinds = manifest.inferred[name]
        found[name] = {kind: float(share) for kind, share in zip(kinds, answers.inferred[name], strict=True) if kind}
        absent[name] = float(answers.inferred[name][kinds.index("")]) if "" in kinds else 0.0
    return StudentView(receipt, found, absent)


def student_evidence(seen: StudentView | None, field: str, label: Mapping[str, Any]) -> Evidence:
    """The evidence named by `STUDENT`; empty where there is no student."""
    if seen is None:
        return {}
    if field == "line_items":
        return _items(seen, label)
    value = label.get(field)
    read = seen.receipt.fields.get(field)
    if value in (None, ""):
        share = seen.absent.get(field, 0.0 if read else 1.0)
        return {
            "student_same": 0.0 if read else share,
            "student_other": read.confidence if read else 0.0,
            "student_share": share,
        }
    said = comparable(field, str(value))
    alike = similarity(field, read.value, said) if read else 0.0
    share = sum(
        chance for each, chance in seen.candidates.get(field, {}).items() if similarity(field, each, said) >= SAME
    )
    return {
        "student_same": read.confidence if read and alike >= SAME else 0.0,
        "student_other": read.confidence if read and alike < SAME else seen.absent.get(field, 0.0) if not read else 0.0,
        "student_share": min(share, 1.0),
    }


LENIENT = frozenset({"merchant_name", "merchant_address"})
"""Fields whose values may differ in spelling and still be the same; others are equal or not."""


def similarity(field: str, one: str, other: str) -> float:
    """How alike two values of a field are, 0–1: by ANLS for names and addresses, else equal or not."""
    one, other = comparable(field, one), comparable(field, other)
    if field in LENIENT:
        return anls(one, other)
    return float("".join(one.casefold().split()) == "".join(other.casefold().split()))


def _items(seen: StudentView, label: Mapping[str, Any]) -> Evidence:
    read = [
        comparable_item({part: getattr(item, part).value for part in ITEM_PARTS if getattr(item, part)})
        for item in seen.receipt.line_items
    ]
    alike = anls_star_items(read, label_items(label))
    return {"student_same": float(alike >= SAME), "student_other": float(alike < SAME), "student_share": alike}


def label_items(label: Mapping[str, Any]) -> list[dict[str, str]]:
    """A label's line items as they are compared."""
    items: Sequence[Any] = label.get("line_items") or ()
    return [
        comparable_item(item if isinstance(item, dict) else dict(zip(ITEM_PARTS, item, strict=False))) for item in items
    ]
