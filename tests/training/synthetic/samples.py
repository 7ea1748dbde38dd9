"""Purchases made by hand, one of each kind, in the scripts that layouts must set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal as D

from training.synthetic.purchase import Item, Kind, Locale, Party, Purchase

ENGLISH = Locale("en", "US", "USD", "en_US", "latin", {}, ("%m/%d/%Y", "%d %b %Y"), symbols=("$",))
MALAYSIAN = Locale("en", "MY", "MYR", "en_MY", "latin", {}, ("%d/%m/%Y",), symbols=("RM", "RM "))
GERMAN = Locale(
    *("de", "DE", "EUR", "de_DE", "latin"),
    {"total": ("Summe", "Gesamtbetrag"), "tax": ("MwSt",), "date": ("Datum",), "cash": ("Bar",), "thanks": ("Danke",)},
    ("%d.%m.%Y",),
    *(",", ".", 2, ("€", "EUR"), False),
)
FRENCH = Locale(
    "fr", "FR", "EUR", "fr_FR", "latin", {"total": ("Total TTC",)}, ("%d/%m/%Y",), ",", " ", 2, ("€",), False
)
JAPANESE = Locale(
    *("ja", "JP", "JPY", "ja_JP", "cjk"),
    {
        "total": ("合計",),
        "subtotal": ("小計",),
        "tax": ("消費税",),
        "date": ("日付",),
        "thanks": ("ありがとうございました",),
    },
    ("%Y年%m月%d日",),
    *(".", ",", 0, ("¥",), True),
)
ARABIC = Locale(
    *("ar", "SA", "SAR", "ar_SA", "arabic"),
    {"total": ("الإجمالي",), "tax": ("ضريبة القيمة المضافة",), "date": ("التاريخ",), "phone": ("هاتف",)},
    ("%d/%m/%Y",),
)
THAI = Locale("th", "TH", "THB", "th_TH", "thai", {"total": ("รวมทั้งสิ้น",), "date": ("วันที่",)}, ("%d/%m/%Y",))
HINDI = Locale("hi", "IN", "INR", "hi_IN", "devanagari", {"total": ("कुल राशि",), "date": ("दिनांक",)}, ("%d/%m/%Y",))

MERCHANT = Party(
    "ALDER & FINCH STATIONERS LTD",
    ("12 Harbour Street, Unit 4", "Port Ellery 90210"),
    "02-555 0188",
    "000123456789",
    "www.alderfinch.example",
    "123456-X",
)
_NAMES: Mapping[str, Party] = {
    "cjk": Party("山田文具株式会社", ("東京都千代田区丸の内1-2-3",), "03-5555-0188", "T1234567890123"),
    "arabic": Party("مكتبة النور التجارية", ("شارع الملك فهد", "الرياض 11564"), "011 555 0188", "300012345600003"),
    "thai": Party("บริษัท สยามเครื่องเขียน จำกัด", ("99 ถนนสุขุมวิท กรุงเทพฯ 10110",), "02 555 0188", "0105551234567"),
    "devanagari": Party("शर्मा लेखन सामग्री", ("12 महात्मा गांधी मार्ग", "दिल्ली 110001"), "011 5550188", "07AAAAA0000A1Z5"),
}
_GOODS: Mapping[str, tuple[str, str]] = {
    "cjk": ("ボールペン 黒", "ノート A5"),
    "arabic": ("قلم حبر أزرق", "دفتر ملاحظات كبير"),
    "thai": ("ปากกาลูกลื่น", "สมุดบันทึก"),
    "devanagari": ("नीली कलम", "कॉपी बड़ी"),
}


def sample(kind: Kind = "receipt", locale: Locale = ENGLISH) -> Purchase:
    """A purchase whose every amount is there, and adds up."""
    pen, book = _GOODS.get(locale.script, ("Ball pen blue with a long name", "Notebook A5"))
    items = (
        Item(pen, D(2), D("3.50"), D("7.00"), "4006381333931"),
        Item(book, D(1), D("1012.00"), D("1012.00"), "9780201379624"),
    )
    return Purchase(
        *(kind, locale, _NAMES.get(locale.script, MERCHANT), "A-004711", datetime(2019, 3, 24, 15, 42)),
        "meals" if kind == "receipt" else "other",
        items,
        D("1019.00"),
        D("1131.00"),
        *(D("101.90"), D(10), False, D("20.00"), D("10.00"), D("0.10")),
        Party("Northwind Trading", ("5 Quay Road", "Fairhaven")),
        "card",
        card_last4="4821",
        card_brand="Visa",
        details={"table": "12", "cashier": "Mary", "room": "204"},
    )


def in_cash(purchase: Purchase) -> Purchase:
    return replace(
        purchase, payment_method="cash", card_last4=None, card_brand=None, tendered=D("1200.00"), change=D("69.00")
    )


def many_lines(purchase: Purchase, count: int) -> Purchase:
    items = tuple(Item(f"Article number {n}", D(1), D("2.00"), D("2.00")) for n in range(count))
    return replace(purchase, items=items)


LOCALES = (ENGLISH, MALAYSIAN, GERMAN, FRENCH, JAPANESE, ARABIC, THAI, HINDI)
