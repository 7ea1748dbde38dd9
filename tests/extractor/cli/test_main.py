"""The command itself: help, version, commands of sibling packages, and errors."""

import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
import typer

from extractor.cli import siblings
from extractor.errors import OutputError, UsageError

ROOT = Path(__file__).parents[3]


def test_help_names_every_command(tailor):
    said = tailor("--help").stdout
    for name in ("extract", "evaluate"):
        assert name in said


def test_help_describes_every_command_of_the_siblings(tailor):
    announced = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"][siblings.GROUP]
    assert set(announced) <= set(siblings.DESCRIBED)
    assert all(line.endswith(".") and len(line) <= 70 for line in siblings.DESCRIBED.values())


def test_version_is_that_of_the_package(tailor):
    from importlib.metadata import version

    assert tailor("--version").stdout == f"tailor {version('tailor')}\n"


def test_help_loads_nothing_heavy():
    heavy = ["numpy", "pydantic", "PIL", "onnxruntime", "pyarrow", "openpyxl", "pebble", "training", "torch"]
    code = (
        "import sys\n"
        "from extractor.cli.main import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        f"print('LOADED', [name for name in {heavy} if name in sys.modules])\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert result.stdout.splitlines()[-1] == "LOADED []"


def test_the_module_runs_as_the_command():
    result = subprocess.run(
        [sys.executable, "-m", "extractor.cli", "--version"], capture_output=True, text=True, cwd=ROOT
    )
    assert result.stdout.startswith("tailor ")


@pytest.fixture
def announced(monkeypatch):
    """Announces commands by entry point, each served by a function here."""

    def announce(**commands: str) -> None:
        entries = {name: EntryPoint(name, value, siblings.GROUP) for name, value in commands.items()}
        monkeypatch.setattr(siblings, "_entries", lambda: entries)

    return announce


def plain(name: str, times: int = 1) -> None:
    typer.echo(f"{name} " * times)


app = typer.Typer()


@app.command()
def push(project: str) -> None:
    typer.echo(f"pushed {project}")


@app.command()
def pull() -> None:
    raise UsageError("No project is named.", hint="Name one.")


def needs_more() -> None:
    import a_package_that_nobody_has  # noqa: F401


def exits() -> None:
    raise typer.Exit(5)


def full() -> None:
    raise OutputError("There is no room.", code="disk_full")


def interrupted() -> None:
    raise KeyboardInterrupt


def test_a_function_an_app_and_their_options_become_commands(tailor, announced):
    announced(greet=f"{__name__}:plain", review=f"{__name__}:app")
    assert tailor("greet", "you", "--times", 2).stdout == "you you \n"
    assert tailor("review", "push", "first").stdout == "pushed first\n"
    assert "--times" in tailor("greet", "--help").stdout
    assert "greet" in tailor("--help").stdout


def test_an_announced_command_is_imported_only_when_called(tailor, announced):
    announced(train="a_package_that_nobody_has.cli:train")
    assert "train" in tailor("--help").stdout


def test_a_missing_extra_is_named_with_the_command_that_installs_it(tailor, announced):
    announced(train="a_package_that_nobody_has.cli:train", later=f"{__name__}:needs_more")
    for name in ("train", "later"):
        result = tailor(name)
        assert result.exit_code == 2
        assert result.stderr.startswith(f"error [missing_extra]: tailor {name} needs a_package_that_nobody_has")
        assert "pip install 'tailor[" in result.stderr


def test_errors_of_announced_commands_are_one_line_and_have_their_status(tailor, announced):
    announced(review=f"{__name__}:app", full=f"{__name__}:full", exits=f"{__name__}:exits", c=f"{__name__}:interrupted")
    assert tailor("review", "pull").stderr == "error [usage]: No project is named. Name one.\n"
    assert tailor("review", "pull").exit_code == 2
    assert tailor("full").exit_code == 1
    assert tailor("exits").exit_code == 5
    assert tailor("c").exit_code == 130


def test_wrong_options_of_announced_commands_are_wrong_usage(tailor, announced):
    announced(greet=f"{__name__}:plain")
    result = tailor("greet", "you", "--nonsense")
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr


def test_an_unknown_command_is_wrong_usage(tailor):
    assert tailor("sew").exit_code == 2
