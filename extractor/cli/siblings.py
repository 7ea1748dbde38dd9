"""Commands of the sibling packages (labeling, training, serving), known by entry points and loaded when called."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import typer
from typer.core import TyperCommand

GROUP = "tailor.commands"

OWN_PACKAGES = frozenset({"extractor", "labeling", "training", "serving"})

DESCRIBED = {
    "audit": "Check expense claims against their receipts and a policy.",
    "benchmark": "Measure accuracy, speed and memory, and print each figure.",
    "critic": "Weigh a teacher's labels: how far each value is to be trusted.",
    "export": "Export a trained student as a model folder.",
    "keys": "Make, list and revoke API keys of the service.",
    "label": "Let a teacher label documents, at a cost known beforehand.",
    "review": "Send labels to Label Studio for review, and fetch them back.",
    "runs": "List training runs, where each stands and how well it reads.",
    "search": "Seek the best sizes of a student under a limit of time and size.",
    "serve": "Serve extraction over HTTP.",
    "study": "Compare students, teachers, noisy and fewer labels in one report.",
    "train": "Fit a student to labels, as a configuration says.",
}
"""One line a command, so that `tailor --help` needn't import what it describes."""


@cache
def _entries() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def sibling_names() -> list[str]:
    """The names of all announced commands, in order."""
    return sorted(_entries())


class SiblingCommand(TyperCommand):
    """A command that stands for one of a sibling package: it hands its arguments on, `--help` included."""

    def __init__(self, name: str) -> None:
        entry = _entries()[name]
        package = entry.value.split(".")[0]
        super().__init__(
            name,
            callback=None,
            help=DESCRIBED.get(name, f"A command of {package}."),
            add_help_option=False,
            context_settings={
                "ignore_unknown_options": True,
                "allow_extra_args": True,
                "allow_interspersed_args": False,
            },
        )
        self._entry = entry
        self._package = package

    def invoke(self, ctx: Any) -> Any:
        try:
            command = _command(self._entry.load())
            status = command.main(args=ctx.args, prog_name=f"tailor {self.name}", standalone_mode=False, obj=ctx.obj)
        except ModuleNotFoundError as error:
            missing = (error.name or "").split(".")[0]
            if missing in OWN_PACKAGES or not missing:
                raise
            from extractor.errors import MissingExtra

            message = f"tailor {self.name} needs {missing}, which is not installed."
            raise MissingExtra(message, hint=f"Run: pip install 'tailor[{self._package}]'") from error
        # Outside standalone mode, leaving with a status gives that status back.
        if isinstance(status, int) and status:
            raise typer.Exit(status)


def _command(target: Any) -> Any:
    """The command that an entry point names: a Typer app, a ready command, or a plain function with Typer's options."""
    if isinstance(target, typer.Typer):
        return typer.main.get_command(target)
    if hasattr(target, "make_context"):
        return target
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(target)
    return typer.main.get_command(app)
