"""How documents are to be read, as a request says it: the same names in a query, a form and a JSON body."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from extractor.errors import UsageError
from serving.engine.base import ReadOptions

PAGES = r"^[0-9]{1,4}(-[0-9]{1,4})?(,[0-9]{1,4}(-[0-9]{1,4})?){0,49}$"
LANGUAGE = r"^[A-Za-z_]{2,20}([+,][A-Za-z_]{2,20}){0,7}$"
NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"


class Options(BaseModel):
    """What is left out is left to the service's settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ocr: Literal["auto", "rapidocr", "tesseract"] | None = Field(default=None, description="The OCR engine.")
    language: str | None = Field(
        default=None,
        pattern=LANGUAGE,
        description="Tesseract's language packs, such as `deu` or `deu+eng`.",
        examples=["deu+eng"],
    )
    pages: str | None = Field(
        default=None,
        pattern=PAGES,
        description="Only these pages, counted from 0: `0`, `0,2` or `0-3`.",
        examples=["0-1"],
    )
    policy: str | None = Field(
        default=None,
        pattern=NAME,
        description="The policy to check against, by its name in the service.",
        examples=["travel"],
    )
    annotate: bool = Field(default=False, description="Give back a picture of each page with the fields drawn over it.")
    password: str | None = Field(
        default=None, max_length=128, description="Opens an encrypted PDF. Never in a query: addresses end in logs."
    )

    def reading(self, *, words: bool = False) -> ReadOptions:
        """For the engine. Raises UsageError where a range of pages runs backwards or is too long."""
        return ReadOptions(
            ocr=self.ocr,
            languages=tuple((self.language or "").replace(",", "+").split("+")) if self.language else (),
            pages=_pages(self.pages) if self.pages else (),
            password=self.password,
            words=words,
            annotate=self.annotate,
        )


QUERY_NAMES = tuple(name for name in Options.model_fields if name != "password")


def parameters() -> list[dict[str, Any]]:
    """The options as parameters of a query, for the documentation."""
    found = Options.model_json_schema()["properties"]
    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": found[name]["description"],
            "schema": _plain(found[name]),
        }
        for name in QUERY_NAMES
    ]


def form_properties() -> dict[str, Any]:
    """The options as fields of a form, for the documentation."""
    return {name: _plain(schema) for name, schema in Options.model_json_schema()["properties"].items()}


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """A query and a form have no null: what is optional is left out."""
    inner = next((part for part in schema.get("anyOf", ()) if part.get("type") != "null"), schema)
    whole: dict[str, Any] = {**inner, **{key: schema[key] for key in ("description", "examples") if key in schema}}
    return {key: value for key, value in whole.items() if key not in ("title", "default")}


def _pages(text: str) -> tuple[int, ...]:
    chosen: dict[int, None] = {}
    for part in text.split(","):
        first, _, last = part.partition("-")
        start, end = int(first), int(last or first)
        if end < start or end - start > 1000:
            raise UsageError(f"The pages {part} run backwards or are too many.", hint="Write them as 0-3.")
        chosen |= dict.fromkeys(range(start, end + 1))
    return tuple(chosen)
