"""Signals, and what they weigh: alone, and where several point at one value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod

from extractor.policy.cases import Place
from extractor.policy.tampering.calibration import FLAGGED

_KINDS = {
    **dict.fromkeys(("typeface", "spacing", "ink", "copied"), "letters"),
    # One misread amount upsets both.
    **dict.fromkeys(("sums", "tax"), "values"),
    "error_levels": "compression",
}


@dataclass(frozen=True)
class Signal:
    """One sign of tampering on one receipt.

    `grade` 0–1: 0 nothing unusual, 0.5 as strong as one honest receipt in a hundred shows it, 1 far beyond any honest
    one measured. `confidence` is how likely the receipt is tampered with, given this signal alone, its measured rates
    of detection and false alarms, and the prior of the settings.
    """

    name: str
    grade: float
    confidence: float
    sentence: str
    places: tuple[Place, ...] = ()
    fields: tuple[str, ...] = ()
    ratios: Mapping[str, float] = field(default_factory=dict)
    """By kind of forgery: how much more often it shows this sign than honest receipts do; empty where that is not
    known."""

    @property
    def flagged(self) -> bool:
        return self.grade >= FLAGGED


def kind_of(signal: Signal) -> str:
    """What a signal looks at: the letters, the compression and the sums are three kinds; a kind of its own else."""
    return _KINDS.get(signal.name, signal.name)


def agreeing(signal: Signal, others: Sequence[Signal]) -> dict[str, list[Signal]]:
    """The signals of other kinds that point at the same amount, by kind. That a page was drawn by a program is borne
    out by digits that are each the very picture of the next."""
    found: dict[str, list[Signal]] = defaultdict(list)
    for other in others:
        if kind_of(other) != kind_of(signal) and (set(other.fields) & set(signal.fields) or _drawn(signal, other)):
            found[kind_of(other)].append(other)
    return dict(found)


def _drawn(signal: Signal, other: Signal) -> bool:
    return (signal.name, other.name) == ("synthetic", "copied")


def together(signal: Signal, others: Sequence[Signal], prior: float) -> Signal:
    """A signal with the weight that agreeing ones lend it.

    Signs of different kinds come about independently on honest receipts, so that for each kind of forgery their ratios
    multiply (naive Bayes); of one kind the strongest counts. One that speaks against a forgery takes nothing away.
    """
    kinds = agreeing(signal, others)
    if not kinds or not signal.ratios:
        return signal
    ratio = max(
        prod([own, *(_lent(same, forgery) for same in kinds.values())]) for forgery, own in signal.ratios.items()
    )
    sure = max(signal.confidence, round(posterior(ratio, prior), 4))
    said = f"{signal.sentence} Odd there as well: {' and '.join(sorted(kinds))}."
    return replace(signal, confidence=sure, sentence=said)


def _lent(signals: Sequence[Signal], forgery: str) -> float:
    return max([1.0, *(signal.ratios.get(forgery, 1.0) for signal in signals)])


def posterior(ratio: float, prior: float) -> float:
    """The probability of what a sign speaks for, from how much more often it shows then, by Bayes' rule."""
    odds = ratio * prior / (1 - prior)
    return odds / (1 + odds)
