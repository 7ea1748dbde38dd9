"""Words are found whole, through the slips of OCR, and without false alarms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.policy.matching import list_names, matcher_of

LISTS = ("alcohol", "tobacco", "gift_cards", "fines", "gambling")


def find(text, language="en"):
    hit = matcher_of(LISTS, (), ()).find(text, language)
    return hit and hit.list_name


@pytest.mark.parametrize(
    ("text", "language", "list_name"),
    [
        ("Beer", "en", "alcohol"),
        ("BEERS 2", "en", "alcohol"),
        ("8EER", "en", "alcohol"),
        ("Tiger Beer 6x320ml", "en", "alcohol"),
        ("BEER330ML", "en", "alcohol"),
        ("W1NE", "en", "alcohol"),
        ("CHAMPAQNE", "en", "alcohol"),
        ("HEINE KEN", "en", "alcohol"),
        ("Weißbier 0,5l", "de", "alcohol"),
        ("verre de vin rouge", "fr", "alcohol"),
        ("øl", "da", "alcohol"),
        ("пиво светлое", "ru", "alcohol"),
        ("μπύρα", "el", "alcohol"),
        ("青岛啤酒", "zh", "alcohol"),
        ("アサヒ生ビール", "ja", "alcohol"),
        ("맥주 500", "ko", "alcohol"),
        ("เบียร์สิงห์", "th", "alcohol"),
        ("بيرة", "ar", "alcohol"),
        ("Marlboro Gold", "de", "tobacco"),
        ("C1GARETTES", "en", "tobacco"),
        ("Rokok Sampoerna", "id", "tobacco"),
        ("GIFTCARD", "en", "gift_cards"),
        ("Gift Card $25", "en", "gift_cards"),
        ("Geschenkgutschein", "de", "gift_cards"),
        ("Parking fine", "en", "fines"),
    ],
)
def test_what_is_found(text, language, list_name):
    assert find(text, language) == list_name


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Ginger Beer", "en"),
        ("ROOT BEER", "en"),
        ("Large Rootbeer", "en"),
        ("Red wine vinegar", "en"),
        ("Scotch Tape", "en"),
        ("DELICIA-B/SCOTCH", "en"),
        ("Shrimp cocktail", "en"),
        ("Coco Tall", "en"),
        ("Ham and pork", "en"),
        ("Swine flu vaccine", "en"),
        ("Whole ginger", "en"),
        ("Sale item", "en"),
        ("VIN 1HGCM82633A", "en"),  # a vehicle's number, not wine
        ("Schweinebraten", "de"),
        ("Clausthaler alkoholfrei Bier", "de"),
        ("Virgin Mojito", "en"),
        ("ノンアルコールビール", "ja"),
        ("Isopropyl alcohol", "en"),
        ("Gift wrap", "en"),
        ("GIFT BAG", "en"),
        ("Tabasco", "en"),
        ("Dress fine cotton", "en"),
    ],
)
def test_what_is_left_alone(text, language):
    assert find(text, language) is None


def test_short_words_count_in_their_language_only():
    assert find("vin", "fr") == "alcohol"
    assert find("vin", "en") is None
    assert find("pivo", "cs") == "alcohol"
    assert find("pivo", None) is None


def test_a_word_nearly_spelt_is_less_sure_than_one_spelt_right():
    matcher = matcher_of(LISTS, (), ())
    assert matcher.find("CHAMPAQNE").confidence < matcher.find("CHAMPAGNE").confidence


@pytest.mark.parametrize("name", list_names())
def test_every_term_of_a_list_is_found_by_itself_in_its_language(name):

    from extractor.policy.matching import _list

    data = _list(name)
    matcher = matcher_of((name,), (), ())
    lost = [
        (language, term)
        for language, terms in data["terms"].items()
        for term in terms
        if matcher.find(term, None if language == "any" else language) is None
    ]
    assert not lost


@given(st.text(max_size=60))
def test_no_text_breaks_the_search(text):
    matcher_of(LISTS, (), ()).find(text, "en")


@given(st.text(alphabet="acdfghkmnp ", max_size=40))
def test_letters_that_spell_no_term_find_none(text):
    hit = matcher_of((), ("zebra", "quux"), ()).find(text)
    assert hit is None
