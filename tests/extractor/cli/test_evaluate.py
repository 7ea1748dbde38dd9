"""`tailor evaluate` from the outside."""

import json

import pytest

from extractor.types import Extraction, Field, Receipt


@pytest.fixture
def files(tmp_path):
    """Predictions for 5 and 6 (the second is wrong), and the truth of 5, 6 and 10."""
    predictions, truth = tmp_path / "p.jsonl", tmp_path / "t.jsonl"
    records = [
        Extraction(
            file=f"in/{name}.jpg",
            sha256="",
            status="ok",
            pages=1,
            receipt=Receipt(fields={"total": Field(value=total, text=total, confidence=0.9)}),
        )
        for name, total in (("5", "9.00"), ("6", "1.00"))
    ]
    predictions.write_text("".join(record.to_json() + "\n" for record in records))
    truth.write_text("".join(json.dumps({"id": name, "total": "9.0", "tax": None}) + "\n" for name in ("5", "6", "10")))
    return predictions, truth


def _rows(text: str):
    return {line.split("\t")[0]: line.split("\t")[1:] for line in text.splitlines()}


def test_a_program_gets_lines_with_tabs_and_one_a_field(files, tailor):
    rows = _rows(tailor("evaluate", *files, "--by", "field").stdout)
    assert rows["field"][:3] == ["n", "ANLS", "exact"]
    assert rows["total"][:4] == ["3", "0.583", "0.333", "0.667"]
    assert rows["tax"][4] == "0.000 of 3"


def test_without_by_only_the_overall_figures_are_shown(files, tailor):
    assert set(_rows(tailor("evaluate", *files).stdout)) == {"field", "all"}


def test_documents_without_prediction_are_said_and_can_be_left_out(files, tailor):
    assert "1 of 3 documents have no prediction" in tailor("evaluate", *files).stderr
    result = tailor("evaluate", *files, "--only-predicted")
    assert _rows(result.stdout)["all"][0] == "2"
    assert result.stderr == ""


def test_a_split_is_told_by_the_number_in_the_id(files, tailor):
    assert _rows(tailor("evaluate", *files, "--split", "dev").stdout)["all"][0] == "2"
    assert _rows(tailor("evaluate", *files, "--split", "train").stdout)["all"][:2] == ["1", "0.750"]


def test_json_holds_the_whole_report(files, tailor):
    report = json.loads(tailor("evaluate", *files, "--json").stdout)
    assert (report["documents"], report["missing"], report["fields"][1]["field"]) == (3, 1, "total")
    assert report["overall"]["exact"] == pytest.approx(1 / 3)


def test_nothing_to_score_is_wrong_usage(files, tailor, tmp_path):
    other = tmp_path / "other.jsonl"
    other.write_text('{"id": "99", "total": "1.00"}\n')
    result = tailor("evaluate", files[0], other, "--only-predicted")
    assert result.exit_code == 2
    assert result.stderr.startswith("error [nothing_to_score]: ")


def test_a_file_that_is_not_there_is_wrong_usage(files, tailor, tmp_path):
    assert tailor("evaluate", tmp_path / "none", files[1]).exit_code == 2
    assert tailor("evaluate", files[0], tmp_path / "none").stderr.startswith("error [truth_unreadable]: ")
