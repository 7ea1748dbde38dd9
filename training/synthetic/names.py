"""Invented merchants, customers, addresses and numbers, and the odd chain that everybody knows.

Faker is slow (up to a millisecond a name), so each locale draws a pool of it once, by a fixed seed, and documents
choose from the pool.
"""

from __future__ import annotations

import random
import re
from functools import cache

from training.synthetic.purchase import Locale, Party
from training.synthetic.wordings import Country, countries, language

POOL = 150
"""Distinct values that are asked of Faker for each kind of name; small places have fewer."""
CHAIN_SHARE = 0.25
_CHAINED = ("grocery", "restaurant", "cafe", "fuel", "pharmacy", "clothing", "hardware")
"""Trades whose shops are numbered: some of the invented ones are branches too."""
_HASH = re.compile(r"#(?= ?\{)")
_SLOT = re.compile(r"\{(\w+)\}")
_LETTERS = "ABCDEFGHJKLMNPRSTUVWX"


@cache
def _faker(name: str) -> object:
    from faker import Faker

    made = Faker(name)
    made.seed_instance(f"pool {name}")
    return made


@cache
def pool(locale_name: str, slot: str) -> tuple[str, ...]:
    """The values of a slot ("family", "city", "street_name" …) in a locale."""
    country = countries()[locale_name]
    wanted = "last_name" if slot == "family" else slot
    if wanted in country.places:
        return country.places[wanted]
    if wanted == "emblem":
        return language(country.language).emblem
    method = getattr(_faker(country.faker), wanted)
    return tuple(dict.fromkeys(str(method()).replace("\n", " ").strip() for _ in range(POOL)))


def digits(pattern: str, rng: random.Random) -> str:
    """A pattern with each "#" made a digit and each "?" a letter."""
    if "#" not in pattern and "?" not in pattern:
        return pattern
    return "".join(
        rng.choice("0123456789") if sign == "#" else rng.choice(_LETTERS) if sign == "?" else sign for sign in pattern
    )


def fill(pattern: str, locale: Locale, rng: random.Random) -> str:
    """A pattern with its slots filled for a locale. {num} is a house number, {store} the number of a branch."""

    def value(match: re.Match[str]) -> str:
        slot = match.group(1)
        if slot == "num":
            return str(rng.choice((rng.randint(1, 30), rng.randint(1, 299))))
        if slot == "store":
            return str(rng.randint(1, 9999))
        return rng.choice(pool(locale.name, slot))

    # A "#" right before a slot is printed as it is: "Store #{store}".
    kept = _HASH.sub("\0", pattern)
    return _SLOT.sub(value, digits(kept, rng)).replace("\0", "#")


def address(locale: Locale, rng: random.Random) -> tuple[str, ...]:
    """An invented address in the country's order, in lines."""
    pattern = rng.choice(countries()[locale.name].address)
    lines = []
    for line in pattern.split("/"):
        lines.append(fill(line, locale, rng) if line.strip() else "")
    return tuple(line for line in lines if line)


def merchant(locale: Locale, sector: str, rng: random.Random) -> Party:
    """A seller of this sector; every fourth one is a well-known chain, where the country lists some."""
    country = countries()[locale.name]
    chains = country.chains.get(sector, ())
    if chains and rng.random() < CHAIN_SHARE / 0.8:
        name, trading = _branch(rng.choice(chains), sector, locale, rng), None
    else:
        name, trading = _shop(locale, sector, country, rng)
    return Party(
        name=name,
        address=address(locale, rng) if rng.random() < 0.95 else (),
        phone=phone(locale, rng) if rng.random() < 0.8 else None,
        tax_id=tax_id(country, rng, 0.75),
        website=_website(trading or name, locale, rng) if rng.random() < 0.2 else None,
        registration=digits(rng.choice(country.registration), rng) if country.registration else None,
        trading_name=trading,
    )


def customer(locale: Locale, rng: random.Random) -> Party:
    """A company that an invoice goes to."""
    country = countries()[locale.name]
    sector = rng.choice(("services", "office", "hardware", "leisure", "hotel", "telecom"))
    name = fill(rng.choice(language(country.language).names[sector]), locale, rng)
    return Party(
        name=_with_legal_form(name, country, rng),
        address=address(locale, rng),
        phone=phone(locale, rng) if rng.random() < 0.2 else None,
        tax_id=tax_id(country, rng, 0.4),
    )


def phone(locale: Locale, rng: random.Random) -> str:
    return digits(rng.choice(countries()[locale.name].phone), rng)


def tax_id(country: Country, rng: random.Random, share: float) -> str | None:
    return digits(rng.choice(country.tax_id), rng) if country.tax_id and rng.random() < share else None


def person(locale: Locale, rng: random.Random) -> str:
    """A guest's or customer's name, family name last or as the country has it."""
    family = rng.choice(pool(locale.name, "family"))
    given = rng.choice(pool(locale.name, "first_name"))
    return f"{family}{given}" if locale.language in ("zh", "ja", "ko") else f"{given} {family}"


def _branch(chain: str, sector: str, locale: Locale, rng: random.Random) -> str:
    """A chain, with the number or the town of a branch on some."""
    if sector == "fuel" and rng.random() < 0.25:
        # A station that is named after its keeper or its town besides.
        before = rng.choice(pool(locale.name, rng.choice(("family", "city"))))
        return f"{before.upper() if chain.isupper() else before} {chain}"
    way = rng.choices(("", "number", "town"), (6, 2, 1))[0]
    if way == "town":
        return f"{chain} {rng.choice(pool(locale.name, 'city'))}"
    return chain + (_number(locale, rng) if way else "")


def _number(locale: Locale, rng: random.Random) -> str:
    """A branch's number as it stands behind the name, and as a part of it."""
    number = rng.randint(10, 9999)
    forms = [f" #{number}", f" #{number}", f" #{number:05d}", f" {number:04d}", f" - #{number}", f" ({number})"]
    if locale.language == "en":
        forms += [f" Store #{number}", f" STORE {number}"]
    return rng.choice(forms)


def _shop(locale: Locale, sector: str, country: Country, rng: random.Random) -> tuple[str, str | None]:
    """(registered or only name, trading name or None)."""
    spoken = country.language
    if country.mix and rng.random() < 0.25:
        spoken = country.mix
    words = language(spoken)
    pattern = rng.choice(words.names[sector])
    if spoken != country.language:
        pattern = pattern.replace("{emblem}", rng.choice(words.emblem))
    name = fill(pattern, locale, rng)
    draw = rng.random()
    if draw < 0.55:
        return _with_legal_form(name, country, rng), None
    if draw < 0.7:
        registered = fill(rng.choice(("{family} {family}", "{family}", "{family} {city}")), locale, rng)
        forms = tuple(form for form in country.legal if form)
        # A bare family name below a sign is an owner's: the seller is a company there or what the sign says.
        return (_with_legal_form(registered, country, rng, forms), name) if forms else (name, None)
    if sector in _CHAINED and draw < 0.76 and not re.search(r"\d", name):
        name += _number(locale, rng)
    return name, None


def _with_legal_form(name: str, country: Country, rng: random.Random, forms: tuple[str, ...] | None = None) -> str:
    """The name with one of the country's legal forms, or one of `forms`; where that is empty, the name alone."""
    known = country.legal if forms is None else forms
    form = rng.choice(known) if known else ""
    if not form:
        return name
    if form.endswith("~"):  # stands in front: "PT~", "株式会社~"
        joint = "" if form[:-1].isascii() is False and country.language in ("ja", "zh_hans", "zh_hant", "ko") else " "
        return f"{form[:-1]}{joint}{name}"
    return f"{name}{form[1:]}" if form.startswith("~") else f"{name} {form}"


def _website(name: str, locale: Locale, rng: random.Random) -> str:
    plain = re.sub(r"[^a-z0-9]+", "", name.lower().encode("ascii", "ignore").decode())[:18]
    end = rng.choice(("com", locale.country.lower()))
    return f"www.{plain or 'shop' + str(rng.randint(10, 999))}.{end}"
