"""An audit: all examiners look at all cases, and each case gets its verdict.

>>> results = audit(cases, [ClaimExaminer(), policy.examiner()], policy, Situation(today))
>>> results[0].verdict, results[0].overpayment
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from importlib import import_module
from typing import Any

from extractor.policy.cases import Case, Examiner, Observation, Situation
from extractor.policy.claims.amounts import CURRENCY, OVER, TOGETHER
from extractor.types import Verdict

SEVERITIES = ("low", "medium", "high")

OVERPAID = (OVER, TOGETHER, CURRENCY)
"""The rules whose money at stake is the claim's overpayment: what it asks above its receipts."""

SURE_ENOUGH = 0.8
"""Where no policy says otherwise, a total read with less confidence than this is never approved."""

REJECT_FROM = 0.9


@dataclass(frozen=True)
class Result:
    """What an audit decided of one case.

    `overpayment` is what the claim asks above its receipts, in the claim's currency and its minor units; None where it
    asks no more, or where that can't be said. `findings` are ordered, the gravest first. `receipts` are file names.
    """

    claim_id: str
    verdict: Verdict
    overpayment: Decimal | None = None
    findings: tuple[Observation, ...] = ()
    receipts: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """As it is written: money as plain decimal strings."""
        return {
            "claim_id": self.claim_id,
            "verdict": self.verdict,
            "overpayment": None if self.overpayment is None else f"{self.overpayment:f}",
            "findings": [finding.model_dump(mode="json") for finding in self.findings],
            "receipts": list(self.receipts),
        }

    def to_json(self) -> str:
        """One line of JSON, characters outside ASCII kept."""
        return json.dumps(self.as_dict(), ensure_ascii=False)


def audit(
    cases: Sequence[Case],
    examiners: Iterable[Examiner],
    policy: Any | None = None,
    situation: Situation | None = None,
) -> list[Result]:
    """One result a case, in the order of the cases. Deterministic.

    `policy` (extractor.policy.policy.Policy) holds the thresholds from findings to verdicts; None takes plain ones (see
    `verdict_of`). Raises ValueError where two cases share an id: their findings could not be told apart.
    """
    found: dict[str, list[Observation]] = {case.id: [] for case in cases}
    if len(found) != len(cases):
        raise ValueError("the cases of an audit need ids of their own")
    known = situation or Situation()
    for examiner in examiners:
        for case_id, observation in examiner.examine(cases, known):
            found[case_id].append(observation)
    return [settled(case, found[case.id], policy) for case in cases]


def settled(case: Case, findings: Iterable[Observation], policy: Any | None = None) -> Result:
    """The result of a case, given what was found of it. Asked again where findings were dismissed."""
    ordered = tuple(sorted(findings, key=lambda each: (-SEVERITIES.index(each.severity), -each.confidence, each.rule)))
    return Result(
        claim_id=case.id,
        verdict=verdict_of(case, ordered, policy),
        overpayment=_overpayment(ordered),
        findings=ordered,
        receipts=tuple(receipt.name for receipt in case.receipts),
    )


def resettled(result: Result, case: Case, policy: Any | None = None) -> Result:
    """A result after some of its findings were taken out: verdict and overpayment anew."""
    return replace(settled(case, result.findings, policy), receipts=result.receipts)


def verdict_of(case: Case, findings: Sequence[Observation], policy: Any | None = None) -> Verdict:
    """The verdict by a policy's thresholds.

    Without a policy: reject on a finding of high severity at least 0.9 sure, review on one of at least medium severity
    or where a receipt or its total was not read well enough (or there is none), else approve.
    """
    if policy is not None:
        return import_module("extractor.policy.verdict").decide(policy, case, findings)  # type: ignore[no-any-return]
    if any(each.severity == "high" and each.confidence >= REJECT_FROM for each in findings):
        return "reject"
    if any(each.severity != "low" for each in findings) or not _well_read(case):
        return "review"
    return "approve"


def _well_read(case: Case) -> bool:
    return bool(case.receipts) and all(
        receipt.record.status == "ok" and receipt.confidence("total") >= SURE_ENOUGH for receipt in case.receipts
    )


def _overpayment(findings: Iterable[Observation]) -> Decimal | None:
    """The largest sum that a claim asks too much: several findings of it concern the same money."""
    sums = [Decimal(each.at_stake) for each in findings if each.rule in OVERPAID and each.at_stake is not None]
    return max((each for each in sums if each > 0), default=None)
