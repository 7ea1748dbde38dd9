from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from extractor.task import RECEIPTS
from labeling.base import Estimate, Tokens
from labeling.run.estimating import LOOKED_AT, forecast
from labeling.run.sources import Opener, Source
from tests.labeling.run.fakes import PRICE, FakeProvider, FakeTeacher, pictures


class BySize(FakeTeacher):
    """Costs as many cents as the file has kilobytes."""

    looked_at = 0

    def estimate(self, document, task):
        self.looked_at += 1
        return Estimate(Tokens(10, 1), Decimal(document.path.stat().st_size) / 100_000)


def sources(paths: list[Path]) -> list[Source]:
    return [Source(path.stem, path, str(path), str(path), path.stem) for path in paths]


def test_of_few_documents_each_is_looked_at(tmp_path: Path) -> None:
    told = forecast(sources(pictures(tmp_path, 9)), FakeTeacher(FakeProvider()), RECEIPTS, Opener())
    assert (told.documents, told.cost, told.error) == (9, 9 * PRICE, 0)
    assert told.tokens == Tokens(900, 90)


def test_of_many_a_part_of_every_size_gives_nearly_the_whole(tmp_path: Path) -> None:
    paths = []
    for number in range(900):
        path = tmp_path / f"{number}.png"
        path.write_bytes(b"x" * (1000 + (number * 7919) % 50_000))
        paths.append(path)
    teacher = BySize(FakeProvider())
    told = forecast(sources(paths), teacher, RECEIPTS, lambda source: source)
    true = sum(Decimal(path.stat().st_size) for path in paths) / 100_000
    assert teacher.looked_at == LOOKED_AT
    assert 0.95 < told.cost / true < 1.05
    assert abs(float(told.cost / true) - 1) < told.error < 0.05
    assert sum(told.costs) == pytest.approx(told.cost)


def test_what_cannot_be_read_costs_nothing_and_is_counted(tmp_path: Path) -> None:
    paths = pictures(tmp_path, 4)
    paths[0].write_bytes(b"no picture")
    told = forecast(sources(paths), FakeTeacher(FakeProvider()), RECEIPTS, Opener())
    assert (told.cost, told.unreadable) == (3 * PRICE, 1)


def test_several_questions_and_what_answers_cost_before_are_reckoned_with(tmp_path: Path) -> None:
    given = (sources(pictures(tmp_path, 4)), FakeTeacher(FakeProvider()), RECEIPTS, Opener())
    assert forecast(*given, questions=12, paid_per_estimated=Decimal("1.5")).cost == Decimal("0.18")


@pytest.mark.parametrize(
    ("limits", "seconds"),
    [({"concurrency": 2}, 12), ({"requests_per_minute": 2}, 120), ({"tokens_per_minute": 44}, 600)],
)
def test_the_tightest_limit_says_how_long_it_takes(tmp_path: Path, limits: dict[str, float], seconds: float) -> None:
    told = forecast(sources(pictures(tmp_path, 4)), FakeTeacher(FakeProvider()), RECEIPTS, Opener(), **limits)
    assert told.seconds == pytest.approx(seconds)


def test_nothing_takes_nothing() -> None:
    told = forecast([], FakeTeacher(FakeProvider()), RECEIPTS, Opener())
    assert (told.documents, told.cost, told.seconds) == (0, 0, 0)
