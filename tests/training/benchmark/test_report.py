import json

import pytest

from training.benchmark.report import Figure, as_json, markdown


@pytest.mark.parametrize(
    ("measured", "asked", "at_most", "verdict"),
    [
        (0.92, 0.92, False, "pass"),
        (0.9199, 0.92, False, "below"),
        (80.0, 80, True, "pass"),
        (80.1, 80, True, "below"),
        (0.1, None, False, ""),
        (None, 0.9, False, "below"),
        (None, 80, True, "below"),
    ],
)
def test_a_figure_passes_only_where_it_was_measured_and_keeps_its_bound(measured, asked, at_most, verdict):
    assert Figure("x", measured, asked, at_most).verdict == verdict


def test_a_line_names_what_was_asked_what_was_measured_and_of_how_many():
    line = Figure("total, exact", 0.9365, 0.92, n=126).line()
    assert "total, exact" in line
    assert "0.9365" in line
    assert "asked ≥ 0.9200: pass" in line
    assert "n=126" in line


def test_a_share_just_under_its_bound_does_not_print_as_the_bound():
    assert Figure("x", 0.91996, 0.92).value != "0.9200"


def test_the_markdown_table_holds_a_row_a_figure_and_each_command_once():
    table = markdown([Figure("a", 1.0, 0.9, n=3, command="c x"), Figure("b|c", None, command="c x")])
    rows = table.splitlines()
    assert rows[2] == "| a | ≥ 0.9000 | 1 | pass | 3 |  |"
    assert rows[3] == "| b\\|c |  | – |  | 0 |  |"
    assert table.count("`c x`") == 1


def test_json_carries_the_verdict_and_full_precision():
    (row,) = json.loads(as_json([Figure("a", 0.123456789, 0.9)]))
    assert row["measured"] == 0.123456789
    assert row["verdict"] == "below"
