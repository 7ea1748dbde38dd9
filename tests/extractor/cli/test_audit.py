import json
from pathlib import Path

import pytest

CLAIMS = """claim_id,employee,amount,currency,receipt
1,Ann,0.00,,a.jpg
2,Bob,1.50,,b.jpg
3,Cem,2.00,,
"""


@pytest.fixture
def claims(tmp_path):
    def write(text: str = CLAIMS) -> Path:
        path = tmp_path / "claims.csv"
        path.write_text(text)
        return path

    return write


def lines(path: Path) -> dict[str, dict]:
    return {entry["claim_id"]: entry for entry in map(json.loads, path.read_text().splitlines())}


@pytest.fixture
def folder(receipts):
    """Receipts a, b, c, d over 0.00, 1.00, 2.00 and 3.00."""
    return receipts("a.jpg", "b.jpg", "c.jpg", "d.jpg")


@pytest.fixture
def run(fake, tailor, claims, folder, tmp_path):
    def call(text: str = CLAIMS, *more: object):
        return tailor("audit", claims(text), "--receipts", folder, "-o", tmp_path / "out.jsonl", "--workers", 1, *more)

    return call


def test_each_claim_gets_one_line_with_exactly_its_keys(run, tmp_path):
    result = run()
    assert result.exit_code == 0, result.output
    found = lines(tmp_path / "out.jsonl")
    assert list(found) == ["1", "2", "3"]
    assert all(
        list(entry) == ["claim_id", "verdict", "overpayment", "findings", "receipts"] for entry in found.values()
    )
    # Nothing but the total was read, on which nobody approves.
    assert (found["1"]["verdict"], found["1"]["overpayment"]) == ("review", None)
    assert (found["2"]["overpayment"], found["2"]["receipts"]) == ("0.50", ["b.jpg"])
    assert found["3"]["receipts"] == ["c.jpg"]


def test_a_summary_names_verdicts_money_and_receipts_that_nobody_claims(run):
    result = run()
    assert "3 claims:" in result.stderr
    assert "Asked above the receipts: 0.50." in result.stderr
    assert "Receipts that nobody claims: 1 (d.jpg)." in result.stderr
    assert result.stdout == ""


def test_quiet_says_nothing(run):
    result = run(CLAIMS, "--quiet")
    assert result.stdout == ""
    assert set(result.stderr.splitlines()) <= {"a library talks on standard output"}


def test_without_an_output_the_lines_go_to_standard_output(fake, tailor, claims, folder):
    result = tailor("audit", claims(CLAIMS), "--receipts", folder, "--workers", 1)
    assert [json.loads(line)["claim_id"] for line in result.stdout.splitlines()] == ["1", "2", "3"]


def test_a_row_that_is_not_clear_goes_to_review_and_shows_in_the_exit_status(run, tmp_path):
    result = run(
        "claim_id,amount,date,receipt\n1,0.00,2026-01-01,a.jpg\n2,1.00,2026-01-02,b.jpg\n3,x,2026-01-03,c.jpg\n"
    )
    assert result.exit_code == 1
    assert "Row 4, column amount: 'x' is no amount." in result.stderr
    found = lines(tmp_path / "out.jsonl")["3"]
    assert found["verdict"] == "review"
    assert found["findings"][0]["rule"] == "claim_row_unclear"


def test_a_receipt_that_can_not_be_read_stops_nothing(run, folder, tmp_path):
    (folder / "broken.jpg").write_text("9.00")
    result = run("claim_id,amount,receipt\n1,0.00,a.jpg\n2,9.00,broken.jpg\n")
    assert result.exit_code == 1
    found = lines(tmp_path / "out.jsonl")
    assert found["2"]["verdict"] == "review"
    assert found["2"]["findings"][0]["rule"] == "amount_unverified"


def test_ready_records_are_not_read_again(fake, tailor, claims, folder, tmp_path):
    records = tmp_path / "records.jsonl"
    assert tailor("extract", folder, "-o", records, "--workers", 1).exit_code == 0
    asked = len(fake)
    text = claims(CLAIMS)
    result = tailor("audit", text, "--records", records, "-o", tmp_path / "out.jsonl")
    assert result.exit_code == 0, result.output
    assert len(fake) == asked
    assert lines(tmp_path / "out.jsonl")["2"]["overpayment"] == "0.50"


def test_a_wrong_call_is_refused_before_anything_is_read(fake, tailor, claims, folder, tmp_path):
    table = claims()
    unclear = tmp_path / "unclear.csv"
    unclear.write_text("claim_id;amount\n1;1.234\n")
    for arguments, said in (
        ((table,), "No receipts to hold the claims against"),
        ((table, "--receipts", tmp_path / "none"), "is not there"),
        ((table, "--receipts", folder, "-o", tmp_path / "a.csv"), "no place for JSON lines"),
        ((table, "--receipts", folder, "--rates", tmp_path / "none.csv"), "rates_unreadable"),
        ((table, "--receipts", folder, "--columns", "amount=Betrag"), "no column 'Betrag'"),
        ((unclear, "--receipts", folder), "may be 1.234 or 1234"),
    ):
        result = tailor("audit", *arguments)
        assert result.exit_code == 2, arguments
        assert said in result.stderr
    assert not fake
