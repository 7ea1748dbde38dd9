"""The audit of the simulated companies, by all examiners, and what came out for each claim."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from extractor.policy.audit import Result, audit
from extractor.policy.cases import Case, Claim, Examiner, Observation, ReceiptEvidence
from extractor.policy.claims.amounts import NO_RATE, UNCLEAR, UNDER, UNVERIFIED
from extractor.policy.claims.compare import DATE_UNCLEAR, TAX_UNREAD, ClaimExaminer
from extractor.policy.duplicates import Duplicates, Fingerprint, Index, fingerprint, first_picture
from extractor.policy.policy import READING
from extractor.policy.rules.base import NOT_COMPARABLE
from extractor.policy.statistics import Statistics
from extractor.policy.tampering import Signal, Tampering
from extractor.policy.tampering.base import Trace
from extractor.policy.tampering.specimen import Specimen
from training.benchmark.expense_year.abuses import ABUSES
from training.benchmark.expense_year.honesty import World
from training.benchmark.expense_year.year import Company

UNSURE = (READING, NOT_COMPARABLE, UNCLEAR, UNVERIFIED, UNDER, NO_RATE, TAX_UNREAD, DATE_UNCLEAR, "low_confidence")
"""Findings that ask for a look because something was not read surely or can't be compared; they accuse nobody."""


@dataclass(frozen=True)
class Judged:
    """One claim, what it is, and what the audit said. `kind` is None for an honest one; `half` tells of which abusive
    claim it is the honest half."""

    case: Case
    result: Result
    kind: str | None = None
    half: str = ""

    def accusations(self, least: float = 0.0) -> list[Observation]:
        """What speaks against it: findings of at least medium severity and `least` confidence that are more than
        doubts about the reading."""
        return [
            one
            for one in self.result.findings
            if one.severity != "low" and one.rule not in UNSURE and one.confidence >= least
        ]

    def fitting(self, least: float = 0.0) -> list[Observation]:
        """The accusations that name the abuse that it is."""
        rules = ABUSES[self.kind].rules if self.kind else ()
        return [one for one in self.accusations(least) if any(fnmatchcase(one.rule, rule) for rule in rules)]

    @property
    def about_the_pair(self) -> bool:
        """Whether all that speaks against the honest half of a fraud names the other half, so that it leads there."""
        return bool(self.half) and all(self.half in one.related for one in self.accusations())


@dataclass
class Memory:
    """What looking at pictures gave, by the content of the file: a receipt is claimed in many companies."""

    prints: dict[str, Fingerprint] = field(default_factory=dict)
    traces: dict[tuple[str, str], Mapping[str, Trace]] = field(default_factory=dict)

    def fingerprint(self, evidence: ReceiptEvidence) -> Fingerprint:
        key = evidence.record.sha256
        if key not in self.prints:
            self.prints[key] = fingerprint(evidence, first_picture(evidence))
        return self.prints[key]


class RememberingTampering(Tampering):
    """Measures each picture once."""

    def __init__(self, memory: Memory) -> None:
        super().__init__()
        self.memory = memory

    def signals(self, evidence: ReceiptEvidence, claim: Claim | None = None) -> list[Signal]:
        specimen = Specimen(evidence, claim)
        found: dict[str, Mapping[str, Trace]] = {}
        for detector in self.detectors:
            key = detector.name, evidence.record.sha256
            if not detector.measured:  # metadata, sums: quick, and of the claim as well
                found[detector.name] = detector.traces(specimen)
                continue
            if key not in self.memory.traces:
                self.memory.traces[key] = detector.traces(specimen)
            found[detector.name] = self.memory.traces[key]
        return self.weighed(found)


def examiners(world: World, index: Index, memory: Memory) -> list[Examiner]:
    """Those of `tailor audit` (extractor.policy.examiners), each picture looked at once."""
    return [
        ClaimExaminer(),
        world.policy.examiner(),
        Duplicates(index, take=memory.fingerprint),
        RememberingTampering(memory),
        Statistics(),
    ]


def judge(companies: Iterable[Company], world: World, memory: Memory | None = None) -> Iterator[Judged]:
    """Audits each company by itself, with an empty history."""
    remembered = memory or Memory()
    for company in companies:
        with Index.open() as index:
            results = audit(company.cases, examiners(world, index, remembered), world.policy, world.situation)
        for case, result in zip(company.cases, results, strict=True):
            yield Judged(case, result, company.planted.get(case.id), company.halves.get(case.id, ""))


def kinds_of(judged: Sequence[Judged]) -> list[str]:
    """The kinds that were planted, in the order in which they are listed."""
    there = {one.kind for one in judged}
    return [kind for kind in ABUSES if kind in there]
