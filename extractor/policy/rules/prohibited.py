"""`prohibited_merchants`, `prohibited_categories`, `prohibited_items`: what is not paid for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import AfterValidator
from pydantic import Field as PydanticField

from extractor.policy.cases import Observation, Situation
from extractor.policy.expense import Expense, Fact, Slip
from extractor.policy.matching import Matcher, list_names, matcher_of
from extractor.policy.money import Money
from extractor.policy.rules.base import Rule, RuleSettings, Terms


def _known_list(name: str) -> str:
    from difflib import get_close_matches

    if name in list_names():
        return name
    near = get_close_matches(name, list_names(), n=1)
    meant = f" (did you mean {near[0]}?)" if near else f" (there are {', '.join(list_names())})"
    raise ValueError(f"{name} is not a word list{meant}")


ListName = Annotated[str, AfterValidator(_known_list)]


class WordSettings(RuleSettings):
    lists: tuple[ListName, ...] = PydanticField(default=(), description="word lists that ship with Tailor")
    words: tuple[str, ...] = PydanticField(default=(), description="words or phrases of your own")
    except_words: tuple[str, ...] = PydanticField(default=(), description="phrases in which they are meant otherwise")


class ProhibitedMerchants(Rule[WordSettings]):
    kind = "prohibited_merchants"
    settings_type = WordSettings

    def __init__(self, settings: WordSettings, terms: Terms) -> None:
        super().__init__(settings, terms)
        self._matcher = _matcher(settings)

    def told(self) -> str:
        return f"nothing from {_told_words(self.settings)}{self.told_scope()}"

    def check(self, expense: Expense, situation: Situation) -> Iterator[Observation]:
        claimed = [expense.merchant] if expense.claim and expense.merchant else []
        for merchant in [*claimed, *(slip.text("merchant_name") for slip in expense.slips)]:
            language = _language(expense.slips)
            hit = self._matcher.find(merchant.value, language) if merchant else None
            if merchant and hit:
                message = f"The merchant {merchant.value} is not allowed by this policy ({hit.told})."
                sure = Fact(hit, (), hit.confidence)
                amount = expense.amount
                yield self.finding(
                    message, [merchant, sure, *self.scope(expense)], at_stake=amount.value if amount else None
                )
                return


class CategorySettings(RuleSettings):
    prohibited: tuple[str, ...] = PydanticField(min_length=1, description="categories that are not paid")


class ProhibitedCategories(Rule[CategorySettings]):
    kind = "prohibited_categories"
    settings_type = CategorySettings

    def told(self) -> str:
        return f"nothing of {', '.join(self.settings.prohibited)}{self.told_scope()}"

    def check(self, expense: Expense, situation: Situation) -> Iterator[Observation]:
        for category in [expense.category, *(slip.text("expense_category") for slip in expense.slips)]:
            if category is not None and category.value in self.settings.prohibited:
                amount = expense.amount
                what = "claimed as" if category.fields == ("claim.category",) else "read as"
                yield self.finding(
                    f"The expense is {what} {category.value}, which this policy does not pay.",
                    [category, *self.scope(expense)],
                    at_stake=amount.value if amount else None,
                )
                return


class ProhibitedItems(Rule[WordSettings]):
    kind = "prohibited_items"
    settings_type = WordSettings

    def __init__(self, settings: WordSettings, terms: Terms) -> None:
        super().__init__(settings, terms)
        self._matcher = _matcher(settings)

    def told(self) -> str:
        return f"no {_told_words(self.settings)} among the items{self.told_scope()}"

    def check(self, expense: Expense, situation: Situation) -> Iterator[Observation]:
        for slip in expense.slips:
            yield from self._on(slip, expense)

    def _on(self, slip: Slip, expense: Expense) -> Iterator[Observation]:
        language, currency = _language([slip]), slip.evidence.value("currency")
        told: list[str] = []
        facts: list[Fact[Any]] = []
        sum_ = Decimal(0)
        best = 0.0
        for index, item in enumerate(slip.evidence.record.receipt.line_items):
            words = item.description
            hit = self._matcher.find(words.value, language) if words else None
            amount = _decimal(item.amount.value) if item.amount else None
            # What is taken off (a discount, a gift card that paid) was not bought.
            if not words or not hit or (amount is not None and amount < 0):
                continue
            sum_ += amount or Decimal(0)
            told.append(f"“{words.value}”" + (f" ({Money.of(amount, currency)})" if amount is not None else ""))
            facts.append(slip.fact(words.value, f"line_items.{index}", words))
            best = max(best, hit.confidence * words.confidence)
        if told:
            places = tuple(place for fact in facts for place in fact.places)
            # One of the items is enough for the finding to be right: the surest of them counts.
            one = Fact(told, tuple(name for fact in facts for name in fact.fields), best, places)
            what = self.settings.called.replace("_", " ") if self.settings.name else "prohibited"
            message = f"The receipt lists {_listed(told)}, which this policy does not pay ({what})."
            stake = Money(sum_, currency or "XXX") if sum_ > 0 else None
            yield self.finding(message, [one, *self.scope(expense)], at_stake=stake)


def _listed(told: Sequence[str]) -> str:
    shown = list(told[:4])
    more = len(told) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _decimal(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def _language(slips: Sequence[Slip]) -> str | None:
    return slips[0].evidence.value("language") if slips else None


def _matcher(settings: WordSettings) -> Matcher:
    return matcher_of(settings.lists, settings.words, settings.except_words)


def _told_words(settings: WordSettings) -> str:
    lists = [name.replace("_", " ") for name in settings.lists]
    return ", ".join([*lists, *settings.words]) or "words that are none"
