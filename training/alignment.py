"""Where a teacher's answers stand among the words that the OCR read.

The teacher saw the picture, the student points at OCR words: a value is looked for by what it means (a date by its day,
an amount by its number) or by how it is spelt, fuzzily. All places that could carry it are kept as candidates; which of
them the teacher meant is learnt (marginal likelihood, see losses.py), not taken from the first match.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from rapidfuzz import fuzz

from extractor.normalize.amounts import find_amounts
from extractor.normalize.dates import find_dates
from extractor.normalize.times import find_times
from extractor.student.encoder import Token
from extractor.student.values import join
from extractor.task import FieldSpec, Task

Span = tuple[int, int]
"""First and last token, both included."""


@dataclass(frozen=True)
class SpanTarget:
    """What is known of one field: the places that may carry it; or that it is absent; or (`known` false) nothing,
    because the teacher gives a value that the OCR did not read."""

    candidates: tuple[Span, ...] = ()
    known: bool = True

    def within(self, longest: int) -> SpanTarget:
        """This target without the places that take more than `longest` tokens, which the student can't point at."""
        kept = tuple(span for span in self.candidates if span[1] - span[0] < longest)
        return SpanTarget(kept, self.known and (bool(kept) or not self.candidates))


def align(tokens: Sequence[Token], label: Mapping[str, object], task: Task) -> dict[str, SpanTarget]:
    """The target of every span field of a task. Places longer than the field may be are left out."""
    spelt = Spelling(tokens)
    fields = [field for field in task.fields if field.kind == "span"]
    return {field.name: _target(tokens, spelt, label, field).within(field.longest) for field in fields}


def _target(tokens: Sequence[Token], spelt: Spelling, label: Mapping[str, object], field: FieldSpec) -> SpanTarget:
    if field.name not in label and f"{field.name}_text" not in label:
        # A label of another task, or of a person who was not asked: that is not the same as "none".
        return SpanTarget(known=False)
    value = label.get(f"{field.name}_text") or label.get(field.name)
    if value is None or value == "":
        return SpanTarget()
    text = str(value)
    match field.type:
        case "amount":
            found = amount_places(tokens, text)
        case "date":
            found = _date_places(tokens, label.get(field.name)) or spelt.places(text, 0.85)
        case "time":
            found = _windows(tokens, 3, lambda joined: any(match.value == text for match in find_times(joined)))
            # The teacher may know the half of the day from elsewhere on the page.
            found = found or _windows(
                tokens, 3, lambda joined: any(_other_half(m.value) == text for m in find_times(joined))
            )
        case "card":
            found = [(at, at) for at, token in enumerate(tokens) if _ends_with_digits(token.text, text)]
        case _:
            found = spelt.places(text, field.alike) or _same_words(tokens, text)
    return SpanTarget(tuple(found), known=bool(found))


def decimal_or_none(text: object) -> Decimal | None:
    try:
        return Decimal(str(text))
    except InvalidOperation:
        return None


def amount_places(tokens: Sequence[Token], text: str) -> list[Span]:
    """The shortest runs of tokens on one row that read as this amount, its sign aside."""
    wanted = decimal_or_none(text)
    if wanted is None:
        return []
    return _windows(tokens, 3, lambda joined: any(abs(match.value) == abs(wanted) for match in find_amounts(joined)))


def _date_places(tokens: Sequence[Token], day: object) -> list[Span]:
    try:
        wanted = date.fromisoformat(str(day))
    except ValueError:
        return []
    return _windows(tokens, 5, lambda joined: any(wanted in match.readings for match in find_dates(joined)))


def _windows(tokens: Sequence[Token], longest: int, fits: Callable[[str], bool]) -> list[Span]:
    """The minimal runs of tokens on one row whose joined text fits: none holds a smaller one."""
    found: list[Span] = []
    for size in range(1, longest + 1):
        for first in range(len(tokens) - size + 1):
            last = first + size - 1
            if tokens[first].row != tokens[last].row:
                continue
            if any(first <= one and other <= last for one, other in found):
                continue
            joined = join(tokens[first : last + 1])
            if any(sign.isdigit() for sign in joined) and fits(joined):
                found.append((first, last))
    return found


def _same_words(tokens: Sequence[Token], text: str) -> list[Span]:
    """The tokens that are this text and nothing else. A fuzzy search takes a single digit for a part of a date."""
    wanted = squeeze(text)
    return [(at, at) for at, token in enumerate(tokens) if squeeze(token.text) == wanted]


def _other_half(time: str) -> str:
    return f"{(int(time[:2]) + 12) % 24:02d}{time[2:]}"


def _ends_with_digits(text: str, digits: str) -> bool:
    return text.rstrip(".)").endswith(digits) and len(digits) == 4


class Spelling:
    """The folded text of a document without spaces, and which token each character belongs to."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.owner: list[int] = []
        signs: list[str] = []
        for at, token in enumerate(tokens):
            for sign in squeeze(token.text):
                signs.append(sign)
                self.owner.append(at)
        self.text = "".join(signs)

    def places(self, value: str, close_enough: float, most: int = 4) -> list[Span]:
        """Runs of tokens spelt like the value, the most alike first; those much less alike than it are left out."""
        wanted = squeeze(value)
        if not wanted or not self.text:
            return []
        text, found, best = self.text, list[tuple[float, Span]](), close_enough
        for _ in range(most):
            if len(wanted) > len(text):
                first, last = 0, len(text)
            else:
                match = fuzz.partial_ratio_alignment(wanted, text)
                if match is None or match.score < 60:
                    break
                first, last = match.dest_start, match.dest_end
            span = self._trim(wanted, first, last)
            likeness = self._likeness(wanted, span)
            if likeness < best - 0.05 or likeness < close_enough:
                break
            best = max(best, likeness)
            found.append((likeness, span))
            text = text[:first] + "\0" * (last - first) + text[last:]
        return list(dict.fromkeys(span for _, span in found))

    def _trim(self, wanted: str, first: int, last: int) -> Span:
        """The best run of tokens near these characters: tokens at the ends are tried with and without."""
        start, end = self.owner[first], self.owner[max(first, last - 1)]
        options = [
            (one, other)
            for one in range(max(0, start - 1), min(start + 2, len(self.tokens)))
            for other in range(max(0, end - 1), min(end + 2, len(self.tokens)))
            if one <= other
        ]
        return max(options or [(start, end)], key=lambda span: self._likeness(wanted, span))

    def _likeness(self, wanted: str, span: Span) -> float:
        spelt = squeeze("".join(token.text for token in self.tokens[span[0] : span[1] + 1]))
        return fuzz.ratio(wanted, spelt) / 100.0


def squeeze(text: str) -> str:
    """Case folded, without spaces."""
    return "".join(text.casefold().split())
