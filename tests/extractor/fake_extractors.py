"""Extractors for tests of what is around them. What they do is written in the name of the file they are given."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from extractor.errors import BadModel, BrokenFile
from extractor.pool import digest, printable
from extractor.types import Extraction, Field, LineItem, Receipt


@dataclass(frozen=True)
class FakeExtractor:
    """Reads the total from the file's text; `slow`, `dies`, `killed`, `broken`, `defect` in a name do as they say."""

    built_by: int

    def extract(self, source: Path, /) -> Extraction:
        name = source.name
        print("a library talks on standard output")
        if "slow" in name:
            time.sleep(60)
        if "dies" in name:
            os._exit(7)
        if "killed" in name:
            os.kill(os.getpid(), signal.SIGKILL)
        if "broken" in name:
            raise BrokenFile("The picture is cut off.", hint="Scan it again.")
        if "defect" in name:
            raise ZeroDivisionError("oops")
        return record(source, model=f"{self.built_by}:{os.environ.get('OMP_NUM_THREADS')}")


def record(source: Path, model: str = "") -> Extraction:
    total = source.read_text().strip()
    fields = {
        "merchant_name": Field(value="=KEDAI", text="=KEDAI", confidence=0.5, page=0, box=[0.1, 0.1, 0.5, 0.2]),
        "total": Field(value=total, text=f"RM{total}", confidence=0.98, page=0, box=[0.6, 0.8, 0.9, 0.85]),
    }
    items = [LineItem(description=Field(value="Kopi", text="Kopi", confidence=0.9), amount=fields["total"])]
    receipt = Receipt(fields=fields, line_items=items)
    return Extraction(file=printable(source), sha256=digest(source), status="ok", pages=1, receipt=receipt, model=model)


def make_fake() -> FakeExtractor:
    return FakeExtractor(os.getpid())


def make_nothing() -> FakeExtractor:
    raise BadModel("The folder x holds no model.", hint="Give the folder that tailor export wrote.")


def make_death() -> FakeExtractor:
    os._exit(9)
