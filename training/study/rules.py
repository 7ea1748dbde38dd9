"""A reader of receipts by rules on OCR lines: the baseline that a company would write in a week, honestly done.

Totals are found by keywords, place and size of print, dates and times by their form, the merchant as the first line
that is neither a heading nor a fact, the address as the lines below it, numbers by the label before them. Nothing is
learnt: the rules were written from the words of many languages and looked at on train receipts alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import groupby
from pathlib import Path

import yaml

from extractor.normalize.amounts import AmountMatch, document_decimal_sign, find_amounts, format_amount
from extractor.normalize.dates import choose_date, find_dates
from extractor.normalize.text import clean_text
from extractor.normalize.times import find_times
from extractor.student.encoder import Token
from extractor.student.values import join
from extractor.types import Box, Extraction, Field, Receipt

WORDS = Path(__file__).parent / "words.yaml"
HEAD = 8
"""Lines at the top among which the merchant's name is looked for."""
LONGEST_ADDRESS = 5
CONFIDENCE = 0.5
"""Rules don't know how sure they are."""

_PHONE = re.compile(r"(?<![\w.])\+?\(?\d{1,4}\)?(?:[\s./-]{0,2}\(?\d{2,4}\)?){2,4}(?![\w.]*\d)")
_IDENTIFIER = re.compile(r"[A-Z]{0,4}[\d][A-Z\d./-]{4,19}", re.IGNORECASE)
_COMPANY_NUMBER = re.compile(
    r"\(?\s*(?:co\.?\s*(?:reg)?\.?\s*(?:no)?\.?\s*:?\s*)?\d{4,9}\s*-\s*[A-Z]\s*\)?(?![\w])", re.IGNORECASE
)
_REGISTRATION = re.compile(r"co\.?\s*reg|reg(?:istration)?\.?\s*no|company no|b\.?r\.? ?no", re.IGNORECASE)
_SUMMARY = re.compile(r"summary|summery|tax ?code", re.IGNORECASE)
"""Heads of the table of taxes, whose own "Total" is another."""
_WEB = re.compile(r"www\.|https?:|@\w|\.com\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Line:
    """One visual row of words. `size` is the height of its print as a share of the page."""

    text: str
    box: Box
    page: int
    size: float


def lines_of(tokens: Sequence[Token]) -> list[Line]:
    """The rows of a document in reading order."""
    found = []
    for (page, _), row in groupby(tokens, key=lambda token: (token.page, token.row)):
        members = list(row)
        heights = sorted(token.box.height for token in members)
        found.append(Line(join(members), Box.around(token.box for token in members), page, heights[len(heights) // 2]))
    return found


def read(tokens: Sequence[Token], today: date | None = None) -> Receipt:
    """What the rules read of a document's words. What they don't find is absent."""
    lines = lines_of(tokens)
    sign = document_decimal_sign(line.text for line in lines)
    name_at = _merchant_at(lines)
    found = {
        "merchant_name": _merchant(lines, name_at),
        "merchant_address": _address(lines, name_at),
        "merchant_phone": _phone(lines),
        "merchant_tax_id": _labelled(lines, "tax_number", "merchant_tax_id"),
        "receipt_number": _labelled(lines, "number", "receipt_number"),
        "date": _date(lines, today or date.today()),
        "time": _time(lines),
        "total": _total(lines, sign),
    }
    return Receipt(fields={name: field for name, field in found.items() if field is not None})


def record(name: str, tokens: Sequence[Token]) -> Extraction:
    """The record of a document that the rules read."""
    return Extraction(file=f"{name}.jpg", sha256="", status="ok", pages=1, receipt=read(tokens), model="rules")


@cache
def _patterns() -> Mapping[str, re.Pattern[str]]:
    """For each list of words.yaml any of its words, whole; scripts without spaces match inside a run of letters."""
    declared = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    return {kind: _any_of(words.split("|")) for kind, words in declared.items()}


def _any_of(words: Sequence[str]) -> re.Pattern[str]:
    spelt = []
    for word in sorted((each.strip() for each in words), key=len, reverse=True):
        inner = r"\s*".join(re.escape(part) for part in word.split())
        # Thai and everything from CJK upwards is written without spaces between words.
        unspaced = ord(word[0]) > 0x2E7F or 0x0E00 <= ord(word[0]) <= 0x0E7F
        spelt.append(inner if unspaced else rf"(?<![^\W\d_]){inner}(?![^\W\d_])")
    return re.compile("|".join(spelt), re.IGNORECASE)


def _has(kind: str, text: str) -> bool:
    return _patterns()[kind].search(text) is not None


def _field(value: str, text: str, line: Line) -> Field | None:
    if not value:
        return None
    return Field(value=value, text=text, confidence=CONFIDENCE, page=line.page, box=line.box.as_list())


def _total(lines: Sequence[Line], sign: str | None) -> Field | None:
    """The amount beside the surest total word; larger print, then the later line, wins. Without one, the largest
    amount with decimals in the lower part that isn't what was handed over."""
    ranked: list[tuple[tuple[int, float, int], AmountMatch, Line]] = []
    summed = False
    for at, line in enumerate(lines):
        summed = summed or (at > len(lines) // 3 and _SUMMARY.search(line.text) is not None)
        rank = _total_rank(line.text, summed)
        if not rank:
            continue
        amount = _last_amount(line, sign)
        if amount is None and rank > 1 and at + 1 < len(lines) and not re.search(r"[^\W\d_]{4}", lines[at + 1].text):
            line = lines[at + 1]
            amount = _last_amount(line, sign)
        if amount is not None and (amount.decimals or amount.marked or rank > 1):
            ranked.append(((rank, round(line.size, 2), at), amount, line))
    if ranked:
        _, best, line = max(ranked, key=lambda each: each[0])
        return _field(format_amount(best.value), line.text[best.start : best.end], line)
    lower = [line for line in lines[len(lines) // 3 :] if not _has("paid", line.text)]
    rest = [(found, line) for line in lower for found in find_amounts(line.text, decimal_sign=sign) if found.decimals]
    if not rest:
        return None
    best, line = max(rest, key=lambda each: each[0].value)
    return _field(format_amount(best.value), line.text[best.start : best.end], line)


def _total_rank(text: str, summed: bool) -> int:
    """How surely a line carries the total: 3 where its words say that it is the last one, 2 for a plain total, 1 for
    a plain total in the table of taxes, or a word that also heads columns."""
    if _has("final_total", text):
        return 3
    if _has("total", text) and not _has("not_total", text):
        return 1 if summed else 2
    return int(_has("amount", text) and not _has("not_total", text))


def _last_amount(line: Line, sign: str | None) -> AmountMatch | None:
    found = find_amounts(line.text, decimal_sign=sign)
    return next((each for each in reversed(found) if each.decimals), found[-1] if found else None)


def _date(lines: Sequence[Line], today: date) -> Field | None:
    """The first date that may be the day of a purchase; one beside a word for it is not preferred: the first is."""
    for line in lines:
        for match in find_dates(line.text):
            day = choose_date(match, None, today)
            if today - timedelta(days=30 * 366) <= day <= today + timedelta(days=2):
                return _field(day.isoformat(), match.text, line)
    return None


def _time(lines: Sequence[Line]) -> Field | None:
    for line in lines:
        for match in find_times(line.text):
            return _field(match.value, line.text[match.start : match.end], line)
    return None


def _merchant_at(lines: Sequence[Line]) -> int | None:
    """The line of the merchant's name: among the first lines one with a company's form, else the first that is not
    junk."""
    fit = [at for at, line in enumerate(lines[:HEAD]) if _may_be_name(line.text)]
    formed = [at for at in fit if _has("company", lines[at].text)]
    at = next(iter(formed[:1] or fit[:1]), None)
    if at is not None and at - 1 in fit and _patterns()["company_end"].fullmatch(lines[at].text.strip(" .")):
        return at - 1
    return at


def _may_be_name(text: str) -> bool:
    text = _COMPANY_NUMBER.sub("", text)
    letters = sum(sign.isalpha() for sign in text)
    if letters < 3 or letters < 0.5 * len(text.replace(" ", "")) or _WEB.search(text):
        return False
    if find_dates(text) or _PHONE.search(text) or (_has("street", text) and re.search(r"\d", text)):
        return False
    return not _has("junk", text) or _has("company_end", text)


def _merchant(lines: Sequence[Line], at: int | None) -> Field | None:
    if at is None:
        return None
    text = lines[at].text
    if at + 1 < len(lines) and _patterns()["company_end"].fullmatch(lines[at + 1].text.strip(" .")):
        text = f"{text} {lines[at + 1].text}"  # the company's form alone on a line of its own
    text = _COMPANY_NUMBER.sub(" ", text)
    return _field(clean_text(text, "merchant_name"), text, lines[at])


def _address(lines: Sequence[Line], name_at: int | None) -> Field | None:
    """The lines below the name that look like parts of an address, until the first that doesn't."""
    parts: list[Line] = []
    for line in lines[(name_at if name_at is not None else -1) + 1 :][: LONGEST_ADDRESS + 6]:
        if _of_address(line.text, begun=bool(parts)):
            parts.append(line)
        elif parts:
            break
        if len(parts) == LONGEST_ADDRESS:
            break
    if not parts:
        return None
    text = " ".join(_PHONE.sub("", part.text) if _PHONE.search(part.text[-16:]) else part.text for part in parts)
    return _field(clean_text(text, "merchant_address"), text, parts[0])


def _of_address(text: str, *, begun: bool) -> bool:
    if _WEB.search(text) or find_dates(text) or _has("telephone", text) or _REGISTRATION.search(text):
        return False
    if _COMPANY_NUMBER.fullmatch(text.strip()) or (_PHONE.search(text) and len(re.findall(r"[^\W\d_]", text)) < 8):
        return False
    if _has("tax_number", text) or _has("total", text) or any(found.decimals for found in find_amounts(text)):
        return False
    if _has("street", text) and re.search(r"[^\W\d_]{2}", text):
        return not (_has("junk", text) and not re.search(r"\d", text))
    if _has("junk", text):
        return False
    return bool(
        re.search(r"\b\d{4,6}\b|^[\w-]*\d[\w-]*,.*[^\W\d_]{3}", text)
        or (begun and ("," in text or not re.search(r"\d", text)))
    )


def _phone(lines: Sequence[Line]) -> Field | None:
    labelled = [line for line in lines if _has("telephone", line.text)]
    for line in [*labelled, *lines[: HEAD + 4]]:
        label = _patterns()["telephone"].search(line.text) if line in labelled else None
        for match in _PHONE.finditer(line.text, label.end() if label else 0):
            if 7 <= sum(sign.isdigit() for sign in match.group()) <= 14 and not find_dates(match.group()):
                return _field(clean_text(match.group(), "merchant_phone"), match.group(), line)
    return None


def _labelled(lines: Sequence[Line], kind: str, field: str) -> Field | None:
    """The first number-like text behind one of the labels of this kind, on its line."""
    for line in lines:
        for label in _patterns()[kind].finditer(line.text):
            match = _IDENTIFIER.search(line.text, label.end())
            close = match is not None and match.start() - label.end() <= 16
            if match is not None and close and not find_dates(match.group()):
                return _field(clean_text(match.group(), field), match.group(), line)
    return None
