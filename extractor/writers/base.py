"""What all writers share: their interface, and what the system says when a file can't be written."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from extractor.errors import OutputError, UsageError
from extractor.types import Extraction

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class RecordWriter(Protocol):
    """Takes records one by one. Leaving the `with` block finishes the file, also when it is left by an error."""

    def write(self, record: Extraction) -> None:
        """Add a record. Raises OutputError (disk_full, output_unwritable); what was written before stays valid."""
        ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn the system's errors about writing `path` into OutputError."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            message = f"There is no room left to write {path}."
            hint = "What was written before is kept: free some space and go on with --resume."
            raise OutputError(message, code="disk_full", hint=hint) from error
        reason = error.strerror or type(error).__name__
        raise OutputError(f"{path} can't be written ({reason}).", hint="Choose another place with -o.") from error


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A new file beside `path` that takes its place when the block ends well, and is gone when it doesn't."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix)
    os.close(handle)
    draft = Path(name)
    try:
        draft.chmod(0o666 & ~_umask())  # mkstemp makes files that only the owner may read
        yield draft
        draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise


def not_resumable(path: Path) -> UsageError:
    hint = "Choose another output, or leave out --resume to write it anew."
    return UsageError(f"{path} holds something other than Tailor's results.", code="not_resumable", hint=hint)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
