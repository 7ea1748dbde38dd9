"""`missing_tax_id` and `invalid_tax_id`: tax is reclaimed only on a receipt with the seller's valid tax number.

Check digits are python-stdnum's (LGPL, used as a library), for the countries whose numbers have them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Literal

from pydantic import Field as PydanticField

from extractor.policy.cases import Observation, Situation
from extractor.policy.expense import Expense, Fact, Slip
from extractor.policy.money import Money
from extractor.policy.rules.base import Rule, RuleSettings


class MissingTaxIdSettings(RuleSettings):
    when: Literal["reclaimed", "printed", "always"] = PydanticField(
        default="reclaimed",
        description="a number is needed where tax is reclaimed by the claim, where the receipt prints a tax, or always",
    )


class MissingTaxId(Rule[MissingTaxIdSettings]):
    kind = "missing_tax_id"
    settings_type = MissingTaxIdSettings

    def told(self) -> str:
        when = {"reclaimed": "where tax is reclaimed", "printed": "where a tax is printed", "always": "always"}
        return f"the seller's tax number {when[self.settings.when]}{self.told_scope()}"

    def check(self, expense: Expense, situation: Situation) -> Iterator[Observation]:
        if not expense.slips or any(slip.text("merchant_tax_id") for slip in expense.slips):
            return
        reason = self._reason(expense)
        if reason is None:
            return
        facts, told, stake = reason
        message = f"No tax number of the seller was found on the receipt, {told}."
        yield self.finding(message, [*facts, *self.scope(expense)], at_stake=stake)

    def _reason(self, expense: Expense) -> tuple[list[Fact[Any]], str, Money | None] | None:
        """Why a number is needed, and the tax that is at stake; None where none is needed."""
        claim = expense.claim
        if claim and claim.tax is not None and claim.tax > 0:
            claimed = Money(claim.tax, claim.currency)
            return [Fact(claimed, ("claim.tax",))], f"but {claimed} of tax is to be reclaimed", claimed
        if self.settings.when == "reclaimed":
            return None
        printed = next((tax for slip in expense.slips if (tax := slip.money("tax")) and tax.value.amount > 0), None)
        if printed:
            return [printed], f"which prints a tax of {printed.value}", printed.value
        return ([], "which this policy asks for", None) if self.settings.when == "always" else None


class InvalidTaxIdSettings(RuleSettings):
    pass


class InvalidTaxId(Rule[InvalidTaxIdSettings]):
    kind = "invalid_tax_id"
    settings_type = InvalidTaxIdSettings

    def told(self) -> str:
        return f"tax numbers with right check digits{self.told_scope()}"

    def check(self, expense: Expense, situation: Situation) -> Iterator[Observation]:
        for slip in expense.slips:
            number, country = slip.text("merchant_tax_id"), slip.text("country")
            if number is None or country is None or valid_tax_id(number.value, country.value) is not False:
                continue
            message = (
                f"The tax number {number.value} is not a valid one of {country.value}: its form or its check digits "
                "are wrong (or it was misread)."
            )
            yield self.finding(message, [number, country, *self.scope(expense)], at_stake=self._tax(expense, slip))

    def _tax(self, expense: Expense, slip: Slip) -> Money | None:
        claim = expense.claim
        if claim and claim.tax is not None:
            return Money(claim.tax, claim.currency)
        printed = slip.money("tax")
        return printed.value if printed else None


_KINDS = {
    "AU": ("au.abn",), "CA": ("ca.bn",), "SG": ("sg.uen",), "NZ": ("nz.ird",),
    "FR": ("fr.tva", "fr.siret", "fr.siren"), "ES": ("es.nif",), "IT": ("it.iva", "it.codicefiscale"),
    "DE": ("de.vat",), "CH": ("ch.vat", "ch.uid"), "TR": ("tr.vkn", "tr.tckimlik"), "IN": ("in_.gstin",),
    "NO": ("no.mva", "no.orgnr"), "SE": ("se.vat", "se.orgnr"), "TH": ("th.moa",), "GB": ("gb.vat",),
}  # fmt: skip
"""Which numbers of a country sellers print; where a country is not listed, python-stdnum's VAT number of it."""

_FORMS = {
    "DE": re.compile(r"(?:DE)?\d{9}"),
    "IN": re.compile(r"\d{2}[A-Z0-9]{13}"),
    "SG": re.compile(r"\d{8,9}[A-Z]|[TSR]\d{2}[A-Z]{2}\d{4}[A-Z]"),
}
"""Countries where numbers of other kinds are printed as well, without check digits that could be told (Germany's
Steuernummer, India's older TIN, Singapore's M numbers): only numbers of this form are judged."""

_LABEL = re.compile(r"^\W*(?!ATU|CHE)(?:[A-Za-z]{3,}|no)\W*(?=\d)", re.IGNORECASE)


def valid_tax_id(number: str, country: str) -> bool | None:
    """Whether a number is a valid tax number of its country; None where that can't be told."""
    modules = _modules(country)
    bare = re.sub(r"[^0-9A-Z]", "", _LABEL.sub("", number).upper())
    # A foreign number says nothing against this one.
    prefix = re.match(r"([A-Z]{2})U?\d", bare)
    if prefix and prefix[1] != country and _modules(prefix[1]):
        return valid_tax_id(number, prefix[1]) or None
    digits = re.sub(r"\D", "", bare)
    if not modules or len(digits) < 7 or (country in _FORMS and not _FORMS[country].fullmatch(bare)):
        return None
    forms = {number, bare, digits, country + bare, f"{country}U{digits}", digits[:8] if country == "HU" else digits}
    return any(module.is_valid(form) for module in modules for form in forms)


@lru_cache(maxsize=256)
def _modules(country: str) -> tuple[Any, ...]:
    from importlib import import_module

    from stdnum import get_cc_module

    if country in _KINDS:
        return tuple(import_module(f"stdnum.{name}") for name in _KINDS[country])
    found = get_cc_module(country, "vat")
    return () if found is None else (found,)
