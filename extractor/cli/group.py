"""The root of the commands: errors become one line, and commands of the sibling packages load when they are called."""

from __future__ import annotations

import os
import sys
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from extractor.cli.siblings import SiblingCommand, sibling_names

INTERRUPTED = 130
"""Exit status after Ctrl-C, as of a shell."""


class TailorGroup(TyperGroup):
    """The group of all commands, those announced by entry points included."""

    def list_commands(self, ctx: Any) -> list[str]:
        own = super().list_commands(ctx)
        return [*own, *(name for name in sibling_names() if name not in own)]

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | Any:
        own = super().get_command(ctx, cmd_name)
        if own is None and cmd_name in sibling_names():
            return SiblingCommand(cmd_name)
        return own

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, typer.Abort):
            typer.echo("Interrupted.", err=True)
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            # The reader of our output is gone (as `head` goes): nothing is left to say, and nobody to say it to.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(1) from None
        except Exception as error:
            if _for_click(error):
                raise
            raise typer.Exit(_explain(error, debug=bool((ctx.obj or {}).get("debug")))) from None


def _for_click(error: Exception) -> bool:
    """Whether the command-line library itself shows this error (wrong options) or raised it to leave."""
    return isinstance(error, typer.Exit) or hasattr(error, "format_message")


def _explain(error: Exception, *, debug: bool) -> int:
    """Say what went wrong in one line on standard error; the exit status comes back."""
    from extractor.errors import TailorError, UsageError

    if debug:
        import traceback

        traceback.print_exception(error)
    if isinstance(error, TailorError):
        typer.echo(f"error [{error.code}]: {error}", err=True)
        return 2 if isinstance(error, UsageError) else 1
    what = " ".join(f"{type(error).__name__}: {error}".split())
    typer.echo(
        f"error [internal]: A defect of Tailor stopped the command ({what}). "
        f"Run it again as `tailor --debug …` and report what it prints {_where_to_report()}.",
        err=True,
    )
    return 1


def _where_to_report() -> str:
    """The project's issue list, as the installed package names it."""
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        links = metadata("tailor").get_all("Project-URL") or []
    except PackageNotFoundError:
        links = []
    named = dict(link.split(", ", 1) for link in links if ", " in link)
    return f"at {named['Issues']}" if "Issues" in named else "to the maintainers (see CONTRIBUTING.md)"
