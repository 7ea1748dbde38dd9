"""Invented documents and the labels that a teacher might give them."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path
from typing import Any

import numpy as np

from extractor.task import RECEIPTS
from extractor.types import Box, Page, Word
from labeling.base import TeacherDocument
from labeling.teachers.chat import TeacherSettings

KEY = "sk-test-0123456789-do-not-show-me"
FAST = TeacherSettings(timeout=10)


def label(number: int = 0) -> dict[str, Any]:
    """A whole label of the receipts task."""
    dice = random.Random(number)
    items = [[f"ITEM {row} {'X' * dice.randint(4, 20)}", "1", "2.50", "2.50"] for row in range(dice.randint(1, 8))]
    values: dict[str, Any] = dict.fromkeys(RECEIPTS.names)
    values |= {
        "document_type": "receipt",
        "merchant_name": f"MILL LANE BAKERY {number}",
        "merchant_address": "4 MILL LANE, OTTERY ST MARY, DEVON EX11 1AA",
        "country": "GB",
        "currency": "GBP",
        "language": "en",
        "receipt_number": f"A-{number:05d}",
        "date_text": "25/12/2018",
        "date": "2018-12-25",
        "time": "18:05",
        "rounding": "0.00",
        "total": f"{2.5 * len(items):.2f}",
        "payment_method": "cash",
        "expense_category": "meals",
        "line_items": items,
    }
    return values


def page(width: int = 480, height: int = 900, *, index: int = 0, seed: int = 0) -> Page:
    """A page of noise, brighter towards its foot, with two words."""
    noise = np.random.default_rng(seed).integers(0, 60, (height, width, 1), dtype=np.uint8)
    ramp = np.linspace(0, 180, height, dtype=np.uint8)[:, None, None]
    image = np.repeat(noise + ramp, 3, axis=2)
    words = (Word("TOTAL", Box(0.1, 0.8, 0.3, 0.82)), Word("12.50", Box(0.7, 0.8, 0.9, 0.82)))
    return Page(index, width, height, words, image)


def document(number: int = 0, *, pages: tuple[Page, ...] | None = None) -> TeacherDocument:
    name = f"r{number:03d}"
    return TeacherDocument(name, Path(f"{name}.jpg"), hashlib.sha256(name.encode()).hexdigest(), pages or (page(),))
