import json
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from extractor.errors import UsageError
from tests.training.benchmark.records import corpus_folders
from training.benchmark import ceilings, errors
from training.benchmark.cli import benchmark
from training.benchmark.figures import FIGURES

RUNNER = CliRunner()


@pytest.fixture
def tailor(tmp_path, pipeline):
    """Calls `tailor benchmark …` on two made-up corpora."""
    data, teacher = corpus_folders(tmp_path, ["000", "005", "010"], ["w0000", "w0005"])
    app = typer.Typer()
    app.command()(benchmark)

    def call(*arguments: str):
        places = ["--data", data, "--teacher", teacher, "--out", tmp_path / "out", "--cache", tmp_path / "cache"]
        return RUNNER.invoke(app, [*arguments, *map(str, places)])

    return call


def test_each_figure_prints_a_line_and_the_table_comes_last(tailor, tmp_path):
    result = tailor("sroie", "teacher", "--json", str(tmp_path / "figures.json"))
    assert result.exit_code == 0, result.output
    printed = result.stdout
    assert "SROIE dev, total, exact" in printed
    assert "asked ≥ 0.9200: pass" in printed
    assert printed.index("# tailor benchmark teacher") > printed.index("# tailor benchmark sroie")
    assert printed.index("| figure | asked |") > printed.index("# tailor benchmark teacher")
    rows = json.loads((tmp_path / "figures.json").read_text())
    total = next(row for row in rows if row["name"] == "SROIE dev, total, exact")
    assert (total["measured"], total["n"], total["command"]) == (1.0, 3, "tailor benchmark sroie")


def test_a_limit_is_kept_and_told(tailor):
    result = tailor("sroie", "--limit", "2")
    assert "# tailor benchmark sroie --limit 2" in result.stdout
    assert "0 of 2 documents failed" in result.stdout


def test_calibration_reads_both_corpora(tailor):
    result = tailor("calibration")
    assert result.exit_code == 0, result.output
    assert "calibration error, total, across halves" in result.stdout
    assert "n=5" in result.stdout


def test_an_unknown_figure_is_a_wrong_call_and_names_the_known_ones(tailor):
    result = tailor("sroie", "speed")
    assert isinstance(result.exception, UsageError)
    assert "no figure 'speed'" in str(result.exception)
    assert all(name in str(result.exception) for name in FIGURES)
    assert not result.stdout


def test_missing_data_is_told_in_a_sentence(pipeline, tmp_path):
    app = typer.Typer()
    app.command()(benchmark)
    result = RUNNER.invoke(app, ["sroie", "--data", str(tmp_path / "none")])
    assert isinstance(result.exception, UsageError)
    assert "no pictures of sroie" in str(result.exception)
    assert "--data" in str(result.exception)


def test_errors_lists_the_worst_fields_of_a_run_with_who_erred(tailor, pipeline, tmp_path, monkeypatch):
    pipeline.blind.add("005")
    assert tailor("sroie").exit_code == 0
    monkeypatch.setattr(errors, "ocr_text", lambda record, cache: "TOTAL 9.00")
    result = tailor("errors", "--records", str(tmp_path / "out" / "sroie.jsonl"))
    assert result.exit_code == 0, result.output
    lines = [line.split("\t") for line in result.stdout.splitlines()]
    assert ["005", "total", "0.00", "student", "–", "9.00"] in lines
    assert ["005", "date", "0.00", "ocr", "–", "25/12/2018"] in lines
    assert not any(line[:2] == ["000", "total"] for line in lines)


def test_errors_without_records_says_how_to_name_them(tailor):
    result = tailor("errors")
    assert isinstance(result.exception, UsageError)
    assert "--records" in str(result.exception)


def test_the_benchmark_needs_no_torch():
    code = "import sys, training.benchmark.cli, training.benchmark.ocr_settings; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_figures_that_were_written_are_printed_again_as_the_same_table(tailor, tmp_path):
    printed = tailor("sroie", "--json", str(tmp_path / "figures.json")).stdout
    again = tailor("table", "--records", str(tmp_path / "figures.json"))
    assert again.exit_code == 0, again.output
    assert printed.endswith(again.stdout)


@pytest.mark.parametrize(("content", "told"), [(None, "can't be read"), ("[1]", "no figures"), ("{", "no figures")])
def test_a_table_of_what_are_no_figures_is_refused(tailor, tmp_path, content, told):
    path = tmp_path / "figures.json"
    if content is not None:
        path.write_text(content)
    result = tailor("table", "--records", str(path))
    assert isinstance(result.exception, UsageError)
    assert told in str(result.exception)


def test_the_ceilings_are_printed_as_markdown(tailor, monkeypatch):
    monkeypatch.setattr(ceilings, "words_of", lambda *_: {})
    result = tailor("ceilings")
    assert result.exit_code == 0, result.output
    assert "### SROIE dev, against ground truth" in result.stdout
    assert "### wild dev, against the teacher's labels" in result.stdout


def test_a_shipped_model_is_chosen_by_its_name(tailor, pipeline):
    result = tailor("sroie", "--model", "clear-terms")
    assert "# tailor benchmark sroie --model clear-terms" in result.stdout
    assert pipeline.made[0]["model"] == "clear-terms"
