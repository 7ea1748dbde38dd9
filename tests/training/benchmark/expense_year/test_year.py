import random
from collections import Counter

import pytest

from extractor.policy.claims.likeness import same_merchant
from extractor.policy.duplicates import Index
from extractor.policy.examiners import Choice, examiners_for
from tests.training.benchmark.expense_year.making import WORLD, held, pools
from training.benchmark.expense_year.abuses import ABUSES
from training.benchmark.expense_year.honesty import Writer, loosely, objections
from training.benchmark.expense_year.judging import Memory, examiners, judge
from training.benchmark.expense_year.year import pools_of, simulate

PICTURES = ("total altered in the picture", "drawn by a program")
"""Kinds that only a picture betrays, which receipts made up for tests have not."""


@pytest.fixture(scope="module")
def companies():
    return simulate(pools(), WORLD, seed=4, claims=150, companies=2)


@pytest.fixture(scope="module")
def judged(companies):
    return list(judge(companies, WORLD))


def test_the_same_seed_gives_the_same_year_and_another_one_another(companies):
    assert simulate(pools(), WORLD, seed=4, claims=150, companies=2) == companies
    assert simulate(pools(), WORLD, seed=5, claims=150, companies=2) != companies


def test_six_in_a_hundred_claims_are_abusive(companies):
    assert sum(len(one.planted) for one in companies) == 9
    assert sum(len(one.cases) for one in companies) == 150


def test_nobody_honest_claims_a_receipt_twice(companies):
    for company in companies:
        honest = [case for case in company.cases if case.id not in company.planted]
        files = Counter(receipt.record.sha256 for case in honest for receipt in case.receipts)
        assert set(files.values()) == {1}


def test_honest_claims_of_receipts_that_were_read_well_are_approved(judged):
    honest = [one for one in judged if not one.kind and not one.half]
    assert len(honest) > 120
    assert [one.result for one in honest if one.result.verdict != "approve"] == []


def test_abuse_of_every_kind_is_found_on_receipts_that_were_read_well():
    year = simulate(pools(), WORLD, seed=1, claims=250 * 3, companies=10)
    judged = [one for one in judge(year, WORLD) if one.kind and one.kind not in PICTURES]
    assert {one.kind for one in judged} == set(ABUSES) - set(PICTURES)
    assert [(one.kind, one.result) for one in judged if not one.fitting() or one.result.verdict == "approve"] == []


def test_the_honest_half_of_a_duplicate_leads_to_the_other(companies, judged):
    halves = [one for one in judged if one.half]
    assert halves
    assert all(one.about_the_pair for one in halves)


def test_receipts_that_the_policy_does_not_pay_for_are_no_honest_claims():
    found = pools_of([held(1), held(2, item="Red wine bottle"), held(3, total="90000.00")], (), WORLD)
    assert [one.id for one in found.honest] == ["001"]
    assert [one.id for one in found.prohibited] == ["002"]
    assert {one.rule for one in objections(held(3, total="90000.00"), WORLD)} >= {"any_expense"}


def test_people_write_merchants_so_that_they_can_be_told():
    names = ["Golden Lantern Bakery Sdn Bhd", "Perniagaan Zheng Hui", "MR. D.I.Y. (M) SDN BHD", "Café Rex"]
    chance = random.Random(1)
    written = {name: {loosely(name, chance) for _ in range(50)} for name in names}
    assert all(len(forms) > 1 for name, forms in written.items() if len(name) > 8)
    assert all(same_merchant(name, form) > 0.55 for name, forms in written.items() for form in forms)


def test_an_honest_claim_asks_for_what_the_receipt_comes_to():
    receipt = held(1)
    claims = [Writer(WORLD, random.Random(seed), (receipt.day,)).honest("1", "Ann", receipt) for seed in range(40)]
    assert {claim.amount for claim in claims if claim.currency == "MYR"} == {receipt.total}
    assert any(claim.currency == "EUR" for claim in claims)
    assert all(2 <= (claim.submitted - receipt.day).days <= 43 for claim in claims)


def test_the_year_is_audited_by_the_examiners_of_the_command():
    with Index.open() as index, examiners_for(Choice(policy=WORLD.policy)) as usual:
        mine = [rule for one in examiners(WORLD, index, Memory()) for rule in one.rules]
        assert mine == [rule for one in usual for rule in one.rules]
