"""From what a user names (files, folders, globs) to the documents in them."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable
from pathlib import Path

from extractor.errors import FileUnreadable, UsageError
from extractor.loading.formats import KNOWN_SUFFIXES
from extractor.loading.source import readable_name


def find_documents(paths: Iterable[str | Path]) -> list[Path]:
    """The documents that `paths` stand for, each once, in the order given.

    A file is taken as it is, whatever its name. A folder is walked: files with an extension of a format that is read,
    in natural order ("2.jpg" before "10.jpg"); hidden files and folders are passed over, links to folders not
    followed. A folder that may not be listed stands in the result itself, so that it gets a failed record. A pattern
    (`*`, `?`, `[…]`, `**`) gives what it matches, as in a shell.

    Raises FileUnreadable (`not_found`) for a path that does not exist and a pattern that matches nothing, UsageError
    (`no_documents`) where nothing is found at all.
    """
    given = [Path(path) for path in paths]
    found: dict[str, Path] = {}
    passed_over = 0
    for path in given:
        for member in _expanded(path):
            if member.is_dir():
                documents, others = _walked(member)
                passed_over += others
            else:
                documents = [member]
            for document in documents:
                found.setdefault(os.path.abspath(document), document)  # noqa: PTH100 - Path.absolute keeps ".."
    if not found:
        raise _nothing(given, passed_over)
    return list(found.values())


def _expanded(path: Path) -> list[Path]:
    if os.path.lexists(path):
        return [path]
    text = str(path)
    matches = glob.glob(text, recursive=True) if glob.has_magic(text) and "\0" not in text else []  # noqa: PTH207
    if not matches:
        what = "No file matches" if glob.has_magic(text) else "There is no file or folder"
        raise FileUnreadable(
            f"{what} {readable_name(path)!r}.", code="not_found", hint="Check the path and its spelling."
        )
    # A pattern with ** gives a folder and its files as well; files met twice are kept once.
    return sorted((Path(match) for match in matches), key=_natural)


def _walked(folder: Path) -> tuple[list[Path], int]:
    """The documents below a folder, and how many other visible files were passed over."""
    documents: list[Path] = []
    passed_over = 0
    unlisted: list[Path] = []
    for root, folders, files in os.walk(folder, onerror=lambda error: unlisted.append(Path(error.filename))):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if name.startswith("."):
                continue
            if Path(name).suffix.lower() in KNOWN_SUFFIXES:
                documents.append(Path(root, name))
            else:
                passed_over += 1
    return sorted(documents + unlisted, key=_natural), passed_over


def _natural(path: Path) -> tuple[object, ...]:
    """A sort key: numbers inside names count as numbers, case does not; files of equal rank by their exact name."""
    parts = tuple(
        tuple((0, int(piece), "") if piece.isdecimal() else (1, 0, piece.casefold()) for piece in _pieces(part))
        for part in path.parts
    )
    return parts, str(path)


def _pieces(name: str) -> list[str]:
    return [piece for piece in re.split(r"([0-9]{1,18})", name) if piece]


def _nothing(given: list[Path], passed_over: int) -> UsageError:
    if not given:
        return UsageError("No document was named.", code="no_documents", hint="Name files, folders or patterns.")
    where = ", ".join(readable_name(path) for path in given)
    others = f" ({passed_over} other files were passed over)" if passed_over else ""
    return UsageError(
        f"There is no document in {where}{others}.",
        code="no_documents",
        hint=f"Folders are searched for {', '.join(sorted(KNOWN_SUFFIXES))}; name a file to read it whatever it is.",
    )
