import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.normalize.characters import digits_repaired, folded_letters, plain_signs
from extractor.normalize.text import clean_text, fold
from extractor.types import SPAN_FIELDS


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("merchant_phone", "Tel: 03-1234 5678", "03-1234 5678"),
        ("merchant_phone", "TEL NO.: (850) 516-0975 FAX: 03-1111", "(850) 516-0975"),
        ("merchant_phone", "TEL03-2163 2766", "03-2163 2766"),
        ("merchant_phone", "Tel/Fax: 03-2163 2766", "03-2163 2766"),
        ("merchant_phone", "(Tel 6241 1518)", "6241 1518"),
        ("merchant_phone", "1-300-80-AEON (2366)", "1-300-80-AEON (2366)"),
        ("merchant_tax_id", "(GST ID No : 001531760640)", "001531760640"),
        ("merchant_tax_id", "VAT No. GB 172 6705 02", "GB 172 6705 02"),
        ("merchant_tax_id", "VAT20032249", "VAT20032249"),
        ("merchant_tax_id", "MwSt-Nr. CHE-116.310.518 MWST", "CHE-116.310.518"),
        ("receipt_number", "Invoice No.: CS-19204", "CS-19204"),
        ("receipt_number", "CR 1803/0064", "CR 1803/0064"),
        ("receipt_number", "INV-1234", "INV-1234"),
        ("receipt_number", "#83", "83"),
        ("merchant_name", "*** BEST BUY #571 ***", "BEST BUY #571"),
        ("merchant_name", "UNIHAKKA INTERNATIONAL SDN.  BHD.", "UNIHAKKA INTERNATIONAL SDN. BHD."),
        ("merchant_address", "Address: No. 12, Main St,\nLondon.", "No. 12, Main St, London."),
        ("merchant_address", "NO.53 JALAN PUTRA 1", "NO.53 JALAN PUTRA 1"),
        ("merchant_address", "350 Mal1 Blvd, Rep0rt St, Unit1, B2B", "350 Mall Blvd, Report St, Unit1, B2B"),
        ("merchant_address", "12 City Road, London EC1Y 2AA", "12 City Road, London EC1Y 2AA"),
        ("merchant_address", "Toronto M1P 4P5, E0A", "Toronto M1P 4P5, E0A"),
        ("merchant_name", "PARAD1SO SNC", "PARADISO SNC"),
        ("merchant_name", "Me1come to Corner Bakery", "Corner Bakery"),
        ("merchant_name", "TESCO 级", "TESCO"),
        ("merchant_name", "株式会社 ABC", "株式会社 ABC"),
        ("card_last4", "XXXX XXXX XXXX 1234", "1234"),
        ("card_last4", "VISA", ""),
    ],
)
def test_labels_and_stray_marks_are_taken_off(field: str, text: str, value: str) -> None:
    assert clean_text(text, field) == value


def alike(text: str) -> str:
    """A text as far as cleaning leaves it: look-alikes are one, signs of other scripts and white space none."""
    return re.sub(r"[\s\u2e80-\u9fff\uac00-\ud7af]+", "", text).translate(str.maketrans("0oO1lI", "ooolll"))


@given(text=st.text(max_size=40), field=st.sampled_from([f for f in SPAN_FIELDS if f != "card_last4"]))
def test_a_cleaned_text_is_a_piece_of_the_text_with_its_white_space_folded(text: str, field: str) -> None:
    value = clean_text(text, field)
    assert alike(value) in alike(text)
    assert value == value.strip()


@given(text=st.text(max_size=60))
def test_tidying_never_moves_a_character(text: str) -> None:
    assert len(plain_signs(text)) == len(folded_letters(text)) == len(digits_repaired(text)) == len(text)


def test_words_keep_their_letters_when_digits_are_repaired() -> None:
    assert digits_repaired("SOLO 5 OR18 15OCT18 2l O.K.") == "SOLO 5 OR18 15OCT18 2l O.K."


def test_folding_ignores_case_and_runs_of_white_space() -> None:
    assert fold("  Straße \n 12 ") == "strasse 12"
