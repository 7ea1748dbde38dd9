"""The receipts of the simulation: as the product read them, and what is true of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from extractor.policy.cases import ReceiptEvidence
from extractor.policy.money import UNKNOWN, Money
from extractor.truth import Split, Truth, amount, decimal
from extractor.types import Extraction, Field, LineItem, Receipt
from training.benchmark.corpus import Corpus, spread
from training.benchmark.duplicates import one_purchase
from training.benchmark.predict import Reader

MOST = 400


@dataclass(frozen=True)
class Held:
    """One receipt: `evidence` is what was read off its picture, all else is the truth."""

    evidence: ReceiptEvidence
    truth: Truth

    @property
    def id(self) -> str:
        return self.truth.id

    @property
    def total(self) -> Decimal:
        return total_of(self.truth) or Decimal(0)

    @property
    def currency(self) -> str:
        return self.truth.fields.get("currency") or UNKNOWN

    @property
    def money(self) -> Money:
        return Money(self.total, self.currency)

    @property
    def merchant(self) -> str:
        return self.truth.fields.get("merchant_name") or ""

    @property
    def category(self) -> str:
        return self.truth.fields.get("expense_category") or "other"

    @property
    def day(self) -> dt.date | None:
        text = self.truth.fields.get("date_iso")
        return dt.date.fromisoformat(text) if text else None

    @cached_property
    def as_read_rightly(self) -> ReceiptEvidence:
        """The receipt as it were had all of it been read, and rightly: what a policy says of it is so."""
        fields = {name: _sure(text) for name, text in self.truth.fields.items() if text and name != "date_iso"}
        fields.pop("date", None)
        if self.day:
            fields["date"] = Field(value=self.day.isoformat(), text=self.truth.fields.get("date") or "", confidence=1)
        items = [LineItem(**{part: _sure(text) for part, text in item.items()}) for item in self.truth.line_items or ()]
        record = Extraction(
            file=f"{self.id}.jpg",
            sha256="",
            status="ok",
            pages=1,
            receipt=Receipt(fields=fields, line_items=items),
        )
        return ReceiptEvidence(record)


def total_of(truth: Truth) -> Decimal | None:
    return decimal(amount(truth.fields.get("total") or ""))


def _sure(text: str) -> Field:
    return Field(value=text, text=text, confidence=1)


def usable(evidence: Mapping[str, ReceiptEvidence], truths: Mapping[str, Truth]) -> list[Held]:
    """The receipts whose true total and currency are known, ordered by id.

    Some purchases stand twice in the data, in two pictures; only the first of them is taken, because two honest claims
    of one purchase there are not.
    """
    found: list[Held] = []
    for name in sorted(evidence):
        held = Held(evidence[name], truths.get(name, Truth(name)))
        if held.total <= 0 or held.currency == UNKNOWN:
            continue
        if not any(one_purchase(other.truth, held.truth) for other in found):
            found.append(held)
    return found


def read(corpora: Sequence[Corpus], reader: Reader, split: Split) -> list[Held]:
    """The usable receipts of a split, read with their words by the student that ships: at most MOST, as many as dev
    has, evenly spread."""
    pictures = spread([path for corpus in corpora for path in corpus.pictures(split)], MOST)
    truths = truths_of(corpora, [path.stem for path in pictures])
    evidence = {path.stem: one for path, one in looked_at(pictures, reader, f"expense year {split}")}
    return usable(evidence, truths)


def truths_of(corpora: Sequence[Corpus], names: Sequence[str]) -> dict[str, Truth]:
    """What is true of receipts. Where ground truth and teacher give different totals nobody knows what an honest claim
    would ask: those are left out."""
    found: dict[str, Truth] = {}
    for corpus in corpora:
        taught, ground = corpus.taught(names), corpus.ground(names)
        for name, truth in corpus.truths(names).items():
            totals = {one[name].fields.get("total") for one in (taught, ground) if name in one} - {None}
            if len(totals) <= 1:
                found[name] = truth
    return found


def looked_at(pictures: Sequence[Path], reader: Reader, title: str) -> list[tuple[Path, ReceiptEvidence]]:
    """Pictures as the product reads them, their words kept."""
    from extractor.pipeline import Extractor

    extractor = Extractor(model=reader.model, cache=reader.cache, threads=1)
    made = []
    for path in reader.progress(pictures, len(pictures), title):
        record, document = extractor.read(path)
        made.append((path, ReceiptEvidence(record, path, document)))
    return made
