"""Names of files as they come from outside: told back, never used as a path."""

from __future__ import annotations

import unicodedata

LONGEST = 255


def told_name(given: str | None, number: int) -> str:
    """A file's name as it may stand in a record: without folders, control and direction-changing characters.

    `number` names a file that came without a name.
    """
    name = (given or "").replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(letter for letter in name if unicodedata.category(letter) not in _UNSEEN).strip()
    if name in ("", ".", ".."):
        return f"file-{number + 1}"
    return name[:LONGEST]


_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Control, format (which can turn the direction of writing), surrogate, private and unassigned; separators of lines."""
