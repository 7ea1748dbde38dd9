"""The smallest things that training works on: labelled receipts, a tiny student, a tiny run."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
import yaml

from extractor.student.encoder import Encoded, Token, encode, picture, tokenize
from extractor.task import RECEIPTS, ItemsSpec, Task
from extractor.types import ITEM_PARTS
from tests.extractor.student.documents import ROWS, page, tokens
from training.alignment import align
from training.augment import Sample, plain
from training.config import Augmentation, Run
from training.config_file import parse
from training.corpus import Example
from training.export import export
from training.items import align_items
from training.model import CompactConfig, CompactStudent

FIELDS = ("merchant_name", "date", "time", "subtotal", "tax", "discount", "total")
TASK = Task(
    name="tiny",
    fields=tuple(RECEIPTS.by_name[name].model_copy(update={"longest": 8}) for name in (*FIELDS, "country")),
    line_items=ItemsSpec(),
)
LABEL: Mapping[str, Any] = {
    "id": "receipt-1",
    "merchant_name": "Corner Bakery Ltd",
    "date_text": "25/12/2018",
    "date": "2018-12-25",
    "time": "18:30",
    "subtotal": "9.00",
    "tax": "0.54",
    "discount": None,
    "total": "9.54",
    "country": "US",
    "line_items": [["Rye loaf", "2", "3.40", "6.80"], ["Oat biscuits", None, None, "2.20"]],
}
"""What a teacher says of the receipt ROWS."""

UNCHANGED = Augmentation(
    misread=0, forget=0, digits=0, drop_rows=0, drop_words=0, stretch=0, picture_off=0, picture_noise=0
)


def example(*rows: str, label: Mapping[str, Any] = LABEL) -> Example:
    """A labelled document of these rows."""
    found = tokens(*(rows or ROWS))
    return Example(
        str(label["id"]),
        "made-up",
        found,
        (picture(page(*(rows or ROWS))),),
        align(found, label, TASK),
        align_items(found, label),
        label,
    )


def receipts(count: int) -> list[Example]:
    """Receipts of one layout that differ in name, day and amounts."""
    draw = random.Random(7)
    names = ("Corner Bakery Ltd", "Harbour Grill Inc", "Nordic Tools Ltd", "Green Grocer Ltd", "City Books Ltd")
    made = []
    for number in range(count):
        day, net = draw.randint(10, 28), draw.randint(200, 900) * 10
        tax = net * 6 // 100
        one, other, name = net - 150, 150, names[number % len(names)]
        rows = (
            name,
            "12 Mill Lane, Springfield" if number % 2 else "12 Jalan Besar, Kuala Lumpur",
            f"Date:{day}/12/2018     18:{day}",
            f"Rye loaf                   {one / 100:.2f}",
            f"Oat biscuits               {other / 100:.2f}",
            f"Subtotal                   {net / 100:.2f}",
            f"Tax                        {tax / 100:.2f}",
            f"Total                      {(net + tax) / 100:.2f}",
            f"Cash                       {net // 100 + 50}.00",
        )
        label = {
            "id": f"receipt-{number}",
            "merchant_name": name,
            "date_text": f"{day}/12/2018",
            "date": f"2018-12-{day}",
            "time": f"18:{day}",
            "subtotal": f"{net / 100:.2f}",
            "tax": f"{tax / 100:.2f}",
            "discount": None,
            "total": f"{(net + tax) / 100:.2f}",
            "country": "US" if number % 2 else "MY",
            "line_items": [["Rye loaf", None, None, f"{one / 100:.2f}"], ["Oat biscuits", None, None, "1.50"]],
        }
        made.append(example(*rows, label=label))
    return made


def student(seed: int = 1, **changes: Any) -> CompactStudent:
    torch.manual_seed(seed)
    sizes: dict[str, Any] = {"hidden": 32, "layers": 2, "heads": 2, "spelling": 16, "pointer": 8, "dropout": 0.0}
    return CompactStudent(
        CompactConfig(
            **sizes | changes,
            spans=list(FIELDS),
            longest=[8] * len(FIELDS),
            inferred={"country": ["MY", "US", ""]},
            parts=list(ITEM_PARTS),
        )
    ).eval()


def run(folder: Path, **changes: Any) -> Run:
    """A run that takes seconds; `changes` are dotted keys written with two underscores."""
    task = folder / "task.yaml"
    task.write_text(yaml.safe_dump(TASK.model_dump(mode="json")), encoding="utf-8")
    declared: dict[str, Any] = {
        "name": "tiny",
        "task": str(task),
        "data": {"sources": [{"name": "made-up", "pictures": str(folder), "labels": str(folder / "labels.jsonl")}]},
        "student": {"hidden": 32, "layers": 1, "heads": 2, "spelling": 16, "pointer": 8, "dropout": 0.0},
        "losses": {"inferred": {"weight": 0.5}},
        "augmentation": UNCHANGED.model_dump(),
        "optimiser": {"rate": 5e-3, "batch": 6, "epochs": 2, "average": 0.9},
        "precision": "fp32",
        "evaluation": {"every": 1000},
        "output": str(folder / "runs"),
    }
    for key, value in changes.items():
        *path, last = key.split("__")
        section = declared
        for part in path:
            section = section[part]
        section[last] = value
    return parse(declared)


def encoded(*rows: str) -> Encoded:
    return encode(tokens(*rows), [picture(page(*rows))])


def of_length(count: int) -> Sample:
    """A document of so many words."""
    pages = [page(*(f"w{number % 97} {number}.50" for number in range((count + 1) // 2)))]
    found: tuple[Token, ...] = tokenize(pages)[:count]
    return plain(replace(example(), tokens=found, pictures=(picture(pages[0]),)))


def exported(folder: Path) -> Path:
    """A model folder of a tiny student that has learnt nothing; the run is kept beside it."""
    kept = folder / "run"
    student().save_pretrained(kept / "student")
    (kept / "config.json").write_text(json.dumps({"name": "tiny"}), encoding="utf-8")
    export(kept, folder / "model", [of_length(7), of_length(12)], name="tiny", task=TASK, licences=("made up",))
    return folder / "model"
