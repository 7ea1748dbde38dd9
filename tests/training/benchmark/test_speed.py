from pathlib import Path

import pytest

from training.benchmark import speed
from training.benchmark.predict import silent
from training.benchmark.probe import Job
from training.benchmark.speed import Leg, compare, describe_latency, describe_throughput


def seconds(student: float, ocr: float = 1.0) -> dict[str, float]:
    return {"ocr": ocr, "encode": 0.25 * student, "session": 0.5 * student, "decode": 0.25 * student}


def test_the_students_time_is_told_by_median_and_95th_percentile_beside_the_ocr():
    made = {figure.name: figure for figure in describe_latency([seconds(0.010 * i) for i in range(1, 6)])}
    assert made["student stage, median"].measured == pytest.approx(30)
    assert made["student stage, 95th percentile"].measured == pytest.approx(48)
    assert made["student stage, median"].n == 5
    assert made["student stage, session, median"].measured == pytest.approx(15)
    assert made["student's share of the OCR time"].measured == pytest.approx(3.0)


def test_a_student_of_more_than_80_ms_or_a_tenth_of_the_ocr_is_below():
    kept = {figure.name: figure.verdict for figure in describe_latency([seconds(0.079, 0.8)])}
    missed = {figure.name: figure.verdict for figure in describe_latency([seconds(0.081, 0.8)])}
    assert kept["student stage, median"] == kept["student's share of the OCR time"] == "pass"
    assert missed["student stage, median"] == missed["student's share of the OCR time"] == "below"


def test_a_document_without_words_is_left_out_of_the_students_time():
    made = {figure.name: figure for figure in describe_latency([seconds(0.04), {"ocr": 5.0}])}
    assert made["student stage, median"].n == 1
    assert made["OCR of the same documents, median"].measured == pytest.approx(1000)


def test_no_document_read_is_no_pass():
    (figure,) = describe_latency([])
    assert figure.verdict == "below"


def test_documents_that_warm_up_do_not_count(monkeypatch):
    asked: list[Job] = []

    def probe(mode, job):
        asked.append(job)
        return iter([{"seconds": seconds(9.0 if at < 5 else 0.01)} for at in range(len(job.files))])

    monkeypatch.setattr(speed, "probe", probe)
    pictures = [Path(f"{number}.jpg") for number in range(7)]
    median = speed.student_latency(pictures, "m", silent)[0]
    assert median.measured == pytest.approx(10)
    assert median.n == 7
    assert asked[0].files[:7] == ("0.jpg", "1.jpg", "2.jpg", "3.jpg", "4.jpg", "0.jpg", "1.jpg")
    assert asked[0].model == "m"


def test_sides_take_turns_and_each_first_does_one_document_a_worker():
    calls: list[tuple[str, int]] = []

    def side(name: str):
        def measure(files):
            calls.append((name, len(files)))
            return 1.0 + len(files)

        return measure

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


def test_tailor_reads_a_folder_of_copies_without_the_cache(tmp_path, monkeypatch):
    picture = tmp_path / "000.jpg"
    picture.write_bytes(b"x")
    commands: list[list[str]] = []

    def wall_seconds(command, given="", accepted=(0,)):
        if "extract" in command:
            folder = Path(command[command.index("extract") + 1])
            assert [path.name for path in folder.iterdir()] == ["000.jpg"]
        commands.append(list(command))
        return 1.0

    monkeypatch.setattr(speed, "wall_seconds", wall_seconds)
    speed.throughput([picture], "m", workers=2, rounds=1)
    tailor, _, bare, _ = commands
    assert "--no-cache" in tailor
    assert tailor[tailor.index("--workers") + 1] == "2"
    assert tailor[tailor.index("--model") + 1] == "m"
    assert bare[-1] == "ocr"
