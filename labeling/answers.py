"""A teacher's answer, taken apart and checked: the label in the format of label files, or what is wrong with it.

Models wrap their JSON into fences and prose, write amounts in the form of their country, and leave empty texts where
null was asked. That is put right where it is unambiguous; whatever else is wrong is named in words that the teacher can
be asked again with.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model

from extractor.task import FieldSpec, Task
from extractor.types import ITEM_PARTS
from labeling.prompt import PICTURES, date_text_of

Kind = Literal["malformed", "truncated", "refused", "wrong_schema", "wrong_order"]

LONGEST_ANSWER = 200_000
LONGEST_TEXT = 2_000

_EMPTY = frozenset({"", "-", "--", "n/a", "na", "none", "null", "nil"})
_PLAIN = re.compile(r"(-?)(\d+)(?:\.(\d+))?$")
_US = re.compile(r"(-?)(\d{1,3}(?:,\d{3})+)(?:\.(\d+))?$")
_EUROPEAN = re.compile(r"(-?)(\d{1,3}(?:\.\d{3})+),(\d{1,2})$")
_COMMA = re.compile(r"(-?)(\d+),(\d{2})$")
_MARK = re.compile(r"^(-?)\s*(?:[A-Z]{1,3}|[A-Z]{0,2}[$€£¥₹])\s*(?=[-\d])|\s*(?:[A-Z]{3}|[€£¥])$")
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)$")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?$")


class AnswerProblem(Exception):
    """An answer that gives no label. `message` says what is wrong in words for the teacher itself."""

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


@dataclass(frozen=True)
class Answer:
    """A label that passed, and notes of what was put right or left out on the way."""

    label: Mapping[str, Any]
    notes: tuple[str, ...] = field(default=())


def parse_answer(answer: str | Mapping[str, Any], task: Task, *, pictures: int | None = None) -> dict[str, Any]:
    """The label in an answer: all keys of the task in its order (see `read_answer`)."""
    return dict(read_answer(answer, task, pictures=pictures).label)


def read_answer(answer: str | Mapping[str, Any], task: Task, *, pictures: int | None = None) -> Answer:
    """The label in an answer, with notes.

    `pictures` is how many were sent: where the answer says that it took them in another order it is refused. Raises
    AnswerProblem, and nothing else, whatever the answer is.
    """
    found = dict(answer) if isinstance(answer, Mapping) else _json_object(answer)
    _check_order(found.pop(PICTURES, None), pictures)
    model = _model_of(task.model_dump_json())
    known = set(model.model_fields)
    notes = [f"left out: {key}" for key in found if key not in known]
    if len(known & set(found)) * 3 < len(known):
        # A few missing keys are nulls that were left out; more of them is another form of answer.
        raise AnswerProblem(
            "wrong_schema", f"The keys asked for are missing; they are {', '.join(model.model_fields)}."
        )
    try:
        checked = model.model_validate({key: value for key, value in found.items() if key in known})
    except ValidationError as error:
        raise AnswerProblem("wrong_schema", _said(error)) from error
    except (RecursionError, ValueError, ArithmeticError) as error:
        raise AnswerProblem("wrong_schema", "The values could not be read.") from error
    label = checked.model_dump()
    notes += [f"put right: {key}" for key in known & set(found) if label[key] != found[key]]
    notes += [f"missing: {key}" for key in model.model_fields if key not in found]
    return Answer(label, tuple(sorted(notes)))


def _check_order(order: Any, pictures: int | None) -> None:
    if pictures is None or order is None:
        return
    wanted = list(range(1, pictures + 1))
    if order != wanted:
        # The repair request quotes this, so that it must not grow with what came.
        took = ", ".join(str(each)[:8] for each in order[:12]) if isinstance(order, list) else "no list"
        raise AnswerProblem(
            "wrong_order",
            f"The pictures run on in the order {wanted}, but `{PICTURES}` says [{took}]. Read them in that order.",
        )


def _json_object(text: str) -> dict[str, Any]:
    """The first complete JSON object in a text, whatever surrounds it."""
    if len(text) > LONGEST_ANSWER:
        raise AnswerProblem("malformed", "The answer is far too long for one JSON object.")
    start = text.find("{")
    if start < 0:
        raise AnswerProblem("malformed", "The answer holds no JSON object.")
    fault = ""
    for place in _openings(text, start):
        try:
            found, _ = json.JSONDecoder(parse_constant=_no_constant).raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            fault = fault or f"{error}"
            continue
        if isinstance(found, dict):
            return found
    if _unfinished(text[start:]):
        raise AnswerProblem("truncated", "The answer breaks off before its JSON object ends.")
    raise AnswerProblem("malformed", f"The answer is not valid JSON ({fault[:120]}).")


def _openings(text: str, start: int) -> Iterator[int]:
    """Where an object may begin: a brace at the start, or the first few after it (prose may hold one)."""
    for _ in range(8):
        yield start
        start = text.find("{", start + 1)
        if start < 0:
            return


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _unfinished(text: str) -> bool:
    """Whether brackets or a text are still open at the end."""
    depth, quoted, escaped = 0, False, False
    for character in text:
        if quoted:
            quoted = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            quoted = True
        elif character in "{[":
            depth += 1
        elif character in "}]":
            depth -= 1
            if depth <= 0:
                return False
    return True


def _said(error: ValidationError) -> str:
    faults = [f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in error.errors()[:4]]
    return f"These values are not of the form asked for: {'; '.join(faults)}."[:600]


@lru_cache(maxsize=32)
def _model_of(dump: str) -> type[BaseModel]:
    """The pydantic model of a task's answers."""
    task = Task.model_validate_json(dump)
    fields: dict[str, Any] = {}
    for spec in task.fields:
        if spec.type == "date":
            fields[date_text_of(spec)] = (_optional(_text), None)
        fields[spec.name] = (_optional(_reader(spec)), None)
    if task.line_items:
        most = task.line_items.most
        fields["line_items"] = (
            Annotated[list[list[str | None]], BeforeValidator(lambda value: _items(value, most))],
            Field(default_factory=list),
        )
    return create_model("Answer", __config__=ConfigDict(frozen=True, extra="forbid"), **fields)


def _optional(reader: Any) -> Any:
    return Annotated[str | None, BeforeValidator(lambda value: None if _is_empty(value) else reader(value))]


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value.strip().lower() in _EMPTY)


def _reader(spec: FieldSpec) -> Any:
    if spec.choices:
        return lambda value: _choice(value, spec.choices)
    readers = {"amount": amount_text, "date": _date, "time": _time, "card": _card}
    reader = readers.get(spec.type, _text)
    if spec.positive:
        return lambda value: reader(value).removeprefix("-")
    return reader


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("must be a text or null")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("must be a text or null")
    # A lone surrogate can't be written to a file.
    text = " ".join(str(value).encode("utf-8", "replace").decode("utf-8").split())
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"must be at most {LONGEST_TEXT} characters long")
    return text


def _choice(value: Any, choices: tuple[str, ...]) -> str:
    text = _text(value)
    folded = re.sub(r"[\s-]+", "_", text.strip().lower())
    for choice in choices:
        if choice == text or choice.lower() == folded:
            return choice
    raise ValueError(f"must be one of {', '.join(choices)}, or null")


def amount_text(value: Any) -> str:
    """An amount as a plain decimal with two places or more: "1,234.5" is "1234.50".

    Raises ValueError where it is no amount, or the print could mean two ("1,234" without decimals is read as thousands;
    "1.234,5" as in Europe; "12,345,6" is neither).
    """
    if isinstance(value, float | int) and not isinstance(value, bool):
        value = f"{value:.2f}" if isinstance(value, float) and math.isfinite(value) else str(value)
    text = _MARK.sub(lambda match: match[1] or "", _text(value)).replace(" ", "")
    if text.startswith("(") and text.endswith(")"):
        text = f"-{text[1:-1]}"
    for pattern, group in ((_PLAIN, ""), (_US, ","), (_EUROPEAN, "."), (_COMMA, "")):
        if match := pattern.match(text):
            sign, whole, decimals = match[1], match[2].replace(group, "") if group else match[2], match[3] or ""
            if len(whole) > 15 or len(decimals) > 6:
                break
            whole = whole.lstrip("0") or "0"
            decimals = decimals[:2] + decimals[2:].rstrip("0")
            zero = not (whole + decimals).strip("0")
            return f"{'' if zero else sign}{whole}.{decimals:0<2}"
    raise ValueError('must be an amount such as "1234.50", or null')


def _date(value: Any) -> str:
    text = _text(value)
    match = _ISO.match(text[:10] if re.match(r".{10}[T ]\d", text) else text)
    if match and 1 <= int(match[2]) <= 12 and 1 <= int(match[3]) <= 31:
        return match[0]
    raise ValueError("must be a date as YYYY-MM-DD, or null")


def _time(value: Any) -> str:
    match = _TIME.match(_text(value))
    if not match:
        raise ValueError("must be a time as HH:MM, or null")
    return f"{int(match[1]):02d}:{match[2]}"


def _card(value: Any) -> str:
    digits = re.sub(r"\D", "", _text(value))
    if len(digits) < 4 or not digits.isascii():
        raise ValueError("must be the last four digits, or null")
    return digits[-4:]


def _items(value: Any, most: int) -> list[list[str | None]]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError("must be a list")
    return [_item(each) for each in value[:most]]


def _item(value: Any) -> list[str | None]:
    parts = [value.get(part) for part in ITEM_PARTS] if isinstance(value, dict) else value
    if not isinstance(parts, list) or len(parts) != len(ITEM_PARTS):
        raise ValueError(f"each item must be a list [{', '.join(ITEM_PARTS)}]")
    texts = [None if _is_empty(part) else _text(part) for part in parts]
    return [*texts[:3], _lenient_amount(texts[3])]


def _lenient_amount(text: str | None) -> str | None:
    """An item's amount in the usual form; what can't be read so stays as it was copied."""
    if text is None or _PLAIN.match(text):
        return text
    try:
        return amount_text(text)
    except ValueError:
        return text
