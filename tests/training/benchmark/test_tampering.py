"""Thresholds out of honest marks, figures out of forged ones, and the forgeries themselves."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from extractor.errors import UsageError
from extractor.policy.tampering.examiner import UNMEASURED, Tampering
from tests.extractor.policy.tampering.making import evidence, page
from training.benchmark.forgeries import HONEST, KINDS, forge, with_picture
from training.benchmark.predict import Reader
from training.benchmark.tampering import described, write_table
from training.benchmark.tampering_marks import AS_IS, FORGED_KINDS, Mark, detectors, fitted, flagged, from_lines, kept

TOTAL = "306.00"


def receipt():
    return evidence(page(), total=TOTAL)


def mark(document: str, version: str, height: float, **facts: float) -> Mark:
    traces = {"typeface": {"height": height}, **{name: {"any": value} for name, value in facts.items()}}
    fields = {name: {kind: ["total"] for kind in kinds} for name, kinds in traces.items()}
    return Mark(document, version, traces, fields)


def marks() -> list[Mark]:
    honest = [mark(f"h{index}", AS_IS, index / 100) for index in range(200)]
    odd = [mark(f"o{index}", AS_IS, 0.1, sums=0.9) for index in range(2)]
    forged = [mark(f"h{index}", "digit retyped", 5.0 if index < 30 else 0.2) for index in range(40)]
    return [*honest, *odd, *forged]


def test_the_threshold_leaves_one_honest_receipt_in_a_hundred():
    table = fitted(marks())
    typeface = table.signals["typeface"]
    assert typeface.honest == 202
    assert typeface.alarms == pytest.approx(0.01, abs=0.015)
    assert typeface.detection["digit retyped"] == 0.75
    assert table.documents == 202


def test_of_facts_only_rates_are_measured():
    table = fitted(marks())
    assert table.signals["sums"].alarms == pytest.approx(2 / 202, abs=1e-4)
    assert table.signals["sums"].quantiles == ()
    assert not set(UNMEASURED) & set(table.signals)


def test_a_signal_that_could_never_look_has_no_threshold_and_flags_nothing():
    table = fitted(marks())
    assert table.signals["screen"].quantiles == ()
    assert (
        flagged(
            Mark("x", AS_IS, {"screen": {"luminance": 99.0}}, {"screen": {"luminance": []}}),
            Tampering(calibration=table),
        )
        == set()
    )


def test_figures_tell_false_alarms_detection_and_the_share_of_high_findings():
    figures = {figure.name: figure for figure in described(marks(), fitted(marks()))}
    assert figures["typeface, false alarms, honest"].measured == pytest.approx(1, abs=1.5)
    assert figures["digit retyped, found by typeface"].measured == 75
    assert figures[f"{AS_IS}, a finding of high severity"].asked == 3
    assert figures["software, false alarms, honest"].note == "these pictures carry no metadata"
    assert figures["digit copied, any finding"].measured is None


def test_the_table_is_written_only_into_a_project(tmp_path):
    with pytest.raises(UsageError, match="root of the project"):
        write_table([], Reader(), None, tmp_path / "nowhere" / "calibration.json")


def test_marks_come_back_from_their_lines():
    assert from_lines(kept(marks())) == marks()


def test_every_signal_is_measured_on_each_mark():
    assert {detector.name for detector in detectors()} == {
        rule.removeprefix("tampering_") for rule in Tampering(calibration=fitted(marks())).rules
    }


@pytest.mark.parametrize("kind", FORGED_KINDS)
def test_a_forgery_is_a_picture_of_the_same_size_and_the_same_each_time(kind):
    forged = forge(receipt(), kind)
    assert forged == forge(receipt(), kind)
    with Image.open(io.BytesIO(forged.content)) as picture:
        assert picture.size == page().image.shape[1::-1]


@pytest.mark.parametrize("kind", ["digit copied", "digit retyped"])
def test_a_changed_digit_changes_the_total_and_the_picture_there_alone(kind):
    forged = forge(receipt(), kind)
    assert len(forged.total) == len(TOTAL)
    assert sum(one != other for one, other in zip(forged.total, TOTAL, strict=True)) == 1
    with Image.open(io.BytesIO(forged.content)) as picture:
        apart = np.abs(np.asarray(picture.convert("L"), np.float32) - page().image[:, :, 0])
    left, top, right, bottom = page().box(TOTAL)
    assert apart[top:bottom, left:right].max() > 80
    apart[top - 8 : bottom + 8, left - 8 : right + 8] = 0
    assert apart.max() < 60


def test_saved_anew_keeps_the_total():
    assert forge(receipt(), HONEST).total == TOTAL


def test_a_receipt_without_a_total_cannot_be_forged():
    assert all(forge(evidence(page(), date="2025-01-01"), kind) is None for kind in KINDS)


def test_forged_evidence_shows_the_forged_picture_and_total(tmp_path):
    forged = forge(receipt(), "digit retyped")
    made = with_picture(receipt(), forged, tmp_path / "receipt.jpg")
    assert made.path.read_bytes() == forged.content
    assert made.value("total") == forged.total
    assert receipt().value("total") == TOTAL
