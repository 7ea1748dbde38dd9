"""Country, currency and language of a document: the model's opinions and what is printed, weighed together.

A log-linear model. With E(c) the evidence of the clues for country c (see `clues`) and M(k) that of the currency marks,

    score(c, k) = W · log p(c) + E(c) + W · log q(k) + log M(k) + log P(k | c)

where p and q are the model's probabilities, held above a floor: a model that knows thirty countries has no opinion on
the others, and one fitted to few documents is surer than it should be. P(k | c) says that a country's prices are
in its tender, now and then in dollars or euros. A country's probability is the sum over currencies, and the other way.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from extractor.normalize.characters import plain_signs
from extractor.normalize.currency import currency_of_country, currency_weights
from extractor.normalize.place.clues import Clue, weigh
from extractor.normalize.place.languages import language_clue, language_words
from extractor.normalize.place.names import name_clues
from extractor.normalize.place.shapes import shape_clues

Verdict = tuple[str, float]
"""A value and its probability."""

_MODEL, _CURRENCY_MODEL, _LANGUAGE_MODEL = 0.75, 0.5, 0.75
"""What the model's opinions weigh. Its country and currency are one opinion said twice, so each counts less."""
_SELDOM, _UNKNOWN = 1e-3, 2e-4
"""The least probability of a class of the model, and of what is none of its classes."""
_TENDER, _FOREIGN, _OTHER = 0.98, {"USD": 5e-3, "EUR": 2e-3}, 1e-4
"""P(currency | country): its tender, the two that are taken elsewhere too, any other."""
_ONE_OF_TWO = 1e-2
"""A document that says its country but no currency, or the other way round."""
_DOLLAR_TOO, _DOLLAR_SHARE = frozenset({"KH", "ZW", "LB", "AW", "CR", "JM", "LR"}), 0.5
"""Countries where prices are in dollars as often as not."""
_NO_MARK = 3e-3
"""The chance of a currency that a single printed mark does not name; the more marks, the smaller."""
_WORD = 0.6
"""The weight of one word of a language."""
_YEAR = re.compile(r"[/.\- ]((?:19[89]|20[0-4])\d)\b|\b((?:19[89]|20[0-4])\d)[/.-]\d")


@dataclass(frozen=True, slots=True)
class Place:
    """What was settled on; None where nothing speaks for any value. `clues` is the evidence, for who wants to know."""

    country: Verdict | None
    currency: Verdict | None
    language: Verdict | None
    clues: tuple[Clue, ...] = ()


def settle_place(
    lines: Sequence[str],
    countries: Mapping[str, float],
    currencies: Mapping[str, float],
    languages: Mapping[str, float],
) -> Place:
    """The country (ISO 3166-1), currency (ISO 4217) and language (ISO 639-1) of a document given as its lines of text.

    The mappings are a model's probabilities, "" for none; an empty one is no opinion. The result is the likeliest value
    of each with its probability after all evidence; "" is one, None stands where nothing speaks for any.
    """
    text = plain_signs("\n".join(lines))
    counts = language_words(text)
    clues = place_clues(text, counts)
    marks = currency_weights(text)
    country, currency = _settle_pair(weigh(clues), marks, countries, currencies, _day(text))
    return Place(country, currency, _settle_language(counts, languages), clues)


def place_clues(text: str, counts: dict[str, float] | None = None) -> tuple[Clue, ...]:
    """All clues to the country in a text of lines; `counts` are its words by language where already known."""
    language = language_clue(language_words(text) if counts is None else counts)
    return (*shape_clues(text), *name_clues(text.split("\n")), *([language] if language else []))


def _day(text: str) -> date:
    """A day in the year that the document speaks of: currencies change ("HRK" until 2022). Today where none."""
    years = [int(one or other) for one, other in _YEAR.findall(text)]
    this = date.today()
    return min(date(years[0], 7, 1), this) if years else this


def _settle_pair(
    evidence: Mapping[str, float],
    marks: Mapping[str, float],
    countries: Mapping[str, float],
    currencies: Mapping[str, float],
    on: date,
) -> tuple[Verdict | None, Verdict | None]:
    total = sum(marks.values())
    if not (countries or currencies or evidence or marks):
        return None, None
    # What only speaks against a country doesn't bring it up.
    places = countries.keys() | {code for code, weight in evidence.items() if weight > 0}
    tender = {code: currency_of_country(code, on) for code in places}
    coins = currencies.keys() | marks.keys() | {coin for coin in tender.values() if coin} | places & {""}
    of_coin = {coin: _opinion(currencies, coin, _CURRENCY_MODEL) + _mark(marks.get(coin, 0.0), total) for coin in coins}
    of_place = {code: _opinion(countries, code, _MODEL) + evidence.get(code, 0.0) for code in places}
    top = max(of_coin.values(), default=0.0) + max(of_place.values(), default=0.0)
    by_place, by_coin = dict.fromkeys(places, 0.0), dict.fromkeys(coins, 0.0)
    for code in places:
        for coin in coins:
            chance = math.exp(of_place[code] + of_coin[coin] - top) * _given(code, tender[code], coin)
            by_place[code] += chance
            by_coin[coin] += chance
    if not places:
        by_coin = {coin: math.exp(score) for coin, score in of_coin.items()}
    country = _likeliest(by_place)
    if country is None:
        return None, _likeliest(by_coin)
    # The currency is the likeliest one of that country, so that the two answers belong together.
    home = country[0]
    coin = max(sorted(coins), key=lambda each: of_coin[each] + math.log(_given(home, tender[home], each)))
    return country, (coin, by_coin[coin] / sum(by_coin.values()))


def _given(code: str, tender: str | None, coin: str) -> float:
    if not (code and coin):
        return _TENDER if code == coin else _ONE_OF_TWO
    if coin == "USD" and code in _DOLLAR_TOO:
        return _DOLLAR_SHARE
    return _TENDER if tender == coin else _FOREIGN.get(coin, _OTHER)


def _opinion(chances: Mapping[str, float], value: str, weight: float) -> float:
    if not chances:
        return 0.0
    return weight * math.log(max(chances[value], _SELDOM) if value in chances else _UNKNOWN)


def _mark(weight: float, total: float) -> float:
    if not total:
        return 0.0
    # One mark may be misread; a dozen leave hardly a chance to a currency that they don't name.
    return math.log(max(weight / total, _NO_MARK / max(1.0, total)))


def _settle_language(counts: Mapping[str, float], languages: Mapping[str, float]) -> Verdict | None:
    options = languages.keys() | {code for code, count in counts.items() if count >= 2}
    scores = {code: _opinion(languages, code, _LANGUAGE_MODEL) + _WORD * counts.get(code, 0.0) for code in options}
    top = max(scores.values(), default=0.0)
    return _likeliest({code: math.exp(score - top) for code, score in scores.items()})


def _likeliest(chances: Mapping[str, float]) -> Verdict | None:
    if not chances:
        return None
    best = max(sorted(chances), key=lambda code: chances[code])
    return best, chances[best] / sum(chances.values())
