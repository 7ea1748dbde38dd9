"""`tailor label` with a critic at work and with a choice of documents: recorded answers, made-up readings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from extractor.cli.group import TailorGroup
from extractor.errors import OcrError
from extractor.ocr.base import Reading
from extractor.task import RECEIPTS
from extractor.types import ImageArray
from labeling.cli import label
from labeling.labels import label_line, read_labels, write_lines
from tests.labeling.critic import documents as made
from tests.labeling.run.fakes import pictures

SHOPS = (
    ["BLUE DOOR CAFE SDN BHD", "12, JALAN MAWAR 3", "43000 KAJANG, SELANGOR"],
    ["GREEN HARDWARE TRADING", "LOT 5 JALAN BATU", "50480 KUALA LUMPUR"],
    ["RED PHARMACY", "77 HIGH STREET", "SHEFFIELD S1 2GA"],
)
COUNT = 9


class OcrByShade:
    """Reads on each picture of `pictures` the receipt of its number: every third is of the same shop."""

    name = "shade"

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.broken: set[int] = set()

    def read(self, image: ImageArray) -> Reading:
        number = int(image[0, 0, 0])
        self.seen.append(number)
        if number in self.broken:
            raise OcrError("The engine broke.")
        day, total = f"Date: {number + 1:02d}/03/2019", f"Total {10 + number}.50"
        return Reading(made.receipt(head=SHOPS[number % 3], body=[day, "Cake 3.50", total])[0].words)


def answer(number: int, **changes: Any) -> dict[str, Any]:
    told = {
        "merchant_name": SHOPS[number % 3][0],
        "merchant_address": " ".join(SHOPS[number % 3][1:]),
        "date_text": f"{number + 1:02d}/03/2019",
        "date": f"2019-03-{number + 1:02d}",
        "total": f"{10 + number}.50",
        "currency": "MYR",
        "country": "MY",
    }
    return label_line(f"{number:04}", {**told, **changes}, RECEIPTS)


@pytest.fixture
def ocr(monkeypatch: pytest.MonkeyPatch) -> OcrByShade:
    engine = OcrByShade()
    monkeypatch.setattr("extractor.ocr.build_engine", lambda *_, **__: engine)
    return engine


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ocr: OcrByShade) -> Path:
    """Nine pictures in in/, and what is recorded of them: the total of 0001 is wrong."""
    monkeypatch.setenv("TAILOR_CACHE", str(tmp_path / "cache"))
    pictures(tmp_path / "in", COUNT)
    recorded = [answer(number, **({"total": "99.99"} if number == 1 else {})) for number in range(COUNT + 1)]
    write_lines(tmp_path / "recorded.jsonl", recorded)
    (tmp_path / "prices.yaml").write_text("as_of: 2026-01-01\nmodels:\n  replay: {input: 1, output: 1}\n")
    return tmp_path


def tailor(here: Path, *more: str) -> Result:
    app = typer.Typer(cls=TailorGroup, pretty_exceptions_enable=False)
    app.callback()(lambda: None)
    app.command("label")(label)
    usual = ["label", str(here / "in"), "-o", str(here / "labels.jsonl"), "--no-cache"]
    return CliRunner().invoke(app, [*usual, "--teacher", f"replay:{here / 'recorded.jsonl'}", *more])


def trusts(here: Path) -> dict[str, dict[str, float]]:
    return {name: entry.get("trust") for name, entry in read_labels(here / "labels.jsonl").items()}


def chosen(here: Path, *more: str) -> list[str]:
    """The names of the documents that a rehearsal chooses."""
    result = tailor(here, *more, "--dry-run", "--json")
    assert result.exit_code == 0, result.stderr
    return [Path(file).stem for file in json.loads(result.stdout)["chosen"]]


def test_the_critic_trusts_a_wrong_value_less(here: Path) -> None:
    result = tailor(here, "--critic")
    assert result.exit_code == 0, result.stderr
    found = trusts(here)
    assert set(found["0000"]) == {*RECEIPTS.names, "line_items"}
    assert found["0001"]["total"] < 0.5 < found["0000"]["total"]
    assert f"Weighing {COUNT} labels" in result.stderr


def test_without_a_critic_there_is_no_trust_and_no_reading(here: Path, ocr: OcrByShade) -> None:
    assert tailor(here).exit_code == 0
    assert set(trusts(here).values()) == {None}
    assert ocr.seen == []


def test_samples_that_agree_are_trusted_more(here: Path) -> None:
    tailor(here, "--critic")
    once = trusts(here)
    assert tailor(here, "--critic", "--samples", "3").exit_code == 0
    assert all(trusts(here)[name]["total"] > once[name]["total"] for name in once)


def test_trust_stays_when_the_command_goes_on_without_a_critic(here: Path) -> None:
    tailor(here, "--critic")
    before = trusts(here)
    pictures(here / "in", 1, first=COUNT)
    assert tailor(here).exit_code == 0
    after = trusts(here)
    assert after.pop(f"{COUNT:04}") is None
    assert after == before


def test_a_label_whose_page_cannot_be_read_stands_without_trust_and_it_is_said(here: Path, ocr: OcrByShade) -> None:
    ocr.broken = {2}
    result = tailor(here, "--critic")
    assert result.exit_code == 0
    assert "0002 gets no trust" in result.stderr
    assert [name for name, trust in trusts(here).items() if trust is None] == ["0002"]


def test_a_students_view_counts_too(here: Path) -> None:
    tailor(here, "--critic")
    before = trusts(here)
    assert tailor(here, "--critic", "--critic-student", "shipped").exit_code == 0
    assert trusts(here) != before


def test_only_the_chosen_are_labelled_and_they_are_of_all_kinds(here: Path) -> None:
    expected = chosen(here, "--choose", "diverse:3")
    assert {int(name) % 3 for name in expected} == {0, 1, 2}
    result = tailor(here, "--choose", "diverse:3")
    assert result.exit_code == 0
    assert f"3 of {COUNT} documents chosen (diverse:3; 0 labelled):" in result.stderr
    assert list(read_labels(here / "labels.jsonl")) == expected == chosen_lines(result)


def chosen_lines(result: Result) -> list[str]:
    return [Path(line.strip()).stem for line in result.stderr.splitlines() if line.startswith("  ")]


def test_the_estimate_is_for_the_chosen_alone(here: Path) -> None:
    everything, some = (
        json.loads(tailor(here, "--dry-run", "--json", "--prices", str(here / "prices.yaml"), *more).stdout)
        for more in ((), ("--choose", "diverse:3"))
    )
    assert (everything["questions"], some["questions"]) == (COUNT, 3)
    assert 0 < float(some["cost"]) < float(everything["cost"])
    assert not (here / "labels.jsonl.ledger").exists()


def test_what_has_a_label_counts_as_covered(here: Path) -> None:
    write_lines(here / "old.jsonl", [answer(0), answer(3), answer(6), answer(1), answer(4)])
    names = chosen(here, "--choose", "diverse:1", "--labelled", str(here / "old.jsonl"))
    assert [int(name) % 3 for name in names] == [2]


def test_a_finished_choice_is_followed_by_the_next(here: Path) -> None:
    for rounds in (1, 2, 3):
        assert tailor(here, "--choose", "diverse:3").exit_code == 0
        assert len(read_labels(here / "labels.jsonl")) == 3 * rounds
    result = tailor(here, "--choose", "diverse:3")
    assert result.exit_code == 2
    assert "[bad_choice]: There is no document left to choose." in result.stderr


def test_a_choice_that_was_cut_short_is_finished_first(here: Path) -> None:
    priced = ("--prices", str(here / "prices.yaml"))
    first = chosen(here, "--choose", "diverse:4")
    assert tailor(here, "--choose", "diverse:4", *priced, "--budget", "0.004").exit_code == 1
    done = set(read_labels(here / "labels.jsonl"))
    assert done < set(first)
    again = tailor(here, "--choose", "diverse:4", *priced)
    assert "of the earlier choice diverse:4 come first" in again.stderr
    assert set(read_labels(here / "labels.jsonl")) == set(first)


def test_another_choice_leaves_open_what_an_earlier_run_could_not_pay(here: Path) -> None:
    priced = ("--prices", str(here / "prices.yaml"))
    assert tailor(here, *priced, "--budget", "0").exit_code == 1
    assert tailor(here, "--choose", "diverse:2", *priced).exit_code == 0
    assert len(read_labels(here / "labels.jsonl")) == 2


def test_random_reads_nothing(here: Path, ocr: OcrByShade) -> None:
    assert len(chosen(here, "--choose", "random:4")) == 4
    assert ocr.seen == []


def test_what_cannot_be_read_is_not_chosen(here: Path, ocr: OcrByShade) -> None:
    ocr.broken = {0, 1, 2, 3}
    result = tailor(here, "--choose", "diverse:9")
    assert len(chosen_lines(result)) == COUNT - 4
    assert "4 documents can't be read and can't be chosen." in result.stderr


def test_doubt_comes_from_a_student(here: Path) -> None:
    result = tailor(here, "--choose", "robust:3", "--choose-student", "none", "--dry-run")
    assert "Without a student, robust chooses as diverse does." in result.stderr
    for strategy in ("robust", "uncertain"):
        assert len(chosen(here, "--choose", f"{strategy}:3")) == 3
        assert "Without" not in tailor(here, "--choose", f"{strategy}:3", "--dry-run").stderr


def test_performance_needs_labels_to_see_where_the_student_fails(here: Path) -> None:
    assert "Without labelled documents" in tailor(here, "--choose", "performance:3", "--dry-run").stderr
    write_lines(here / "old.jsonl", [answer(0), answer(4)])
    told = tailor(here, "--choose", "performance:3", "--labelled", str(here / "old.jsonl"), "--dry-run").stderr
    assert "Without" not in told
    assert f"3 of {COUNT} documents chosen (performance:3; 2 labelled):" in told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--choose", "clever:3"], "[bad_choice]: 'clever:3' says not how many"),
        (["--choose", "robust"], "[bad_choice]"),
        (["--choose", "robust:0"], "[bad_choice]"),
        (["--choose", "uncertain:3", "--choose-student", "none"], "[bad_choice]: To choose what a student is unsure"),
        (["--choose", "robust:3", "--labelled", "nothing.jsonl"], "[labels_unreadable]"),
        (["--choose", "robust:3", "--choose-student", "nowhere"], "error ["),
        (["--critic", "--critic-student", "nowhere"], "error ["),
        (["--critic-student", "shipped"], "Add --critic."),
        (["--labelled", "old.jsonl"], "Add --choose"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(here: Path, arguments: list[str], said: str) -> None:
    result = tailor(here, *arguments)
    assert result.exit_code in (1, 2)
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not (here / "labels.jsonl").exists()
