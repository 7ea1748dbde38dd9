"""Records and truths made up for tests."""

from __future__ import annotations

import json
from pathlib import Path

from PIL import Image

from extractor.types import Extraction, Field, LineItem, Receipt


def record(identifier: str, confidence: float = 0.9, items: list[dict[str, str]] | None = None, **values: str):
    """A record that read these values, each with the same confidence; the printed text equals the value."""
    fields = {name: Field(value=value, text=value, confidence=confidence) for name, value in values.items()}
    lines = [
        LineItem(**{part: Field(value=value, text=value, confidence=confidence) for part, value in item.items()})
        for item in items or []
    ]
    receipt = Receipt(fields=fields, line_items=lines)
    return Extraction(file=f"in/{identifier}.jpg", sha256="", status="ok", pages=1, receipt=receipt)


def corpus_folders(root: Path, sroie: list[str], wild: list[str]) -> tuple[Path, Path]:
    """Folders like those of the real data, with a tiny picture a document and a truth for each: (data, teacher)."""
    data, teacher = root / "data", root / "teacher"
    teacher.mkdir(parents=True)
    for name, identifiers in (("sroie", sroie), ("wild", wild)):
        images = data / f"{name}_train" / "images"
        images.mkdir(parents=True)
        for identifier in identifiers:
            Image.new("RGB", (6, 4), "white").save(images / f"{identifier}.jpg")
        lines = [json.dumps(label(identifier)) for identifier in identifiers]
        (teacher / f"labels_{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    ground = [json.dumps(ground_truth(identifier)) for identifier in sroie]
    (data / "sroie_train" / "gt.jsonl").write_text("\n".join(ground), encoding="utf-8")
    return data, teacher


def label(identifier: str) -> dict[str, object]:
    return {
        "id": identifier,
        "merchant_name": "SHOP",
        "merchant_address": "1 HIGH STREET",
        "country": "MY",
        "tax": None,
        "date_text": "25/12/2018",
        "date": "2018-12-25",
        "total": "9.00",
        "line_items": [["TEA", "1", None, "9.00"]],
    }


def ground_truth(identifier: str) -> dict[str, str]:
    return {
        "id": identifier,
        "company": "SHOP SDN BHD",
        "date": "25/12/2018",
        "address": "1 HIGH STREET",
        "total": "RM9.00",
    }
