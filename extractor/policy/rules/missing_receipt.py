"""`missing_receipt`: above an amount, a claim needs a receipt."""

from __future__ import annotations

from collections.abc import Iterator

from extractor.policy.cases import Observation, Situation
from extractor.policy.expense import Expense
from extractor.policy.rules.base import LimitRule, LimitSettings, with_conversion


class MissingReceiptSettings(LimitSettings):
    pass


class MissingReceipt(LimitRule[MissingReceiptSettings]):
    kind = "missing_receipt"
    settings_type = MissingReceiptSettings

    def told(self) -> str:
        return f"a receipt for every claim of more than {self.limit}{self.told_scope()}"

    def check(self, expense: Expense, situation: Situation) -> Iterator[Observation]:
        amount = expense.amount
        if expense.slips or expense.claim is None or amount is None:
            return
        limit = self.limit_in(self.limit, expense, amount, situation)
        if isinstance(limit, Observation):
            yield limit
        elif amount.value > limit:
            named = ", ".join(expense.claim.receipts)
            why = f"the file it names ({named}) is not there" if named else "it has none"
            needed = f"A receipt is needed above {with_conversion(self.limit, limit)}"
            yield self.finding(
                f"{needed}: {amount.value} is claimed and {why}.", [amount, *self.scope(expense)], at_stake=amount.value
            )
