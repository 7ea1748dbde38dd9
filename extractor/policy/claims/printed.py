"""The amounts that stand on a receipt, and what the words beside each say that it is.

A second witness beside the student: if the amount claimed is printed behind the word "total", the reading may be wrong;
if it is printed behind "cash", the claimant took the money handed over for the price.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from extractor.normalize.amounts import find_amounts
from extractor.types import Box, Document, Page, Word


class Role(StrEnum):
    """What an amount is by the words on its line (or by the line above where its own has none)."""

    TOTAL = "total"
    SUBTOTAL = "subtotal"
    TENDER = "tender"
    """Money handed over or given back."""
    OTHER = "other"
    """Named as something else: tax, discount, rounding, a count."""
    PLAIN = "plain"
    """Nothing says what it is: a price, most often."""


@dataclass(frozen=True, slots=True)
class Printed:
    """An amount on a page: its likeliest value and the other ways to read it, its role, and where it stands."""

    value: Decimal
    alternatives: tuple[Decimal, ...]
    role: Role
    page: int
    box: Box

    def may_be(self, amount: Decimal) -> bool:
        """Whether an amount is this one under any reading; a sign lost or won makes no difference."""
        return abs(amount) in map(abs, (self.value, *self.alternatives))


_WORDS: dict[Role, str] = {
    Role.SUBTOTAL: r"sub ?-?total|sous ?-?total|zwischensumme|subtotaal|subtotale|delsumma|delsum|mellansumma|"
    r"valisumma|mezisoucet|medzisucet|suma czesciowa|ara toplam|reszosszeg|小計|小计|소계|tam tinh|excl(?:uding|usive)?|"
    r"before (?:gst|tax|rounding|discount)|taxable|netto|hors taxe|total ht|base imponible",
    Role.TENDER: r"cash|tunai|change|tender(?:ed)?|paid|payment|baki|kembali(?:an)?|bar(?:zahlung)?|gegeben|ruckgeld|"
    r"wechselgeld|zuruck|especes|rendu|monnaie|efectivo|cambio|entregado|contant[ei]?|resto|wisselgeld|kontant|"
    r"vaxel|byttepenge|vekslepenge|kateinen|vaihtoraha|gotowka|reszta|hotovost|vraceno|keszpenz|visszajaro|numerar|"
    r"rest|nakit|para ustu|наличн\w*|сдача|получено|お預り?|お預かり|お釣り?|釣銭|现金|找零|現金|받은 ?금액|"
    r"거스름돈|현금|tien (?:khach|thua|mat)|"
    r"received|visa|master(?:card)?|amex|debit|credit card|bank card|deposit|voucher",
    Role.OTHER: r"tax|gst|sst|vat|mwst|ust|tva|iva|btw|moms|alv|dph|afa|pdv|kdv|ндс|消費税|内税|税|세금|부가세|"
    r"discount|disc|"
    r"diskaun|saving|savings|rabatt|remise|descuento|sconto|korting|alennus|rabat|sleva|kedvezmeny|indirim|скидка|割引|"
    r"rounding|round|rounded|adj|pembundaran|rundung|qty|quantity|items?|count|pcs|points?|balance b/?f|member|"
    r"service (?:charge|tax)|svc|tip|propina|trinkgeld|pourboire",
    Role.TOTAL: r"total|totals|totaal|totale|totalt|toplam|jumlah|amount due|amt due|balance due|net amt|nett|payable|"
    r"grand|summe|gesamt(?:betrag|summe)?|endbetrag|zu zahlen|betrag|a payer|montant|importe|a pagar|importo|"
    r"te betalen|suma|razem|do zaplaty|celkem|spolu|osszesen|fizetendo|summa|yhteensa|att betala|at betale|ukupno|"
    r"итого?|всего|к оплате|сумма|合計|合计|总计|總計|総計|应付|應付|お買上|합계|총액|결제금액|tong(?: cong)?|"
    r"thanh toan|รวม|ยอด|bill|due",
}
_BOUND = {role: re.compile(rf"(?<![^\W\d_])(?:{words})(?![^\W\d_])") for role, words in _WORDS.items()}
_INCLUSIVE = re.compile(
    r"\b[il1]nc(?:l|\b)|with (?:gst|tax|vat)|after|ttc|inkl|termasuk|税込|grand|due|payable|rounded|(?<!\w)net(?!\w)"
)
"""What makes a "total" that also names tax or rounding the sum to pay."""
_CHANGE = re.compile(r"change|cash|kembali|baki")
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_GLUED = re.compile(r"合計|合计|总计|總計|総計|小計|小计|お釣|お預|現金|现金|消費税|합계|총액|소계|현금|รวม|ยอด")
"""Scripts without gaps: their words are found inside longer runs."""


def amounts_on(document: Document) -> tuple[Printed, ...]:
    """Every number on the pages that may be an amount, with its role."""
    return tuple(found for page in document.pages for found in _on_page(page))


def role_of(text: str) -> Role:
    """What the words of a line say about the amount beside them.

    A total before tax is a subtotal, a "total rounding" or "total qty" is neither; "total incl. GST" is a total.
    """
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(sign))
    plain = unicodedata.normalize("NFC", plain)
    held = {role for role, words in _BOUND.items() if words.search(plain)}
    for run in _GLUED.findall(plain):
        held |= {role for role, words in _BOUND.items() if words.search(run)}
    if Role.SUBTOTAL in held or (Role.TENDER in held and _CHANGE.search(plain)):
        return Role.SUBTOTAL if Role.SUBTOTAL in held else Role.TENDER
    if Role.TOTAL in held:
        return Role.OTHER if Role.OTHER in held and not _INCLUSIVE.search(plain) else Role.TOTAL
    return next((role for role in (Role.TENDER, Role.OTHER) if role in held), Role.PLAIN)


def _on_page(page: Page) -> Iterator[Printed]:
    above = ""
    for line in page.lines():
        text, starts = _joined(line)
        matches = find_amounts(text)
        label = "".join(_between(text, [(match.start, match.end) for match in matches]))
        own = bool(_LETTERS.search(label))
        role = role_of(label if own else above)
        for match in matches:
            words = [
                word for word, start in zip(line, starts, strict=True) if _meets(start, word, match.start, match.end)
            ]
            if words:
                box = Box.around(word.box for word in words)
                yield Printed(match.value, match.alternatives, role, page.index, box)
        # A label stands for the line under it only where it has no amount of its own.
        above = label if own and not matches else ""


def _joined(line: tuple[Word, ...]) -> tuple[str, list[int]]:
    starts, length = [], 0
    for word in line:
        starts.append(length)
        length += len(word.text) + 1
    return " ".join(word.text for word in line), starts


def _meets(start: int, word: Word, first: int, last: int) -> bool:
    return start < last and first < start + len(word.text)


def _between(text: str, spans: list[tuple[int, int]]) -> Iterator[str]:
    place = 0
    for first, last in spans:
        yield text[place:first] + " "
        place = last
    yield text[place:]
