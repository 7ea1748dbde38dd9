"""Policies by their names, and what they say of receipts alone and of claims with their receipts."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from extractor.errors import UsageError
from extractor.types import Extraction
from serving.engine.base import Answer
from serving.problems import Refused
from serving.settings import ServiceSettings

if TYPE_CHECKING:
    from extractor.policy.audit import Result
    from extractor.policy.cases import Claim, ReceiptEvidence
    from extractor.policy.policy import Policy

SHIPPED = "default"
"""The policy that ships; audits take it where the service has none of its own."""


class Judge:
    """The policies that requests may name: the one that ships, and each NAME.yaml of the service's folder.

    All are read when the service starts: a mistake in one is told then, and not to somebody who sends a receipt.
    Raises BadPolicy, UsageError (no_policies).
    """

    def __init__(self, settings: ServiceSettings) -> None:
        from extractor.policy.policy import load_policy

        self._named: dict[str, Policy] = {SHIPPED: load_policy(SHIPPED)}
        if settings.policies:
            if not settings.policies.is_dir():
                raise UsageError(f"There is no folder of policies {settings.policies}.", code="no_policies")
            for path in sorted(settings.policies.glob("*.yaml")):
                self._named[path.stem] = load_policy(path)
        self._own = load_policy(settings.policy) if settings.policy else None

    def names(self) -> list[str]:
        return list(self._named)

    def check(self, name: str | None) -> None:
        """Raises Refused where there is no such policy. A name is looked up, never made into a path."""
        if name is not None and name not in self._named:
            known = ", ".join(self._named)
            raise Refused(422, "unknown_policy", "The service has no policy of this name.", hint=f"It has: {known}.")

    def wants_words(self, name: str | None) -> bool:
        """Whether the words of a document are needed beside its record."""
        return self._chosen(name) is not None

    async def judged(self, answers: Sequence[Answer], name: str | None) -> list[Extraction]:
        """The records, with verdict and findings where a policy was named or the service has one of its own."""
        return [await self.one(answer, name) for answer in answers]

    async def one(self, answer: Answer, name: str | None = None) -> Extraction:
        """The record of one document, judged as `judged` does."""
        policy = self._chosen(name)
        if policy is None or answer.record.status == "failed":
            return answer.record
        from extractor.policy.verdict import judge

        today = dt.date.today()
        return await asyncio.to_thread(judge, policy, answer.record, today, document=answer.document)

    async def audit(
        self, claims: Sequence[Claim], receipts: Sequence[ReceiptEvidence], name: str | None, today: dt.date
    ) -> list[Result]:
        """One result a claim, then one for each receipt that nobody claims."""
        return await asyncio.to_thread(_audited, claims, receipts, self._chosen(name) or self._named[SHIPPED], today)

    def _chosen(self, name: str | None) -> Policy | None:
        return self._named[name] if name is not None else self._own


def _audited(
    claims: Sequence[Claim], receipts: Sequence[ReceiptEvidence], policy: Policy, today: dt.date
) -> list[Result]:
    from extractor.policy.audit import audit
    from extractor.policy.cases import Situation
    from extractor.policy.claims.matching import match
    from extractor.policy.examiners import Choice, examiners_for

    matching = match(claims, receipts)
    with examiners_for(Choice(policy=policy, noticed=matching.notes)) as examiners:
        return audit(matching.cases, examiners, policy, Situation(today=today, currency=policy.currency))
