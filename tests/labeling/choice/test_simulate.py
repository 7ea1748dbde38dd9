"""The simulation: the stand-in learns from labels, and labels needed are read off a curve."""

from __future__ import annotations

import math

import numpy as np
import pytest

from extractor.anls import anls
from labeling.choice.proxy import Proxy, best_run, prepare
from labeling.choice.simulate import blur, labels_needed, ratio_to_random, table
from labeling.critic.sheet import Sheet
from tests.labeling.critic.documents import HEAD, label, receipt

pytest.importorskip("sklearn", reason="needs the extra labeling")


def documents(first: int, count: int) -> list[tuple[Sheet, dict[str, object]]]:
    """Receipts of one look with other names, amounts and days."""
    made = []
    for number in range(first, first + count):
        name, total = f"SHOP {chr(65 + number % 26)}{chr(75 + number % 7)} TRADING", f"{10 + number}.50"
        day = f"{1 + number % 28:02d}/03/2018"
        body = [f"Date: {day}", f"Cake {total}", f"Total {total}", "Thank you"]
        told = label(id=f"{number}", merchant_name=name, total=total, date_text=day)
        made.append((Sheet(receipt(head=[name, *HEAD[1:]], body=body)), told))
    return made


def test_the_stand_in_learns_what_labels_show() -> None:
    student = Proxy([prepare(*each) for each in documents(1, 20)])
    for sheet, told in documents(40, 5):
        document = prepare(sheet, told)
        record = student.read(document)
        assert record.receipt.value("total") == told["total"]
        assert anls(record.receipt.value("merchant_name"), str(told["merchant_name"])) > 0.8
        assert 0.5 < student.confidence(document) <= 1.0


def test_a_field_that_no_label_shows_is_not_read() -> None:
    hidden = [(sheet, {**told, "total": None}) for sheet, told in documents(1, 10)]
    student = Proxy([prepare(*each) for each in hidden])
    assert student.read(prepare(*hidden[0])).receipt.value("total") is None


def test_the_best_run_is_the_one_with_the_highest_sum() -> None:
    assert best_run(np.array([-3.0, 2.0, -0.5, 1.0, -4.0]), 4) == (1, 3)
    assert best_run(np.array([3.0, 3.0, 3.0]), 2) == (0, 1)
    assert best_run(np.array([-3.0, -2.0]), 2) is None
    assert best_run(np.array([]), 2) is None


def test_labels_needed_are_interpolated_between_budgets() -> None:
    assert labels_needed([100, 200, 400], [0.5, 0.6, 0.8], 0.6) == pytest.approx(200)
    assert labels_needed([100, 200, 400], [0.5, 0.6, 0.8], 0.7) == pytest.approx(282.8, abs=0.1)
    assert labels_needed([100, 200], [0.5, 0.6], 0.4) == 100
    assert math.isnan(labels_needed([100, 200], [0.5, 0.6], 0.9))


def test_a_flat_curve_measures_nothing_and_a_steep_one_much() -> None:
    budgets, spread = [200, 400], np.array([[0.0], [0.02]])
    steep, flat = np.array([[0.5, 0.7]]) + spread, np.array([[0.79, 0.80]]) + spread
    assert blur(budgets, steep, 400) == pytest.approx(2 ** (0.01 / 0.2))
    assert blur(budgets, flat, 400) == pytest.approx(2.0)
    assert blur(budgets, np.array([[0.7, 0.7]]) + spread, 400) == math.inf


def test_the_table_states_the_ratio_to_random() -> None:
    budgets = (200, 400)
    random, better = np.array([[0.5, 0.7], [0.5, 0.7]]), np.array([[0.7, 0.8], [0.7, 0.8]])
    assert ratio_to_random(budgets, better, random, 400) == (0.5, 0.0)
    shown = table(budgets, {"random": random, "robust": better, "worse": random - 0.1})
    assert "| robust | 0.700 ± 0.000 | 0.800 ± 0.000 | 1.00 (0.00) | 0.50 (0.00) |" in shown
    assert "| worse | 0.400 ± 0.000 | 0.600 ± 0.000 | 1.41 (0.00) | not reached |" in shown
