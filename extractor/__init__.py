"""Tailor at run time: receipts and invoices in, validated records out.

>>> from extractor import Extractor
>>> record = Extractor().extract("receipt.jpg")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from extractor.client import AsyncClient, Client
    from extractor.pipeline import Extractor, Settings
    from extractor.types import Box, Document, Extraction, Field, Finding, LineItem, Notice, Page, Receipt, Word

__all__ = [
    "AsyncClient",
    "Box",
    "Client",
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

_HOMES = {
    "AsyncClient": "extractor.client",
    "Client": "extractor.client",
    "Extractor": "extractor.pipeline",
    "Settings": "extractor.pipeline",
}


def __getattr__(name: str) -> object:
    # The pipeline pulls in ONNX Runtime and the loaders, the types NumPy and pydantic: `tailor --help` needs neither.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES.get(name, "extractor.types")), name)
