"""What holding claims against receipts saves: claims with planted over-claims, receipts read from their pictures.

Each receipt is claimed many times; SHARE of the claims ask 1 to 50 % more than its true total, the others exactly that,
all with its true day and merchant. The comparison of claim and receipt alone judges them (no policy, no duplicates). An
auditor reviews what it flags, by expected money, at most BUDGET of all claims; money is prevented where a planted claim
is reviewed. A false alarm is an honest claim that is said to ask too much.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from extractor.policy.audit import Result, settled
from extractor.policy.cases import Case, Claim, ReceiptEvidence, Situation
from extractor.policy.claims.compare import ClaimExaminer
from extractor.policy.claims.printed import Role, amounts_on
from extractor.policy.money import Money
from extractor.truth import Split, Truth, amount, decimal
from training.benchmark.corpus import Corpus
from training.benchmark.predict import Reader
from training.benchmark.report import Figure

CLAIMS = 5000
SHARE = 0.06
BUDGET = 0.10
CURRENCY = "MYR"
LEAST, MOST = 1, 50
"""Per cent by which a planted claim is too high."""
BANDS = ((1, 5), (5, 20), (20, 50))
SEED = 6


@dataclass(frozen=True)
class Subject:
    """A receipt as it was read, and what is true of it."""

    receipt: ReceiptEvidence
    total: Decimal
    day: dt.date | None
    merchant: str


@dataclass(frozen=True)
class Judged:
    """One claim, by how much it is too high, and what was found."""

    excess: Decimal
    percent: float
    result: Result

    @property
    def reviewed(self) -> bool:
        """Whether the comparison itself asks a person to look."""
        return any(finding.severity != "low" for finding in self.result.findings)

    @property
    def expected(self) -> Decimal:
        """Expected recovered money, by which reviews are ordered."""
        sums = [
            Decimal(each.at_stake) * Decimal(str(each.confidence)) for each in self.result.findings if each.at_stake
        ]
        return max(sums, default=Decimal(0))


def figures(corpus: Corpus, reader: Reader, claims: int = CLAIMS, split: Split = "dev") -> list[Figure]:
    """The figures of one split. Thresholds were chosen on train; dev is for telling."""
    held = subjects(corpus, reader, split)
    return judged_figures([*_honest(held, claims), *_planted(held, claims)], _tendered(held), split)


def subjects(corpus: Corpus, reader: Reader, split: Split) -> list[Subject]:
    """The receipts of a split whose total is known, read with their words."""
    from extractor.pipeline import Extractor

    extractor = Extractor(model=reader.model, cache=reader.cache, threads=1)
    pictures = corpus.pictures(split)
    truths = corpus.truths(path.stem for path in pictures)
    found = []
    for path in reader.progress(pictures, len(pictures), f"overpayment {split}"):
        truth = truths.get(path.stem)
        total = _total(truth) if truth else None
        if truth is not None and total is not None:
            record, document = extractor.read(path)
            found.append(Subject(ReceiptEvidence(record, Path(path), document), total, *_said(truth)))
    return found


def judged_figures(judged: Sequence[Judged], tendered: Sequence[Judged], split: str) -> list[Figure]:
    """The figures of claims that were judged; `tendered` claim the money handed over for the price."""
    queue = sorted((each for each in judged if each.reviewed), key=lambda each: -each.expected)
    queue = queue[: int(len(judged) * BUDGET)]
    planted = [each for each in judged if each.excess > 0]
    honest = [each for each in judged if each.excess <= 0]
    alarms = sum(each.result.overpayment is not None for each in honest)
    looked_at = sum(each.reviewed for each in honest)
    exact = sum(each.result.overpayment == each.excess for each in planted)
    name, within = f"overpayment {split}", {id(each) for each in queue}
    note = f"{SHARE:.0%} of {len(judged)} claims {LEAST}–{MOST} % too high"
    made = [
        Figure(f"{name}, money prevented", _saved(planted, within), 95, unit="%", n=len(planted), note=note),
        Figure(f"{name}, claims reviewed", _percent(len(queue), len(judged)), 100 * BUDGET, True, "%", len(judged)),
        Figure(f"{name}, false alarms", _percent(alarms, len(honest)), 2, True, "%", len(honest)),
        Figure(f"{name}, honest claims reviewed", _percent(looked_at, len(honest)), unit="%", n=len(honest)),
        Figure(f"{name}, sum right to the cent", _percent(exact, len(planted)), unit="%", n=len(planted)),
    ]
    for low, high in BANDS:
        band = [each for each in planted if low <= each.percent < high or each.percent == high == MOST]
        made.append(Figure(f"{name}, prevented of {low}–{high} %", _saved(band, within), unit="%", n=len(band)))
    flagged = {id(each) for each in tendered if each.reviewed}
    cash = "cash handed over claimed as the price, beside the claims above"
    made.append(
        Figure(f"{name}, prevented of cash claims", _saved(tendered, flagged), unit="%", n=len(tendered), note=cash)
    )
    return made


def judge(subject: Subject, asked: Decimal) -> Judged:
    """What the comparison says of a claim of `asked` for a receipt."""
    claim = Claim(claim_id="c", date=subject.day, merchant=subject.merchant, amount=asked, currency=CURRENCY)
    case = Case("c", claim, (subject.receipt,))
    found = [each for _, each in ClaimExaminer().examine([case], Situation(today=dt.date(2020, 1, 1)))]
    excess = asked - subject.total
    return Judged(excess, float(100 * excess / subject.total), settled(case, found))


def _honest(held: Sequence[Subject], claims: int) -> Iterable[Judged]:
    # The same claim is judged alike each time: once a receipt is enough.
    count = claims - round(claims * SHARE)
    once = [judge(subject, subject.total) for subject in held]
    for number in range(count):
        yield Judged(**vars(once[number % len(once)]))


def _planted(held: Sequence[Subject], claims: int) -> Iterable[Judged]:
    chance = random.Random(SEED)
    for number in range(round(claims * SHARE)):
        subject = held[number * len(held) // round(claims * SHARE) % len(held)]
        share = Decimal(chance.randint(LEAST * 100, MOST * 100)) / 10_000
        asked = Money(subject.total * (1 + share), CURRENCY).rounded().amount
        yield judge(subject, max(asked, subject.total + Decimal("0.01")))


def _tendered(held: Sequence[Subject]) -> list[Judged]:
    made = []
    for subject in held:
        document = subject.receipt.document
        printed = amounts_on(document) if document else ()
        handed = [each.value for each in printed if each.role is Role.TENDER and each.value > subject.total]
        if handed:
            made.append(judge(subject, min(handed)))
    return made


def _total(truth: Truth) -> Decimal | None:
    found = decimal(amount(truth.fields.get("total") or ""))
    return found if found is not None and found > 0 else None


def _said(truth: Truth) -> tuple[dt.date | None, str]:
    day = truth.fields.get("date_iso")
    return (dt.date.fromisoformat(day) if day else None), truth.fields.get("merchant_name") or ""


def _saved(planted: Sequence[Judged], reviewed: set[int]) -> float | None:
    asked = sum((each.excess for each in planted), Decimal(0))
    if not asked:
        return None
    return float(100 * sum((each.excess for each in planted if id(each) in reviewed), Decimal(0)) / asked)


def _percent(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None
