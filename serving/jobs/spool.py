"""Where uploads wait to be read: a private folder, or the store where several machines share it.

Names are random; the sender's name is never one. An upload is deleted once its document was read or cancelled. Every
method blocks: call it from a thread.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa

from extractor.errors import OutputError
from serving.jobs.errors import UploadLost
from serving.jobs.settings import private_folder
from serving.jobs.tables import Database, uploads

_NAME = re.compile(r"[0-9a-f]{48}")


class Spool(Protocol):
    def keep(self, content: bytes) -> str:
        """Keeps bytes durably and gives the name to find them by. Raises OutputError where there is no place."""
        ...

    def read(self, name: str) -> bytes:
        """The bytes. Raises UploadLost."""
        ...

    def drop(self, name: str) -> None:
        """Deletes the bytes; none there is fine."""
        ...

    def older_than(self, seconds: float) -> list[str]:
        """Names of what has lain here longer; some may be of no document (the process was killed in between)."""
        ...


def new_name() -> str:
    return secrets.token_hex(24)


class FolderSpool:
    """One file an upload, in a folder that only this user can enter."""

    def __init__(self, folder: Path) -> None:
        self._folder = private_folder(folder)

    def keep(self, content: bytes) -> str:
        name = new_name()
        path = self._path(name)
        try:
            # O_EXCL: never through a link that someone laid there.
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            path.unlink(missing_ok=True)
            raise OutputError(
                f"An upload can't be kept ({error.strerror or type(error).__name__}).",
                code="disk_full",
                hint="Free some space where the service keeps its data, then send it again.",
            ) from error
        return name

    def read(self, name: str) -> bytes:
        try:
            return self._path(name).read_bytes()
        except OSError as error:
            raise _lost() from error

    def drop(self, name: str) -> None:
        self._path(name).unlink(missing_ok=True)

    def older_than(self, seconds: float) -> list[str]:
        limit = time.time() - seconds
        found = []
        for entry in os.scandir(self._folder):
            try:
                if _NAME.fullmatch(entry.name) and entry.stat(follow_symlinks=False).st_mtime < limit:
                    found.append(entry.name)
            except FileNotFoundError:
                continue  # read and dropped meanwhile
        return found

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise UploadLost("The name of an upload is not one of ours.")
        return self._folder / name


class TableSpool:
    """One row an upload, in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, content: bytes) -> str:
        name = new_name()
        with self._database.write() as connection:
            now = self._database.now(connection)
            connection.execute(uploads.insert().values(name=name, created=now, content=content))
        return name

    def read(self, name: str) -> bytes:
        with self._database.read() as connection:
            found = connection.execute(sa.select(uploads.c.content).where(uploads.c.name == name)).scalar_one_or_none()
        if found is None:
            raise _lost()
        return bytes(found)

    def drop(self, name: str) -> None:
        with self._database.write() as connection:
            connection.execute(uploads.delete().where(uploads.c.name == name))

    def older_than(self, seconds: float) -> list[str]:
        with self._database.read() as connection:
            limit = self._database.now(connection) - seconds
            return list(connection.execute(sa.select(uploads.c.name).where(uploads.c.created < limit)).scalars())


def _lost() -> UploadLost:
    return UploadLost("The uploaded file is gone from the service's folder.", hint="Send it again.")
