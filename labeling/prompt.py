"""The instructions for a teacher, made from the schema of the task (TAIL: task-aware instruction-based labelling,
arXiv 2411.14957): what each field means, its form, examples, its choices, and how to say that it is not there.

The system text and the JSON schema are the same for every document of a task, so that providers keep them in their
caches; what differs (captions of the pictures, OCR words) follows after them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from extractor.task import FieldSpec, Task
from extractor.types import ITEM_PARTS, Page

PICTURES = "pictures"
"""The key under which a teacher says in which order it took the pictures; it is no part of the label."""

_HEAD = "You label {documents}. You see the pictures of one document and return one JSON object for it, nothing else."
_RULES = (
    "Copy a printed text as it stands: its words, spelling, case and punctuation. Where a value runs over several"
    " lines, join them by one space.",
    "A value that is not printed, is cut off, or can't be read with certainty is null. Never fill a gap by guessing,"
    " and never write N/A or an empty text.",
    "Handwriting and rubber stamps are not print: leave them out, unless a value stands nowhere else.",
    "Don't translate; the document may be in any language.",
)
_AMOUNTS = (
    "Write an amount as a text with two decimals, a point as the decimal sign, no currency and no thousands sign"
    ' ("1234.50"); keep a minus in front of a negative amount.'
)
_ORDER = (
    "Pictures come in reading order, numbered from 1. A long page is cut into parts that overlap a little: what stands"
    " in two of them is one and the same, so list it once. Put the numbers of the pictures into `pictures` in the order"
    " in which the document runs on."
)
_WORDS = (
    "As a help you get the words that OCR found, one a line: its left edge and its upper edge in thousandths of"
    " the page, then the word. OCR makes mistakes: where it differs from the picture, the picture is right."
)
_FORMS = {
    "amount": "amount",
    "date": "ISO 8601, YYYY-MM-DD",
    "time": "24-hour HH:MM",
    "card": "four digits",
}


@dataclass(frozen=True)
class Prompt:
    """What is sent for one document. `system` and `schema` are the task's; `user` ends the message after the pictures.

    `version` names system, schema and the form of the user text, not this document's words.
    """

    system: str
    user: str
    schema: Mapping[str, Any]
    version: str


def build_prompt(task: Task, *, words: Sequence[Page] | None = None) -> Prompt:
    """The prompt of a task; with `words`, the words of these pages and their places are given as help."""
    system, schema, version = _constant(task, words is not None)
    user = f"Read this document and return the JSON object of the {task.documents} task."
    if words is not None:
        user = f"{word_list(words)}\n\n{user}"
    return Prompt(system, user, schema, version)


def caption(number: int, count: int, page: int, pages: int, part: int, parts: int) -> str:
    """The line before a picture: its number among all, its page, and its part where the page was cut (all from 0)."""
    place = f"page {page + 1} of {pages}" if pages > 1 else "the page"
    if parts > 1:
        place += f", part {part + 1} of {parts} from the top"
    return f"Picture {number + 1} of {count}: {place}"


def word_list(pages: Iterable[Page]) -> str:
    """The words of pages, one a line: "x y text", in thousandths of the page."""
    lines = []
    for page in pages:
        lines.append(f"Words of page {page.index + 1}:")
        lines += [f"{word.box.x0 * 1000:.0f} {word.box.y0 * 1000:.0f} {word.text}" for word in page.words]
    return "\n".join(lines)


def answer_schema(task: Task) -> dict[str, Any]:
    """JSON Schema of an answer: the fields in their order, each a text or null; `date_text` beside each date.

    It is as strict as the providers' structured output asks: all keys required, no others.
    """
    properties: dict[str, Any] = {}
    for field in task.fields:
        if field.type == "date":
            properties[date_text_of(field)] = {
                "type": ["string", "null"],
                "description": "The date exactly as printed.",
            }
        properties[field.name] = _value_schema(field)
    if task.line_items:
        properties["line_items"] = {
            "type": "array",
            "description": task.line_items.meaning,
            "items": {
                "type": "array",
                "description": f"[{', '.join(ITEM_PARTS)}]",
                "items": {"type": ["string", "null"]},
            },
        }
    properties[PICTURES] = {
        "type": "array",
        "description": "The numbers of the pictures in the order in which the document runs on.",
        "items": {"type": "integer"},
    }
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def date_text_of(field: FieldSpec) -> str:
    """The key beside a date that holds it as printed: `date_text` for `date`."""
    return f"{field.name}_text"


def _value_schema(field: FieldSpec) -> dict[str, Any]:
    meaning = " ".join(part for part in (field.meaning, field.format and f"Form: {field.format}") if part)
    if field.choices:
        return {"anyOf": [{"type": "string", "enum": list(field.choices)}, {"type": "null"}], "description": meaning}
    return {"type": ["string", "null"], "description": meaning}


@lru_cache(maxsize=32)
def _constant_of(dump: str, words: bool) -> tuple[str, str, str]:
    task = Task.model_validate_json(dump)
    system = _system(task, words)
    schema = json.dumps(answer_schema(task), ensure_ascii=False)
    whole = "\x00".join((system, schema, _caption_forms(), str(task.version)))
    return system, schema, hashlib.sha256(whole.encode()).hexdigest()[:12]


def _constant(task: Task, words: bool) -> tuple[str, dict[str, Any], str]:
    system, schema, version = _constant_of(task.model_dump_json(), words)
    return system, json.loads(schema), version


def _caption_forms() -> str:
    """A caption of each form: part of what the version of a prompt stands for."""
    return caption(0, 3, 0, 2, 0, 2) + caption(0, 1, 0, 1, 0, 1)


def _system(task: Task, words: bool) -> str:
    inferred = ", ".join(f"`{name}`" for name in task.inferred)
    rules = [*_RULES, *task.rules, _ORDER]
    if inferred:
        rules.insert(2, f"Only {inferred} may be concluded from the document as a whole; all else must be printed.")
    if task.amounts or task.line_items:
        rules.insert(-1, _AMOUNTS)
    if words:
        rules.append(_WORDS)
    fields = [_field_line(field) for field in task.fields]
    if task.line_items:
        most = task.line_items.most
        fields.append(f"- line_items: {task.line_items.meaning} At most the first {most}; [] where there are none.")
    parts = [
        _HEAD.format(documents=task.documents),
        task.introduction,
        "Rules\n" + "\n".join(f"- {rule}" for rule in rules),
        "Fields\n" + "\n".join(fields),
    ]
    return "\n\n".join(part for part in parts if part)


def _field_line(field: FieldSpec) -> str:
    line = f"- {field.name}: {field.meaning}"
    form = field.format or _FORMS.get(field.type, "")
    if form:
        line += f" Form: {form.rstrip('.')}."
    if field.choices:
        line += f" One of {', '.join(field.choices)}, or null."
    if field.examples:
        line += " For instance " + ", ".join(f'"{example}"' for example in field.examples) + "."
    return line
