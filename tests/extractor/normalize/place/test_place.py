import time

import pytest

from extractor.normalize.characters import plain_signs
from extractor.normalize.place import Place, place_clues, settle_place
from extractor.normalize.place.clues import DEPENDENCE, Clue, named, shares, weigh
from extractor.normalize.place.names import name_clues, skeleton

US = {"US": 0.9, "CA": 0.05, "GB": 0.05}
DOLLARS = {"USD": 0.9, "CAD": 0.05, "GBP": 0.05}
ENGLISH = {"en": 0.95, "fr": 0.05}


def best(text: str, kind: str | None = None) -> str | None:
    """The country that the clues of a kind (all kinds where none is named) speak for most."""
    clues = [clue for clue in place_clues(plain_signs(text)) if kind in (None, clue.kind)]
    total = weigh(clues)
    return max(sorted(total), key=lambda code: total[code]) if total else None


def settled(*lines: str) -> Place:
    return settle_place(lines, US, DOLLARS, ENGLISH)


@pytest.mark.parametrize(
    ("text", "kind", "country"),
    [
        ("Wien, Österreich", "country name", "AT"),
        ("1051 Budapest, Magyarország", "country name", "HU"),
        ("Saint Kitts and Nevis", "country name", "KN"),
        ("Gaborone", "city", "BW"),
        ("07000 LANGKAW1", "region", "MY"),
        ("San Jose CA 95132", "state", "US"),
        ("Greensboro, NC", "state", "US"),
        ("Hurstville NSW 2220", "state", "AU"),
        ("Toronto ON M5V 2T6", "postcode", "CA"),
        ("London WC2N 4AG", "postcode", "GB"),
        ("1012 AB Amsterdam", "postcode", "NL"),
        ("Singapore 188067", "postcode", "SG"),
        ("〒 150-0002", "postcode", "JP"),
        ("Tel +44 20 7946 0000", "calling code", "GB"),
        ("Tel: 0044 20 7946 0000", "calling code", "GB"),
        ("Tel: +971 4 000 0000", "calling code", "AE"),
        ("(416) 555-0100", "area code", "CA"),
        ("869-465-0100", "area code", "KN"),
        ("212-555-0100", "area code", "US"),
        ("Tel 01.42.00.00.00", "phone shape", "FR"),
        ("www.example.co.uk", "domain", "GB"),
        ("mail@example.com.au", "domain", "AU"),
        ("ABN: 12 345 678 901", "tax number", "AU"),
        ("GST 123456789 RT0001", "tax number", "CA"),
        ("CHE-123.456.789 MWST", "tax number", "CH"),
        ("ATU12345678", "tax number", "AT"),
        ("GSTIN 27ABCDE1234F1Z5", "tax number", "IN"),
        ("CGST 2.5% SGST 2.5%", "tax word", "IN"),
        ("T.V.A. TUA 20%", "tax word", "FR"),
        ("EXAMPLE SDN. BHD.", "company form", "MY"),
        ("Beispiel GmbH", "company form", "DE"),
        ("INTERAC", "payment", "CA"),
        ("ขอบคุณค่ะ", "script", "TH"),
        ("Tak for besøget, heraf moms, kvittering, velkommen", "language", "DK"),
        ("1.250 2.500 35.264 4.864 0.500", "amounts", "OM"),
    ],
)
def test_each_kind_of_clue_names_its_country(text: str, kind: str, country: str) -> None:
    assert best(text, kind) == country


@pytest.mark.parametrize("text", ["www.example.co", "me@example.tv", "Total 12.00", "Tel 800-555-0100", ""])
def test_what_stands_for_no_country_is_no_clue(text: str) -> None:
    assert best(text) is None


def test_a_city_that_two_countries_share_says_less_than_one_of_its_own() -> None:
    (shared,), (own,) = (list(name_clues([name])) for name in ("Birmingham", "Nottingham"))
    assert shared.weights["GB"] < own.weights["GB"]
    assert 0 < shared.weights["US"] < shared.weights["GB"]


@pytest.mark.parametrize(
    ("text", "country"),
    [("Paris, TX 75460", "US"), ("London, ON N6A 3K7", "CA"), ("Atlanta, Georgia", "US"), ("Tbilisi, Georgia", "GE")],
)
def test_what_stands_beside_a_shared_name_makes_it_clear(text: str, country: str) -> None:
    assert best(text) == country


def test_a_dish_on_a_line_with_a_price_is_no_place() -> None:
    assert not list(name_clues(["2 Berlin Budapest 9.00"]))
    assert list(name_clues(["Budapest"]))
    assert not list(name_clues(["from budapest with love"]))


def test_signs_that_ocr_mixes_up_are_the_same_in_long_words_only() -> None:
    assert skeleton("langkaw1") == skeleton("langkawi")
    assert skeleton("mail") != skeleton("mali")


def test_day_first_speaks_against_americans_and_month_first_for_them() -> None:
    (day,) = place_clues("24/12/2017")
    (month,) = place_clues("12/24/2017")
    assert day.weights["US"] < 0 < month.weights["US"]
    assert not place_clues("05/06/2017")


def test_within_a_kind_the_strongest_clue_counts_and_kinds_add_up() -> None:
    strong, weak = named("city", "a", {"GB": 1.0}), named("city", "b", {"GB": 0.2})
    code = Clue("postcode", "c", {"GB": 2.0})
    assert weigh([strong, weak]) == weigh([strong])
    assert weigh([strong, code])["GB"] == pytest.approx(DEPENDENCE * (strong.weights["GB"] + 2.0))


def test_shares_are_as_written_or_alike() -> None:
    assert shares("CA:0.65 NZ:.2") == {"CA": 0.65, "NZ": 0.2}
    assert shares("SG") == {"SG": 1.0}


def test_without_evidence_the_model_is_believed() -> None:
    place = settled("Total 12")
    assert place.country is not None
    assert place.country[0] == "US"
    assert place.currency is not None
    assert place.currency[0] == "USD"
    assert place.language is not None
    assert place.language[0] == "en"
    assert place.clues == ()


def test_a_country_that_the_model_does_not_know_wins_by_evidence_and_brings_its_currency() -> None:
    place = settled("Hotel Example", "Gaborone, Botswana", "Tel +267 390 0000")
    assert place.country is not None
    assert place.country[0] == "BW"
    assert place.country[1] > 0.5
    assert place.currency is not None
    assert place.currency[0] == "BWP"


def test_one_weak_clue_does_not_overrule_a_sure_model_and_lowers_its_confidence() -> None:
    plain, doubted = settled("Total 12"), settled("Total 12", "EFT")
    assert plain.country is not None
    assert doubted.country is not None
    assert doubted.country[0] == "US"
    assert doubted.country[1] < plain.country[1]


def test_the_country_settles_a_shared_mark_and_a_clear_mark_overrules_the_model() -> None:
    place = settle_place(["Total $12"], {"CA": 0.9, "US": 0.1}, {"USD": 0.6, "CAD": 0.4}, {})
    assert (place.country and place.country[0], place.currency and place.currency[0]) == ("CA", "CAD")
    place = settle_place(["S$12.00 S$3.00"], {"US": 0.6, "SG": 0.4}, {"USD": 0.9, "SGD": 0.05}, {})
    assert (place.country and place.country[0], place.currency and place.currency[0]) == ("SG", "SGD")


def test_the_country_follows_a_currency_that_is_printed() -> None:
    place = settle_place(
        ["TOTAL £ 189.50", "VAT £ 28.00"], {"FR": 0.7, "GB": 0.3}, {"EUR": 0.7, "GBP": 0.3}, {"en": 1.0}
    )
    assert (place.country and place.country[0], place.currency and place.currency[0]) == ("GB", "GBP")


def test_dollars_in_a_country_that_prices_in_them_leave_the_country_alone() -> None:
    place = settled("Siem Reap, Cambodia", "Tel +855 63 000 000", "Total USD 12.00")
    assert (place.country and place.country[0], place.currency and place.currency[0]) == ("KH", "USD")


def test_the_currency_is_the_one_of_the_year() -> None:
    lines = ["Zagreb, Hrvatska", "Tel +385 1 000 0000"]
    old, new = settled(*lines, "Datum 03.05.2014"), settled(*lines, "Datum 03.05.2024")
    assert (old.currency and old.currency[0], new.currency and new.currency[0]) == ("HRK", "EUR")


def test_the_words_of_a_language_overrule_the_model() -> None:
    place = settled("Merci de votre visite", "Montant rendu monnaie", "Au revoir et bonne journée")
    assert place.language is not None
    assert place.language[0] == "fr"


def test_a_model_that_sees_no_country_is_believed_until_one_is_printed() -> None:
    none = {"": 0.9, "US": 0.1}
    blank = settle_place(["Lorem ipsum"], none, {"": 0.9, "USD": 0.1}, {})
    assert (blank.country and blank.country[0], blank.currency and blank.currency[0]) == ("", "")
    printed = settle_place(["San Jose CA 95132", "(408) 555-0100"], none, {"": 0.9, "USD": 0.1}, {})
    assert (printed.country and printed.country[0]) == "US"


def test_where_nothing_speaks_nothing_is_said() -> None:
    assert settle_place(["no mark"], {}, {}, {}) == Place(None, None, None)
    # What only speaks against a country doesn't bring another up.
    assert settle_place(["24/12/2017"], {}, {}, {}).country is None


def test_the_probabilities_are_probabilities_and_the_same_every_time() -> None:
    lines = ("Toronto ON M5V 2T6", "HST 13%", "Total $12.00", "London", "Paris")
    first = settled(*lines)
    assert first == settled(*lines)
    for verdict in (first.country, first.currency, first.language):
        assert verdict is not None
        assert 0 < verdict[1] <= 1


def test_a_document_is_settled_within_milliseconds() -> None:
    lines = [f"{number} Fish and chips with garden peas {number}.50" for number in range(40)]
    lines += ["14 Example Street, London WC2N 4AG", "Tel 020 7946 0000", "VAT No 123 4567 89"]
    settled(*lines)
    begin = time.process_time()
    for _ in range(20):
        settled(*lines)
    # 2 ms on a quiet machine; the bound leaves room for a slow one.
    assert (time.process_time() - begin) / 20 < 0.01
