"""The shared vocabulary: boxes, words, pages, documents, and the record that Tailor writes.

These types live below everything else and know nothing of the run time. Geometry is always in the unit square of the
upright page: 0–1, origin top left, x to the right, y down. Pixels, thousandths and percentages exist only at the edges.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict
from pydantic import Field as PydanticField

ImageArray = npt.NDArray[np.uint8]
"""A picture: height × width × 3, RGB, 8 bits a channel, upright as far as is known."""

SPAN_FIELDS: tuple[str, ...] = (
    "merchant_name",
    "merchant_address",
    "merchant_phone",
    "merchant_tax_id",
    "receipt_number",
    "date",
    "time",
    "subtotal",
    "tax",
    "service_charge",
    "discount",
    "rounding",
    "total",
    "card_last4",
)
"""Fields that stand on the page as words: they carry a page and a box."""

INFERRED_FIELDS: tuple[str, ...] = (
    "document_type",
    "country",
    "currency",
    "language",
    "payment_method",
    "expense_category",
)
"""Fields concluded from the whole document: box null."""

AMOUNT_FIELDS: tuple[str, ...] = ("subtotal", "tax", "service_charge", "discount", "rounding", "total")
"""Span fields whose value is a plain decimal string."""

FIELD_NAMES: tuple[str, ...] = (
    "document_type",
    "merchant_name",
    "merchant_address",
    "merchant_phone",
    "merchant_tax_id",
    "country",
    "currency",
    "language",
    "receipt_number",
    "date",
    "time",
    "subtotal",
    "tax",
    "service_charge",
    "discount",
    "rounding",
    "total",
    "payment_method",
    "card_last4",
    "expense_category",
)
"""Every field of the record, in the order in which it is written."""


def field_order(names: Iterable[str]) -> list[str]:
    """Names of fields as they are written: those of the shipped task in its order, then a user's own as they come."""
    given = list(dict.fromkeys(names))
    known = set(given)
    own = set(FIELD_NAMES)
    return [*(name for name in FIELD_NAMES if name in known), *(name for name in given if name not in own)]


ITEM_PARTS: tuple[str, ...] = ("description", "quantity", "unit_price", "amount")


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle in the unit square of a page. Corners are ordered: x0 ≤ x1 and y0 ≤ y1."""

    x0: float
    y0: float
    x1: float
    y1: float

    def __post_init__(self) -> None:
        if not (0.0 <= self.x0 <= self.x1 <= 1.0 and 0.0 <= self.y0 <= self.y1 <= 1.0):
            raise ValueError(f"a box must lie ordered inside the unit square: {self.as_list()}")

    @classmethod
    def clipped(cls, x0: float, y0: float, x1: float, y1: float) -> Box:
        """The box of these corners in either order, cut off at the edges of the page."""
        left, right = sorted((min(max(x0, 0.0), 1.0), min(max(x1, 0.0), 1.0)))
        top, bottom = sorted((min(max(y0, 0.0), 1.0), min(max(y1, 0.0), 1.0)))
        return cls(left, top, right, bottom)

    @classmethod
    def around(cls, boxes: Iterable[Box]) -> Box:
        """The smallest box that holds all `boxes`; at least one must be given."""
        found = list(boxes)
        if not found:
            raise ValueError("no box to surround")
        return cls(
            min(b.x0 for b in found), min(b.y0 for b in found), max(b.x1 for b in found), max(b.y1 for b in found)
        )

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def center(self) -> tuple[float, float]:
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def as_list(self) -> list[float]:
        return [self.x0, self.y0, self.x1, self.y1]

    def turned(self, degrees: int) -> Box:
        """This box after its page was turned counter-clockwise by 0, 90, 180 or 270 degrees."""
        match degrees % 360:
            case 0:
                return self
            case 90:
                return Box.clipped(self.y0, 1 - self.x1, self.y1, 1 - self.x0)
            case 180:
                return Box.clipped(1 - self.x1, 1 - self.y1, 1 - self.x0, 1 - self.y0)
            case 270:
                return Box.clipped(1 - self.y1, self.x0, 1 - self.y0, self.x1)
        raise ValueError(f"pages turn by quarter turns, not by {degrees} degrees")


@dataclass(frozen=True, slots=True)
class Word:
    """One word as an engine read it. `line` numbers the visual row on the page, from 0, in reading order."""

    text: str
    box: Box
    confidence: float = 1.0
    line: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """One page, upright, with its words in reading order. `width` and `height` are pixels of the picture read.

    `image` is dropped (None) once nothing needs it: a page without it can be kept, cached and compared.
    `turned` is how far the picture was turned counter-clockwise, in degrees, to make it upright.
    """

    index: int
    width: int
    height: int
    words: tuple[Word, ...] = ()
    image: ImageArray | None = field(default=None, compare=False, repr=False)
    turned: int = 0
    engine: str = ""

    def without_image(self) -> Page:
        return replace(self, image=None)

    def lines(self) -> Iterator[tuple[Word, ...]]:
        """The words of each visual row, rows from top to bottom."""
        row: list[Word] = []
        for word in self.words:
            if row and word.line != row[-1].line:
                yield tuple(row)
                row = []
            row.append(word)
        if row:
            yield tuple(row)

    @property
    def text(self) -> str:
        return "\n".join(" ".join(word.text for word in line) for line in self.lines())


@dataclass(frozen=True, slots=True)
class Document:
    """What was read of one file: its pages and the warnings gathered on the way."""

    file: str
    sha256: str
    pages: tuple[Page, ...]
    warnings: tuple[Notice, ...] = ()

    @property
    def text(self) -> str:
        return "\n\f\n".join(page.text for page in self.pages)


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Notice(_Record):
    """A warning or an error in the record: a stable code and a sentence a person understands."""

    code: str
    message: str


BoxList = Annotated[list[float], PydanticField(min_length=4, max_length=4)]


class Field(_Record):
    """One value that was read: normalised `value`, `text` as printed, where it stands and how sure we are."""

    value: str
    text: str
    confidence: float = PydanticField(ge=0.0, le=1.0)
    page: int | None = None
    box: BoxList | None = None


class LineItem(_Record):
    description: Field | None = None
    quantity: Field | None = None
    unit_price: Field | None = None
    amount: Field | None = None


class Receipt(_Record):
    """The fields that were read, by name (FIELD_NAMES, or those of a user's own task), and the line items in the order
    printed."""

    fields: dict[str, Field] = PydanticField(default_factory=dict)
    line_items: list[LineItem] = PydanticField(default_factory=list)

    def value(self, name: str) -> str | None:
        """The normalised value of a field, or None where it was not read."""
        found = self.fields.get(name)
        return found.value if found else None


class Finding(_Record):
    """What a policy rule found, with the fields it rests on."""

    rule: str
    severity: Literal["low", "medium", "high"]
    message: str
    fields: list[str] = PydanticField(default_factory=list)


Status = Literal["ok", "partial", "failed"]
Verdict = Literal["approve", "review", "reject"]


class Extraction(_Record):
    """The record: one a document, the same in the command, the SDK and the service."""

    file: str
    sha256: str
    status: Status
    pages: int
    error: Notice | None = None
    warnings: list[Notice] = PydanticField(default_factory=list)
    receipt: Receipt = PydanticField(default_factory=Receipt)
    verdict: Verdict | None = None
    findings: list[Finding] = PydanticField(default_factory=list)
    model: str = ""
    seconds: dict[str, float] = PydanticField(default_factory=dict)

    def to_json(self) -> str:
        """The record as one line of JSON, characters outside ASCII kept."""
        return self.model_dump_json(exclude_none=False)
