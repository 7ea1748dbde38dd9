"""Policies are tried on cases with what is expected of them."""

import datetime as dt

import pytest

from extractor.errors import BadPolicy
from extractor.policy.honest import honest_figures, main
from extractor.policy.policy import load_policy
from extractor.policy.trial import load_trials, run_trials
from tests.extractor.policy.expenses import policy, receipt

ROOT_CASES = "configs/policies/default-cases.yaml"
DINNER = "{employee: Ann, date: 2026-03-11, merchant: Roma, amount: 95.00, currency: EUR, category: meals}"


@pytest.fixture
def cases(tmp_path):
    def write(text: str):
        path = tmp_path / "cases.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_the_cases_of_the_policy_that_ships_come_out_as_said(examples):
    outcomes = list(run_trials(load_policy("default"), load_trials(examples.parent / ROOT_CASES)))
    assert len(outcomes) > 25
    assert [outcome.name for outcome in outcomes if not outcome.as_expected] == []


def test_a_case_is_not_as_expected_where_verdict_or_rules_differ(cases):
    path = cases(
        f"cases:\n  - {{name: a, claim: {DINNER}, expect: {{verdict: approve}}}}\n"
        f"  - {{name: b, claim: {DINNER}, expect: {{rules: []}}}}\n"
        f"  - {{name: c, claim: {DINNER}, expect: {{verdict: review, rules: [cap]}}}}\n"
    )
    outcomes = list(run_trials(policy("rule: cap, amount: 50"), load_trials(path)))
    assert [outcome.as_expected for outcome in outcomes] == [False, False, True]


def test_values_stay_as_they_are_written(cases):
    path = cases(
        "cases:\n  - name: a\n    expect: {}\n"
        "    receipts: [{total: 1.10, time: 12:30, receipt_number: 0017, date: 2026-03-11}]\n"
    )
    (trial,) = load_trials(path)
    read = trial.cases[0].receipts[0]
    assert [read.value(name) for name in ("total", "time", "receipt_number")] == ["1.10", "12:30", "0017"]
    assert trial.today == dt.date(2026, 3, 11)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- 1", "keys and values"),
        ("cases: []", "must hold the key `cases`"),
        (
            "cases:\n  - {name: a, claim: {}, expct: {}}",
            "line 2: cases.0.expct: this key is not known (did you mean expect?)",
        ),
        ("cases:\n  - {name: a, expect: {}}", "neither a claim nor a receipt"),
        ("cases:\n  - {name: a, claim: {amout: 5}, expect: {}}", "a claim has no amout (did you mean amount?)"),
        ("cases:\n  - {name: a, receipts: [{totl: 5}], expect: {}}", "a receipt has no totl (did you mean total?)"),
        ("cases:\n  - {name: a, receipts: [{total: 5}], expect: {}}", "needs a day"),
        ("cases:\n  - {name: a, receipts: [{total: {value: 5, confidence: 7}}], expect: {}}", "from 0 to 1"),
        ("cases:\n  - {name: a, receipts: [{total: 5, status: odd}], expect: {}}", "ok, partial or failed"),
        ("cases:\n  - {name: a, claim: {amount: much}, expect: {}}", "decimal"),
    ],
)
def test_cases_that_are_not_valid_are_told_with_their_line(cases, text, said):
    with pytest.raises(BadPolicy) as raised:
        load_trials(cases(text))
    assert said in str(raised.value)


def test_honest_receipts_are_judged_shortly_after_their_own_date(tmp_path, capsys):
    old = receipt("r1.jpg", total="5.00", currency="EUR", merchant_name="x", date="2018-03-14").record
    future = receipt("r2.jpg", total="5.00", currency="EUR", merchant_name="x", date="2021-03-14").record
    rules = policy("rule: old_receipt, days: 90", "rule: future_date, severity: high")
    truth = {"r1": dt.date(2018, 3, 14), "r2": dt.date(2018, 3, 14)}
    figures = honest_figures(rules, [old, future], truth)
    assert figures.high_share == 0.5
    assert [file for file, _ in figures.high] == ["r2.jpg"]
    records, labels = tmp_path / "records.jsonl", tmp_path / "labels.jsonl"
    records.write_text(f"{old.to_json()}\n{future.to_json()}\n")
    labels.write_text(
        '{"id": "r1", "date": "2018-03-14"}\n{"id": "r2", "date": "2018-03-14"}\n{"id": "r3", "date": null}\n'
    )
    assert main([str(records), "--dates", str(labels), "--show"]) == 0
    assert "2 receipts, with a finding of high severity: 50.00%" in capsys.readouterr().out
