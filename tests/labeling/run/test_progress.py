from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from labeling.run.budget import Budget
from labeling.run.calling import Ended
from labeling.run.progress import LabelProgress, duration, money
from labeling.run.schema import Failure
from labeling.run.sources import Source
from tests.labeling.run.fakes import FakeClock

SOURCE = Source("a", Path("in/a\x1b.png"), "in/a\x1b.png", "/in/a.png", "aa")


def test_off_a_terminal_a_line_comes_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    clock = FakeClock()
    progress = LabelProgress(100, Budget(Decimal(20), committed=Decimal("0.31")), clock)
    with progress:
        for _ in range(30):
            clock.time += 1.0
            progress.ended(SOURCE, Ended.ANSWERED, None)
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1] == "30 of 100 documents; 60 documents a minute, $0.31 of $20.00, 70 s left"
    assert len(lines) == 3


def test_a_failure_is_said_at_once_and_steers_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with LabelProgress(2, Budget(None), FakeClock()) as progress:
        progress.ended(SOURCE, Ended.FAILED, Failure("refused", "It was refused."))
    assert capsys.readouterr().err == "failed: in/a�.png [refused]: It was refused.\n"


@pytest.mark.parametrize(
    ("dollars", "text"),
    [("20", "$20.00"), ("0", "$0.00"), ("0.31", "$0.31"), ("0.00312", "$0.0031"), ("12.346", "$12.35")],
)
def test_money_has_as_many_places_as_tell_something(dollars: str, text: str) -> None:
    assert money(Decimal(dollars)) == text


@pytest.mark.parametrize(("seconds", "text"), [(4.4, "4 s"), (720, "12 min"), (12600, "3.5 h")])
def test_times_are_said_as_a_person_would(seconds: float, text: str) -> None:
    assert duration(seconds) == text
