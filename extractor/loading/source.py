"""Opening what is to be read: a file or bytes, measured and hashed as a stream."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import BinaryIO

from extractor.errors import FileUnreadable
from extractor.loading.limits import Limits

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class OpenSource:
    """An open file or bytes: `file` as it stands in the record (valid UTF-8), `name` for messages, `path` if any."""

    file: str
    name: str
    path: Path | None
    stream: BinaryIO
    sha256: str
    head: bytes
    named: bool = True
    """Whether `name` is a file name, whose extension says something."""

    def close(self) -> None:
        self.stream.close()


def readable_name(path: str | os.PathLike[str]) -> str:
    """The path as text that can be written as UTF-8: bytes of a name that are not UTF-8 become �."""
    return os.fspath(path).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def open_path(path: Path, limits: Limits, head_bytes: int) -> OpenSource:
    """Opens a file. Raises FileUnreadable (not_found, unreadable_file, empty_file) or LimitExceeded."""
    file = readable_name(path)
    name = readable_name(path.name) or file
    try:
        _check_regular(path, name)
        stream = path.open("rb")
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise FileUnreadable(
            f"There is no file {file!r}.", code="not_found", hint="Check the path and its spelling."
        ) from error
    except OSError as error:
        raise FileUnreadable(
            f"{name} can't be opened: {error.strerror or error}.", hint="Check its permissions."
        ) from error
    try:
        return _measured(stream, file, name, path, limits, head_bytes)
    except OSError as error:
        stream.close()
        raise FileUnreadable(f"{name} can't be read: {error.strerror or error}.", hint="Check the disk.") from error
    except BaseException:
        stream.close()
        raise


def open_bytes(data: bytes, limits: Limits, head_bytes: int, name: str | None = None) -> OpenSource:
    """Wraps bytes that are in memory already, without copying them; `name` is the file name they came with."""
    if not name:
        return replace(_measured(io.BytesIO(data), "<bytes>", "The document", None, limits, head_bytes), named=False)
    file = readable_name(name)
    return _measured(io.BytesIO(data), file, PurePath(file).name or file, None, limits, head_bytes)


def _check_regular(path: Path, name: str) -> None:
    # Before opening: opening a pipe would wait for a writer, and a device never ends.
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        if not os.access(path, os.R_OK | os.X_OK):
            raise FileUnreadable(f"The folder {name} may not be listed.", hint="Check its permissions.")
        raise FileUnreadable(f"{name} is a folder, not a document.", hint="Name the files in it, or walk it.")
    if not stat.S_ISREG(mode):
        raise FileUnreadable(f"{name} is a device or pipe, not a file.", hint="Save it as a file first.")


def _measured(stream: BinaryIO, file: str, name: str, path: Path | None, limits: Limits, head_bytes: int) -> OpenSource:
    size = stream.seek(0, os.SEEK_END)
    if size == 0:
        raise FileUnreadable(f"{name} is empty.", code="empty_file", hint="Scan or save the document again.")
    limits.check_bytes(size, name)
    stream.seek(0)
    digest = hashlib.sha256()
    head = b""
    read = 0
    while chunk := stream.read(_CHUNK):
        head = head or chunk[:head_bytes]
        read += len(chunk)
        limits.check_bytes(read, name)  # a file may grow while it is read
        digest.update(chunk)
    stream.seek(0)
    return OpenSource(file, name, path, stream, digest.hexdigest(), head)
