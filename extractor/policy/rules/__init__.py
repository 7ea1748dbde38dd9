"""The rules of policies, by the name that a policy calls them by.

A rule is a class in a module of its own here: settings (a pydantic model, whose keys are those of the YAML) and what
it checks. A new one is entered in `RULES`, described in docs/policy.md, and nothing else.
"""

from __future__ import annotations

from typing import Any

from extractor.policy.rules.base import Rule
from extractor.policy.rules.cap import Cap
from extractor.policy.rules.cash import Cash
from extractor.policy.rules.currency_of_country import CurrencyOfCountry
from extractor.policy.rules.day_off import DayOff
from extractor.policy.rules.low_confidence import LowConfidence
from extractor.policy.rules.missing_receipt import MissingReceipt
from extractor.policy.rules.outside_trip import OutsideTrip
from extractor.policy.rules.personal_name import PersonalName
from extractor.policy.rules.prohibited import ProhibitedCategories, ProhibitedItems, ProhibitedMerchants
from extractor.policy.rules.receipt_date import FutureDate, OldReceipt
from extractor.policy.rules.round_sum import RoundSum
from extractor.policy.rules.split_purchase import SplitPurchase
from extractor.policy.rules.tax_id import InvalidTaxId, MissingTaxId
from extractor.policy.rules.tip import Tip

RULES: dict[str, type[Rule[Any]]] = {
    rule.kind: rule
    for rule in (
        Cap,
        Cash,
        CurrencyOfCountry,
        DayOff,
        FutureDate,
        InvalidTaxId,
        LowConfidence,
        MissingReceipt,
        MissingTaxId,
        OldReceipt,
        OutsideTrip,
        PersonalName,
        ProhibitedCategories,
        ProhibitedItems,
        ProhibitedMerchants,
        RoundSum,
        SplitPurchase,
        Tip,
    )
}
