"""What is to be read, made ready to be sent: looked at once, and opened anew for each attempt."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from extractor.errors import DocumentError, FileUnreadable, UsageError
from extractor.types import Extraction

if TYPE_CHECKING:
    from extractor.loading import Source

BYTES = "<bytes>"
"""What a record calls bytes that came without a name."""


@dataclass(frozen=True)
class Upload:
    """A document to be sent: the file name that the service is told, and what the record calls it here."""

    name: str
    shown: str
    content: Path | bytes

    def opened(self) -> BinaryIO:
        """The bytes as a stream that can be read from its beginning any number of times."""
        if isinstance(self.content, bytes):
            return io.BytesIO(self.content)
        return cast(BinaryIO, FileOnDemand(self.content))

    def renamed(self, record: Extraction) -> Extraction:
        """The service's record, under the name that `Extractor` would give it."""
        nameless = record.status == "failed" and self.shown == BYTES
        return record.model_copy(update={"file": "" if nameless else self.shown})


class FileOnDemand(io.RawIOBase):
    """A file that is open only while it is read, so that a job of a thousand files needs one descriptor.

    Raises FileUnreadable where the file went away, or changed its size, since it was looked at: the length of the
    request was told already.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = path.stat().st_size
        self._at = 0
        self._file: BinaryIO | None = None

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._drop()
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._size:
            self._drop()
            return 0
        try:
            if self._file is None:
                self._file = self._path.open("rb")
                self._file.seek(self._at)
            count = self._file.readinto(memoryview(buffer)[: self._size - self._at])  # type: ignore[attr-defined]
        except OSError as error:
            self._drop()
            raise self._changed(error.strerror or type(error).__name__) from error
        if not count:
            raise self._changed("it became shorter")
        self._at += count
        return int(count)

    def close(self) -> None:
        self._drop()
        super().close()

    def _drop(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _changed(self, reason: str) -> FileUnreadable:
        return FileUnreadable(f"{self._path.name} changed while it was sent: {reason}.", hint="Send it again.")


def upload_of(source: Source, name: str | None = None) -> Upload:
    """A source as it is sent. `name` is the file name that bytes came with.

    Raises FileUnreadable (not_found, empty_file, unreadable_file), UsageError for what is no document.
    """
    if isinstance(source, str | os.PathLike):
        return _of_path(Path(source))
    if isinstance(source, bytes | bytearray | memoryview):
        content = bytes(source)
        if not content:
            raise FileUnreadable("The document is empty.", code="empty_file", hint="Scan or save the document again.")
        return Upload(_plain(name or ""), name or BYTES, content)
    return _of_picture(source)


def failed(source: Source, name: str | None, error: DocumentError) -> Extraction:
    """The record of a document that can't be read, as `Extractor` writes it."""
    from extractor.pool import failed_record, printable

    if isinstance(source, str | os.PathLike):
        return failed_record(Path(source), error.notice())
    return Extraction(file=printable(name or ""), sha256="", status="failed", pages=0, error=error.notice())


def uploads_of(sources: Iterable[Source]) -> list[Upload]:
    """Sources as they are sent together; paths may be folders and globs. Raises as `upload_of`, and for no document."""
    from extractor.loading import find_documents

    found: list[Upload] = []
    for source in sources:
        if isinstance(source, str | os.PathLike):
            found += [_of_path(path) for path in find_documents([Path(source)])]
        else:
            found.append(upload_of(source))
    return found


def parts_of(uploads: Sequence[Upload]) -> list[tuple[str, tuple[str, BinaryIO, str]]]:
    """The parts `files` of a form."""
    return [("files", (upload.name, upload.opened(), "application/octet-stream")) for upload in uploads]


def _of_path(path: Path) -> Upload:
    from extractor.loading.limits import Limits
    from extractor.loading.source import open_path

    # How large a document may be is the service's to say.
    opened = open_path(path, Limits(max_bytes=sys.maxsize), 16)
    opened.close()
    return Upload(_plain(opened.name), opened.file, path)


def _of_picture(source: Any) -> Upload:
    from PIL import Image

    if isinstance(source, Image.Image):
        picture, shown = source, "<image>"
    elif hasattr(source, "__array_interface__"):
        from extractor.loading.pixels import picture_of_array

        picture, shown = Image.fromarray(picture_of_array(source)), "<array>"
    else:
        message = f"A {type(source).__name__} is no document."
        raise UsageError(message, hint="Give a path, bytes, a Pillow picture or an array.")
    written = io.BytesIO()
    try:
        picture.save(written, "PNG")
    except (OSError, ValueError):  # a mode that PNG doesn't know
        written = io.BytesIO()
        picture.convert("RGB").save(written, "PNG")
    return Upload("picture.png", shown, written.getvalue())


def _plain(name: str) -> str:
    """A name that a form can carry; the service gives its own to what has none."""
    kept = "".join(letter for letter in name if letter.isprintable()).strip()
    return kept or "The document"  # so that messages read as the SDK's
