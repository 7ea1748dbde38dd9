"""Two small sources of made-up receipts: pictures that a fake engine reads, a teacher's labels, a ground truth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from PIL import Image

from extractor.ocr.base import Reading
from extractor.types import ImageArray, Word
from tests.extractor.student.documents import page

NAMES = ("CORNER BAKERY SDN BHD", "HARBOUR GRILL LTD", "NORDIC TOOLS GMBH", "CITY BOOKS INC", "GREEN GROCER LTD")


def rows(number: int) -> tuple[str, ...]:
    """What is printed on a receipt."""
    net, tax = 10 * (number % 80) + 505, number % 40 + 11
    return (
        NAMES[number % len(NAMES)],
        f"{number + 1} Mill Street,",
        "50480 Kuala Lumpur",
        f"Tel: 03-4044 {1000 + number}",
        f"Date: {number % 27 + 1:02d}/10/2018  18:{number % 50 + 10}",
        f"Rye loaf        {net / 100:.2f}",
        f"Subtotal        {net / 100:.2f}",
        f"Tax              {tax / 100:.2f}",
        f"TOTAL           {(net + tax) / 100:.2f}",
        "Cash            20.00",
    )


def label(number: int, identifier: str) -> dict[str, Any]:
    """What a teacher who makes no mistake says of it."""
    printed = rows(number)
    return {
        "id": identifier,
        "merchant_name": printed[0],
        "merchant_address": f"{printed[1]} {printed[2]}",
        "merchant_phone": printed[3].removeprefix("Tel: "),
        "merchant_tax_id": None,
        "country": "MY",
        "date_text": printed[4].split()[1],
        "date": f"2018-10-{number % 27 + 1:02d}",
        "time": printed[4].split()[2],
        "subtotal": printed[6].split()[1],
        "tax": printed[7].split()[1],
        "discount": None,
        "total": printed[8].split()[1],
        "line_items": [["Rye loaf", None, None, printed[5].split()[-1]]],
    }


class Printed:
    """An engine that knows a picture's number by its first pixel and reads what stands on that receipt."""

    name = "printed"

    def read(self, image: ImageArray) -> Reading:
        words = page(*rows(int(image[0, 0, 0]))).words
        return Reading(tuple(Word(word.text, word.box, word.confidence, at) for at, word in enumerate(words)))


def sources(folder: Path, count: int = 15) -> Mapping[str, Path]:
    """Writes `count` receipts each of the sources "scans" (with ground truth) and "photos"."""
    for source, first in (("scans", 0), ("photos", 100)):
        pictures = folder / source
        pictures.mkdir(parents=True)
        labels = []
        for number in range(count):
            identifier = f"{source[0]}{number:03d}"
            shade = np.full((24, 12, 3), first + number, np.uint8)
            Image.fromarray(shade).save(pictures / f"{identifier}.png")
            labels.append(label(first + number, identifier))
        lines = "".join(json.dumps(each) + "\n" for each in labels)
        (folder / f"{source}.jsonl").write_text(lines, encoding="utf-8")
    truth = [
        {
            "id": each["id"],
            "company": each["merchant_name"],
            "address": each["merchant_address"],
            "date": each["date_text"],
            "total": each["total"],
        }
        for each in (label(number, f"s{number:03d}") for number in range(count))
    ]
    path = folder / "truth.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in truth), encoding="utf-8")
    return {"truth": path}


def config(folder: Path, **study: Any) -> Path:
    """A study that takes seconds; its sources are written beside it."""
    found = sources(folder)
    declared = {
        "name": "tiny-study",
        "data": {
            "cache": str(folder / "prepared"),
            "ocr_cache": str(folder / "ocr"),
            "sources": [
                {"name": name, "pictures": str(folder / name), "labels": str(folder / f"{name}.jsonl")}
                for name in ("scans", "photos")
            ],
        },
        "student": {"hidden": 32, "layers": 1, "heads": 2, "spelling": 16, "pointer": 8, "dropout": 0.0},
        "optimiser": {"rate": 5e-3, "batch": 4, "steps": 2, "average": 0.5},
        "precision": "fp32",
        "study": {"ground_truth": {"scans": str(found["truth"])}, "noise": [0.2], "labels": [8, 1000], **study},
    }
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(declared), encoding="utf-8")
    return path
