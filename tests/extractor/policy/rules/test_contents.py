"""Rules about what stands on a receipt: prohibited things, currencies, tax numbers, names, unsure values."""

import datetime as dt
from decimal import Decimal

import pytest

from extractor.policy.names import looks_personal
from extractor.policy.rules.tax_id import _KINDS, _modules, valid_tax_id
from tests.extractor.policy.expenses import BOX, alone, claimed, found, only, policy, receipt

ALCOHOL = policy("rule: prohibited_items, name: alcohol, lists: [alcohol]")


def test_prohibited_items_are_named_with_their_amounts_and_places():
    read = receipt(currency="EUR", items={"Pizza": "9.00", "Merlot 0,2": "6.50", "Beer": "4.00"})
    told = only(found(ALCOHOL, alone(read)))
    assert "“Merlot 0,2” (EUR 6.50)" in told.message
    assert told.at_stake == "10.50"
    assert told.fields == ["line_items.1", "line_items.2"]
    assert told.places[0].box == BOX


def test_what_is_taken_off_was_not_bought():
    assert not found(ALCOHOL, alone(receipt(currency="EUR", items={"Beer voucher": "-4.00"})))


def test_words_of_ones_own_and_exceptions_from_them():
    rule = policy("rule: prohibited_items, words: [minibar], except_words: [minibar key]")
    assert found(rule, alone(receipt(items={"Minibar": "9.00"})))
    assert not found(rule, alone(receipt(items={"Minibar key deposit": "9.00"})))


def test_prohibited_merchants_are_found_on_the_claim_and_on_the_receipt():
    rule = policy("rule: prohibited_merchants, lists: [gambling]")
    assert found(rule, alone(receipt(merchant_name="Grand Casino Luzern")))
    assert found(rule, claimed(merchant="Ladbrokes", amount=Decimal(9), currency="GBP"))
    assert not found(rule, alone(receipt(merchant_name="Casting Coffee")))


def test_prohibited_categories_count_as_claimed_and_as_read():
    rule = policy("rule: prohibited_categories, prohibited: [entertainment]")
    assert found(rule, alone(receipt(expense_category="entertainment")))
    assert found(rule, claimed(category="Entertainment"))
    hidden = claimed(category="meals", receipts=(receipt(expense_category="entertainment"),))
    assert "read as entertainment" in only(found(rule, hidden)).message


def test_a_currency_must_be_one_of_the_country():
    rule = policy("rule: currency_of_country, also: [USD]")
    assert not found(rule, alone(receipt(country="MY", currency="MYR")))
    assert not found(rule, alone(receipt(country="KH", currency="USD")))
    told = only(found(rule, alone(receipt(country="IT", currency="GBP"))))
    assert "IT, where it comes from, uses EUR" in told.message


def test_a_country_that_changed_its_currency_may_use_either():
    rule = policy("rule: currency_of_country")
    assert not found(rule, alone(receipt(country="HR", currency="HRK", date="2019-05-01")))
    assert not found(rule, alone(receipt(country="HR", currency="EUR", date="2019-05-01")))
    assert found(rule, alone(receipt(country="HR", currency="HRK", date="2026-03-01")))


def test_tax_is_reclaimed_only_with_a_tax_number():
    rule = policy("rule: missing_tax_id")
    reclaims = {"tax": Decimal("9.50"), "currency": "EUR"}
    told = only(found(rule, claimed(receipts=(receipt(tax="9.50"),), **reclaims)))
    assert told.at_stake == "9.50"
    assert not found(rule, claimed(receipts=(receipt(merchant_tax_id="DE136695976"),), **reclaims))
    assert not found(rule, claimed(receipts=(receipt(tax="9.50"),)))
    printed = policy("rule: missing_tax_id, when: printed")
    assert found(printed, alone(receipt(tax="9.50", currency="EUR")))


@pytest.mark.parametrize(
    ("number", "country", "valid"),
    [
        ("DE136695976", "DE", True),
        ("136695976", "DE", True),
        ("DE136695975", "DE", False),
        ("51 824 753 556", "AU", True),
        ("51 824 753 557", "AU", False),
        ("GB 980 7806 84", "GB", True),
        ("VAT Reg No: 980780684", "GB", True),
        ("ATU13585627", "DE", True),
        ("CHE-100.155.212 MWST", "CH", True),
        ("ID000241512448", "MY", None),
        ("22/815/08156", "DE", None),  # a Steuernummer: another kind of number
        ("000241512448", "MY", None),  # no check digits are known
        ("12", "AU", None),
    ],
)
def test_check_digits_of_tax_numbers(number, country, valid):
    assert valid_tax_id(number, country) is valid


@pytest.mark.parametrize("country", sorted(_KINDS))
def test_the_numbers_of_every_listed_country_can_be_checked(country):
    assert all(callable(module.is_valid) for module in _modules(country))


def test_an_invalid_tax_number_is_told_with_the_tax_at_stake():
    rule = policy("rule: invalid_tax_id, severity: low")
    told = only(found(rule, alone(receipt(merchant_tax_id="DE136695975", country="DE", tax="1.90", currency="EUR"))))
    assert "DE136695975" in told.message
    assert told.at_stake == "1.90"


@pytest.mark.parametrize(
    ("name", "personal"),
    [
        ("Maria Gonzalez", True),
        ("AHMAD BIN ISMAIL", True),
        ("Jürgen Müller", True),
        ("David's Café", False),
        ("Maria Bakery", False),
        ("James & Sons", False),
        ("7 Eleven", False),
        ("Media World", False),
        ("Maria", False),
    ],
)
def test_names_of_private_persons(name, personal):
    assert looks_personal(name) is personal


def test_a_seller_with_the_claimants_name_weighs_more_than_any_person():
    rule = policy("rule: personal_name, severity: medium")
    own = claimed(employee="Miller, Ann", merchant="Ann Miller", amount=Decimal(9), currency="EUR")
    assert "name of the claimant" in only(found(rule, own)).message
    assert only(found(rule, own)).severity == "medium"
    other = claimed(employee="Bob Stone", merchant="Maria Gonzalez", date=dt.date(2026, 3, 1))
    assert only(found(rule, other)).severity == "low"


def test_values_that_were_hardly_read_are_told_with_their_confidence():
    rule = policy("rule: low_confidence, fields: {tax: 0.8}, missing: false")
    assert not found(rule, alone(receipt(tax="1.90")))
    assert not found(rule, alone(receipt(total="1.90")))
    told = only(found(rule, alone(receipt(tax=("1.90", 0.4)))))
    assert "40%" in told.message
    assert told.fields == ["tax"]
    assert told.confidence == 1.0


def test_a_rule_about_one_category_says_nothing_where_the_category_is_not_known():
    rule = policy("rule: prohibited_items, lists: [alcohol], categories: [meals]")
    assert not found(rule, alone(receipt(items={"Beer": "4.00"})))
    assert found(rule, alone(receipt(items={"Beer": "4.00"}, expense_category="meals")))
