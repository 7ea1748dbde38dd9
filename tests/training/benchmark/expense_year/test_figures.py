import pytest

from extractor.policy.audit import Result
from extractor.policy.cases import Case, Observation
from training.benchmark.expense_year.figures import accused, described, errors
from training.benchmark.expense_year.judging import Judged

OVER = "amount 10–50 % too high"


def judged(number, rule="", *, kind=None, half="", severity="high", confidence=0.95, related=(), verdict=""):
    found = ()
    if rule:
        found = (
            Observation(rule=rule, severity=severity, message="m", confidence=confidence, related=related),
        )  # fmt: skip
    case = Case(f"{number}")
    said = verdict or ("approve" if severity == "low" or not rule else "reject")
    return Judged(case, Result(case.id, said, None, found), kind, half)


def figures(*claims):
    return {one.name.removeprefix("expense year dev, "): one for one in described(claims, "dev")}


def test_abuse_counts_as_found_only_under_a_rule_that_fits():
    found = figures(
        judged(1, "amount_over_claimed", kind=OVER),
        judged(2, "alcohol", kind=OVER),
        judged(3, "amount_over_claimed", kind=OVER, severity="low"),
        judged(4, kind=OVER),
    )
    assert found["recall"].measured == pytest.approx(0.25)
    assert found[f"recall, {OVER}"].measured == pytest.approx(0.25)
    # That somebody looks for another reason is no false alarm.
    assert found["precision"].measured == 1


def test_an_honest_claim_that_is_accused_costs_precision_and_a_doubtful_reading_does_not():
    found = figures(
        judged(1, "amount_over_claimed", kind=OVER),
        judged(2, "duplicate_file"),
        judged(3, "reading", severity="low", verdict="review"),
        judged(4, "amount_unclear", severity="medium", verdict="review"),
    )
    assert found["precision"].measured == pytest.approx(0.5)
    assert found["review for the reading alone"].measured == 50
    assert found["honest claims with a high finding"].measured == pytest.approx(100 / 3)


def test_the_honest_half_of_a_fraud_counts_for_neither_where_it_leads_to_the_other():
    pair = [judged(1, "receipt_over_claimed", half="2", severity="medium", related=("2",)), judged(2, kind=OVER)]
    assert accused(pair, 0.0) == (0, 0)
    stranger = judged(3, "alcohol", half="2", severity="medium")
    assert accused([*pair, stranger], 0.0) == (0, 1)


def test_a_higher_threshold_accuses_fewer():
    claims = [judged(1, "amount_over_claimed", kind=OVER), judged(2, "alcohol", confidence=0.75, severity="medium")]
    found = figures(*claims)
    assert found["precision from confidence 0.6"].measured == pytest.approx(0.5)
    assert found["precision from confidence 0.8"].measured == 1


def test_each_error_is_told_with_what_the_audit_said():
    lines = list(errors([judged(1, kind=OVER), judged(2, "alcohol"), judged(3)]))
    assert [line.split("\t")[:3] for line in lines] == [["missed", OVER, "1"], ["false alarm", "alcohol", "2"]]


def test_nothing_planted_gives_no_recall():
    assert figures(judged(1))["recall"].verdict == "below"
