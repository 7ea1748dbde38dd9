from __future__ import annotations

from decimal import Decimal

import pytest

from extractor.policy.cases import Case, Situation
from extractor.policy.statistics import Statistics, StatisticsSettings
from tests.extractor.policy.statistics.making import case, lunches, receipt

ONLY = StatisticsSettings(kinds=("outliers",))


def found(cases, settings=ONLY):
    return list(Statistics(settings).examine(cases, Situation()))


def dinner(amount: str, **values) -> Case:
    return case("dinner", amount, **{"employee": "Ada", "merchant": "ROMA", "category": "meals", **values})


def test_a_dinner_of_ten_times_the_usual_price_stands_out_by_merchant_category_and_person():
    observations = found([*lunches(40), dinner("150.00")])
    assert {(case_id, each.rule) for case_id, each in observations} == {
        ("dinner", "outlier_merchant"),
        ("dinner", "outlier_category"),
        ("dinner", "outlier_person"),
    }


def test_the_sentence_names_the_amount_the_group_and_what_is_usual():
    observation = dict(found([*lunches(40), dinner("150.00")]))["dinner"]
    merchant = next(each for _, each in found([*lunches(40), dinner("150.00")]) if each.rule == "outlier_merchant")
    assert merchant.message.startswith("EUR 150.00 is far more than usual at ROMA: the median of ")
    assert "most lie between EUR " in merchant.message
    assert observation.fields == ["total"]


def test_what_is_at_stake_is_the_exact_excess_over_the_median():
    cases = [*(case(f"c{index}", "10.10", merchant="Roma") for index in range(9)), dinner("99.95", category="")]
    (_, observation) = found(cases)[0]
    assert (observation.at_stake, observation.currency) == ("89.85", "EUR")
    assert isinstance(Decimal(observation.at_stake), Decimal)


def test_ordinary_expenses_are_left_alone():
    assert found(lunches(60)) == []


def test_few_others_are_no_group():
    settings = StatisticsSettings(kinds=("outliers",), outlier_least=8)
    assert found([*lunches(8)[:7], dinner("500.00")], settings) == []


def test_currencies_are_never_mixed():
    yen = [case(f"y{index}", str(1500 + 10 * index), currency="JPY", category="meals") for index in range(20)]
    assert found([*lunches(40), *yen]) == []


def test_an_outlier_does_not_hide_another():
    cases = [*lunches(40), dinner("150.00"), case("second", "160.00", merchant="Roma", category="meals")]
    assert {case_id for case_id, _ in found(cases)} == {"dinner", "second"}


@pytest.mark.parametrize(("amount", "severity"), [("60.00", "low"), ("1500.00", "medium")])
def test_severity_is_medium_only_where_the_amount_is_extreme(amount, severity):
    merchant = [each for _, each in found([*lunches(40), dinner(amount)]) if each.rule == "outlier_category"]
    assert [each.severity for each in merchant] == [severity]


def test_what_costs_far_less_is_told_on_request():
    cases = [*lunches(40), dinner("0.50")]
    assert found(cases) == []
    told = found(cases, StatisticsSettings(kinds=("outliers",), outlier_below=True))
    assert {each.at_stake for _, each in told} == {None}
    assert all("far less than usual" in each.message for _, each in told)


def test_receipts_without_claims_count_with_their_total_where_it_was_surely_read():
    def read(name: str, total: str, confidence: float) -> Case:
        return Case(name, None, (receipt(name, confidence, total=total, currency="EUR", merchant_name="Roma"),))

    usual = [read(f"r{index}", f"{10 + index / 10:.2f}", 0.99) for index in range(12)]
    assert {case_id for case_id, _ in found([*usual, read("dear", "300.00", 0.99)])} == {"dear"}
    assert found([*usual, read("dear", "300.00", 0.5)]) == []


def test_a_finding_says_where_the_total_stands():
    dear = Case("dear", None, (receipt("dear", total="900.00", currency="EUR", merchant_name="Roma"),))
    ((_, observation), *_) = found([*lunches(30), dear])
    assert observation.places[0].receipt == "dear.jpg"
    assert observation.places[0].box == [0.6, 0.5, 0.8, 0.55]
