"""The heads of documents: which of their lines are the seller's name, and which stand there for other reasons."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.training.synthetic.samples import ENGLISH, LOCALES, MALAYSIAN, sample
from training.synthetic.generate import generate
from training.synthetic.labels import label, printed_texts
from training.synthetic.layouts import TEMPLATES
from training.synthetic.layouts.above import opening
from training.synthetic.layouts.base import Roll
from training.synthetic.layouts.foots import foot
from training.synthetic.layouts.heads import HeadStyle, head
from training.synthetic.layouts.signs import garbled
from training.synthetic.locales import LOCALES as LOCALES_BY_NAME
from training.synthetic.names import fill, merchant
from training.synthetic.purchase import Locale, Party, Purchase
from training.synthetic.wordings import HEAD_WORDS, countries, head_words

COMPANY = Party(
    "Northwind Catering Sdn Bhd",
    ("LOT 7, JALAN MERU", "43000 IPOH"),
    "05-555 0188",
    "000123456789",
    None,
    "123456-X",
    trading_name="Blue Door",
)
SHOP = Party("Old Mill Diner", ("12 Harbour Street", "Port Ellery"), "02-555 0188")
MANY = range(400)


def rolls(purchase: Purchase, style: HeadStyle | None = None) -> Iterator[Roll]:
    for seed in MANY:
        roll = Roll(purchase, random.Random(seed), 40)
        head(roll, style or HeadStyle())
        yield roll


def lines(roll: Roll) -> list[str]:
    return ["".join(run.text for cell in row.cells for run in cell.runs) for row in roll.rows]


def told(roll: Roll, role: str = "merchant_name") -> str | None:
    return printed_texts([roll.sheet()]).get(role)


def squeezed(text: str) -> str:
    return "".join(text.casefold().split())


def of(seller: Party, locale: Locale = MALAYSIAN) -> Purchase:
    return replace(sample("receipt", locale), merchant=seller)


@pytest.mark.parametrize("name", sorted({country.language for country in countries().values()}))
def test_every_language_has_the_words_of_heads(name: str) -> None:
    words = head_words(name)
    assert set(words) == set(HEAD_WORDS)
    assert all(words[kind] and all(words[kind]) for kind in HEAD_WORDS)
    for kind in HEAD_WORDS:
        holds_name = [text for text in words[kind] if "{name}" in text]
        assert holds_name == (list(words[kind]) if kind in ("welcome", "thanks_at", "run_by") else [])


def test_the_name_is_the_company_where_one_is_printed_and_the_sign_where_none_is() -> None:
    seen = {"company": 0, "sign": 0, "nothing": 0}
    for roll in rolls(of(COMPANY)):
        name = (told(roll) or "").casefold()
        company_there = any("northwind" in line.casefold() for line in lines(roll))
        if company_there:
            assert name == COMPANY.name.casefold()
            seen["company"] += 1
        elif name:
            assert name.startswith("blue door")
            seen["sign"] += 1
        else:
            seen["nothing"] += 1
    assert seen["company"] > seen["sign"] > seen["nothing"] > 5


def test_the_company_stands_below_the_sign_mostly_and_at_times_above_it_or_under_the_address() -> None:
    orders: set[str] = set()
    for roll in rolls(of(COMPANY)):
        printed = [line.casefold() for line in lines(roll)]
        places = {
            what: next((at for at, line in enumerate(printed) if word in line), -1)
            for what, word in (("company", "northwind"), ("sign", "blue door"), ("address", "jalan"))
        }
        if min(places.values()) >= 0:
            orders.add(" ".join(sorted(places, key=lambda what: places[what])))
    assert {"sign company address", "company sign address", "sign address company"} <= orders


def test_who_runs_a_shop_is_said_before_the_company_and_is_no_part_of_it() -> None:
    said = [
        line
        for roll in rolls(of(COMPANY, ENGLISH))
        if told(roll) and "northwind" in str(told(roll)).casefold()
        for line in lines(roll)
        if re.search(r"operated by|unit of|division of|managed by", line, re.IGNORECASE)
    ]
    assert len(said) > 5


def test_a_name_in_two_lines_is_one_name() -> None:
    parted = 0
    for roll in rolls(of(SHOP)):
        rows = [row for row in roll.rows if any(r.role == "merchant_name" for c in row.cells for r in c.runs)]
        if len(rows) == 2 and (told(roll) or "").casefold() == SHOP.name.casefold():
            parted += 1
    assert 10 < parted < len(MANY) / 5


def test_what_a_restaurant_serves_belongs_to_its_name_and_slogans_and_greetings_do_not() -> None:
    names = {(told(roll) or "").casefold() for roll in rolls(of(SHOP, ENGLISH))} - {""}
    fares = {text.casefold() for text in head_words("en")["fare"]}
    assert all(name == "old mill diner" or name.removeprefix("old mill diner ") in fares for name in names)
    assert len(names) > 3
    printed = {line.casefold() for roll in rolls(of(SHOP, ENGLISH)) for line in lines(roll)}
    assert printed & {text.casefold() for text in head_words("en")["slogan"]}
    assert any(line.startswith("welcome to") for line in printed)


def test_other_lines_stand_above_the_name_of_a_till_and_nothing_above_that_of_a_letter() -> None:
    def above(style: HeadStyle) -> int:
        found = 0
        for roll in rolls(of(SHOP, ENGLISH), style):
            roles = [{r.role for c in row.cells for r in c.runs} for row in roll.rows]
            at = next((n for n, role in enumerate(roles) if "merchant_name" in role), 0)
            found += at > 0
        return found

    till, letter = above(HeadStyle(order=("name",))), above(HeadStyle(order=("name",), paper="letter"))
    # Greetings and logos are part of how a name is written, on letters too.
    assert till > 80
    assert letter < till / 2


def test_rooms_and_customers_are_not_taken_for_the_seller() -> None:
    rooms = {text.casefold() for text in head_words("en")["outlet"]}
    seen = {"room": 0, "customer": 0}
    for roll in rolls(of(SHOP, ENGLISH)):
        for row in roll.rows:
            text = "".join(run.text for cell in row.cells for run in cell.runs).casefold()
            what = "room" if text.strip("* ") in rooms else "customer" if re.match("customer|client|name", text) else ""
            if what:
                seen[what] += 1
                assert {run.role for cell in row.cells for run in cell.runs} == {None}
    assert min(seen.values()) >= 1


def test_a_card_terminal_names_cards_above_the_name() -> None:
    found = []
    for seed in MANY:
        roll = Roll(of(SHOP), random.Random(seed), 40)
        opening(roll, "centre", slip=True)
        assert not {run.role for row in roll.rows for cell in row.cells for run in cell.runs} & {"merchant_name"}
        found += lines(roll)
    assert {"VISA", "MASTERCARD"} <= set(found)


def test_a_mall_is_the_first_line_of_the_address() -> None:
    malls = [
        address
        for roll in rolls(of(SHOP, ENGLISH))
        if (address := told(roll, "merchant_address")) and not address.casefold().startswith("12 harbour")
    ]
    with_street = [address for address in malls if address.casefold().endswith("12 harbour street port ellery")]
    assert len(with_street) > 5
    assert len(malls) > len(with_street), "some print the mall alone"


def test_a_name_that_the_head_lacks_may_stand_at_the_foot_and_is_told_once() -> None:
    at_foot = nowhere = 0
    for roll in rolls(of(SHOP, ENGLISH)):
        missing = told(roll) is None
        foot(roll)
        roles = [run.role for row in roll.rows for cell in row.cells for run in cell.runs]
        if missing:
            at_foot += "merchant_name" in roles
            nowhere += "merchant_name" not in roles
            assert told(roll) in (None, "Old Mill Diner", "OLD MILL DINER")
    assert at_foot > 5
    assert nowhere > 5


@pytest.mark.parametrize("locale", LOCALES, ids=lambda locale: locale.name)
def test_names_of_every_template_are_those_of_the_seller(locale: Locale) -> None:
    for name, template in TEMPLATES.items():
        for seed in range(6):
            purchase = sample(template.kinds[0], locale)
            found = label(purchase, template.lay(purchase, random.Random(f"{name} {seed}")))["merchant_name"]
            # Words wider than the paper are broken, and the label has a space there.
            assert found is None or squeezed(purchase.merchant.name) in squeezed(found)


def test_letters_always_have_a_name() -> None:
    documents = [generate(f"letter {n}", kinds=["folio", "invoice"]) for n in range(120)]
    letters = [one for one in documents if one.facts["template"].startswith(("invoice customer", "hotel"))]
    assert len(letters) > 80
    assert all(one.label["merchant_name"] for one in letters)


def test_numbers_of_branches_keep_their_sign_and_belong_to_the_name() -> None:
    assert re.fullmatch(r"Store #\d+", fill("Store #{store}", ENGLISH, random.Random(3)))
    assert re.fullmatch(r"Store # \d+ \d", fill("Store # {store} #", ENGLISH, random.Random(3)))
    names = [merchant(ENGLISH, "grocery", random.Random(seed)).name for seed in range(300)]
    numbered = [name for name in names if re.search(r"#\d+$| \d{3,}$|\(\d+\)$", name)]
    assert 10 < len(numbered) < 75


@pytest.mark.parametrize("name", ["en_US", "de_DE", "en_MY", "ja_JP"])
def test_a_company_behind_a_sign_has_a_legal_form(name: str) -> None:
    """A family name alone would be the owner's, and the sign the seller."""
    country = countries()[name]
    forms = {form.strip("~").casefold() for form in country.legal if form}
    sellers = [merchant(LOCALES_BY_NAME[name], "services", random.Random(seed)) for seed in range(300)]
    companies = [seller.name.casefold() for seller in sellers if seller.trading_name]
    assert len(companies) > 20
    assert all(any(form in company for form in forms) for company in companies)


def test_what_is_read_of_a_logo_is_never_empty_and_mostly_not_the_word() -> None:
    read = [garbled("Lantern", random.Random(seed)) for seed in range(50)]
    assert all(read)
    assert sum(word == "Lantern" for word in read) < 10
    assert garbled("A", random.Random(1))
