"""The examiner of signs of tampering: from traces to graded signals, and from signals to observations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from extractor.policy.cases import Case, Claim, Observation, ReceiptEvidence, Situation
from extractor.policy.tampering.base import Detector, Trace
from extractor.policy.tampering.calibration import FLAGGED, Calibration, shipped
from extractor.policy.tampering.error_levels import ErrorLevels
from extractor.policy.tampering.lettering import Copied, Ink, Spacing, Typeface
from extractor.policy.tampering.software import Software, Updates
from extractor.policy.tampering.specimen import Specimen
from extractor.policy.tampering.spectrum import Screen, Synthetic
from extractor.policy.tampering.sums import Sums
from extractor.policy.tampering.tax import Tax
from extractor.policy.tampering.times import LONG_AFTER, Times
from extractor.policy.tampering.weighing import Signal, posterior, together

Severity = Literal["low", "medium", "high"]
_SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high")

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
    """Taxes and dates are judged only where every value was read at least this surely."""
    least_confidence_of_sums: float = Field(default=0.8, ge=0, le=1)
    """Sums are judged only of values that were read at least this surely."""
    long_after: int = Field(default=LONG_AFTER, ge=1)
    """Days from the receipt's date to the making of its file that need a word."""
    prior: float = Field(default=0.005, gt=0, lt=1)
    """The share of receipts that are thought to be tampered with: what a finding's confidence starts from. With one in
    two hundred, a sign that one honest receipt in a hundred shows accuses nobody alone; two that agree do."""
    high: float = Field(default=0.85, ge=0, le=1)
    medium: float = Field(default=0.5, ge=0, le=1)
    """Confidences from which on a finding is of that severity."""


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
        found = [self._signal(detector, traces.get(detector.name, {})) for detector in self.detectors]
        return sorted((signal for signal in found if signal), key=lambda signal: -signal.grade)

    def _signal(self, detector: Detector, traces: Mapping[str, Trace]) -> Signal | None:
        """What the kind of trace makes that proves most, of all that a detector found."""
        grades = self.calibration.grades(detector.name, detector.measured, traces)
        made = [self._of_kind(detector.name, kind, grade, traces[kind]) for kind, grade in grades.items() if grade > 0]
        return max(made, key=lambda signal: (signal.flagged, signal.confidence, signal.grade), default=None)

    def _of_kind(self, name: str, kind: str, grade: float, trace: Trace) -> Signal:
        table = None if name in UNMEASURED else self.calibration.signals.get(name)
        ratios = table.ratios(kind, grade) if table else {}
        sure = posterior(max(ratios.values(), default=1.0), self.settings.prior) if table else 0.9 * grade
        return Signal(name, grade, round(sure, 4), trace.sentence, trace.places, trace.fields, ratios)

    def told(self, signals: Sequence[Signal]) -> list[tuple[Signal, Severity]]:
        """The signals that become findings, each with its severity: by its confidence, which is more where another kind
        of sign points at the same value. That a program drew a page is never grave alone: no receipt that the
        thresholds were set on was sent as a picture out of a till's software, and honest ones are."""
        enough = [signal for signal in signals if signal.grade >= self.settings.least_grade]
        drawn = any(signal.name == Synthetic.name for signal in enough)
        found = []
        for one in enough:
            if drawn and one.name == Copied.name:
                continue  # on a page that a program drew all digits are alike: it lends its weight to that
            signal = together(one, enough, self.settings.prior)
            level = (signal.confidence >= self.settings.medium) + (signal.confidence >= self.settings.high)
            found.append((signal, _SEVERITIES[min(level, 1 if signal.name == Synthetic.name else 2)]))
        return found

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
        Sums(settings.least_confidence_of_sums),
        Tax(settings.least_confidence),
    ]


def measurements() -> list[Detector]:
    """The signs that are measured on the picture."""
    return [Typeface(), Spacing(), Ink(), Copied(), ErrorLevels(), Screen(), Synthetic()]
