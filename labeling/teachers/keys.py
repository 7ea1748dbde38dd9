"""Keys of providers: from the environment or a secret file, and nowhere else; they are never shown."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from extractor.errors import UsageError

HIDDEN = "[key]"


class Secret:
    """A key that does not show itself: not in repr, str, format or pickle. `reveal` alone gives it."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        return self.__value

    def scrubbed(self, text: str) -> str:
        """`text` without the key, should a server have sent it back, whole or its beginning and end."""
        value = self.__value
        if len(value) < 8:
            return text
        return text.replace(value, HIDDEN).replace(value[:8], HIDDEN).replace(value[-8:], HIDDEN)

    def __repr__(self) -> str:
        return f"Secret({HIDDEN})"

    __str__ = __repr__

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a key is not written anywhere")


def find_key(variable: str, key_file: Path | str | None) -> Secret | None:
    """The key in `key_file` where one is given, else in the environment variable; None where there is neither.

    Raises UsageError (bad_key_file) where the file can't be read, is empty, or others may read it.
    """
    if key_file is not None:
        return _from_file(Path(key_file))
    value = os.environ.get(variable, "").strip()
    return Secret(value) if value else None


def _from_file(path: Path) -> Secret:
    try:
        mode = path.stat().st_mode
        if os.name == "posix" and mode & stat.S_IRWXO:
            raise UsageError(
                f"The key file {path} may be read by every user of this machine.",
                code="bad_key_file",
                hint=f"Run: chmod 600 {path}",
            )
        value = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The key file {path} can't be read ({type(error).__name__}).", code="bad_key_file") from None
    if not value or len(value.split()) != 1:
        raise UsageError(
            f"The key file {path} does not hold one key.", code="bad_key_file", hint="Write the key alone into it."
        )
    return Secret(value)
