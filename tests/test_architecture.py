"""The house stands as drawn: who may import whom, how long a file may be, where tests lie, what never enters a file.

    labeling ─┐
    training ─┼──▶ extractor ──▶ none of ours
    serving  ─┘

Inside extractor, `LAYERS` lists the modules from the ground up: a module imports what lies below it, and beside it
only what `BESIDE` names.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("extractor", "labeling", "training", "serving")
TRAINING_ONLY = {"torch", "transformers", "datasets", "onnxscript", "accelerate"}

LAYERS: tuple[frozenset[str], ...] = (
    frozenset({"types"}),
    frozenset({"errors"}),
    frozenset({"loading", "normalize", "anls", "task", "memory", "sureness"}),
    frozenset({"ocr", "student", "policy", "truth", "pool", "writers"}),
    frozenset({"evaluation", "ray_pool"}),
    frozenset({"pipeline"}),
    frozenset({"annotate", "client"}),
    frozenset({"cli"}),
)
"""The modules and packages directly inside extractor, from the ground up. Who adds one says here where it stands."""

BESIDE: frozenset[tuple[str, str]] = frozenset({("policy", "writers")})
"""Pairs (importer, imported) of one layer that are meant."""

LONGEST = 400
"""Lines of a Python file."""

PYTHON_FILES = sorted(path for package in (*PACKAGES, "tests", "examples") for path in (ROOT / package).rglob("*.py"))
SOURCES = [path for path in PYTHON_FILES if path.relative_to(ROOT).parts[0] in PACKAGES]


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, at its top or later, dotted; `import_module` with a literal counts too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in ("import_module", "__import__") and isinstance(node.args[0].value, str):
                yield node.args[0].value


def _our_packages(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)} & set(PACKAGES)


def _layer(module: str) -> int:
    for height, layer in enumerate(LAYERS):
        if module in layer:
            return height
    pytest.fail(f"extractor.{module} has no place in LAYERS")


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_extractor_imports_none_of_ours_and_siblings_not_each_other(path: Path) -> None:
    home = path.relative_to(ROOT).parts[0]
    allowed = {"extractor", home}
    assert _our_packages(path) <= allowed, f"{home} may import {sorted(allowed)} only"


@pytest.mark.parametrize("path", [path for path in SOURCES if path.is_relative_to(ROOT / "extractor")], ids=_name)
def test_extractor_does_without_the_training_libraries_even_lazily(path: Path) -> None:
    assert not {name.split(".")[0] for name in imported(path)} & TRAINING_ONLY


@pytest.mark.parametrize("path", [path for path in SOURCES if path.is_relative_to(ROOT / "extractor")], ids=_name)
def test_modules_of_extractor_import_only_what_lies_below(path: Path) -> None:
    inside = path.relative_to(ROOT / "extractor").parts
    if inside == ("__init__.py",):
        return  # the public surface names what it likes
    own = inside[0].removesuffix(".py")
    height = _layer(own)
    known = set().union(*LAYERS)
    for name in imported(path):
        parts = name.split(".")
        if parts[0] != "extractor" or len(parts) < 2 or parts[1] == own:
            continue
        other = parts[1]
        if other not in known:
            # `from extractor import Extractor` would load the whole product from below.
            assert own == "cli", f"{own} imports {name}"
            continue
        assert _layer(other) < height or (own, other) in BESIDE, f"{own} must not import {other}"


@pytest.mark.parametrize("path", PYTHON_FILES, ids=_name)
def test_files_stay_short_enough_to_read(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def test_tests_lie_where_the_tested_package_lies() -> None:
    for path in (ROOT / "tests").rglob("test_*.py"):
        folder = path.relative_to(ROOT / "tests").parent
        assert folder == Path() or (ROOT / folder).is_dir(), f"{_name(path)} mirrors no package"


def _tracked() -> list[Path]:
    """Files under version control, and new ones that will be; all files where there is no git."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    names = (name.decode() for name in listed.stdout.split(b"\0") if name)
    return [path for name in names if (path := ROOT / name).is_file()]


# Written in pieces, so that this file does not hold what it looks for.
FORBIDDEN = {
    "a path of one machine": r"(?<![\w.])/(?:wo" + r"rk|ro" + r"ot|ho" + r"me/\w+|Us" + r"ers/\w+)/",
    "a registry's host": r"(?i)py" + r"pi\.org|python" + r"hosted\.org|download\.py" + r"torch|npm" + r"js\.(?:org|com)"
    r"|deb\.deb" + r"ian\.org|--(?:extra-)?index" + r"-url|--find" + r"-links",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what])
    found = []
    for path in _tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{_name(path)}: {match.group()}" for match in pattern.finditer(text)]
    assert not found


def test_what_is_looked_for_would_be_found(tmp_path: Path) -> None:
    assert re.search(FORBIDDEN["a path of one machine"], "open('/wo" + "rk/data/a.png')")
    assert re.search(FORBIDDEN["a registry's host"], "pip install --index" + "-url x")
    assert not re.search(FORBIDDEN["a path of one machine"], "see ../framework/x and docs/wo" + "rk/y")
    late = ROOT / "extractor" / "late.py"
    code = "def f():\n    import torch\n    from . import pipeline\n    import_module('serving.app')\n"
    names = _imported_from(code, late, tmp_path)
    assert {"torch", "extractor.pipeline", "serving.app"} <= names


def _imported_from(code: str, place: Path, folder: Path) -> set[str]:
    """What a file with this code would import if it lay at `place`."""
    tree = folder / place.relative_to(ROOT)
    tree.parent.mkdir(parents=True)
    tree.write_text(code, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.test_architecture.ROOT", folder)
        return set(imported(tree))
