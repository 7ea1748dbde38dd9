"""A run's folder: it belongs to one run, and to one process at a time; others can see that it is at work."""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from extractor.errors import UsageError
from training.config import Run

CONFIG_FILE, LOCK_FILE = "config.json", ".lock"


def open_folder(folder: Path, run: Run, fresh: bool) -> None:
    """Makes the run's folder, or takes up the one that holds the same run; `fresh` empties it first.

    Raises UsageError where it holds another run, or is to be emptied while one is under way.
    """
    config = folder / CONFIG_FILE
    text = run.model_dump_json(indent=1)
    if fresh and folder.is_dir():
        with held(folder):
            shutil.rmtree(folder)
    if config.is_file() and _learns(config.read_text(encoding="utf-8")) != _learns(text):
        raise UsageError(
            f"{folder} holds a run of another configuration.",
            hint="Give this one another name (name=…), or start it anew with --fresh.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    config.write_text(text, encoding="utf-8")


def _learns(config: str) -> Any:
    """A configuration without what may change between a break and going on. Settings that came later than it count as
    their defaults."""
    try:
        declared = Run.model_validate_json(config).model_dump(mode="json")
    except ValidationError:
        declared = json.loads(config)
    for key in ("output", "threads", "checkpoint_minutes", "export", "limits"):
        declared.pop(key, None)
    return declared


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Holds a run's folder. The system lets go when the process ends, however it ends.

    Raises UsageError where another process is training there.
    """
    with (folder / LOCK_FILE).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(
                f"A run is under way in {folder}.", hint="Wait for it, or give this one another name (name=…)."
            ) from error
        yield


def is_held(folder: Path) -> bool:
    """Whether a process is training in this folder."""
    try:
        with (folder / LOCK_FILE).open("r") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
