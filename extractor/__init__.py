"""Tailor at run time: receipts and invoices in, validated records out.

>>> from extractor import Extractor
>>> record = Extractor().extract("receipt.jpg")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from extractor.pipeline import Extractor, Settings
    from extractor.types import Box, Document, Extraction, Field, Finding, LineItem, Notice, Page, Receipt, Word

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
    # The pipeline pulls in ONNX Runtime and the loaders, the types NumPy and pydantic: `tailor --help` needs neither.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module = import_module("extractor.pipeline" if name in ("Extractor", "Settings") else "extractor.types")
    return getattr(module, name)
