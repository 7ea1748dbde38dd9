from pathlib import Path

import pytest

from training.benchmark.speed import Leg, compare, describe_latency, describe_throughput


def told(student: float, ocr: float = 1.0, **parts: float):
    return {"status": "ok", "seconds": {"load": 0.0, "ocr": ocr, "student": student, **parts}}


def test_the_students_time_is_told_by_median_and_95th_percentile_beside_the_ocr():
    made = {figure.name: figure for figure in describe_latency([told(0.010 * i) for i in range(1, 6)])}
    assert made["student stage, median"].measured == pytest.approx(30)
    assert made["student stage, 95th percentile"].measured == pytest.approx(48)
    assert made["student stage, median"].n == 5
    assert made["student's share of the OCR time"].measured == pytest.approx(3.0)


def test_a_student_that_takes_a_tenth_of_the_ocr_or_80_ms_is_at_its_bound():
    at = {figure.name: figure.verdict for figure in describe_latency([told(0.080, 0.8)])}
    over = {figure.name: figure.verdict for figure in describe_latency([told(0.081, 0.8)])}
    assert at["student stage, median"] == at["student's share of the OCR time"] == "pass"
    assert over["student stage, median"] == over["student's share of the OCR time"] == "below"


def test_the_parts_of_the_student_are_told_where_the_record_knows_them():
    made = {f.name: f.measured for f in describe_latency([told(0.03, encode=0.01, session=0.015, decode=0.005)])}
    assert made["student stage, session, median"] == pytest.approx(15)
    assert not any("encode" in figure.name for figure in describe_latency([told(0.03)]))


def test_no_document_read_is_no_pass():
    (figure,) = describe_latency([])
    assert figure.verdict == "below"


def test_sides_take_turns_and_each_first_does_one_document_a_worker():
    calls: list[tuple[str, int]] = []

    def side(name: str):
        def seconds(files):
            calls.append((name, len(files)))
            return 1.0 + len(files)

        return seconds

    legs = compare({"tailor": side("tailor"), "ocr": side("ocr")}, [Path("x")] * 10, workers=2, rounds=2)
    assert calls == [("tailor", 2), ("tailor", 10), ("ocr", 2), ("ocr", 10)] * 2
    assert legs["ocr"] == [Leg(whole=11.0, short=3.0)] * 2


def test_pace_is_told_with_start_up_and_without():
    legs = {"tailor": [Leg(30.0, 10.0), Leg(30.0, 10.0)], "ocr": [Leg(21.0, 2.0), Leg(21.0, 2.0)]}
    made = {figure.name: figure for figure in describe_throughput(legs, 22, workers=2)}
    assert made["tailor extract, start-up included"].measured == pytest.approx(22 / 30)
    assert made["bare OCR engine, start-up excluded"].measured == pytest.approx(20 / 19)
    assert made["tailor extract ÷ bare OCR, start-up included"].measured == pytest.approx(21 / 30)
    assert made["tailor extract ÷ bare OCR, start-up excluded"].measured == pytest.approx(19 / 20)
    assert made["tailor extract ÷ bare OCR, start-up excluded"].verdict == "pass"
    assert made["tailor extract ÷ bare OCR, start-up included"].verdict == "below"
