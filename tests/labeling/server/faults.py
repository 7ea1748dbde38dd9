"""What goes wrong, and when: decided by a seed, the document and the number of its call, whatever the threads do."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

UNCHARGED = ("rate_limit", "overloaded", "server_error")
"""The call is refused before a model read anything."""
CHARGED = ("slow", "cut", "truncated", "broken_json", "refusal", "wrong_schema", "wrong_order")
"""The model read and answered, and the bill is sent."""
ALL = UNCHARGED + CHARGED
SPOILT = frozenset(CHARGED) - {"slow"}
"""The answer is no label, or does not arrive."""


@dataclass(frozen=True)
class Faults:
    """`share` of all calls go wrong, each in one of `kinds`. `script` settles the first calls of every document."""

    share: float = 0.0
    kinds: Sequence[str] = ALL
    seed: int = 0
    retry_after: str = "0.05"
    slow_seconds: float = 0.2
    script: Sequence[str | None] = ()

    def of(self, document: str, call: int) -> str | None:
        """The fault of a document's call (from 0), or None."""
        if call < len(self.script):
            return self.script[call]
        dice = random.Random(f"{self.seed}:{document}:{call}")
        return dice.choice(list(self.kinds)) if dice.random() < self.share else None


def spoilt(fault: str | None, label: Mapping[str, Any], pictures: int) -> dict[str, Any] | str:
    """The answer that a model with this fault gives: an object, or text that is none."""
    answer = {**label, "pictures": list(range(1, pictures + 1))}
    if fault in ("truncated", "broken_json"):
        text = json.dumps(answer, ensure_ascii=False)
        return text[: len(text) * 2 // 3]
    if fault == "wrong_schema":
        return {"receipt": {"total": {"value": label.get("total")}}, "items": "none"}
    if fault == "wrong_order":
        answer["pictures"] = answer["pictures"][::-1] if pictures > 1 else [2]
    return answer
