"""The order of review and the sums behind it."""

import datetime as dt
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.policy.money import Money
from extractor.policy.reports.figures import figures_of
from extractor.policy.reports.ranking import entries, queue
from extractor.policy.reports.settings import ReportSettings, ReviewKind
from tests.extractor.policy.reports.made_up import Result, audit, case, finding

SETTINGS = ReportSettings(
    kinds=(
        ReviewKind(name="slow", rules=("slow*",), minutes=Decimal(9)),
        ReviewKind(name="quick", rules=("*",), minutes=Decimal(1)),
    )
)


def entry(*findings, amount="100.00", currency="EUR", number="C", **more):
    result = Result(number, "review", None, findings)
    return entries([result], [case(number, amount=amount, currency=currency)], SETTINGS, **more)[0]


def test_several_findings_of_one_claim_count_once_by_the_largest():
    one = entry(finding("a", "30.00", confidence=0.5), finding("b", "20.00", confidence=1.0))
    assert one.stake == Money(Decimal("30.00"), "EUR")
    assert one.expected == Money(Decimal("20.00"), "EUR")


def test_no_more_is_at_stake_than_was_claimed():
    assert entry(finding(stake="300.00"), amount="100.00").stake == Money(Decimal("100.00"), "EUR")


def test_money_told_in_two_currencies_is_counted_in_the_claims_own():
    one = entry(finding("a", "900.00", "JPY"), finding("b", "6.00", "EUR"))
    assert one.stake == Money(Decimal("6.00"), "EUR")


def test_minutes_are_those_of_the_claim_and_of_each_kind_once():
    one = entry(finding("slow_1"), finding("slow_2"), finding("other"))
    assert one.minutes == 1 + 9 + 1


def test_what_brings_more_money_a_minute_comes_first():
    large = entry(finding("slow", "50.00", confidence=1), number="large but slow")  # 5 a minute
    small = entry(finding("quick", "12.00", confidence=1), number="small but quick")  # 6 a minute
    unsure = entry(finding("quick", "90.00", confidence=0.1), number="unsure")  # 4.50 a minute
    assert [one.id for one in queue([unsure, large, small])] == ["small but quick", "large but slow", "unsure"]


def test_what_names_no_sum_comes_last_the_gravest_first():
    low = entry(finding(stake=None, severity="low"), number="low")
    high = entry(finding(stake=None), number="high")
    money = entry(finding(stake="0.01", severity="low"), number="money")
    assert [one.id for one in queue([low, high, money])] == ["money", "high", "low"]


def test_approved_claims_are_in_the_queue_only_where_money_is_at_stake():
    results = [
        Result("fine", "approve"),
        Result("noted", "approve", None, (finding(stake=None),)),
        Result("unread", "review"),
        Result("money", "approve", None, (finding(),)),
    ]
    found = entries(results, [case(one.claim_id) for one in results], SETTINGS)
    assert [one.id for one in queue(found)] == ["money", "unread"]
    assert [one.id for one in figures_of(found).noted] == ["noted"]


def test_currencies_are_not_compared_without_a_rate():
    yen = entry(finding(stake="9000", currency="JPY"), currency="JPY", amount="9000", number="yen")
    euros = [entry(finding(stake=f"{n}.00"), number=f"euro {n}") for n in (1, 2)]
    assert [one.id for one in queue([yen, *euros])] == ["euro 2", "euro 1", "yen"]


def test_with_rates_all_currencies_have_one_order():
    days = []

    def exchange(money, day):
        days.append(day)
        return Money(money.amount / 150, "EUR") if money.currency == "JPY" else money

    yen = entry(finding(stake="225", currency="JPY"), currency="JPY", amount="900", number="yen", exchange=exchange)
    euros = [entry(finding(stake=f"{n}.00"), number=f"euro {n}", exchange=exchange) for n in (1, 2)]
    assert [one.id for one in queue([yen, *euros])] == ["euro 2", "yen", "euro 1"]
    assert days == [dt.date(2024, 6, 17)] * 3
    figures = figures_of((yen, *euros), exchange=exchange)
    assert figures.common == Money(Decimal("1.5") * Decimal("0.9") + 3 * Decimal("0.9"), "EUR")


amounts = st.decimals(min_value="0.01", max_value="9999.99", places=2)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(amounts, st.sampled_from(["EUR", "JPY", "OMR"])), max_size=8))
def test_sums_are_exact_and_never_cross_currencies(money):
    results, cases = [], []
    for number, (amount, currency) in enumerate(money):
        cases.append(case(str(number), amount=str(amount), currency=currency))
        results.append(Result(str(number), "review", amount, (finding(stake=str(amount), currency=currency),)))
    figures = figures_of(entries(results, cases, ReportSettings()))
    expected = {c: sum((a for a, of in money if of == c), Decimal(0)) for c in {c for _, c in money}}
    assert figures.claimed == figures.stake == figures.overpayment == expected
    for groups in (figures.people, figures.rules, figures.merchants):
        assert all(group.stake == expected for group in groups)


def test_people_merchants_and_rules_are_added_up(examples):
    results, cases = audit(examples)
    figures = figures_of(entries(results, cases, ReportSettings()), [finding("weekend"), finding("gone_rule")])
    people = {group.name: group for group in figures.people}
    assert people["Tom"].claims == 2
    assert people["Tom"].flagged == 1
    rules = {group.name: group for group in figures.rules}
    assert rules["over_claim"].stake == {"EUR": Decimal("4.10"), "JPY": Decimal("300")}
    assert rules["weekend"].dismissed == 1
    assert rules["gone_rule"].findings == 0
    assert figures.claims == 5
    assert figures.receipts_alone == 1


def test_one_merchant_written_in_two_ways_is_one():
    cases = [case("1", merchant="CAFÉ  ROUGE"), case("2", merchant="Café Rouge"), case("3", merchant="Café Rouge")]
    figures = figures_of(entries([Result(one.id, "review") for one in cases], cases, ReportSettings()))
    assert [(group.name, group.claims) for group in figures.merchants] == [("Café Rouge", 3)]
