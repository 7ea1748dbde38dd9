"""Many documents in several processes: what one document does to its worker is no matter to the others."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from extractor.errors import BadModel, WorkerDied
from extractor.pool import IN_FLIGHT, printable, run_many
from tests.extractor.fake_extractors import make_death, make_fake, make_nothing


@pytest.fixture
def receipts(tmp_path):
    def write(*names: str) -> list[Path]:
        paths = [tmp_path / name for name in names]
        for number, path in enumerate(paths):
            path.write_text(f"{number}.00")
        return paths

    return write


def _by_name(records):
    return {Path(record.file).name: record for record in records}


def test_one_worker_reads_in_this_process_and_in_order(receipts):
    records = list(run_many(make_fake, receipts("b", "a", "broken", "c")))
    assert [Path(record.file).name for record in records] == ["b", "a", "broken", "c"]
    assert {record.model.split(":")[0] for record in records if record.status == "ok"} == {str(os.getpid())}


def test_a_document_that_raises_gives_a_failed_record_with_its_code(receipts):
    found = _by_name(run_many(make_fake, receipts("broken", "defect", "good")))
    assert (found["broken"].error.code, found["defect"].error.code) == ("broken_image", "internal")
    assert "Scan it again." in found["broken"].error.message
    assert found["broken"].sha256
    assert found["good"].status == "ok"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_model_that_cannot_be_loaded_ends_the_run(receipts, workers):
    with pytest.raises(BadModel, match="holds no model") as caught:
        list(run_many(make_nothing, receipts("a", "b"), workers))
    assert caught.value.hint


def test_workers_that_cannot_even_start_end_the_run(receipts):
    with pytest.raises(WorkerDied):
        list(run_many(make_death, receipts("a"), workers=2))


def test_documents_that_kill_or_block_their_worker_fail_alone(receipts, capfd):
    names = ["a", "dies", "b", "slow", "killed", "c", "d"]
    found = _by_name(run_many(make_fake, receipts(*names), workers=2, seconds=1.0))
    assert {name: record.error.code for name, record in found.items() if record.error} == {
        "dies": "worker_died",
        "killed": "worker_died",
        "slow": "too_slow",
    }
    assert "exit status 7" in found["dies"].error.message
    assert "SIGKILL" in found["killed"].error.message
    assert {found[name].status for name in "abcd"} == {"ok"}
    assert {found[name].model.split(":")[1] for name in "abcd"} == {"1"}
    assert capfd.readouterr().out == ""


def test_only_a_few_documents_are_taken_at_a_time(receipts):
    taken = []

    def paths():
        for path in receipts(*(f"r{number}" for number in range(12))):
            taken.append(path)
            yield path

    reading = run_many(make_fake, paths(), workers=2)
    next(reading)
    assert len(taken) <= 2 * IN_FLIGHT
    assert len(list(reading)) == 11


def test_stopping_keeps_what_is_finished_and_waits_for_nothing_else(receipts):
    stop = threading.Event()
    reading = run_many(make_fake, receipts("a", "slow1", "slow2", "slow3"), workers=2, stop=stop)
    first = next(reading)
    stop.set()
    began = time.monotonic()
    assert list(reading) == []
    assert Path(first.file).name == "a"
    assert time.monotonic() - began < 10


def test_stopping_in_this_process_begins_no_further_document(receipts):
    stop = threading.Event()
    reading = run_many(make_fake, receipts("a", "b"), stop=stop)
    next(reading)
    stop.set()
    assert list(reading) == []


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="no signal masks on this system")
def test_the_environment_and_signals_are_as_before_afterwards(receipts, monkeypatch):
    for name in ("MKL_NUM_THREADS", "GLIBC_TUNABLES"):
        monkeypatch.delenv(name, raising=False)
    list(run_many(make_fake, receipts("a"), workers=2))
    assert "MKL_NUM_THREADS" not in os.environ
    assert "GLIBC_TUNABLES" not in os.environ
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, set())


def test_a_file_name_that_is_not_utf8_can_be_written_into_a_record():
    assert printable(Path(os.fsdecode(b"in/caf\xe9.png"))) == "in/caf�.png"
