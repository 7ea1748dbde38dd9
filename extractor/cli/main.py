"""The command `tailor`. Nothing heavy is imported before a command needs it: `tailor --help` must be quick."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from extractor.cli.audit import audit
from extractor.cli.evaluate import evaluate
from extractor.cli.extract import extract
from extractor.cli.group import TailorGroup
from extractor.cli.models import models
from extractor.cli.policy import policy

app = typer.Typer(
    name="tailor",
    cls=TailorGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"tailor {version('tailor')}")
        raise typer.Exit


@app.callback()
def tailor(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and leave.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Read receipts and invoices into records: values, confidences and places on the page."""
    context.obj = {"debug": debug}


app.command()(extract)
app.command()(audit)
app.command()(evaluate)
app.command()(models)
app.add_typer(policy, name="policy")


def run() -> None:
    """What the `tailor` script calls."""
    # Records hold every script on earth, whatever the locale says; and no character may stop a message.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    app()


if __name__ == "__main__":
    run()
