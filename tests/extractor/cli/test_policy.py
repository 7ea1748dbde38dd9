"""`tailor policy` and `tailor extract --policy`."""

import json

import pytest

from extractor.cli.progress import Progress
from extractor.cli.stdout import TerminalTable
from extractor.policy.policy import Policy
from extractor.policy.policy_file import default_text
from extractor.types import Extraction, Field, Finding, Receipt

BAD = "schema_version: 1\nname: x\nversion: 1\ncurency: EUR\nrules: []\n"


@pytest.fixture
def bad(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(BAD)
    return path


def test_show_prints_the_policy_that_ships_with_its_comments(tailor):
    shown = tailor("policy", "show")
    assert (shown.exit_code, shown.stdout) == (0, default_text())


def test_what_show_prints_is_a_valid_policy(tailor, tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text(tailor("policy", "show").stdout, encoding="utf-8")
    assert tailor("policy", "check", own).exit_code == 0


def test_check_says_each_rule_with_its_limit(tailor):
    told = tailor("policy", "check", "default")
    assert told.exit_code == 0
    assert "at most EUR 75.00 per attendee for meals" in told.stdout
    assert "Approved only where read at least this surely: total 80%" in told.stdout


def test_check_tells_line_and_nearest_key_and_leaves_with_2(tailor, bad):
    told = tailor("policy", "check", bad)
    assert told.exit_code == 2
    assert "line 4: curency: this key is not known (did you mean currency?)" in told.stderr
    assert "Traceback" not in told.stderr


def test_test_leaves_with_1_where_a_case_comes_out_otherwise(tailor, tmp_path):
    cases = tmp_path / "cases.yaml"
    claim = "{date: 2026-03-11, merchant: Roma, amount: 95.00, currency: EUR, category: meals}"
    cases.write_text(f"cases:\n  - {{name: dinner alone, claim: {claim}, expect: {{verdict: approve}}}}\n")
    told = tailor("policy", "test", "default", cases)
    assert told.exit_code == 1
    assert "reject (expected approve)" in told.stdout
    assert "A receipt is needed above EUR 25.00" in told.stdout
    assert "0 of 1 cases are as expected." in told.stdout


def test_extract_hands_the_policy_on_and_reads_nothing_by_a_bad_one(fake, tailor, receipts, bad):
    assert tailor("extract", receipts("a.jpg"), "--policy", "default", "-q").exit_code == 0
    assert isinstance(fake[0]["policy"], Policy)
    refused = tailor("extract", receipts("a.jpg"), "--policy", bad)
    assert refused.exit_code == 2
    assert "curency" in refused.stderr
    assert len(fake) == 1


def test_without_a_policy_nothing_is_judged(fake, tailor, receipts):
    told = tailor("extract", receipts("a.jpg"), "-q")
    assert fake[0]["policy"] is None
    assert json.loads(told.stdout)["verdict"] is None


def judged(name: str, verdict, *findings: Finding) -> Extraction:
    return Extraction(file=name, sha256="", status="ok", pages=1, verdict=verdict, findings=list(findings))


HIGH = Finding(rule="tobacco", severity="high", message="The receipt lists cigarettes.")
LOW = Finding(rule="day_off", severity="low", message="It was a Sunday.")


def test_the_table_on_a_terminal_shows_verdict_and_weightiest_finding(capsys):
    with TerminalTable() as table:
        table.write(judged("a.jpg", "reject", HIGH, LOW))
        table.write(judged("b.jpg", "approve"))
    shown = capsys.readouterr().out
    assert "verdict" in shown
    assert "reject" in shown
    assert "cigarettes" in " ".join(shown.split())
    assert "Sunday" not in shown


def test_the_table_has_no_such_columns_where_nothing_was_judged(capsys):
    with TerminalTable() as table:
        table.write(judged("a.jpg", None))
    assert "verdict" not in capsys.readouterr().out


def test_the_summary_counts_verdicts():
    progress = Progress(2, quiet=True)
    for record in (judged("a.jpg", "reject", HIGH), judged("b.jpg", "approve")):
        progress.saw(record)
    assert progress.summary(0, "") == "2 of 2 documents read: 2 ok; 1 approve, 1 reject"


def test_the_table_says_in_a_word_how_sure_the_total_is(capsys):
    total = Field(value="12.50", text="12.50", confidence=0.71)
    with TerminalTable() as table:
        table.write(Extraction(file="a.jpg", sha256="", status="ok", pages=1, receipt=Receipt(fields={"total": total})))
    assert "check 71 %" in capsys.readouterr().out
