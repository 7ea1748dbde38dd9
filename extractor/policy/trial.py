"""Trying a policy: cases with what is expected of it, as YAML, and what it really says.

cases:
  - name: a dinner over the limit
    today: 2026-05-02
    claim: {employee: Ann, date: 2026-05-01, merchant: Trattoria, amount: 95.00, currency: EUR, category: meals}
    receipts:
      - {total: 95.00, currency: EUR, date: 2026-05-01, merchant_name: Trattoria, items: {Pizza: 12.00}}
    expect: {verdict: review, rules: [meal_per_person]}
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field as PydanticField
from pydantic import ValidationError

from extractor.errors import BadPolicy
from extractor.policy.cases import Case, Claim, Observation, ReceiptEvidence, Situation
from extractor.policy.policy import Policy
from extractor.policy.policy_file import Problem, bad_policy, load_yaml, nearest, read_text
from extractor.policy.rules.base import Section
from extractor.policy.verdict import decide
from extractor.types import FIELD_NAMES, Extraction, Field, LineItem, Receipt, Status, Verdict

SURE = 0.99
"""The confidence of values for which a case states none."""

_OTHER_KEYS = ("items", "status", "confidence")


class Expected(Section):
    """What a case is to come to. `rules` are all that speak, in any order; left out, they are not compared."""

    verdict: Verdict | None = None
    rules: tuple[str, ...] | None = None


class Expenses(Section):
    """One claim with receipts, a claim alone, or a receipt alone."""

    claim: dict[str, Any] | None = None
    receipts: tuple[dict[str, Any], ...] = ()


class TrialCase(Expenses):
    """One case of the file. `others` are expenses that are audited with it (for rules about several)."""

    name: str = PydanticField(min_length=1)
    today: dt.date | None = PydanticField(
        default=None, description="the day of the audit; the receipt's where left out"
    )
    others: tuple[Expenses, ...] = ()
    expect: Expected


@dataclass(frozen=True)
class Outcome:
    """What became of one case."""

    name: str
    expected: Expected
    verdict: Verdict
    observations: tuple[Observation, ...]

    @property
    def rules(self) -> tuple[str, ...]:
        return tuple(sorted({observation.rule for observation in self.observations}))

    @property
    def as_expected(self) -> bool:
        wanted = self.expected
        rules_fit = wanted.rules is None or tuple(sorted(set(wanted.rules))) == self.rules
        return rules_fit and wanted.verdict in (None, self.verdict)


@dataclass(frozen=True)
class Trial:
    """A case ready to be examined: the first of `cases` is the one that something is expected of."""

    name: str
    cases: tuple[Case, ...]
    today: dt.date
    expected: Expected


def load_trials(path: Path) -> list[Trial]:
    """The cases of a file. Raises BadPolicy with every problem and its line."""
    data, lines = load_yaml(read_text(path), str(path))
    declared = data.get("cases")
    what = f"The file of cases {path}"
    if set(data) != {"cases"} or not isinstance(declared, list) or not declared:
        raise BadPolicy(f"{what} must hold the key `cases` with a list, and nothing else.")
    made: list[Trial] = []
    problems: list[Problem] = []
    for at, each in enumerate(declared):
        try:
            made.append(_trial(TrialCase.model_validate(each)))
        except ValidationError as error:
            problems += [_told(problem, at) for problem in error.errors()]
        except _Wrong as error:
            problems.append((("cases", at, *error.loc), str(error)))
    if problems:
        raise bad_policy(what, problems, lines)
    return made


def run_trials(policy: Policy, trials: list[Trial]) -> Iterator[Outcome]:
    """What the policy says of each case."""
    examiner = policy.examiner()
    for trial in trials:
        first = trial.cases[0]
        found = examiner.examine(trial.cases, Situation(today=trial.today, currency=policy.currency))
        own = tuple(observation for case_id, observation in found if case_id == first.id)
        yield Outcome(trial.name, trial.expected, decide(policy, first, own), own)


class _Wrong(ValueError):
    def __init__(self, loc: tuple[Any, ...], said: str) -> None:
        super().__init__(said)
        self.loc = loc


def _trial(case: TrialCase) -> Trial:
    cases = [_case(case, "this case", ())]
    cases += [_case(other, f"other {at}", ("others", at)) for at, other in enumerate(case.others, start=1)]
    dates = (receipt.date for receipt in cases[0].receipts if receipt.date)
    claim = cases[0].claim
    known = case.today or (claim.submitted or claim.date if claim else None) or next(dates, None)
    if known is None:
        raise _Wrong(("name",), f"the case “{case.name}” needs a day: give `today`, or a date to a claim or a receipt")
    return Trial(case.name, tuple(cases), known, case.expect)


def _case(given: Expenses, identifier: str, loc: tuple[Any, ...]) -> Case:
    if given.claim is None and not given.receipts:
        raise _Wrong(loc, "there is neither a claim nor a receipt")
    receipts = tuple(
        ReceiptEvidence(_record(fields, f"{identifier}-{at}.jpg", (*loc, "receipts", at)))
        for at, fields in enumerate(given.receipts)
    )
    return Case(identifier, _claim(given.claim, identifier, loc), receipts)


def _claim(given: Mapping[str, Any] | None, identifier: str, loc: tuple[Any, ...]) -> Claim | None:
    if given is None:
        return None
    try:
        return Claim.model_validate({"claim_id": identifier, **given})
    except ValidationError as error:
        problem = error.errors()[0]
        key = str(problem["loc"][-1])
        if problem["type"] == "extra_forbidden":
            raise _Wrong((*loc, "claim", key), f"a claim has no {key}{nearest(key, Claim.model_fields)}") from error
        raise _Wrong((*loc, "claim", *problem["loc"]), problem["msg"]) from error


def _record(given: Mapping[str, Any], file: str, loc: tuple[Any, ...]) -> Extraction:
    """A record with the values of a case: a plain value, or {value:, confidence:, text:}."""
    sure = given.get("confidence", SURE)
    status: Status = given.get("status", "ok")
    fields: dict[str, Field] = {}
    for name, value in given.items():
        if name in _OTHER_KEYS:
            continue
        if name not in FIELD_NAMES and (near := nearest(name, [*FIELD_NAMES, *_OTHER_KEYS])):
            raise _Wrong((*loc, name), f"a receipt has no {name}{near}")
        if value is not None:
            fields[name] = _field(value, sure, (*loc, name))
    items = given.get("items") or {}
    if not isinstance(items, dict):
        raise _Wrong((*loc, "items"), "items are written as `description: amount`")
    lines = [
        LineItem(
            description=_field(name, sure, (*loc, "items")),
            amount=None if amount is None else _field(amount, sure, (*loc, "items")),
        )
        for name, amount in items.items()
    ]
    try:
        receipt = Receipt(fields=fields, line_items=lines)
        return Extraction(file=file, sha256="", status=status, pages=1, receipt=receipt)
    except ValidationError as error:
        raise _Wrong((*loc, "status"), "status is ok, partial or failed") from error


def _field(given: Any, sure: Any, loc: tuple[Any, ...]) -> Field:
    whole = given if isinstance(given, dict) else {"value": given}
    value = str(whole.get("value", ""))
    try:
        return Field(
            value=value,
            text=str(whole.get("text", value)),
            confidence=whole.get("confidence", sure),
            page=None,
            box=None,
        )
    except ValidationError as error:
        raise _Wrong(loc, "a confidence is a number from 0 to 1") from error


def _told(problem: Any, at: int) -> Problem:
    loc = ("cases", at, *problem["loc"])
    if problem["type"] == "extra_forbidden":
        key = str(problem["loc"][-1])
        known = [*TrialCase.model_fields, *Expected.model_fields]
        return loc, f"this key is not known{nearest(key, known)}"
    return loc, "this key is needed" if problem["type"] == "missing" else problem["msg"]
