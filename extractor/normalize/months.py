"""Names of months in the languages of receipts, from Unicode's CLDR tables (through Babel), without accents."""

from __future__ import annotations

from functools import cache

from extractor.normalize.characters import folded_letters

_LOCALES = (
    "en fr de es it pt nl da sv nb fi is pl cs sk hu ro hr sl sr_Latn et lv lt el tr bg ru uk ca eu gl ga ms id vi th"
)
_OTHER_SPELLINGS = {
    "sept": 9, "ogos": 8, "ogo": 8, "mac": 3, "dis": 12, "disember": 12, "okt": 10, "agt": 8, "agu": 8, "aou": 8,
    "maret": 3, "maerz": 3, "mrz": 3, "janv": 1, "fevr": 2, "avr": 4, "juil": 7, "ene": 1, "abr": 4, "set": 9,
    "dic": 12,
    "ago": 8, "gen": 1, "mag": 5, "giu": 6, "lug": 7, "ott": 10, "mrt": 3, "mei": 5,
    "一月": 1, "二月": 2, "三月": 3, "四月": 4, "五月": 5, "六月": 6, "七月": 7, "八月": 8, "九月": 9, "十月": 10,
    "十一月": 11, "十二月": 12,
}  # fmt: skip


@cache
def month_names() -> dict[str, tuple[int, ...]]:
    """Each known name or abbreviation, folded, with its months: two where languages differ ("listopad").

    Loaded at the first call (about a tenth of a second) and kept.
    """
    from babel import Locale

    names: dict[str, list[int]] = {}
    for code in _LOCALES.split():
        months = Locale.parse(code).months
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, printed in months[context][width].items():
                    _add(names, printed, number)
    for printed, number in _OTHER_SPELLINGS.items():
        _add(names, printed, number)
    return {name: tuple(numbers) for name, numbers in names.items()}


def _add(names: dict[str, list[int]], printed: str, number: int) -> None:
    name = folded_letters(printed).strip(" .")
    long_enough = len(name) >= (3 if name.isascii() else 2)
    if long_enough and not any(c.isdigit() for c in name) and " " not in name:
        numbers = names.setdefault(name, [])
        if number not in numbers:
            numbers.append(number)
