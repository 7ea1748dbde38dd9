"""Fitting a critic: it learns which evidence tells, keeps to the signs, and is measured out of fold."""

from __future__ import annotations

import math
import random
from datetime import date

import numpy as np
import pytest

from extractor.task import RECEIPTS
from extractor.truth import Truth
from labeling.critic import Case, Critic, Merchants, Row, Sheet, fit, rows_of
from labeling.critic.benchmark import auc, found_at, scores
from labeling.critic.family import FAMILIES, STUDENT, judged
from labeling.critic.fitting import out_of_fold
from labeling.critic.planted import misread, plant
from labeling.critic.truths import wrong
from tests.labeling.critic.documents import HEAD, label, receipt

pytest.importorskip("scipy", reason="needs the extra labeling")


def corpus(count: int = 16) -> tuple[list[Row], list[dict[str, object]]]:
    """Rows of made-up receipts; every fourth label has a total that stands nowhere."""
    labels, sheets, truths = [], [], []
    for number in range(count):
        name, total = f"SHOP {chr(65 + number)}Q TRADING", f"{20 + number}.40"
        body = ["Invoice No: INV-77", f"Date: {1 + number:02d}/03/2018 10:30", f"Cake {total}", f"Total {total}"]
        sheets.append(Sheet(receipt(head=[name, *HEAD[1:]], body=body)))
        truths.append(Truth(f"{number}", {"merchant_name": name, "total": total}))
        told = "99.99" if number % 4 == 0 else total
        day = f"2018-03-{1 + number:02d}"
        labels.append(
            label(id=f"{number}", merchant_name=name, total=told, date=day, date_text=f"{1 + number:02d}/03/2018")
        )
    shops = Merchants(labels)
    rows = []
    for sheet, truth, each in zip(sheets, truths, labels, strict=True):
        rows += rows_of(Case(sheet, shops, today=date(2020, 1, 1)), each, truth, labels)
    return rows, labels


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return corpus()[0]


def test_rows_tell_truth_assumption_and_planted_errors_apart(rows: list[Row]) -> None:
    totals = [row for row in rows if row.field == "total" and row.source == "truth"]
    assert [row.wrong for row in totals] == [number % 4 == 0 for number in range(16)]
    assert all(row.wrong for row in rows if row.source == "planted")
    assert not any(row.wrong for row in rows if row.source == "assumed")
    assert {row.field for row in rows} == set(judged(RECEIPTS))


def test_evidence_names_are_those_of_the_family(rows: list[Row]) -> None:
    for row in rows:
        assert set(row.judged.numbers) == {*FAMILIES[row.judged.family], *STUDENT}


def test_a_fitted_critic_trusts_wrong_totals_less_than_right_ones(rows: list[Row]) -> None:
    critic = fit(rows)
    found = {True: [], False: []}  # type: dict[bool, list[float]]
    for row in rows:
        if row.field == "total" and row.source == "truth":
            found[row.wrong].append(critic.odds(row.judged))
    assert max(found[True]) < min(found[False])


def test_no_weight_goes_against_its_sign(rows: list[Row]) -> None:
    critic = fit(rows)
    for models in (critic.plain, critic.student):
        for family, model in models.items():
            for name, weight in model.weights.items():
                assert weight * {**FAMILIES[family], **STUDENT}[name] >= 0


def test_a_fit_is_the_same_every_time(rows: list[Row]) -> None:
    assert fit(rows) == fit(corpus()[0])


def test_unknown_evidence_counts_nothing() -> None:
    model = Critic.load().plain["total"]
    unknown = dict.fromkeys(FAMILIES["total"], math.nan)
    assert model(unknown) == model({}) == model.bias


def test_trust_out_of_fold_finds_the_wrong_totals(rows: list[Row]) -> None:
    totals = [row for row in rows if row.judged.family == "total"]
    trust = out_of_fold(totals, student=False, folds=4)
    real = np.array([row.source == "truth" for row in totals])
    measured = [row for row in totals if row.source == "truth"]
    assert scores("all", measured, trust[real])[0].auc > 0.9


@pytest.mark.parametrize(
    ("field", "told", "known", "expected"),
    [
        ("total", {"total": "80.9"}, "80.90", False),
        ("total", {"total": "80.95"}, "80.90", True),
        ("total", {"total": None}, "80.90", True),
        ("date", {"date": "2018-03-04", "date_text": "04/03/2018"}, "20180304", False),
        ("date", {"date": "2018-03-05", "date_text": "05/03/2018"}, "04/03/2018", True),
        ("merchant_name", {"merchant_name": "Blue Door Cafe"}, "BLUE DOOR CAFE.", False),
        ("merchant_name", {"merchant_name": "Blue"}, "BLUE DOOR CAFE", True),
    ],
)
def test_when_a_label_is_wrong(field: str, told: dict[str, str | None], known: str, expected: bool) -> None:
    assert wrong(field, told, Truth("1", {field: known})) is expected


def test_where_the_truth_is_silent_nothing_is_wrong_or_right() -> None:
    assert wrong("total", {"total": "1.00"}, Truth("1", {})) is None


@pytest.mark.parametrize("field", judged(RECEIPTS))
def test_a_planted_error_changes_its_field_and_no_other(field: str) -> None:
    sheet, told = Sheet(receipt()), label()
    others = [
        label(
            id="2",
            service_charge="1.10",
            discount="2.00",
            rounding="-0.01",
            card_last4="4711",
            merchant_name="GREEN SHOP",
            payment_method="card",
            document_type="receipt",
            country="SG",
            currency="SGD",
            language="zh",
            expense_category="fuel",
        )
    ]
    changed = plant(sheet, told, field, RECEIPTS, others, random.Random(1))
    assert changed is not None
    kept = {field, "date_text"} if field == "date" else {field}
    assert {name for name in told if told[name] != changed[name]} <= kept
    assert changed[field] != told[field]


def test_a_misread_text_differs_in_one_sign() -> None:
    for seed in range(20):
        changed = misread("INV-20931", random.Random(seed))
        assert sum(one != other for one, other in zip(changed, "INV-20931", strict=True)) == 1


def test_the_area_under_the_curve_counts_ties_half() -> None:
    assert auc(np.array([0.1, 0.9]), np.array([True, False])) == 1.0
    assert auc(np.array([0.9, 0.1]), np.array([True, False])) == 0.0
    assert auc(np.array([0.5, 0.5]), np.array([True, False])) == 0.5
    assert math.isnan(auc(np.array([0.5]), np.array([False])))


def test_wrong_ones_found_at_a_precision() -> None:
    trust, bad = np.array([0.1, 0.2, 0.3, 0.4]), np.array([True, True, False, True])
    assert found_at(trust, bad, 0.9) == pytest.approx(2 / 3)
    assert found_at(trust, bad, 0.7) == 1.0
    assert found_at(np.array([0.1, 0.2]), np.array([False, True]), 0.9) == 0.0
