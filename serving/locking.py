"""One change of a file at a time, whichever process makes it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds the lock file `path` until the block ends. Raises OSError where it can't be made."""
    with path.open("a") as lock:
        try:
            import fcntl
        except ImportError:  # pragma: no cover - Windows: two commands at once are the user's to avoid there
            yield
            return
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
