"""False alarms that a person dismissed: remembered with reason, name and time, so that they don't return.

A dismissal holds for one finding of one claim, or for a rule at a merchant. One for a claim rests on what the finding
rested on: the rule, the claim as it was handed in, the receipts (by content) and the values of the fields that the
finding names. If any of these changes, the finding comes back; a new sentence, confidence or sum at stake does not
bring it back.

The memory is a file of JSON lines to which lines are only ever added, so that it also tells who dismissed what, when
and why; a withdrawal is a line of its own.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic import Field as PydanticField

from extractor.errors import UsageError
from extractor.policy.cases import Case, Observation, Place, ReceiptEvidence
from extractor.types import ITEM_PARTS, Field, LineItem
from extractor.writers.base import explained

Scope = Literal["claim", "merchant"]


class Dismissal(BaseModel):
    """One decision that a finding is a false alarm."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = PydanticField(default_factory=lambda: uuid.uuid4().hex[:10])
    scope: Scope = "claim"
    rule: str
    claim: str = ""
    """The claim whose finding it was."""
    key: str = ""
    """For the scope `claim`: what the finding rested on (`finding_key`, else `plain_key`)."""
    merchant: str = ""
    """For the scope `merchant`: its name, compared by letters and digits alone."""
    message: str = ""
    """The finding's sentence, for those who read the file."""
    reason: str = PydanticField(min_length=1)
    by: str = PydanticField(min_length=1)
    at: dt.datetime = PydanticField(default_factory=lambda: dt.datetime.now(dt.UTC).replace(microsecond=0))


class Withdrawal(BaseModel):
    """A dismissal taken back."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    withdrawn: str
    """The id of the dismissal."""
    reason: str = PydanticField(min_length=1)
    by: str = PydanticField(min_length=1)
    at: dt.datetime = PydanticField(default_factory=lambda: dt.datetime.now(dt.UTC).replace(microsecond=0))


@dataclass(frozen=True)
class Dismissed:
    """A finding that was left out, and why."""

    claim_id: str
    finding: Observation
    dismissal: Dismissal


class Decided(Protocol):
    """What an audit decided of one case, as far as a dismissal concerns it."""

    @property
    def claim_id(self) -> str: ...
    @property
    def findings(self) -> tuple[Observation, ...]: ...


R = TypeVar("R", bound=Decided)


class Dismissals:
    """The dismissals that hold."""

    def __init__(self, found: Iterable[Dismissal] = ()) -> None:
        self.all = tuple(found)
        self._by_key = {(one.rule, one.claim, one.key): one for one in self.all if one.scope == "claim"}
        self._by_merchant = {(one.rule, _letters(one.merchant)): one for one in self.all if one.scope == "merchant"}

    @classmethod
    def read(cls, path: Path) -> Dismissals:
        """Those of a file that were not withdrawn; none where there is no file yet. Raises UsageError
        (`broken_dismissals`) for a line that is none: a memory with holes would let false alarms return."""
        found: dict[str, Dismissal] = {}
        for line in _lines(path):
            if isinstance(line, Withdrawal):
                found.pop(line.withdrawn, None)
            else:
                found[line.id] = line
        return cls(found.values())

    def of(self, case: Case, finding: Observation) -> Dismissal | None:
        """The dismissal under which a finding falls, or None."""
        for key in (finding.key or finding_key(case, finding), plain_key(case.id, finding)):
            if found := self._by_key.get((finding.rule, case.id, key)):
                return found
        for name in _merchants(case):
            if found := self._by_merchant.get((finding.rule, name)):
                return found
        return None

    def split(
        self, case: Case, findings: Iterable[Observation]
    ) -> tuple[tuple[Observation, ...], tuple[Dismissed, ...]]:
        """The findings of a case that stand, and those that were dismissed. An audit asks this before its verdict."""
        kept, gone = [], []
        for finding in findings:
            found = self.of(case, finding)
            if found is None:
                kept.append(finding)
            else:
                gone.append(Dismissed(case.id, finding, found))
        return tuple(kept), tuple(gone)

    def filter(
        self,
        results: Iterable[R],
        cases: Iterable[Case] = (),
        settle: Callable[[R], R] | None = None,
    ) -> tuple[tuple[R, ...], tuple[Dismissed, ...]]:
        """The results without the findings that were dismissed, and those findings.

        A result may be a frozen dataclass or a pydantic model. Where something was dismissed, `settle` decides anew
        (it knows the thresholds). Without it a result keeps its verdict, except that one of which nothing is left is
        approved, without an overpayment: a person said that each of its findings was a false alarm.
        """
        known = {case.id: case for case in cases}
        kept: list[R] = []
        gone: list[Dismissed] = []
        for result in results:
            case = known.get(result.claim_id) or Case(id=result.claim_id)
            stands, dismissed = self.split(case, result.findings)
            gone += dismissed
            kept.append(_settled(result, stands, settle) if dismissed else result)
        return tuple(kept), tuple(gone)


def _settled(result: R, findings: tuple[Observation, ...], settle: Callable[[R], R] | None) -> R:
    if settle is not None:
        return settle(_changed(result, findings=findings))
    if findings:
        return _changed(result, findings=findings)
    return _changed(result, findings=(), verdict="approve", overpayment=None)


def _changed(result: R, **values: object) -> R:
    if isinstance(result, BaseModel):
        return result.model_copy(update=values)
    return replace(result, **values)  # type: ignore[type-var]


def finding_key(case: Case, finding: Observation) -> str:
    """What a finding rests on, as 32 hexadecimal digits: the same for the same claim, receipts and values."""
    named = {place.receipt for place in finding.places}
    # Places may also be on the other half of a pair, which is not of this case: `related` tells of it.
    mine = [one for one in case.receipts if one.name in named] or list(case.receipts)
    claim = case.claim.model_dump(mode="json", exclude_defaults=True) if case.claim else {}
    claim.pop("description", None)
    return _digest(
        {
            "rule": finding.rule,
            "case": case.id,
            "claim": claim,
            "related": sorted(finding.related),
            "receipts": sorted([one.record.sha256, *_values(one, finding)] for one in mine),
        }
    )


def keyed(case: Case, finding: Observation) -> Observation:
    """The finding with its key, by which it can be dismissed later."""
    return finding if finding.key else finding.model_copy(update={"key": finding_key(case, finding)})


def plain_key(claim_id: str, finding: Observation) -> str:
    """What can be told of a finding without its case, from the output of an audit alone: the rule, the fields, the
    receipts, the sum at stake and what else it concerns."""
    places = sorted({(place.receipt, place.field) for place in finding.places})
    stake = [finding.at_stake, finding.currency]
    return _digest([finding.rule, claim_id, sorted(finding.fields), places, stake, sorted(finding.related)])


def dismissal_of(
    claim_id: str, finding: Observation, reason: str, by: str, *, case: Case | None = None, merchant: str = ""
) -> Dismissal:
    """The dismissal of a finding: at all claims of a merchant where one is named, else of this claim."""
    if merchant:
        scope: Scope = "merchant"
        if not _letters(merchant):
            raise UsageError(f"{merchant!r} names no merchant.", hint="Give its name as the report shows it.")
        key = ""
    else:
        scope = "claim"
        key = finding.key or (finding_key(case, finding) if case else plain_key(claim_id, finding))
    return Dismissal(
        scope=scope,
        rule=finding.rule,
        claim=claim_id,
        key=key,
        merchant=merchant,
        message=finding.message,
        reason=reason,
        by=by,
    )


def remember(path: Path, *said: Dismissal | Withdrawal) -> None:
    """Add lines to the file, each whole or not at all. Raises OutputError where it can't be written."""
    data = b"".join(one.model_dump_json().encode() + b"\n" for one in said)
    with explained(path):
        if path.parent != Path():
            path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size and not _ends_a_line(path):
            data = b"\n" + data
        # Opened to append: two people may dismiss at once.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o666)
        try:
            while data:
                data = data[os.write(handle, data) :]
        finally:
            os.close(handle)


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _lines(path: Path) -> list[Dismissal | Withdrawal]:
    if not path.exists():
        return []
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        hint = "Give the file that `tailor dismiss add` wrote."
        raise UsageError(f"{path} can't be read as dismissals.", code="broken_dismissals", hint=hint) from error
    found: list[Dismissal | Withdrawal] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            said = json.loads(line)
            withdrawn = isinstance(said, dict) and "withdrawn" in said
            found.append(Withdrawal.model_validate(said) if withdrawn else Dismissal.model_validate(said))
        except (json.JSONDecodeError, ValidationError) as error:
            hint = "Mend or remove that line: what it dismissed would return unnoticed."
            message = f"Line {number} of {path} is no dismissal."
            raise UsageError(message, code="broken_dismissals", hint=hint) from error
    return found


def _values(receipt: ReceiptEvidence, finding: Observation) -> list[str]:
    """The values of a receipt that a finding names: of its fields, and of line items where it points at some."""
    fields = set(finding.fields) | {place.field for place in finding.places if place.receipt == receipt.name}
    found = [f"{name}={value}" for name in sorted(fields) if (value := receipt.value(name)) is not None]
    if any(name.startswith(("line_item", "item")) for name in fields):
        places = [place for place in finding.places if place.receipt == receipt.name and place.box]
        items = receipt.record.receipt.line_items
        touched = [item for item in items if not places or any(_touches(item, place) for place in places)]
        found += sorted(" ".join(part.value for part in _parts(item)) for item in touched)
    return found


def _parts(item: LineItem) -> list[Field]:
    return [found for part in ITEM_PARTS if (found := getattr(item, part))]


def _touches(item: LineItem, place: Place) -> bool:
    """Whether a line item stands where a place is."""
    box = place.box
    return box is not None and any(
        part.box is not None
        and part.page == place.page
        and min(part.box[2], box[2]) > max(part.box[0], box[0])
        and min(part.box[3], box[3]) > max(part.box[1], box[1])
        for part in _parts(item)
    )


def _merchants(case: Case) -> list[str]:
    names = [case.claim.merchant] if case.claim else []
    names += [one.value("merchant_name") or "" for one in case.receipts]
    return [letters for name in names if (letters := _letters(name))]


def _letters(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _digest(said: object) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:32]
