"""How a table of claims is written: which column holds what, and the form of dates and amounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from extractor.errors import UsageError
from extractor.policy.cases import Claim

COLUMNS = tuple(name if name != "receipts" else "receipt" for name in Claim.model_fields)
"""The columns that are understood, by the names that they have where no mapping says otherwise."""

REQUIRED = ("claim_id", "amount")

_HINT = "Write --columns amount=Betrag,date=Datum, or name a YAML file with a part `columns:`."


class ClaimForm(BaseModel):
    """The form of a table of claims. What is None is found out, or stays at its default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: dict[str, str] = Field(default_factory=dict)
    """What the file calls each of COLUMNS, where it differs."""
    date_format: str | None = None
    """How dates are written, in the letters of strptime (`%d.%m.%Y`). None: ISO 8601."""
    decimal: Literal[".", ","] | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    encoding: str | None = None
    sheet: str | None = None
    """Of an XLSX file; else its first."""
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    """ISO 4217; holds for claims that name none."""

    @field_validator("columns")
    @classmethod
    def _known(cls, columns: dict[str, str]) -> dict[str, str]:
        for name in columns:
            if name not in COLUMNS:
                raise ValueError(f"there is no column {name!r}; those known are {', '.join(COLUMNS)}")
        return columns

    def source(self, column: str) -> str:
        """The name under which the file holds a column."""
        return self.columns.get(column, column)


def load_form(columns: str | None = None, **changes: Any) -> ClaimForm:
    """The form that `--columns` states: pairs `ours=theirs` separated by commas, or the path of a YAML file.

    `changes` (date_format, decimal, …) override what a file says, unless they are None.
    Raises UsageError (bad_columns).
    """
    stated: dict[str, Any] = {}
    if columns:
        stated = {"columns": dict(_pairs(columns))} if "=" in columns else _from_file(Path(columns))
    stated |= {name: value for name, value in changes.items() if value is not None}
    try:
        return ClaimForm.model_validate(stated)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"The form of the claims is not understood: {place}: {first['msg'].removeprefix('Value error, ')}.",
            code="bad_columns",
            hint=_HINT,
        ) from error


def folded(name: str) -> str:
    """A column's name as names are compared: "Claim ID" is "claim_id"."""
    return "_".join(name.replace("-", " ").replace("_", " ").casefold().split())


def missing_columns(form: ClaimForm, header: Iterable[str]) -> list[str]:
    """The columns that a table needs, or that a mapping names, and that its header lacks."""
    held = {folded(name) for name in header}
    wanted = dict.fromkeys((*REQUIRED, *form.columns))
    return [form.source(name) for name in wanted if folded(form.source(name)) not in held]


def _pairs(text: str) -> Iterable[tuple[str, str]]:
    for part in text.split(","):
        ours, sign, theirs = part.partition("=")
        if not sign or not ours.strip() or not theirs.strip():
            raise UsageError(f"{part.strip()!r} is no pair of columns.", code="bad_columns", hint=_HINT)
        yield ours.strip(), theirs.strip()


def _from_file(path: Path) -> dict[str, Any]:
    try:
        stated = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        what = " ".join(str(getattr(error, "strerror", None) or error).split())
        raise UsageError(f"The mapping {path} can't be read ({what}).", code="bad_columns", hint=_HINT) from error
    if not isinstance(stated, Mapping):
        raise UsageError(f"The mapping {path} holds no keys.", code="bad_columns", hint=_HINT)
    return dict(stated)
