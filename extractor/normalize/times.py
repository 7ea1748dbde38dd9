"""Times of day in printed text, as 24-hour HH:MM."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from extractor.normalize.characters import digits_repaired

# A time may be glued to the year before it ("25/12/201820:13"); everywhere else a digit before it forbids it.
_START = r"(?:(?<!\d)(?<!\d[:.,])|(?<=[/.\- ](?:19|20)\d\d)|(?<=\d[/.\-]\d\d))"
_HALF = r"(?P<half>(?:[ap]\.? ?m\b\.?|(?-i:[AP][HNW])\b|[ap](?![^\W_])))"  # PH, PN: faint PM
_TIME = re.compile(
    _START
    + r"(?:(?P<east>上午|下午|午前|午後|晚上|오전|오후)\ ?)?(?P<hour>[01]?\d|2[0-3])"
    + r"(?:\ ?[:;]\ ?(?P<minute>[0-5]\d)(?:\ ?[:;.]\ ?[0-5]\d(?:\.\d+)?)?(?!\d)(?!:)(?:\ ?" + _HALF + r")?"
    + r"|\ ?(?:h|hrs?|Uhr|時|时|点|點|시)\ ?(?P<minute_h>[0-5]\d)(?!\d)"
    + r"|\.(?P<minute_dot>[0-5]\d)(?:\.[0-5]\d)?\ ?(?:(?:Uhr|hrs?)\b|(?P<half_dot>[ap]\.?\ ?m\b\.?))"
    + r"|(?P<minute_tight>[0-5]\d)\ ?(?P<half_tight>[ap]\.?m\b\.?)"
    + r"|\ ?(?P<half_alone>[ap]\.?m\b\.?))",
    re.IGNORECASE,
)  # fmt: skip
_COMPACT = re.compile(r"([01]\d|2[0-3])[.\- ]?([0-5]\d)(?:[.\- ]?[0-5]\d)?")


@dataclass(frozen=True, slots=True)
class TimeMatch:
    """A time of day: where it stands in the text searched, and its `value` as 24-hour HH:MM."""

    start: int
    end: int
    value: str


def find_times(text: str) -> list[TimeMatch]:
    """Every time printed in `text`: 24-hour or with am/pm, seconds or not, "20h13", "20.13 Uhr", "20時13分"."""
    return list(_found(text))


def parse_time(text: str) -> str | None:
    """The time that a field's text means as HH:MM, or None. Here bare digits count too ("2013", "20.13")."""
    found = _found(text)
    if found:
        return found[0].value
    compact = _COMPACT.fullmatch(digits_repaired(text).strip())
    return f"{compact[1]}:{compact[2]}" if compact else None


@lru_cache(maxsize=512)
def _found(text: str) -> tuple[TimeMatch, ...]:
    clean = digits_repaired(text)
    return tuple(TimeMatch(m.start(), m.end(), _value(m)) for m in _TIME.finditer(clean))


def _value(match: re.Match[str]) -> str:
    hour = int(match["hour"])
    minute = match["minute"] or match["minute_h"] or match["minute_dot"] or match["minute_tight"] or "00"
    half = match["half"] or match["half_dot"] or match["half_tight"] or match["half_alone"]
    late = bool(half and half[0] in "pP") or match["east"] in {"下午", "午後", "晚上", "오후"}
    early = bool(half and half[0] in "aA") or match["east"] in {"上午", "午前", "오전"}
    if late and hour < 12:
        hour += 12
    elif early and hour == 12:
        hour = 0
    return f"{hour:02d}:{minute}"
