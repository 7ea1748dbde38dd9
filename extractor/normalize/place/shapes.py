"""Clues by shape: postal codes, states, telephone and tax numbers, web addresses, the order of dates, amounts.

The shapes are public facts: the postal unions' code forms, ITU-T E.164 calling codes, the North American numbering
plan's area codes, the tax offices' number forms and ISO 3166 domains.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from extractor.normalize.place.clues import Clue, named, shares
from extractor.normalize.place.numbering import COUNTRY_OF_AREA, COUNTRY_OF_CALLING, TOLL_FREE

_STATES = (
    "AL|AK|AZ|AR|CA|CO|CT|DE|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|NY|NC|ND|OH|OK|OR|"
    "PA|RI|SC|SD|TN|TX|UT|VT|VA|WA|WV|WI|WY|DC"
)
# Two-letter domains that are in use for other things than their country.
_WORLD = "co tv me io ai fm ly to am cc ws gg eu la st vu bz"
_WORLD_DOMAINS = frozenset(_WORLD.split())
_COUNTRY_OF_DOMAIN = {"uk": "GB"}

_SHAPES = {
    "state": (
        (rf"(?m)(?<=[A-Za-z.,] )(?:{_STATES})[., ]{{0,2}}\d{{5}}(?:-\d{{4}})?(?!\d)", "US"),
        (rf"(?m)[A-Za-z], ?(?:{_STATES})\.?$", "US:.9"),
        (r"\b(?:NSW|QLD|VIC|TAS|WA|SA|ACT)[ .,]{0,2}\d{4}\b", "AU"),
        (r"\b(?:NSW|QLD)\b", "AU"),
        (r"[A-Za-z], ?(?:ON|QC|BC|AB|MB|SK|NS|NB|NL|PEI|PQ)\b", "CA"),
    ),
    "postcode": (
        (r"\b(?:GIR 0AA|[A-PR-UWYZ][A-HK-Y]?\d[\dA-HJKMNPR-Y]? (?!0TY)\d[ABD-HJLNP-UW-Z]{2}|"
         r"[A-PR-UWYZ][A-HK-Y]\d{2,3}[ABD-HJLNP-UW-Z]{2})\b", "GB"),
        (r"\b[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z][ -]?\d[ABCEGHJ-NPRSTV-Z]\d\b", "CA"),
        (r"\b[1-9]\d{3} ?(?!N[EW]|S[EW])[A-Z]{2}(?=[ ,]+[A-Z][a-z]{3})", "NL:.9"),
        (r"(?i:\bsingapore)[ ,.()-]{0,3}\d{6}\b|\bS[( ]\d{6}\)?(?!\d)", "SG"),
        (r"#\d{1,2}-\d{2,3}[A-Z]?\b", "SG:.9"),
        (r"〒 ?\d{3}-\d{4}", "JP"),
        (r"\bD-\d{5} [A-Z]", "DE"),
        (r"\bA-\d{4} [A-Z]", "AT"),
        (r"\bCH-\d{4}\b", "CH"),
        (r"\bF-\d{5}\b", "FR"),
        (r"\bB-\d{4} [A-Z]", "BE"),
        (r"\bI-\d{5}\b", "IT"),
        (r"\bDK-\d{4}\b", "DK"),
        (r"\bSE?-\d{3} ?\d{2}\b", "SE"),
        (r"\b\d{5}[ ,-]+(?i:paris)|\b(?i:paris)[ ,]+75\d{3}", "FR"),
        (r"(?m)\b\d{5},? [A-Z][a-zA-Z]+ \([A-Z]{2}\)", "IT"),
        (r"\b\d{2}-\d{3} [A-Z][a-z]{3}", "PL:.8"),
        (r"\b\d{4}-\d{3} [A-Z]{3}", "PT"),
        (r"(?im)\b(?!code|invoice|order|bill|store|shop|term|tran|auth)[a-z]{4,} ?- ?[1-8]\d{2} ?\d{3}$", "IN:.7"),
        (r"\b[ACDEFHKNPRTVWXY]\d[\dW] [ACDEFHKNPRTVWXY\d]{4}\b", "IE"),
        (r"(?i)\bpo ?box:? ?\d{3,6}\b", "AE:.3 OM:.2 QA:.05 KE:.1"),
    ),
    "tax number": (
        (r"(?i)\bA\.?B\.?N\.?[:# ]{0,3}(?:\d[ ]?){11}\b", "AU"),
        (r"\b\d{9} ?RT ?\d{4}\b", "CA"),
        (r"(?i)\b(?:gst|hst|tps)[ /#:.a-z]{0,14}\d{5} ?\d{4}\b(?!-)", "CA:.8"),
        (r"\b\d{10} ?TQ ?\d{4}\b", "CA"),
        (r"\b\d{2}[A-Z]{5}\d{4}[A-Z]\d?[A-Z0-9]Z?[A-Z0-9]?\b", "IN"),
        (r"(?i:\bT\.?R\.?N)\.?\D{0,5}100\d{12}\b|\b100\d{10}[03]\d?\b", "AE"),
        (r"\bGB ?\d{3} ?\d{4} ?\d{2}\b", "GB"),
        (r"(?i)\bvat[a-z. :#]{0,15}\d{3} ?\d{4} ?\d{2}\b", "GB:.9"),
        (r"(?i)\bvat[a-z. :#]{0,15}\d{3} \d{6}\b", "GB:.9"),
        (r"(?i)\bvat[a-z. :#]{0,15}4\d{9}\b", "ZA"),
        (r"(?i:\bvat)[A-Za-z. :#]{0,15}(?:IE ?)?\d{7}[A-W][A-I]?\b|\bIE ?\d{7}[A-W]{1,2}\b", "IE"),
        (r"\bFR ?\d{2} ?\d{3} ?\d{3} ?\d{3}\b", "FR"),
        (r"(?i)\bsiret\D{0,4}\d{3}", "FR"),
        (r"\b(?:DE) ?\d{9}\b", "DE"),
        (r"\bAT ?U ?\d{8}\b|\bATU\d{6,}", "AT"),
        (r"\bCHE-?\d{3}\.?\d{3}\.?\d{3}", "CH"),
        (r"\bBE ?0?\d{3}\.?\d{3}\.?\d{3}\b", "BE"),
        (r"\bNL ?\d{9} ?B\d{2}\b|\b\d{9}B0\d\b", "NL"),
        (r"(?i)\b(?:cif|nif|c\.i\.f\.?|n\.i\.f\.?)\W{0,4}(?:[A-Z]-?\d{7,8}|\d{8}-?[A-Z])", "ES"),
        (r"\b[ABESX]-?\d{8}\b(?=\s|$)", "ES:.7"),
        (r"(?i)\bp\.? ?iva\W{0,4}(?:IT)?\d{11}\b", "IT"),
        (r"\bIT ?\d{11}\b", "IT"),
        (r"\bPT ?[1-9]\d{8}\b", "PT"),
        (r"\bSE ?\d{10}01\b", "SE"),
        (r"\b55\d{4}-\d{4}\b", "SE"),
        (r"\bCY ?1\d{7}[A-Z]\b", "CY"),
        (r"\bHU ?\d{8}\b|\b\d{8}-\d-\d{2}\b", "HU"),
        (r"\bM[R2B]?-?\d-?\d{7}-\d\b|\b[12]\d{8}[A-Z]\b", "SG"),
        (r"(?i)\bgst[a-z. :#]{0,12}M[2RB]?-?\d{6,8}", "SG"),
        (r"(?i)\bgst[a-z. :#]{0,12}00\d{10}\b", "MY"),
        (r"\(?\b\d{5,6}-[A-Z]\b\)?", "MY:.9"),
        (r"(?i)\bgst[a-z. :#]{0,12}\d{2,3}-\d{3}-\d{3}\b", "NZ"),
        (r"(?i)\bgst[a-z. :#]{0,12}(?:19|20)\d?-?\d{5,7}-?[A-Z]\b", "SG"),
        (r"\b\d{3}-\d{3}-\d{3}-\d{3,5}(?: ?-?V(?:AT)?)?\b", "PH"),
        (r"(?i)\btin\.?(?:no\.?)?:? ?\d{11}[VC]?\b", "IN"),
        (r"(?i)\brfc[: ]{0,3}[A-Z]{3,4}\d{6}", "MX"),
        (r"\b\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}\b", "BR"),
    ),
    "phone shape": (
        (r"(?<![\d.,])0[1-9]([ .])\d{2}(?:\1\d{2}){3}(?![\d.,])", "FR:.8 MA:.1"),
        (r"(?<![\d.,])0[1-9]\d[ ./]\d{3} \d{2} \d{2}(?!\d)", "CH:.6 TR:.2 BE:.1"),
        (r"(?<!\d)\(?0(?:20 ?[378]\d{3}|1\d{2,3}\)? ?\d{3}|870 ?\d{3}|84\d ?\d{3})\)? \d{3,4}(?!\d)", "GB:.9"),
        (r"(?i)(?:tel|phone)\w*[ .:no]{0,6}(?:020[378]\d{7}|01[1-9]\d{8})(?!\d)", "GB:.9"),
        (r"(?<!\d)\(?0[2378]\)? \d{4} \d{4}(?!\d)", "AU:.9"),
        (r"(?<!\d)1300 ?\d{3} ?\d{3}|(?<!\d)13 \d{2} \d{2}(?!\d)", "AU"),
        (r"(?<!\d)03-\d{4}[ -]?\d{4}(?!\d)", "MY:.8 JP:.15"),
        (r"(?<!\d)04-\d{7}(?!\d)", "AE:.6 MY:.35"),
        (r"(?<!\d)0[67]-\d{3} ?\d{4}(?!\d)", "MY:.8 AE:.1"),
        (r"(?<!\d)09-\d{7}(?!\d)", "MY:.4 NZ:.3 AE:.1"),
        (r"(?<!\d)05-\d{3} ?\d{4}(?!\d)", "MY:.8"),
        (r"(?<!\d)01\d-\d{3,4} ?\d{4}(?!\d)", "MY:.9"),
        (r"(?<!\d)04 \d{3} ?\d{4}(?!\d)", "AE:.9"),
        (r"(?<!\d)0[34679][- ]\d{3}[- ]\d{4}(?!\d)", "NZ:.7 AE:.1 MY:.1"),
        (r"(?<!\d)1-?300-?\d{2}-?\d{4}(?!\d)", "MY"),
        (r"(?i)tel\w*[ .:no]{0,6}6\d{3}[ -]?\d{4}(?!\d)", "SG:.9"),
        (r"(?i)tel\w*[ .:no]{0,6}[23]\d{3}[ -]\d{4}(?!\d)", "HK:.8"),
        (r"(?i)tel\w*[ .:no]{0,6}[89]\d{2} ?\d{2,3} ?\d{2,3} ?\d{2}(?!\d)", "ES:.8"),
        (r"(?<![\d.,])9\d{2}[ .]\d{3}[ .]\d{3}(?![\d.,])", "ES:.7"),
        (r"(?<!\d)0(?!1\d-)[1-9]\d{1,3}[-/]\d{6,8}(?!\d)", "IN:.35 DE:.2 IT:.1 ID:.1 BE:.05"),
        (r"(?i)(?:ph|mob|phone)\w*[ .:no]{0,6}[789]\d{9}(?!\d)", "IN:.8"),
        (r"(?<!\d)02-\d{3}-?\d{4}(?!\d)", "TH:.8 PH:.1"),
        (r"(?<!\d)0\d-\d{4}-\d{4}(?!\d)", "JP:.7 AU:.1"),
        (r"(?i)tel\w*[ .:no]{0,6}\d{2} \d{2} \d{2} \d{2}(?![\d ])", "DK:.6 NO:.3"),
        (r"(?i)tel\w*[ .:]{0,4}0(?:2|6|11|55|41|81|10|91)[/ -]?\d{6,8}(?!\d)", "IT:.7"),
        (r"(?<!\d)\(?01\)? \d{3} ?\d{4}(?!\d)", "IE:.9"),
    ),
    "script": (
        (r"(?:[ぁ-ゖァ-ヺ]ー?){3,}", "JP"),
        (r"[가-힣]{3,}", "KR"),
        (r"[ก-๛]{4,}", "TH"),
        (r"[א-ת]{3,}", "IL"),
        (r"香港|九龍", "HK"),
        (r"台北|臺北|台灣|統一編號", "TW"),
        (r"北京|上海|发票|人民币", "CN"),
        (r"[Ⴀ-ჿ]{3,}", "GE"),
        (r"(?s)[ΣΔΛΩΠΘΞΨΦΓςλπσ](?:.{0,60}?[ΣΔΛΩΠΘΞΨΦΓςλπσ]){4}", "GR:.8 CY:.15"),
    ),
}  # fmt: skip
_COMPILED = [(kind, re.compile(shape), shares(who)) for kind, rules in _SHAPES.items() for shape, who in rules]

_NORTH_AMERICAN = re.compile(r"(?<![\d.,+-])(?:\+?1[ .-]?)?\(?([2-9]\d{2})\)?[ .-]{0,2}[2-9]\d{2}[ .-]{1,3}\d{4}(?!\d)")
_ABROAD = re.compile(
    r"(?i)(?:\+ ?|\b00(?=[1-9]\d{1,2}[ .()-])|te[l1I]\w*[ .:]{0,4}(?=\d{11,12}(?!\d)))([1-9]\d{0,2})"
    r"[ )(.-]{0,3}\(?0?\)?[ .-]?\d[\d .-]{5,}"
)
_DOMAIN = re.compile(r"(?i)(?:www?[.,]|@|https?:|\.com?\.)[\w.@/-]*?\.([a-z]{2})(?![\w-]|\.\w)")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
_DATE = re.compile(r"(?<![\d./-])(\d{1,2})([/.-])(\d{1,2})\2((?:19|20)?\d{2})(?!\d)")
_DAY_MONTH = re.compile(rf"(?i)(?<!\d)([0-3]?\d)[ /.-]?{_MONTH}['’ ./-]{{0,2}}(?:20)?\d{{2}}(?!\d)")
_MONTH_DAY = re.compile(rf"(?i)\b{_MONTH}\.? ?[0-3]?\d(?:st|nd|rd|th)?,? ?['’]?(?:20)?\d{{2}}(?!\d)")
_THREE = re.compile(r"(?<![\d.,])\d{1,3}[.,]\d{3}(?![\d.,])")
_TWO = re.compile(r"(?<![\d.,])\d{1,4}\.\d\d(?![\d.,%])")
_COMMA = re.compile(r"(?<![\d.,])\d{1,4},\d\d(?![\d.,%])")


def shape_clues(text: str) -> Iterator[Clue]:
    """The clues by shape in the lines of a document (signs plain, letters as printed)."""
    for kind, shape, who in _COMPILED:
        match = shape.search(text)
        if match:
            yield named(kind, match.group(), who)
    yield from _telephones(text)
    for match in _DOMAIN.finditer(text):
        code = match[1].lower()
        if code not in _WORLD_DOMAINS:
            yield named("domain", match.group(), {_COUNTRY_OF_DOMAIN.get(code, code.upper()): 1.0})
    yield from _dates(text)
    yield from _amounts(text)


def _telephones(text: str) -> Iterator[Clue]:
    for match in _NORTH_AMERICAN.finditer(text):
        if match[1] not in TOLL_FREE:
            yield named("area code", match.group(), {COUNTRY_OF_AREA.get(match[1], "US"): 1.0})
    for match in _ABROAD.finditer(text):
        for length in (3, 2, 1):
            country = COUNTRY_OF_CALLING.get(match[1][:length])
            if country and len(match[1]) >= length:
                yield named("calling code", match.group(), {country: 1.0})
                break


def _dates(text: str) -> Iterator[Clue]:
    """The order of day and month: Americans put the month first, hardly anybody else does (CLDR's date forms)."""
    day_first = month_first = ""
    for match in _DATE.finditer(text):
        first, second = int(match[1]), int(match[3])
        if 12 < first <= 31 and 0 < second <= 12:
            day_first = match.group()
        elif 12 < second <= 31 and 0 < first <= 12:
            month_first = match.group()
    named_month = _DAY_MONTH.search(text)
    if day_first and not month_first:
        yield Clue("day first", day_first, {"US": -3.5, "PH": -1.0, "PR": -2.5, "CA": -0.7})
    elif month_first and not day_first:
        yield Clue("month first", month_first, {"US": 2.5, "PR": 2.0, "CA": 1.2, "PH": 1.2, "JP": 0.3, "KH": 0.3})
    elif named_month and not _MONTH_DAY.search(text):
        yield Clue("day before month's name", named_month.group(), {"US": -1.2, "PR": -1.0})


def _amounts(text: str) -> Iterator[Clue]:
    """Three decimals are used where a currency has a thousand parts; a comma before two keeps English out."""
    two, comma, three = len(_TWO.findall(text)), len(_COMMA.findall(text)), len(_THREE.findall(text))
    if three >= 4 and two + comma <= three / 4:
        round_ones = sum(match.group().endswith("00") for match in _THREE.finditer(text))
        parts = round_ones < three / 2 or re.search(r"(?<![\d.,])0[.,]\d{3}(?![\d.,])", text)
        who = "OM:.4 JO:.2 KW:.15 BH:.15 TN:.05" if parts else "ID:.35 VN:.35 HU:.05 CL:.05 CO:.05"
        yield named("amounts", "three decimals", shares(who))
    elif comma >= 3 and comma > 3 * two:
        english = ("US", "GB", "SG", "MY", "CA", "AU", "AE", "IE", "IN", "HK", "PH", "NZ", "TH", "CH", "OM", "KH", "MX")
        yield Clue("decimal comma", "comma", dict.fromkeys(english, -2.0))
    elif two >= 3 and two > 3 * comma:
        comma_lands = ("DE", "FR", "IT", "ES", "BE", "NL", "AT", "DK", "SE", "GR", "PT", "HU", "BG", "HR", "ID", "TR")
        yield Clue("decimal point", "point", dict.fromkeys(comma_lands, -math.log(4)))
