"""`tailor dismiss`: remember that a finding is a false alarm, so that later audits leave it out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from extractor.policy.cases import Observation

dismiss = typer.Typer(
    help="Remember that a finding of an audit is a false alarm, with reason and name.", no_args_is_help=True
)

File = Annotated[
    Path, typer.Option("--file", "-f", help="The memory: JSON lines, only ever added to.", show_default=True)
]
Reason = Annotated[str, typer.Option("--reason", help="Why it is a false alarm.", show_default=False)]
By = Annotated[str, typer.Option("--by", help="Who says so.", show_default=False)]

MEMORY = Path("dismissals.jsonl")


@dismiss.command("add")
def add(
    findings: Annotated[
        Path,
        typer.Argument(help="FINDINGS.jsonl of tailor audit, or queue.jsonl of its report.", show_default=False),
    ],
    claim: Annotated[str, typer.Argument(help="The claim's id.", show_default=False)],
    rule: Annotated[str, typer.Argument(help="The rule of the finding.", show_default=False)],
    reason: Reason,
    by: By,
    merchant: Annotated[
        str,
        typer.Option(
            help="Dismiss the rule at all claims of this merchant, not at this claim only.", show_default=False
        ),
    ] = "",
    file: File = MEMORY,
) -> None:
    """Dismiss what a rule found of a claim. It returns should the claim, its receipts or the values change."""
    from extractor.cli.reading import harmless
    from extractor.policy.dismissals import Dismissals, dismissal_of, remember

    found = _findings(findings, claim, rule)
    held = {(one.rule, one.claim, one.key, one.merchant) for one in Dismissals.read(file).all}
    made = {}
    for finding in found:
        one = dismissal_of(claim, finding, _said(reason, "reason"), _said(by, "by"), merchant=merchant)
        if (one.rule, one.claim, one.key, one.merchant) not in held:
            made[one.key] = one
    if not made:
        typer.echo("That was dismissed before; nothing was added.", err=True)
        return
    remember(file, *made.values())
    where = f"at {merchant}" if merchant else f"of {claim}"
    for one in made.values():
        typer.echo(f"{one.id}\t{harmless(one.rule)}\t{harmless(where)}\t{harmless(one.message)}")


@dismiss.command("list")
def listed(
    file: File = MEMORY,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines instead of text.")] = False,
) -> None:
    """List the dismissals that hold, the oldest first."""
    from extractor.cli.reading import harmless
    from extractor.policy.dismissals import Dismissals

    _check(file)
    for one in Dismissals.read(file).all:
        if as_json:
            typer.echo(one.model_dump_json())
            continue
        where = f"at {one.merchant}" if one.scope == "merchant" else f"of {one.claim}"
        cells = (one.id, f"{one.at:%Y-%m-%d}", one.by, one.rule, where, one.reason)
        typer.echo("\t".join(harmless(cell) for cell in cells))


@dismiss.command("withdraw")
def withdraw(
    dismissal: Annotated[str, typer.Argument(help="Its id, as tailor dismiss list shows it.", show_default=False)],
    reason: Reason,
    by: By,
    file: File = MEMORY,
) -> None:
    """Take a dismissal back: what it held off returns with the next audit."""
    from extractor.cli.reading import harmless
    from extractor.errors import UsageError
    from extractor.policy.dismissals import Dismissals, Withdrawal, remember

    _check(file)
    if dismissal not in {one.id for one in Dismissals.read(file).all}:
        hint = "`tailor dismiss list` shows those that hold."
        raise UsageError(f"{file} holds no dismissal {harmless(dismissal)}.", code="no_such_dismissal", hint=hint)
    remember(file, Withdrawal(withdrawn=dismissal, reason=_said(reason, "reason"), by=_said(by, "by")))
    typer.echo(f"Dismissal {dismissal} no longer holds.", err=True)


def _check(file: Path) -> None:
    from extractor.errors import UsageError

    if not file.exists():
        hint = "Give the memory with --file; `tailor dismiss add` begins one."
        raise UsageError(f"There is no file {file}.", code="not_found", hint=hint)


def _said(text: str, option: str) -> str:
    from extractor.errors import UsageError

    if not text.strip():
        raise UsageError(f"--{option} is empty.", hint="Say it in a few words: it is all that others will know.")
    return text.strip()


def _findings(path: Path, claim: str, rule: str) -> list[Observation]:
    """What the rule found of the claim. Raises UsageError where there is nothing of the kind, naming what there is."""
    from pydantic import ValidationError

    from extractor.cli.reading import harmless
    from extractor.errors import UsageError
    from extractor.policy.cases import Observation

    known: list[str] = []
    seen = False
    for number, result in _results(path):
        if str(result.get("claim_id")) != claim:
            continue
        seen = True
        try:
            found = [Observation.model_validate(one) for one in result.get("findings", ())]
        except (ValidationError, TypeError) as error:
            raise _foreign(path, number) from error
        mine = [one for one in found if one.rule == rule]
        if mine:
            return mine
        known += [one.rule for one in found]
    if not seen:
        raise UsageError(f"{path} holds no claim {harmless(claim)}.", code="no_such_finding", hint="Check its id.")
    there = f"Found were: {', '.join(dict.fromkeys(known))}." if known else "Nothing was found of it."
    message = f"The rule {harmless(rule)} found nothing of {harmless(claim)}."
    raise UsageError(message, code="no_such_finding", hint=there)


def _results(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    from extractor.errors import UsageError

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise UsageError(f"{path} can't be read ({reason}).", hint="Give what tailor audit wrote.") from error
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            result = json.loads(line)
        except json.JSONDecodeError as error:
            raise _foreign(path, number) from error
        if not isinstance(result, dict):
            raise _foreign(path, number)
        yield number, result


def _foreign(path: Path, number: int) -> Exception:
    from extractor.errors import UsageError

    message = f"Line {number} of {path} is not from an audit."
    return UsageError(message, hint="Give FINDINGS.jsonl of tailor audit, or queue.jsonl of its report.")
