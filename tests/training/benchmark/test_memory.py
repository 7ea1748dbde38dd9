from pathlib import Path

import pytest

from training.benchmark import memory
from training.benchmark.memory import describe, documents, growth
from training.benchmark.processes import MemoryWatch

MB = 1e6


def test_a_steady_worker_does_not_grow_however_its_documents_sway():
    found = growth([(1000 + (37 * i) % 50) * MB for i in range(500)])
    assert abs(found.percent) < 0.5
    assert abs(found.slope) < 1


def test_a_leak_shows_as_growth_and_slope():
    found = growth([(1000 + i) * MB for i in range(500)])
    assert found.slope == pytest.approx(100)
    assert found.early == pytest.approx(1050)
    assert found.late == pytest.approx(1450)
    assert found.percent == pytest.approx(100 * 400 / 1050)
    assert found.late_median == pytest.approx(1474.5)


def test_memory_that_is_given_back_now_and_then_is_no_growth_but_what_is_kept_is():
    given_back = [(400 + 80 * (i % 15)) * MB for i in range(500)]
    assert growth(given_back).percent == pytest.approx(0)
    assert growth([held + i * MB for i, held in enumerate(given_back)]).percent > 50


def test_memory_taken_before_the_early_mark_is_no_growth():
    found = growth([min(500 + 20 * i, 1200) * MB for i in range(500)])
    assert found.percent == 0


def test_a_short_run_takes_its_first_fifth_as_early():
    assert growth([(1000 + i) * MB for i in range(20)]).early == pytest.approx(1000)


def test_too_few_documents_say_nothing_of_growth():
    with pytest.raises(ValueError, match="ten"):
        growth([1.0] * 9)
    assert len(describe([1.0] * 9, MemoryWatch())) == 1


def test_the_peak_is_the_most_seen_at_any_moment():
    watch = MemoryWatch()
    watch.largest_tree, watch.largest_process = int(2100 * MB), int(1900 * MB)
    peak, grown = describe([1500 * MB] * 20, watch)
    assert peak.measured == pytest.approx(2100)
    assert peak.verdict == "below"
    assert "1900 MB" in peak.note
    assert grown.verdict == "pass"


def test_documents_are_mixed_the_same_way_each_time_and_begin_again_where_they_run_out():
    pictures = [Path(f"{number}.jpg") for number in range(7)]
    taken = documents(pictures, 10)
    assert taken == documents(pictures[::-1], 10)
    assert taken[7:] == taken[:3]
    assert sorted(taken[:7]) == pictures
    assert taken[:7] != pictures


def test_a_peak_that_only_the_system_saw_counts(monkeypatch):
    told = [{"rss": 900 * MB, "peak": 1200 * MB}] * 12
    monkeypatch.setattr(memory, "probe", lambda mode, job, watch: iter(told))
    peak, grown = memory.figures([Path("000.jpg")], None, 12)
    assert peak.measured == pytest.approx(1200)
    assert grown.measured == 0
