"""What labelling will take, before anything is asked."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from extractor.errors import TailorError
from extractor.task import Task
from labeling.base import Teacher, TeacherDocument, Tokens
from labeling.run.sources import Source

LOOKED_AT = 200
"""Documents that are opened for a forecast; of more, so many are taken, spread evenly over the sizes of files."""

SECONDS_A_CALL = 6.0
"""How long a teacher takes where nothing is known of it: only the time that is shown depends on it."""


@dataclass(frozen=True)
class Forecast:
    """For so many `documents` and `questions` about them. `error` is the standard error of `cost` as a share of it, 0
    where every document was looked at; `unreadable` of those looked at can't be opened. `costs` holds one estimate for
    each document in order, the mean where it was not looked at."""

    documents: int
    questions: int
    tokens: Tokens
    cost: Decimal
    error: float
    seconds: float
    unreadable: int
    costs: tuple[Decimal, ...]


def forecast(
    sources: Sequence[Source],
    teacher: Teacher,
    task: Task,
    open_document: Callable[[Source], TeacherDocument],
    *,
    questions: int | None = None,
    concurrency: int = 8,
    requests_per_minute: float | None = None,
    tokens_per_minute: float | None = None,
    paid_per_estimated: Decimal = Decimal(1),
) -> Forecast:
    """Asks the teacher's own estimate of the documents, and scales it up. `questions` is how many there are about them
    in all (by default one each); `paid_per_estimated` is what earlier answers cost for each dollar estimated."""
    tokens = Tokens()
    costs: dict[int, Decimal] = {}
    unreadable = 0
    for place in _spread(sources):
        try:
            estimate = teacher.estimate(open_document(sources[place]), task)
        except TailorError:
            unreadable += 1
            costs[place] = Decimal(0)  # it will fail before anything is asked
            continue
        tokens += estimate.tokens
        costs[place] = estimate.cost * paid_per_estimated
    count, looked = len(sources), max(1, len(costs))
    calls = count if questions is None else questions
    share = calls / looked
    mean = sum(costs.values(), Decimal(0)) / looked
    scaled = Tokens(*(round(each * share) for each in (tokens.input, tokens.output, tokens.cached, tokens.written)))
    waits = [calls * SECONDS_A_CALL / concurrency]
    waits += [calls / requests_per_minute * 60] if requests_per_minute else []
    waits += [(scaled.input + scaled.output) / tokens_per_minute * 60] if tokens_per_minute else []
    return Forecast(
        documents=count,
        questions=calls,
        tokens=scaled,
        cost=mean * calls,
        error=_error(list(costs.values()), count),
        seconds=max(waits),
        unreadable=unreadable,
        costs=tuple(costs.get(place, mean) for place in range(count)),
    )


def _spread(sources: Sequence[Source]) -> list[int]:
    """Which documents to look at: all, or a share of every size."""
    if len(sources) <= LOOKED_AT:
        return list(range(len(sources)))
    sizes = sorted(range(len(sources)), key=lambda place: _size(sources[place]))
    step = len(sizes) / LOOKED_AT
    return [sizes[int((number + 0.5) * step)] for number in range(LOOKED_AT)]


def _size(source: Source) -> int:
    try:
        return source.path.stat().st_size
    except OSError:
        return 0


def _error(costs: Sequence[Decimal], count: int) -> float:
    """Of the mean of a sample without replacement; of an even spread over sizes it is at most about this."""
    mean = statistics.fmean(costs) if costs else 0.0
    if len(costs) < 2 or len(costs) >= count or not mean:
        return 0.0
    deviation = statistics.stdev(map(float, costs))
    return deviation / math.sqrt(len(costs)) * math.sqrt(1 - len(costs) / count) / mean
