from extractor.policy.audit import Result
from extractor.policy.cases import Observation
from tests.training.benchmark.expense_year.making import held
from training.benchmark.honest import described, judged


def result(*severities: str) -> Result:
    found = tuple(Observation(rule="cash", severity=each, message="m") for each in severities)
    return Result("1", "review", None, found)


def test_a_receipt_counts_once_however_many_high_findings_it_has():
    whole, by_rule = described([result("high", "high"), result("medium"), result(), result("low")], "dev")
    assert (whole.measured, whole.verdict, whole.n) == (25, "below", 4)
    assert (by_rule.name, by_rule.measured) == ("honest receipts dev, high cash", 25)


def test_receipts_that_were_read_well_are_accused_of_nothing_and_tobacco_is():
    found = judged([held(1), held(2), held(3, item="Marlboro cigarettes")])
    assert [max((one.severity for one in each.findings), default="") for each in found][:2] != ["high", "high"]
    assert [any(one.severity == "high" for one in each.findings) for each in found] == [False, False, True]
