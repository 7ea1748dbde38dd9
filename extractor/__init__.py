"""Tailor at run time: receipts and invoices in, validated records out.

>>> from extractor import Extractor
>>> record = Extractor().extract("receipt.jpg")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from extractor.types import Box, Document, Extraction, Field, Finding, LineItem, Notice, Page, Receipt, Word

if TYPE_CHECKING:
    from extractor.pipeline import Extractor, Settings

__all__ = [
    "Box",
    "Document",
    "Extraction",
    "Extractor",
    "Field",
    "Finding",
    "LineItem",
    "Notice",
    "Page",
    "Receipt",
    "Settings",
    "Word",
]


def __getattr__(name: str) -> object:
    # The pipeline pulls in ONNX Runtime and the loaders; types alone stay light.
    if name in ("Extractor", "Settings"):
        from extractor import pipeline

        return getattr(pipeline, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
