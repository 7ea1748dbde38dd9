from datetime import date

import pytest
from babel.dates import format_date
from hypothesis import given
from hypothesis import strategies as st

from extractor.normalize.dates import choose_date, find_dates, parse_date

TODAY = date(2026, 6, 30)
DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2026, 6, 30))
# A locale with a country in whose order its short dates stand.
SHORT = "en_US:US en_GB:GB de_DE:DE fr_FR:FR es_ES:ES it_IT:IT nl_NL:NL da_DK:DK nb_NO:NO fi_FI:FI pl_PL:PL pt_BR:BR ms_MY:MY id_ID:ID sv_SE:SE hu_HU:HU ja_JP:JP en_IN:IN tr_TR:TR de_CH:CH"  # noqa: E501
NAMED = "en_US en_GB de_DE fr_FR es_ES it_IT nl_NL da_DK nb_NO fi_FI pl_PL cs_CZ pt_BR ms_MY id_ID sv_SE ro_RO sl_SI et_EE tr_TR ru_RU el_GR th_TH zh_CN ja_JP ko_KR"  # noqa: E501


@given(day=DAYS, place=st.sampled_from(SHORT.split()))
def test_a_short_date_of_any_locale_is_read_back_in_its_country(day: date, place: str) -> None:
    locale, country = place.split(":")
    assert parse_date(format_date(day, "short", locale=locale), country, TODAY) == day


@given(day=DAYS, locale=st.sampled_from(NAMED.split()), style=st.sampled_from(["medium", "long"]))
def test_a_date_with_the_name_of_its_month_is_read_back(day: date, locale: str, style: str) -> None:
    printed = format_date(day, style, locale=locale)  # type: ignore[arg-type]
    found = find_dates(printed)
    assert found, printed
    assert day in found[0].readings


@given(text=st.text(alphabet=st.sampled_from("0123456789/-. :'OlMarJunT年月日"), max_size=30))
def test_any_text_is_survived_and_each_date_is_where_it_says(text: str) -> None:
    for match in find_dates(text):
        assert match.text == text[match.start : match.end]
        assert len(match.readings) == len(match.orders) > 0


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("12/03/2018", "2018-03-12"),
        ("12-3-18", "2018-03-12"),
        ("12.03.18", "2018-03-12"),
        ("2018-03-12", "2018-03-12"),
        ("20180312", "2018-03-12"),
        ("12032018", "2018-03-12"),
        ("120318", "2018-03-12"),
        ("12 Mar 2018", "2018-03-12"),
        ("March 12, 2018", "2018-03-12"),
        ("12MAR18", "2018-03-12"),
        ("12-Mar-2018", "2018-03-12"),
        ("Mar 12'18", "2018-03-12"),
        ("Dec.21'13", "2013-12-21"),
        ("SAT FEB 11 2017", "2017-02-11"),
        ("22 déc. 16", "2016-12-22"),
        ("29 AVRIL 2017", "2017-04-29"),
        ("20 de enero de 2018", "2018-01-20"),
        ("12 Mac 2018", "2018-03-12"),
        ("24 二月 15", "2015-02-24"),
        ("12 มี.ค. 2561", "2018-03-12"),
        ("12/03/2561", "2018-03-12"),
        ("2018年3月12日", "2018-03-12"),
        ("令和5年3月12日", "2023-03-12"),
        ("2018. 3. 12.", "2018-03-12"),
        ("25/12/201820:13", "2018-12-25"),
        ("25/12/1820:13", "2018-12-25"),
        ("25 /12/ 2018", "2018-12-25"),
        ("16- 2-2013", "2013-02-16"),
        ("12/O3/2018", "2018-03-12"),
        ("12/032018", "2018-03-12"),
        ("Date: 12/03/2018 Time: 10:13", "2018-03-12"),
    ],
)
def test_tricky_dates(text: str, iso: str) -> None:
    assert parse_date(text, "MY", TODAY) == date.fromisoformat(iso)


@pytest.mark.parametrize(
    "text", ["11NOV", "12/08", "192.168.10.12", "12.03.45.67.89", "31/02/2018", "10:27", "RM 80.90"]
)
def test_what_is_no_whole_date_is_left_out(text: str) -> None:
    assert find_dates(text) == []


def test_an_ambiguous_date_follows_the_country() -> None:
    (match,) = find_dates("04/05/2017")
    assert set(match.readings) == {date(2017, 5, 4), date(2017, 4, 5)}
    assert choose_date(match, "US", TODAY) == date(2017, 4, 5)
    assert choose_date(match, "GB", TODAY) == date(2017, 5, 4)
    assert choose_date(match, None, TODAY) == date(2017, 5, 4)
    assert parse_date("17/05/12", "CN", TODAY) == date(2017, 5, 12)
    assert parse_date("107/03/12", "TW", TODAY) == date(2018, 3, 12)
    assert parse_date("01/05/61", "TH", TODAY) == date(2018, 5, 1)


def test_a_date_is_rather_not_in_the_future_nor_long_past() -> None:
    assert parse_date("12/05/2026", "GB", date(2026, 5, 20)) == date(2026, 5, 12)
    assert parse_date("05/12/2026", "GB", date(2026, 5, 20)) == date(2026, 5, 12)
    assert parse_date("05/12/2030", "GB", date(2026, 5, 20)) == date(2030, 12, 5)
