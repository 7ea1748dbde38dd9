"""From findings to a verdict: stated thresholds, and no approval of what was not read well enough."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.policy.cases import Observation
from extractor.policy.verdict import decide, judge
from tests.extractor.policy.expenses import HEAD, TODAY, alone, claimed, policy, receipt

GOOD = {"total": "14.50", "date": "2026-03-11", "merchant_name": "Le Petit Four", "currency": "EUR"}


def observation(severity: str, confidence: float = 1.0, rule: str = "r") -> Observation:
    return Observation(rule=rule, severity=severity, message="m", confidence=confidence)


@pytest.mark.parametrize(
    ("observations", "verdict"),
    [
        ([], "approve"),
        ([observation("low")], "approve"),
        ([observation("medium", 0.1)], "review"),
        ([observation("high", 0.89)], "review"),
        ([observation("high", 0.9)], "reject"),
        ([observation("low", rule="not_comparable")], "review"),
    ],
)
def test_the_thresholds_of_a_policy_that_states_none(observations, verdict):
    assert decide(policy(), alone(receipt(**GOOD)), observations) == verdict


def test_thresholds_may_be_set():
    strict = policy(head=HEAD.replace("rules:", "verdict: {review_from: low, reject_from: medium}\nrules:"))
    assert decide(strict, alone(receipt(**GOOD)), [observation("low")]) == "review"
    assert decide(strict, alone(receipt(**GOOD)), [observation("medium")]) == "reject"
    mild = policy(head=HEAD.replace("rules:", "verdict: {reject_from: never}\nrules:"))
    assert decide(mild, alone(receipt(**GOOD)), [observation("high")]) == "review"


@pytest.mark.parametrize("field", GOOD)
def test_a_needed_field_that_was_not_read_well_forbids_approval(field):
    missing = {name: value for name, value in GOOD.items() if name != field}
    assert decide(policy(), alone(receipt(**missing)), []) == "review"
    unsure = {**GOOD, field: (GOOD[field], 0.45)}
    assert decide(policy(), alone(receipt(**unsure)), []) == "review"


@given(st.fixed_dictionaries({name: st.floats(0, 1) for name in GOOD}))
def test_approval_is_never_given_below_the_stated_confidence(sure):
    needs = {"total": 0.8, "date": 0.8, "merchant_name": 0.5, "currency": 0.7}
    read = receipt(**{name: (GOOD[name], sure[name]) for name in GOOD})
    enough = all(sure[name] >= needs[name] for name in GOOD)
    assert decide(policy(), alone(read), []) == ("approve" if enough else "review")


@pytest.mark.parametrize("status", ["failed", "partial"])
def test_a_document_that_was_not_read_whole_is_never_approved(status):
    assert decide(policy(), alone(receipt(status=status, **GOOD)), []) == "review"


def test_every_receipt_of_a_claim_must_be_read_well():
    claim = {"date": TODAY, "merchant": "x", "amount": Decimal(9), "currency": "EUR"}
    both = (receipt("a.jpg", **GOOD), receipt("b.jpg", **{**GOOD, "total": ("1.00", 0.3)}))
    assert decide(policy(), claimed(receipts=both, **claim), []) == "review"
    assert decide(policy(), claimed(receipts=both[:1], **claim), []) == "approve"


CLAIM = {"date": TODAY, "merchant": "Parkhaus", "amount": Decimal(9), "currency": "EUR"}


def test_a_small_claim_needs_no_receipt_where_the_policy_says_so():
    assert decide(policy("rule: missing_receipt, amount: 25"), claimed(**CLAIM), []) == "approve"
    assert decide(policy(), claimed(**CLAIM), []) == "review"


@pytest.mark.parametrize(
    "lack", [{"date": None}, {"amount": None}, {"currency": "XXX"}, {"merchant": ""}], ids=lambda lack: next(iter(lack))
)
def test_an_incomplete_claim_without_a_receipt_is_not_approved(lack):
    assert decide(policy("rule: missing_receipt, amount: 25"), claimed(**{**CLAIM, **lack}), []) == "review"


def test_a_record_is_judged_with_its_weightiest_finding_first():
    rules = policy(
        "rule: cap, name: most, amount: 10, severity: low", "rule: cap, name: least, amount: 5, severity: high"
    )
    judged = judge(rules, receipt(**GOOD).record, TODAY)
    assert judged.verdict == "reject"
    assert [finding.rule for finding in judged.findings] == ["least", "most"]
    assert judged.receipt == receipt(**GOOD).record.receipt


def test_what_was_not_read_well_enough_is_said_by_every_policy():
    judged = judge(policy(), receipt(**{**GOOD, "total": ("14.50", 0.4)}).record, TODAY)
    assert judged.verdict == "review"
    ((told),) = judged.findings
    assert told.rule == "reading"
    assert "40%" in told.message


def test_a_failed_document_gets_a_verdict_that_says_why():
    judged = judge(policy(), receipt(status="failed").record, dt.date(2026, 3, 1))
    assert judged.verdict == "review"
    assert "could not be read" in judged.findings[0].message
