"""`tailor policy`: is a policy valid, what does it say, and does it say what it should?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from extractor.policy.policy import Policy
    from extractor.policy.trial import Outcome

policy = typer.Typer(
    help="Check, try and print the policies that receipts are judged by.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_FILE = typer.Argument(help="A policy file, or default for the one that ships.", show_default=False)


@policy.command()
def check(file: Annotated[str, _FILE]) -> None:
    """Say whether a policy is valid, and what it asks for.

    Exit status: 0 valid, 2 not valid (each problem is told with its line).
    """
    from extractor.policy.policy import load_policy

    _print_summary(load_policy(file))


@policy.command("test")
def try_cases(
    file: Annotated[str, _FILE],
    cases: Annotated[Path, typer.Argument(help="Cases and what is expected of each, as YAML.", show_default=False)],
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print only what is not as expected.")] = False,
) -> None:
    """Judge cases by a policy and compare with what is expected of it.

    Exit status: 0 all as expected, 1 some are not, 2 policy or cases are not valid.
    """
    from extractor.policy.policy import load_policy
    from extractor.policy.trial import load_trials, run_trials

    outcomes = list(run_trials(load_policy(file), load_trials(cases)))
    wrong = [outcome for outcome in outcomes if not outcome.as_expected]
    _print_outcomes(wrong if quiet else outcomes)
    for outcome in wrong:
        _print_findings(outcome)
    typer.echo(f"{len(outcomes) - len(wrong)} of {len(outcomes)} cases are as expected.")
    if wrong:
        raise typer.Exit(1)


@policy.command()
def show() -> None:
    """Print the policy that ships, with its comments: a start for your own."""
    from extractor.policy.policy_file import default_text

    typer.echo(default_text(), nl=False)


def _print_summary(chosen: Policy) -> None:
    from rich.table import Table
    from rich.text import Text

    settings = chosen.verdict
    typer.echo(f"{chosen.name}, version {chosen.version}, in {chosen.currency}: valid, {len(chosen.rules)} rules.")
    table = Table("rule", "severity", "what is asked for", header_style="bold", box=None, pad_edge=False)
    for part in chosen.examiner().parts[:-1]:
        table.add_row(*map(Text, (part.settings.called, part.settings.severity, part.told())))
    _console_print(table)
    needs = ", ".join(f"{name} {least:.0%}" for name, least in settings.needs.items())
    typer.echo(f"\nApproved only where read at least this surely: {needs}.")
    always = f", and findings of {', '.join(settings.always_review)}" if settings.always_review else ""
    typer.echo(f"Reviewed: findings of severity {settings.review_from} and above{always}.")
    if settings.reject_from == "never":
        typer.echo("Rejected: never without a person.")
    else:
        typer.echo(
            f"Rejected: findings of severity {settings.reject_from} that are {settings.reject_confidence:.0%} sure."
        )
    if chosen.rates:
        rates = ", ".join(f"{currency} {rate.normalize():f}" for currency, rate in chosen.rates.items())
        typer.echo(f"Without a dated rate, 1 {chosen.currency} is: {rates}.")


def _print_outcomes(outcomes: list[Outcome]) -> None:
    from rich.table import Table
    from rich.text import Text

    if not outcomes:
        return
    table = Table("", "case", "verdict", "rules", header_style="bold", box=None, pad_edge=False)
    for outcome in outcomes:
        wanted, good = outcome.expected, outcome.as_expected
        verdict: str = outcome.verdict
        if wanted.verdict not in (None, verdict):
            verdict = f"{outcome.verdict} (expected {wanted.verdict})"
        rules = ", ".join(outcome.rules) or "none"
        if wanted.rules is not None and set(wanted.rules) != set(outcome.rules):
            rules += f" (expected {', '.join(wanted.rules) or 'none'})"
        table.add_row(
            Text("ok" if good else "NO", "green" if good else "red"), *map(Text, (outcome.name, verdict, rules))
        )
    _console_print(table)


def _print_findings(outcome: Outcome) -> None:
    typer.echo(f"\n{outcome.name}:")
    for found in outcome.observations:
        typer.echo(f"  {found.severity} {found.rule} ({found.confidence:.0%} sure): {found.message}")


def _console_print(table: object) -> None:
    import sys

    from rich.console import Console

    # A file or another program gets whole lines, however long.
    Console(file=sys.stdout, width=None if sys.stdout.isatty() else 200).print(table)
