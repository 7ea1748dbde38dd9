import datetime as dt
import json
from decimal import Decimal

import pytest

from extractor.policy.audit import audit, resettled
from extractor.policy.cases import Case, Situation
from extractor.policy.claims.compare import ClaimExaminer
from extractor.policy.claims.notes import Noticed
from extractor.policy.claims.telling import observation
from tests.extractor.policy.claims.making import claim, receipt

PAGE = ("TOTAL 45.00",)
GOOD = receipt(total="45.00", currency="EUR", lines=PAGE)
NOW = Situation(dt.date(2026, 5, 1))


def one(case: Case):
    (result,) = audit([case], [ClaimExaminer()], None, NOW)
    return result


def test_a_claim_that_fits_its_receipt_is_approved():
    result = one(Case("1", claim("1", "45.00"), (GOOD,)))
    assert (result.verdict, result.overpayment, result.findings) == ("approve", None, ())
    assert result.receipts == ("a.jpg",)


def test_an_over_claim_is_rejected_with_the_exact_sum():
    result = one(Case("1", claim("1", "50.10"), (GOOD,)))
    assert (result.verdict, result.overpayment) == ("reject", Decimal("5.10"))


@pytest.mark.parametrize("evidence", [(), (receipt(total="45.00", sure=0.6),), (receipt(status="failed"),)])
def test_nothing_is_approved_on_what_was_not_read_well(evidence):
    assert one(Case("1", claim("1", "45.00"), evidence)).verdict == "review"


def test_a_result_is_written_with_exactly_its_keys_and_money_as_text():
    line = json.loads(one(Case("1", claim("1", "50.10"), (GOOD,))).to_json())
    assert list(line) == ["claim_id", "verdict", "overpayment", "findings", "receipts"]
    assert line["overpayment"] == "5.10"
    assert line["findings"][0]["at_stake"] == "5.10"
    assert json.loads(one(Case("1", claim("1", "45.00"), (GOOD,))).to_json())["overpayment"] is None


def test_findings_stand_gravest_first():
    notes = Noticed(
        tuple(
            ("1", observation(f"r_{severity}", severity, "…", confidence=0.5)) for severity in ("low", "high", "medium")
        )
    )
    (result,) = audit([Case("1", claim("1"))], [notes], None, NOW)
    assert [each.severity for each in result.findings] == ["high", "medium", "low"]


def test_what_was_dismissed_no_longer_decides():
    case = Case("1", claim("1", "50.10"), (GOOD,))
    result = one(case)
    from dataclasses import replace

    assert resettled(replace(result, findings=()), case).verdict == "approve"
    assert resettled(replace(result, findings=()), case).overpayment is None


def test_cases_need_ids_of_their_own():
    with pytest.raises(ValueError, match="ids of their own"):
        audit([Case("1"), Case("1")], [], None, NOW)
