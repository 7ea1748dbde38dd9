"""What is to be read off a document: the schema of a task, shared by teacher, student and evaluation.

A task is a YAML file. `RECEIPTS` is the one that ships; a company's own task (another kind of document, a field more)
is another file, and nothing else. From it come the teacher's prompt, the student's heads, the reading of values and the
labelling configuration of the review desk.
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, model_validator
from pydantic import Field as PydanticField

from extractor.errors import UsageError
from extractor.types import FIELD_NAMES

FieldType = Literal["text", "name", "address", "phone", "tax_id", "number", "amount", "date", "time", "card", "choice"]
"""How a value is read from its words: `amount` a plain decimal, `date` ISO 8601, `time` HH:MM, `card` four digits,
`choice` one of few; the others are text, cleaned of the label and the stray marks usual around it."""

RESERVED = frozenset({"id", "date_text", "line_items", "provenance", "trust"})
"""Keys of a label that are no fields."""

TASKS = Path(__file__).parent / "tasks"

FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FieldSpec(_Section):
    """One field: what it means, where its value comes from, what form it has."""

    name: FieldName
    kind: Literal["span", "inferred"] = PydanticField(
        description="span: printed on the page, found there; inferred: concluded from the whole document"
    )
    type: FieldType = "text"
    meaning: str = PydanticField(min_length=3, description="a sentence for the teacher and the reviewer")
    format: str = ""
    examples: tuple[str, ...] = ()
    choices: tuple[str, ...] = PydanticField(default=(), description="all values a choice may take; open where empty")
    longest: int = PydanticField(default=12, ge=1, le=128, description="the most words (tokens) a span may take")
    alike: float = PydanticField(
        default=0.8, gt=0, le=1, description="how alike words and label must be spelt to be taken for the same"
    )
    positive: bool = PydanticField(default=False, description="an amount that is reported without its sign")

    @model_validator(mode="after")
    def _fits(self) -> FieldSpec:
        if (self.kind == "inferred") != (self.type == "choice"):
            raise ValueError(f"{self.name}: inferred fields are choices, and choices are inferred")
        if self.name in RESERVED:
            raise ValueError(f"{self.name} is the name of another part of a label")
        return self


class ItemsSpec(_Section):
    """The list of line items: [description, quantity, unit_price, amount] each, at most `most` of them."""

    meaning: str = "The lines of the purchase in the order printed, each [description, quantity, unit_price, amount]."
    most: int = PydanticField(default=40, ge=1)


class Task(_Section):
    """What to read off one kind of document. `version` is recorded with each label."""

    name: FieldName
    version: int = PydanticField(default=1, ge=1)
    documents: str = PydanticField(default="documents", description="what the documents are, in the plural")
    introduction: str = ""
    rules: tuple[str, ...] = PydanticField(default=(), description="rules for the teacher beside the usual ones")
    fields: tuple[FieldSpec, ...] = PydanticField(min_length=1)
    line_items: ItemsSpec | None = None

    @model_validator(mode="after")
    def _distinct(self) -> Task:
        twice = [name for name, count in Counter(each.name for each in self.fields).items() if count > 1]
        if twice:
            raise ValueError(f"{twice[0]} is declared twice")
        return self

    @cached_property
    def by_name(self) -> dict[str, FieldSpec]:
        return {each.name: each for each in self.fields}

    @property
    def names(self) -> tuple[str, ...]:
        """All fields, in the order of the record."""
        return tuple(each.name for each in self.fields)

    @property
    def spans(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.fields if each.kind == "span")

    @property
    def inferred(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.fields if each.kind == "inferred")

    @property
    def amounts(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.fields if each.type == "amount")

    @property
    def types(self) -> dict[str, FieldType]:
        return {each.name: each.type for each in self.fields}


def load_task(source: Path | str) -> Task:
    """The task of a YAML file, or the one that ships under a plain name ("receipts").

    Raises UsageError (bad_task) where it can't be read or a key is wrong, naming the place.
    """
    shipped = TASKS / f"{source}.yaml"
    path = shipped if shipped.is_file() else Path(source)
    try:
        declared = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Task.model_validate(declared)
    except OSError as error:
        known = ", ".join(sorted(each.stem for each in TASKS.glob("*.yaml")))
        raise UsageError(
            f"The task {source} can't be read ({error.strerror}).",
            code="bad_task",
            hint=f"Give a YAML file, or the name of a task that ships: {known}.",
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"The task {path} is not valid YAML: {error}", code="bad_task") from error
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in each['loc']) or 'task'}: {each['msg']}" for each in error.errors()
        )
        raise UsageError(f"The task {path} is not valid: {wrong}.", code="bad_task") from error


RECEIPTS = load_task("receipts")
assert RECEIPTS.names == FIELD_NAMES, "the shipped task is the record's"
