"""What the generative student is asked, and what it is to answer: both follow from the task alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from extractor.task import FieldSpec, Task
from extractor.types import ITEM_PARTS, Extraction, Field, LineItem, Notice, Receipt

FORMS = {"amount": "a decimal such as 1234.50", "date": "YYYY-MM-DD", "time": "HH:MM", "card": "four digits"}

MALFORMED = Notice(
    code="malformed_answer", message="What the model wrote is not the JSON object that it was asked for."
)


def instruction(task: Task) -> str:
    """One short instruction: a model that is fine-tuned learns the rest from the answers."""
    lines = [
        f"Read this document ({task.documents}). Answer with one JSON object and nothing else. Copy what is printed; "
        "null where a value is not on the document. Keys:"
    ]
    lines += [f"- {line}" for field in task.fields for line in _described(field)]
    if task.line_items:
        lines.append(f"- line_items: a list of [{', '.join(ITEM_PARTS)}], in the order printed")
    return "\n".join(lines)


def _described(field: FieldSpec) -> Iterator[str]:
    if field.type == "date":
        yield f"{field.name}_text: the same date as `{field.name}`, as printed"
    form = f"one of {', '.join(field.choices)}" if field.choices else FORMS.get(field.type) or field.format
    yield f"{field.name}: {field.meaning}" + (f" ({form})" if form else "")


def answer_of(label: Mapping[str, Any], task: Task) -> str:
    """The answer that a label teaches: its keys in the order of the task, those it doesn't speak of left out."""
    said: dict[str, Any] = {}
    for field in task.fields:
        for name in (f"{field.name}_text", field.name) if field.type == "date" else (field.name,):
            if name in label:
                said[name] = label[name] or None
    if task.line_items and "line_items" in label:
        said["line_items"] = label["line_items"]
    return json.dumps(said, ensure_ascii=False, separators=(", ", ": "))


def record_of(name: str, answer: str, task: Task, confidence: float) -> Extraction:
    """The record of an answer: `failed` where it holds no JSON object. Values carry the confidence of the whole answer,
    and no place, since the model points at nothing."""
    base = Extraction(file=f"{name}.jpg", sha256="", status="failed", pages=1, model="generative")
    said = json_object(answer)
    if said is None:
        return base.model_copy(update={"error": MALFORMED})
    fields: dict[str, Field] = {}
    for field in task.fields:
        value, printed = _text(said.get(field.name)), _text(said.get(f"{field.name}_text"))
        if value or (printed and field.type == "date"):
            fields[field.name] = Field(value=value or printed, text=printed or value, confidence=confidence)
    items = [item for each in _listed(said.get("line_items")) if (item := _item(each, confidence))]
    return base.model_copy(update={"status": "ok", "receipt": Receipt(fields=fields, line_items=items)})


def json_object(text: str) -> dict[str, Any] | None:
    """The first JSON object in a text, or None."""
    start = text.find("{")
    if start < 0:
        return None
    try:
        found, _ = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _text(value: Any) -> str:
    if value is None or isinstance(value, (dict, list, bool)):
        return ""
    return str(value).strip()


def _listed(items: Any) -> list[Any]:
    return items if isinstance(items, list) else []


def _item(said: Any, confidence: float) -> LineItem | None:
    values = [said.get(part) for part in ITEM_PARTS] if isinstance(said, dict) else _listed(said)
    parts = {
        part: Field(value=text, text=text, confidence=confidence)
        for part, value in zip(ITEM_PARTS, values, strict=False)
        if (text := _text(value))
    }
    return LineItem(**parts) if parts else None
