"""Receipts made up for the tests of the review desk: by chance from a seed, or by hypothesis."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import strategies as st

from extractor.task import RECEIPTS
from extractor.types import ITEM_PARTS, Box, Extraction, Field, LineItem, Receipt

SIZES = ((400, 600), (300, 500))
"""Pixels of the pages that these receipts stand on."""

WORDS = ["KOPI-O", "Nasi", "Lemak", "12%", "TÜTE", "麺", "No.4|A", "\\", "“Blue”", "Düner", "&", "Co.", "<b>", "#7"]


def random_receipt(draw: random.Random, pages: int = 1) -> Receipt:
    """A receipt with most fields, some without a place, and up to eight line items."""
    fields = {}
    for spec in RECEIPTS.fields:
        if draw.random() < 0.2:
            continue
        if spec.kind == "inferred":
            value = draw.choice(spec.choices or ("MY", "USD", "en"))
            fields[spec.name] = Field(value=value, text=value, confidence=_share(draw))
        else:
            fields[spec.name] = _field(draw, pages, placed=draw.random() < 0.85, plain=spec.type != "date")
    items = [
        LineItem(**{part: _field(draw, pages, placed=True) for part in ITEM_PARTS if draw.random() < 0.8})
        for _ in range(draw.randrange(9))
    ]
    return Receipt(fields=fields, line_items=items)


def record(name: str, sha256: str, receipt: Receipt, **more: Any) -> Extraction:
    return Extraction(
        **{"file": name, "sha256": sha256, "status": "ok", "pages": 1, "receipt": receipt, "model": "tiny@1", **more}
    )


def _field(draw: random.Random, pages: int, *, placed: bool, plain: bool = True) -> Field:
    text = " ".join(draw.choice(WORDS) for _ in range(draw.randint(1, 4)))
    value = text if plain and draw.random() < 0.5 else f"{draw.randrange(10**6) / 100:.2f}"
    if not placed:
        return Field(value=value, text=value if plain else text, confidence=_share(draw))
    x0, y0 = draw.uniform(0, 0.8), draw.uniform(0, 0.9)
    box = [x0, y0, x0 + draw.uniform(0.01, 0.2), y0 + draw.uniform(0.01, 0.1)]
    box = [round(edge, 5) for edge in box]
    return Field(value=value, text=text, confidence=_share(draw), page=draw.randrange(pages), box=box)


def _share(draw: random.Random) -> float:
    return round(draw.random(), 4)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
shares = st.floats(0, 1).map(lambda value: round(value, 6))


@st.composite
def boxes(draw: st.DrawFn) -> list[float]:
    edges = [round(draw(st.floats(0, 1)), 6) for _ in range(4)]
    return Box.clipped(*edges).as_list()


@st.composite
def any_fields(draw: st.DrawFn) -> Field:
    text = draw(texts)
    value = draw(st.sampled_from([text, ""]) | texts)
    page = draw(st.none() | st.integers(0, 3))
    return Field(value=value, text=text, confidence=draw(shares), page=page, box=draw(st.none() | boxes()))


any_receipts = st.builds(
    Receipt,
    fields=st.dictionaries(st.sampled_from(RECEIPTS.names), any_fields(), max_size=8),
    line_items=st.lists(
        st.builds(LineItem, **{part: st.none() | any_fields() for part in ITEM_PARTS}),
        max_size=5,
    ),
)
"""Any receipt that the record's types allow with boxes inside their pages, however odd."""
