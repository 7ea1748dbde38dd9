"""The seller's name at the head of a document, in the ways that shops print it, and the lines right around it.

The name is what a teacher calls so: the registered company where one is printed, else what the sign says; with the
number or the branch that stands on its line, and with what a sign says in two lines; without slogans, greetings, and
numbers on lines of their own. Shares follow the heads of real receipts.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from training.synthetic.layouts.base import Align, Roll, length
from training.synthetic.names import fill
from training.synthetic.sheet import Run
from training.synthetic.wordings import countries, head_words

_NAME = "\1"
_ALIKE = {"a": "o", "e": "c", "i": "l", "l": "i", "o": "0", "s": "5", "n": "u", "u": "n", "m": "rn", "g": "9", "t": "f"}


@dataclass(frozen=True)
class Look:
    align: Align = "centre"
    size: float = 1.0
    bold: bool = True
    registration: bool = False


def phrase(roll: Roll, kind: str) -> str | None:
    """One of the wordings of `data/heads.yaml` in the document's language, its slots filled but for {name}."""
    place = roll.purchase.locale
    country = countries().get(place.name)
    if country is None:
        return None
    spoken = country.mix if country.mix and roll.chance(0.2) else country.language
    pattern = roll.draw.choice(head_words(spoken)[kind]).replace("{name}", _NAME)
    return roll.words.cased(fill(pattern, place, roll.draw))


def around(roll: Roll, kind: str, name: Run) -> tuple[Run, ...] | None:
    """A phrase with the name in its place."""
    text = phrase(roll, kind)
    if text is None:
        return None
    before, _, behind = text.partition(_NAME)
    return tuple(run for run in (Run(before), name, Run(behind)) if run.text)


def printed_name(roll: Roll) -> str:
    merchant = roll.purchase.merchant
    return roll.words.named(merchant.trading_name or merchant.name)


def name_at_foot(roll: Roll) -> None:
    """Thanks that tell where one was, or the name alone. It carries its role where the head had no name."""
    name = Run(printed_name(roll), roll.role("merchant_name"))
    roll.owed = False
    roll.text((around(roll, "thanks_at", name) if roll.chance(0.75) else None) or (name,), "centre")


def sign(roll: Roll, look: Look) -> bool:
    """The name as this shop prints it, with a slogan or the number of the branch below it.

    True says that the company behind the sign is still to be printed, by `company`, below the other lines.
    """
    merchant = roll.purchase.merchant
    trading = merchant.trading_name
    late = False
    if trading and trading != merchant.name:
        late = _sign_over_company(roll, trading, look)
    else:
        _registered(roll, look)
    for kind, share in (("slogan", 0.07), ("branch", 0.05)):
        if roll.chance(share):
            _aside(roll, kind, look.align)
    if roll.purchase.category in ("meals", "lodging") and roll.chance(0.05):
        outlet = phrase(roll, "outlet")
        if outlet:
            roll.text(f"*** {outlet} ***" if roll.chance(0.5) else outlet, look.align)
    return late


def company(roll: Roll, look: Look, run_by: bool = False) -> None:
    """The line of the company behind a sign, with its registration where the document prints that."""
    merchant = roll.purchase.merchant
    name = Run(roll.words.named(merchant.name), roll.role("merchant_name"))
    text = (around(roll, "run_by", name) if run_by else None) or (name,)
    if text[0] is not name and roll.chance(0.4):
        roll.text(text[0].text.strip(), look.align, look.size, look.bold)
        text = text[1:]
    _with_registration(roll, text, look)


def _sign_over_company(roll: Roll, trading: str, look: Look) -> bool:
    way = roll.draw.choices(("alone", "below", "run by", "late", "first"), (30, 48, 9, 8, 5))[0]
    shown = roll.words.named(trading)
    if way == "alone":
        _written(roll, Run(shown, roll.role("merchant_name")), look)
        return False
    small = replace(look, size=1.0, bold=False)
    if way == "first":
        company(roll, look)
        roll.text(roll.draw.choice(_other_names(roll)).format(shown), look.align, small.size, small.bold)
        return False
    roll.text(shown, look.align, look.size, look.bold)
    if roll.chance(0.25):
        _aside(roll, "slogan", look.align)
    if way == "late":
        return True
    company(roll, small if roll.chance(0.6) else look, run_by=way == "run by")
    return False


def _other_names(roll: Roll) -> tuple[str, ...]:
    plain = ("{}", '"{}"', "({})")
    return (*plain, "T/A {}", "trading as {}", "d/b/a {}") if roll.purchase.locale.language == "en" else plain


def _registered(roll: Roll, look: Look) -> None:
    name = Run(roll.words.named(roll.purchase.merchant.name), roll.role("merchant_name"))
    if look.registration and roll.purchase.merchant.registration:
        _with_registration(roll, (name,), look)
    else:
        _written(roll, name, look)


def _with_registration(roll: Roll, text: tuple[Run, ...], look: Look) -> None:
    """The name with the registration number, in brackets behind it or below it, where it is wanted."""
    registration = roll.purchase.merchant.registration if look.registration else None
    room = roll.columns / look.size
    bracketed = registration if registration and registration.startswith("(") else f"({registration})"
    if registration and roll.chance(0.4) and length(text) + len(registration) + 3 < room:
        roll.text((*text, Run(" "), Run(bracketed)), look.align, look.size, look.bold)
        return
    roll.text(text, look.align, look.size, look.bold)
    if registration:
        roll.text(bracketed if roll.chance(0.6) else registration, look.align)


def _written(roll: Roll, name: Run, look: Look) -> None:
    """A name that stands alone: mostly plain, at times in a greeting, in two lines, under a logo, between stars."""
    way = roll.draw.choices(
        ("plain", "greeting", "stars", "phone", "two lines", "fare", "logo"), (76, 3.5, 2, 1.5, 7, 4, 6)
    )[0]
    if way == "greeting":
        _greeting(roll, name, look)
    elif way == "stars" and len(name.text) + 8 <= roll.columns / look.size:
        stars = "*" * roll.draw.randrange(1, 4)
        roll.text((Run(f"{stars} "), name, Run(f" {stars}")), look.align, look.size, look.bold)
    elif way == "phone" and roll.purchase.merchant.phone:
        phone = Run(roll.purchase.merchant.phone, roll.role("merchant_phone"))
        roll.text((name, Run("  "), phone), look.align, 1.0, look.bold)
    elif way == "two lines" and " " in name.text:
        words = name.text.split(" ")
        at = roll.draw.randrange(1, len(words))
        roll.text(Run(" ".join(words[:at]), name.role), look.align, look.size, look.bold)
        second = look.size if roll.chance(0.6) else 1.0
        roll.text(Run(" ".join(words[at:]), name.role), look.align, second, look.bold)
    elif way == "fare" and roll.purchase.category == "meals" and name.text.count(" ") < 3:
        _with_fare(roll, name, look)
    else:
        if way == "logo":
            _logo(roll, name.text, look)
        roll.text(name, look.align, look.size, look.bold)


def _greeting(roll: Roll, name: Run, look: Look) -> None:
    text = around(roll, roll.draw.choice(("welcome", "welcome", "thanks_at")), name) or (name,)
    if text[0] is not name and roll.chance(0.4):
        roll.text(text[0].text.strip(), look.align)
        text = text[1:]
    roll.text(text, look.align, 1.0 if length(text) > roll.columns / look.size else look.size, look.bold)


def _with_fare(roll: Roll, name: Run, look: Look) -> None:
    """What a restaurant serves, below its name and a part of it."""
    roll.text(name, look.align, look.size, look.bold)
    fare = phrase(roll, "fare")
    if fare and fare.casefold() not in name.text.casefold():
        roll.text(Run(fare, name.role), look.align, look.size if roll.chance(0.4) else 1.0, look.bold)


def _logo(roll: Roll, name: str, look: Look) -> None:
    """A drawn sign above the typed name: its first words, its initials, or what can be read of it."""
    words = name.split(" ")
    if not name.isascii():
        return
    shown = [garbled(words[0], roll.draw)]
    if len(words) > 1:
        shown += [" ".join(words[: roll.draw.randrange(1, len(words))]), "".join(word[:1] for word in words)]
    roll.text(roll.draw.choice(shown), look.align, max(look.size, roll.draw.choice((1.4, 1.8, 2.4))), True)


def garbled(word: str, draw: random.Random) -> str:
    """What an engine might read of a word drawn as a logo: some signs taken for others, some missed."""
    read = "".join(
        _ALIKE.get(sign.lower(), sign) if draw.random() < 0.35 else sign for sign in word if draw.random() < 0.9
    )
    return read or word[:1]


def _aside(roll: Roll, kind: str, align: Align) -> None:
    text = phrase(roll, kind)
    if text:
        roll.text(text, align)
