"""API keys: made, kept as hashes in one file, checked in constant time, revoked while the service runs.

A key is `tlr_<id>_<secret>` with 256 random bits of secret. The file keeps its SHA-256, not scrypt or Argon2: slow
hashes make guessable passwords dear to guess; nobody guesses 256 random bits, and a slow hash would let anyone who
sends wrong keys burn the service's processor.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from extractor.errors import UsageError

Scope = Literal["extract", "jobs", "score", "audit", "review", "metrics"]
SCOPES: tuple[str, ...] = get_args(Scope)
USUAL_SCOPES: tuple[Scope, ...] = ("extract", "jobs", "score", "audit", "review")

_SHAPE = re.compile(r"tlr_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_NOBODY = hashlib.sha256(b"").hexdigest()


class Key(BaseModel):
    """What is kept of a key. Limits that are None are the service's."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str = Field(pattern=r"^[0-9a-f]{12}$")
    name: str = Field(min_length=1, max_length=100)
    hash: str = Field(pattern=r"^[0-9a-f]{64}$")
    scopes: tuple[Scope, ...]
    created: datetime
    expires: datetime | None = None
    rate_per_minute: float | None = Field(None, gt=0)
    concurrent: int | None = Field(None, ge=1)

    def expired(self, now: datetime | None = None) -> bool:
        return self.expires is not None and self.expires <= (now or datetime.now(UTC))


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    version: Literal[1] = 1
    keys: list[Key] = Field(default_factory=list)


class KeyRing:
    """The keys in a file. Reading follows the file: a key that is revoked there opens nothing from then on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int, int] | None = None
        self._keys: dict[str, Key] = {}

    def __len__(self) -> int:
        return len(self.all())

    def all(self) -> list[Key]:
        """Every key that is kept, the oldest first. Raises UsageError (keys_unreadable)."""
        try:
            about = self.path.stat()
        except FileNotFoundError:
            self._seen, self._keys = None, {}
            return []
        except OSError as error:
            raise self._unreadable(error) from error
        seen = (about.st_mtime_ns, about.st_size, about.st_ino)
        if seen != self._seen:
            self._keys = {key.id: key for key in self._load().keys}
            self._seen = seen
        return list(self._keys.values())

    def check(self, presented: str) -> Key | None:
        """The key that was presented, or None where it is unknown or has expired. Raises UsageError (keys_unreadable).

        The comparison takes as long for an unknown id as for a wrong secret.
        """
        self.all()
        match = _SHAPE.fullmatch(presented)
        found = self._keys.get(match[1]) if match else None
        hashed = _hash(presented)
        same = secrets.compare_digest(hashed, found.hash if found else _NOBODY)
        return found if found and same and not found.expired() else None

    def add(
        self,
        name: str,
        scopes: Iterable[str] = USUAL_SCOPES,
        *,
        expires: datetime | None = None,
        rate_per_minute: float | None = None,
        concurrent: int | None = None,
    ) -> tuple[Key, str]:
        """A new key, and the words that its holder presents: they are told this once and kept nowhere."""
        wanted = tuple(dict.fromkeys(scopes))
        unknown = sorted(set(wanted) - set(SCOPES))
        if unknown or not wanted:
            raise UsageError(
                f"There is no scope {', '.join(unknown)}." if unknown else "A key needs a scope.",
                hint=f"Choose from {', '.join(SCOPES)}.",
            )
        identity = secrets.token_hex(6)
        told = f"tlr_{identity}_{secrets.token_urlsafe(32)}"
        with self._changing() as kept:
            if any(key.name == name for key in kept.keys):
                raise UsageError(f"There is a key {name} already.", hint="Choose another name, or revoke it first.")
            try:
                key = Key(
                    id=identity,
                    name=name,
                    hash=_hash(told),
                    scopes=wanted,  # type: ignore[arg-type]  # checked above
                    created=datetime.now(UTC).replace(microsecond=0),
                    expires=expires,
                    rate_per_minute=rate_per_minute,
                    concurrent=concurrent,
                )
            except ValidationError as error:
                raise UsageError(f"Such a key can't be made: {error.errors()[0]['msg']}.") from None
            kept.keys.append(key)
        return key, told

    def revoke(self, name: str) -> Key:
        """Takes a key away, by its name or id. Raises UsageError (unknown_key)."""
        with self._changing() as kept:
            for key in kept.keys:
                if name in (key.name, key.id):
                    kept.keys.remove(key)
                    return key
        raise UsageError(f"There is no key {name}.", code="unknown_key", hint="tailor keys list names them.")

    def _load(self) -> _File:
        try:
            return _File.model_validate_json(self.path.read_bytes())
        except FileNotFoundError:
            return _File()
        except (OSError, ValidationError) as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: Exception) -> UsageError:
        return UsageError(
            f"The file of API keys {self.path} can't be read ({type(error).__name__}).",
            code="keys_unreadable",
            hint="Restore it, or remove it and make new keys.",
        )

    @contextlib.contextmanager
    def _changing(self) -> Iterator[_File]:
        """The file's content to be changed; written whole beside the old one and put in its place, readable by the
        owner alone. One change at a time, whichever process makes it."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _locked(self.path.with_suffix(".lock")):
                kept = self._load()
                yield kept
                handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=".keys-")
                try:
                    with os.fdopen(handle, "w", encoding="utf-8") as file:
                        json.dump(kept.model_dump(mode="json"), file, indent=1)
                    Path(name).replace(self.path)
                except BaseException:
                    Path(name).unlink(missing_ok=True)
                    raise
        except OSError as error:
            raise UsageError(
                f"The file of API keys {self.path} can't be written ({type(error).__name__}).", code="keys_unwritable"
            ) from error


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as lock:
        try:
            import fcntl
        except ImportError:  # pragma: no cover - Windows: two commands at once are the user's to avoid there
            yield
            return
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _hash(presented: str) -> str:
    return hashlib.sha256(presented.encode("utf-8", "surrogatepass")).hexdigest()
