"""`personal_name`: the seller looks like a private person, or is the claimant."""

from __future__ import annotations

from collections.abc import Iterator

from extractor.normalize.characters import folded_letters
from extractor.policy.cases import Observation, Situation
from extractor.policy.expense import Expense
from extractor.policy.names import looks_personal
from extractor.policy.rules.base import Rule, RuleSettings


class PersonalNameSettings(RuleSettings):
    pass


class PersonalName(Rule[PersonalNameSettings]):
    kind = "personal_name"
    settings_type = PersonalNameSettings

    def told(self) -> str:
        return f"sellers that are private persons are pointed out{self.told_scope()}"

    def check(self, expense: Expense, situation: Situation) -> Iterator[Observation]:
        employee = _words(expense.employee)
        claimed = [expense.merchant] if expense.claim and expense.merchant else []
        for merchant in [*claimed, *(slip.text("merchant_name") for slip in expense.slips)]:
            if merchant is None:
                continue
            if len(employee) >= 2 and employee <= _words(merchant.value):
                message = f"The seller, {merchant.value}, has the name of the claimant, {expense.employee}."
                steps = 0
            elif looks_personal(merchant.value):
                message = f"The seller, {merchant.value}, looks like a private person."
                steps = 1
            else:
                continue
            amount = expense.amount
            facts = [merchant, *self.scope(expense)]
            yield self.finding(message, facts, at_stake=amount.value if amount else None, steps=steps)
            return


def _words(text: str) -> set[str]:
    return {word for word in folded_letters(text).replace(",", " ").split() if len(word) > 1}
