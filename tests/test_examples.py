"""The examples are what they claim: complete labels, right sums, and files of each kind that people hand in."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from PIL import Image

from extractor.types import FIELD_NAMES

DOCUMENTS = {".png", ".jpg", ".pdf"}
ROOT = Path(__file__).resolve().parent.parent
TRUTH = [json.loads(line) for line in (ROOT / "examples/truth.jsonl").read_text(encoding="utf-8").splitlines()]


def _amount(truth: dict[str, str | None], name: str) -> Decimal:
    return Decimal(truth[name] or "0")


def test_every_example_has_a_label_and_every_label_an_example(examples: Path) -> None:
    files = {path.stem for path in examples.iterdir() if path.suffix in DOCUMENTS}
    assert files == {truth["id"] for truth in TRUTH}
    assert len(TRUTH) == len(files)


def test_the_examples_together_stay_small(examples: Path) -> None:
    assert sum(path.stat().st_size for path in examples.iterdir() if path.suffix in DOCUMENTS) < 2_000_000


@pytest.mark.parametrize("truth", TRUTH, ids=lambda truth: truth["id"])
def test_a_label_has_the_fields_of_the_teacher(truth: dict[str, object]) -> None:
    assert set(truth) == {"id", "date_text", "line_items", *FIELD_NAMES}


@pytest.mark.parametrize("truth", TRUTH, ids=lambda truth: truth["id"])
def test_quantity_times_price_is_the_amount(truth: dict[str, list[list[str | None]]]) -> None:
    for _, quantity, price, amount in truth["line_items"]:
        if quantity and price and amount:
            assert (Decimal(quantity) * Decimal(price)).quantize(Decimal("0.01")) == Decimal(amount)


@pytest.mark.parametrize("truth", TRUTH, ids=lambda truth: truth["id"])
def test_subtotal_and_what_is_added_make_the_total(truth: dict[str, str | None]) -> None:
    added = sum(_amount(truth, name) for name in ("tax", "service_charge", "rounding"))
    assert _amount(truth, "subtotal") + added - _amount(truth, "discount") == _amount(truth, "total")


@pytest.mark.parametrize("truth", TRUTH, ids=lambda truth: truth["id"])
def test_the_line_items_sum_to_the_subtotal_with_or_without_tax(truth: dict[str, str | None]) -> None:
    items = sum(Decimal(item[3]) for item in truth["line_items"] or ())
    net = _amount(truth, "subtotal")
    assert items in (net, net + _amount(truth, "tax"))


def test_one_picture_lies_on_its_side_and_one_says_so_in_exif(examples: Path) -> None:
    with Image.open(examples / "fuel-uk.jpg") as picture:
        assert picture.width > picture.height
        assert 0x0112 not in picture.getexif()
    with Image.open(examples / "mart-japan.jpg") as picture:
        assert picture.width > picture.height
        assert picture.getexif()[0x0112] == 6


@pytest.mark.parametrize(
    ("name", "pages", "has_text"),
    [("hotel-singapore", 1, False), ("stationery-australia", 1, True), ("catering-ireland", 2, True)],
)
def test_a_pdf_has_its_pages_and_its_text_or_only_pictures(
    examples: Path, name: str, pages: int, has_text: bool
) -> None:
    with pdfium.PdfDocument(examples / f"{name}.pdf") as document:
        texts = [document[number].get_textpage().get_text_range() for number in range(len(document))]
    truth = next(truth for truth in TRUTH if truth["id"] == name)
    assert len(texts) == pages
    assert any(texts) is has_text
    assert (f"{Decimal(truth['total']):,.2f}" in texts[-1]) is has_text
