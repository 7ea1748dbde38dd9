"""Label files: JSON lines, one document each — id, the task's fields in order, line_items, then provenance and trust.

{"id": "0001", "document_type": "receipt", …, "date_text": "25/12/2018", "date": "2018-12-25", …,
 "line_items": [["Tea", "1", "2.50", "2.50"]],
 "provenance": {"teacher": "anthropic:…", "prompt": "…", "time": "2026-01-31T09:30:00+00:00",
                "tokens": {"input": 1830, "output": 310, "cached": 0, "written": 0}, "cost": "0.0101",
                "seconds": 3.2, "sha256": "…", "file": "in/0001.jpg"},
 "trust": {"total": 0.97, …}}
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from extractor.errors import UsageError
from extractor.task import Task
from extractor.writers.base import explained, replacing

DATE_TEXT = "date_text"
"""The date as printed stands just before the date as ISO 8601."""


def label_line(
    id: str,
    label: Mapping[str, Any],
    task: Task,
    *,
    provenance: Mapping[str, Any] | None = None,
    trust: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """One line of a label file, keys in their order. A field that the label lacks is null; what is no field of the task
    is left out."""
    line: dict[str, Any] = {"id": id}
    for name in task.names:
        if name == "date" and DATE_TEXT in label:
            line[DATE_TEXT] = label[DATE_TEXT]
        line[name] = label.get(name)
    if task.line_items is not None:
        line["line_items"] = label.get("line_items") or []
    if provenance is not None:
        line["provenance"] = dict(provenance)
    if trust is not None:
        line["trust"] = dict(trust)
    return line


def read_labels(path: Path | str) -> dict[str, dict[str, Any]]:
    """The lines of a label file by id.

    Raises UsageError (labels_unreadable) where it can't be read, a line is no label, or an id stands there twice.
    """
    found: dict[str, dict[str, Any]] = {}
    for number, line in _lines(Path(path)):
        try:
            entry = json.loads(line)
            id = entry["id"]
        except (ValueError, TypeError, KeyError) as error:
            raise _unreadable(f"{path}, line {number}, is no label.") from error
        if not isinstance(id, str) or id in found:
            raise _unreadable(
                f"{path}, line {number}: {'no id is text' if not isinstance(id, str) else f'{id} again'}."
            )
        found[id] = entry
    return found


def as_text(entry: Mapping[str, Any]) -> str:
    """A line as it stands in a file, its end included."""
    return json.dumps(entry, ensure_ascii=False) + "\n"


def write_lines(path: Path, entries: Iterable[Mapping[str, Any]]) -> int:
    """Writes a file of lines in one step: what stood there before stays until the new one is whole and on the disk.
    Returns the number of lines. Raises OutputError."""
    count = 0
    with explained(path), replacing(path) as draft, draft.open("w", encoding="utf-8") as file:
        for entry in entries:
            file.write(as_text(entry))
            count += 1
        file.flush()
        os.fsync(file.fileno())
    _sync_folder(path.parent)
    return count


def append_lines(path: Path, entries: Iterable[Mapping[str, Any]]) -> None:
    """Adds lines at the end of a file; they are on the disk when this returns. Raises OutputError."""
    with explained(path), path.open("a", encoding="utf-8") as file:
        for entry in entries:
            file.write(as_text(entry))
        file.flush()
        os.fsync(file.fileno())


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open(encoding="utf-8") as file:
            yield from ((number, line) for number, line in enumerate(file, start=1) if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(f"The labels {path} can't be read ({type(error).__name__}).") from error


def _unreadable(message: str) -> UsageError:
    return UsageError(message, code="labels_unreadable", hint="Label files hold one JSON object with an id a line.")


def _sync_folder(folder: Path) -> None:
    """A new name is durable once its folder is; Windows has no such thing, and doesn't need it."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
