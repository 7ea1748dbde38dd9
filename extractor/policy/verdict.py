"""From findings to a verdict, by the thresholds that the policy states."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

from extractor.policy.cases import Case, Converts, Observation, ReceiptEvidence, Situation
from extractor.policy.policy import Policy
from extractor.policy.rules.base import SEVERITIES, Severity
from extractor.types import Document, Extraction, Verdict


def decide(policy: Policy, case: Case, observations: Iterable[Observation]) -> Verdict:
    """What is to be done with a case, given everything observed of it (by this policy's rules and by others).

    - reject: a finding at least as severe as `reject_from`, and at least `reject_confidence` sure;
    - review: a finding at least as severe as `review_from` or of a rule in `always_review`, or a value that was not
      read well enough (see `well_read`);
    - approve: otherwise.
    """
    settings = policy.verdict
    found = list(observations)
    if settings.reject_from != "never" and any(
        _reaches(each, settings.reject_from) and each.confidence >= settings.reject_confidence for each in found
    ):
        return "reject"
    if any(_reaches(each, settings.review_from) or each.rule in settings.always_review for each in found):
        return "review"
    return "approve" if well_read(policy, case) else "review"


def well_read(policy: Policy, case: Case) -> bool:
    """Whether all that an approval rests on is known: each receipt read whole, with the fields that the policy needs
    read surely enough; or, where there is no receipt, a claim that is complete and small enough to do without one (a
    policy that never asks for a receipt approves no claim that has none)."""
    if case.receipts:
        return all(_read(policy, receipt) for receipt in case.receipts)
    claim = case.claim
    if claim is None or claim.receipts or claim.money is None or not claim.money.known:
        return False
    return bool(claim.date and claim.merchant) and any(rule.rule == "missing_receipt" for rule in policy.rules)


def judge(
    policy: Policy,
    record: Extraction,
    today: dt.date,
    *,
    document: Document | None = None,
    rates: Converts | None = None,
) -> Extraction:
    """A receipt by itself, without a claim: its record with `verdict` and `findings` filled in."""
    case = Case(record.file, None, (ReceiptEvidence(record, Path(record.file), document),))
    situation = Situation(today=today, currency=policy.currency, rates=rates)
    found = [observation for _, observation in policy.examiner().examine([case], situation)]
    ordered = sorted(found, key=lambda each: (-SEVERITIES.index(each.severity), -each.confidence))
    return record.model_copy(
        update={"verdict": decide(policy, case, found), "findings": [each.plain() for each in ordered]}
    )


def _reaches(observation: Observation, severity: Severity) -> bool:
    return SEVERITIES.index(observation.severity) >= SEVERITIES.index(severity)


def _read(policy: Policy, receipt: ReceiptEvidence) -> bool:
    needs = policy.verdict.needs.items()
    return receipt.record.status == "ok" and all(receipt.confidence(name) >= least for name, least in needs)
