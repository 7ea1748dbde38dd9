"""Synthetic documents, one a number: what is sold, how it is laid out, and where its words stand."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate

from extractor.errors import UsageError
from training.synthetic import content
from training.synthetic.labels import label
from training.synthetic.layouts import Template, fitting, kinds_of
from training.synthetic.locales import HELD_OUT_LANGUAGES, LOCALES, locale
from training.synthetic.purchase import KINDS, Kind
from training.synthetic.sheet import Synthetic
from training.synthetic.words import place

KIND_SHARES: Mapping[Kind, float] = {
    "receipt": 0.65,
    "invoice": 0.13,
    "card_slip": 0.06,
    "fuel": 0.05,
    "folio": 0.04,
    "taxi": 0.04,
    "parking": 0.03,
}
COUNTRY_WEIGHTS: Mapping[str, float] = {
    "en_US": 8.0,
    "en_MY": 8.0,
    "ms_MY": 2.5,
    "en_GB": 3.0,
    "de_DE": 1.5,
    "fr_FR": 1.5,
}
"""How much more often than others (1) the locales of most expense claims are drawn."""


def generate(
    seed: int | str,
    locales: Sequence[str] | None = None,
    kinds: Sequence[Kind] | None = None,
    held_out: bool | None = False,
) -> Synthetic:
    """The synthetic document of a seed. Equal arguments give equal documents, in any process.

    `locales` names the locales to choose from ("de_DE" …), by default all whose language is not held out of training;
    `kinds` the kinds of document. `held_out` says which templates: those of training (False), those kept from it
    (True), or any (None). Raises UsageError for an unknown locale or kind, or where no template is left.
    """
    draw = random.Random(f"synthetic {seed}")
    kind_names, kind_sums = _kinds(tuple(kinds) if kinds is not None else None, held_out)
    names, sums = _locales(tuple(locales) if locales is not None else None)
    kind = draw.choices(kind_names, cum_weights=kind_sums)[0]
    name = draw.choices(names, cum_weights=sums)[0]
    purchase = content.purchase(draw.getrandbits(62), locale(name), kind)
    template = _template(draw, fitting(purchase, held_out))
    sheets = template.lay(purchase, draw)
    words, aspects = place(sheets)
    facts = {"kind": kind, "locale": name, "template": template.name}
    return Synthetic(f"s{seed}", words, {"id": f"s{seed}", **label(purchase, sheets)}, sheets, aspects, facts)


def stream(
    seed: int,
    count: int,
    locales: Sequence[str] | None = None,
    kinds: Sequence[Kind] | None = None,
    held_out: bool | None = False,
) -> Iterator[Synthetic]:
    """`count` documents; number n depends on the seed and n alone, so that parts of a stream can be made apart."""
    for number in range(count):
        yield generate(f"{seed}-{number}", locales, kinds, held_out)


def _template(draw: random.Random, found: Sequence[Template]) -> Template:
    return draw.choices(found, weights=[template.weight for template in found])[0]


@lru_cache(maxsize=64)
def _kinds(wanted: tuple[Kind, ...] | None, held_out: bool | None) -> tuple[tuple[Kind, ...], tuple[float, ...]]:
    unknown = set(wanted or ()) - set(KINDS)
    if unknown:
        raise UsageError(f"There is no kind of document {min(unknown)!r}.", hint=f"Known: {', '.join(KINDS)}.")
    there = kinds_of(held_out)
    found = tuple(kind for kind in (wanted if wanted is not None else KINDS) if kind in there)
    if not found:
        raise UsageError("No template is left for these kinds of document.", hint="Ask for receipt or invoice.")
    return found, tuple(accumulate(KIND_SHARES[kind] for kind in found))


@lru_cache(maxsize=64)
def _locales(wanted: tuple[str, ...] | None) -> tuple[tuple[str, ...], tuple[float, ...]]:
    if wanted is None:
        wanted = tuple(name for name, found in LOCALES.items() if found.language not in HELD_OUT_LANGUAGES)
    if not wanted:
        raise UsageError("No locale is named.", hint=f"Known: {', '.join(LOCALES)}.")
    found = tuple(locale(name).name for name in wanted)
    return found, tuple(accumulate(COUNTRY_WEIGHTS.get(name, 1.0) for name in found))
