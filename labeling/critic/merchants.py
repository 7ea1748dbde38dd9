"""What other documents of the same shop say: one shop has one name, one address, one tax number.

Shops are known again by telephone, tax number, address or name, whichever is not itself in question. A document never
testifies for itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from extractor.anls import anls
from labeling.critic.family import Evidence
from labeling.critic.sheet import squeezed

_LEAST = {"merchant_phone": 7, "merchant_tax_id": 7, "merchant_address": 16, "merchant_name": 5}
"""Keys by which a shop is known again, and how many letters and digits they must have for it."""

SAME = 0.8
"""Two values this alike (ANLS) are taken for the same."""

MANY = 5.0

_STEADY = frozenset(
    {*_LEAST, "country", "currency", "language", "expense_category"}
)  # what does not change from purchase to purchase


class Merchants:
    """The shops of a set of labels. `labels` are in the format of label files; each needs its `id`."""

    def __init__(self, labels: Iterable[Mapping[str, Any]]) -> None:
        self.labels = {str(label["id"]): label for label in labels}
        self._shops: dict[tuple[str, str], list[str]] = defaultdict(list)
        for name, label in self.labels.items():
            for key in _keys(label):
                self._shops[key].append(name)

    def __len__(self) -> int:
        return len(self.labels)

    def same_shop(self, label: Mapping[str, Any], without: str) -> list[Mapping[str, Any]]:
        """The labels of other documents of this label's shop, known by any key but the field `without`."""
        own = str(label.get("id", ""))
        found = dict.fromkeys(
            other for key in _keys(label) if key[0] != without for other in self._shops.get(key, ()) if other != own
        )
        return [self.labels[other] for other in found]

    def evidence(self, label: Mapping[str, Any], field: str) -> Evidence:
        """`shop_known` how many other documents (0–1), `shop_agrees` and `shop_differs` the shares that say the same
        and something else, `shop_has` the share that has the field at all; NaN where the shop is not known."""
        unknown = float("nan")
        others = self.same_shop(label, field) if field in _STEADY else []
        if not others:
            return {"shop_known": 0.0, "shop_agrees": unknown, "shop_differs": unknown, "shop_has": unknown}
        values = [str(other[field]) for other in others if other.get(field)]
        own = str(label.get(field) or "")
        same = sum(anls(value, own) >= SAME for value in values) if own else 0
        return {
            "shop_known": min(len(others), MANY) / MANY,
            "shop_agrees": same / len(others),
            "shop_differs": (len(values) - same) / len(others),
            "shop_has": len(values) / len(others),
        }


def _keys(label: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = []
    for field, least in _LEAST.items():
        key = squeezed(str(label.get(field) or ""))
        if field == "merchant_phone":
            key = "".join(sign for sign in key if sign.isdigit())[-9:]
        if len(key) >= least:
            found.append((field, key))
    return found
