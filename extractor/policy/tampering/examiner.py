"""The examiner of signs of tampering: from traces to graded signals, and from signals to observations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from extractor.policy.cases import Case, Claim, Observation, Place, ReceiptEvidence, Situation
from extractor.policy.tampering.base import Detector, Trace
from extractor.policy.tampering.calibration import Calibration, SignalTable, shipped
from extractor.policy.tampering.error_levels import ErrorLevels
from extractor.policy.tampering.lettering import Copied, Ink, Spacing, Typeface
from extractor.policy.tampering.software import Software, Updates
from extractor.policy.tampering.specimen import Specimen
from extractor.policy.tampering.spectrum import Screen, Synthetic
from extractor.policy.tampering.sums import Sums
from extractor.policy.tampering.tax import Tax
from extractor.policy.tampering.times import LONG_AFTER, Times

Severity = Literal["low", "medium", "high"]
_SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high")

FLAGGED = 0.5
"""The grade from which on a signal is told: the threshold of its stated rate of false alarms."""

UNMEASURED = ("software", "pdf_updates", "times")
"""Facts out of metadata: the receipts that the table was made from carry none, so that no rate of false alarms is
known."""


class TamperingSettings(BaseModel):
    """Which signs are looked for, and how findings are weighed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pictures: bool = True
    """Whether pictures are looked at, not only metadata and sums; about 0.1 s a page."""
    ignored: tuple[str, ...] = ()
    """Names of signals that are not looked for."""
    least_grade: float = Field(default=FLAGGED, ge=0, le=1)
    """The grade from which on a signal becomes a finding."""
    least_confidence: float = Field(default=0.9, ge=0, le=1)
    """Sums, taxes and dates are judged only where every value was read at least this surely."""
    long_after: int = Field(default=LONG_AFTER, ge=1)
    """Days from the receipt's date to the making of its file that need a word."""
    prior: float = Field(default=0.005, gt=0, lt=1)
    """The share of receipts that are thought to be tampered with: what a finding's confidence starts from. With one in
    two hundred, a sign that one honest receipt in a hundred shows accuses nobody alone; two that agree do."""
    high: float = Field(default=0.85, ge=0, le=1)
    medium: float = Field(default=0.5, ge=0, le=1)
    """Confidences from which on a finding is of that severity."""


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

    @property
    def flagged(self) -> bool:
        return self.grade >= FLAGGED


class Tampering:
    """Looks at each receipt of each case for signs of tampering. Files that can't be opened give no signs.

    Signs are hints for a person who looks: severity follows the measured reliability, so that a sign which many honest
    receipts show stays low, whatever its grade.
    """

    def __init__(self, settings: TamperingSettings | None = None, calibration: Calibration | None = None) -> None:
        self.settings = settings or TamperingSettings()
        self.calibration = calibration or shipped()
        chosen = [*facts(self.settings), *(measurements() if self.settings.pictures else ())]
        self.detectors = tuple(each for each in chosen if each.name not in self.settings.ignored)

    @property
    def rules(self) -> Sequence[str]:
        return tuple(f"tampering_{detector.name}" for detector in self.detectors)

    def signals(self, evidence: ReceiptEvidence, claim: Claim | None = None) -> list[Signal]:
        """Every sign with a grade above 0, the strongest first."""
        specimen = Specimen(evidence, claim)
        return self.weighed({detector.name: detector.traces(specimen) for detector in self.detectors})

    def weighed(self, traces: Mapping[str, Mapping[str, Trace]]) -> list[Signal]:
        """The signals that traces make, by the name of their detector; those with a grade above 0, the strongest
        first."""
        found = []
        for detector in self.detectors:
            graded = self.calibration.graded(detector.name, detector.measured, traces.get(detector.name, {}))
            if graded is not None and graded[0] > 0:
                grade, trace = graded
                confidence = self._confidence(detector.name, grade, detector.measured)
                found.append(Signal(detector.name, grade, confidence, trace.sentence, trace.places, trace.fields))
        return sorted(found, key=lambda signal: -signal.grade)

    def told(self, signals: Sequence[Signal]) -> list[tuple[Signal, Severity]]:
        """The signals that become findings, each with its severity: by its confidence, and one step more where another
        kind of sign points at the same value. That a program drew a page is never grave alone: no receipt that the
        thresholds were set on was sent as a picture out of a till's software, and honest ones are."""
        enough = [signal for signal in signals if signal.grade >= self.settings.least_grade]
        if any(signal.name == Synthetic.name for signal in enough):
            # On a page that a program drew all digits are alike: that is one sign, not two.
            enough = [signal for signal in enough if signal.name != Copied.name]
        found = []
        for signal in enough:
            level = (signal.confidence >= self.settings.medium) + (signal.confidence >= self.settings.high)
            most = 1 if signal.name == Synthetic.name else 2
            found.append((signal, _SEVERITIES[min(level + (1 if agreeing(signal, enough) else 0), most)]))
        return found

    def _confidence(self, name: str, grade: float, measured: bool) -> float:
        table = self.calibration.signals.get(name)
        if name in UNMEASURED or table is None:
            return round(0.9 * grade, 4)
        return round(posterior(likelihood_ratio(table, grade, measured), self.settings.prior), 4)

    def examine(self, cases: Sequence[Case], situation: Situation) -> Iterable[tuple[str, Observation]]:
        for case in cases:
            for evidence in case.receipts:
                for signal, severity in self.told(self.signals(evidence, case.claim)):
                    yield case.id, _observation(case, evidence, signal, severity)


def _observation(case: Case, evidence: ReceiptEvidence, signal: Signal, severity: Severity) -> Observation:
    money = (case.claim.money if case.claim else None) or evidence.money()
    return Observation(
        rule=f"tampering_{signal.name}",
        severity=severity,
        message=signal.sentence,
        fields=list(signal.fields),
        confidence=signal.confidence,
        places=signal.places,
        at_stake=f"{money.amount:f}" if money else None,
        currency=money.currency if money and money.known else None,
    )


def signals(
    evidence: ReceiptEvidence, claim: Claim | None = None, settings: TamperingSettings | None = None
) -> list[Signal]:
    """Every sign of tampering on a receipt with a grade above 0, the strongest first."""
    return Tampering(settings).signals(evidence, claim)


def facts(settings: TamperingSettings) -> list[Detector]:
    """The signs that need no picture."""
    return [
        Software(),
        Updates(),
        Times(settings.long_after, settings.least_confidence),
        Sums(settings.least_confidence),
        Tax(settings.least_confidence),
    ]


def measurements() -> list[Detector]:
    """The signs that are measured on the picture."""
    return [Typeface(), Spacing(), Ink(), Copied(), ErrorLevels(), Screen(), Synthetic()]


def agreeing(signal: Signal, others: Sequence[Signal]) -> int:
    """How many other kinds of sign point at the same amount: the sum, the letters, and the compression are three
    kinds."""
    by_kind: dict[str, set[str]] = defaultdict(set)
    for other in others:
        by_kind[_KINDS.get(other.name, other.name)].update(other.fields)
    own = _KINDS.get(signal.name, signal.name)
    return sum(1 for kind, fields in by_kind.items() if kind != own and fields & set(signal.fields))


_KINDS = {
    **dict.fromkeys(("typeface", "spacing", "ink", "copied"), "letters"),
    # One misread amount upsets both.
    **dict.fromkeys(("sums", "tax"), "values"),
}


def likelihood_ratio(table: SignalTable, grade: float, measured: bool) -> float:
    """How much more often forgeries show a signal than honest receipts do, of the kind of forgery that it finds best.

    Beyond the strongest honest value seen, false alarms are taken for one in all that were looked at, no fewer.
    """
    if measured and grade < FLAGGED:
        return 1.0
    found = max(table.detection.values(), default=0.0)
    least = 1 / max(table.honest, 1)
    alarms = max(least, table.alarms if grade < 0.8 or not measured else least)
    return found / alarms


def posterior(ratio: float, prior: float) -> float:
    odds = ratio * prior / (1 - prior)
    return odds / (1 + odds)
