from __future__ import annotations

import json
import shutil
import threading
from decimal import Decimal
from pathlib import Path

import pytest

from extractor.errors import UsageError
from extractor.task import RECEIPTS
from labeling.labels import read_labels
from labeling.run import RunSettings, Session, start_anew
from labeling.run.calling import Ended
from tests.labeling.run.fakes import PRICE, FakeClock, FakeProvider, FakeTeacher, pictures, session


def run(*given, stop: threading.Event | None = None, **more):
    with session(*given, **more) as opened:
        report = opened.run(stop or threading.Event(), quiet=True)
        assert opened.budget.committed == opened.ledger.spent().committed, "the budget and the books agree"
        return report


def test_labels_are_written_in_the_order_of_the_documents_with_where_they_come_from(tmp_path: Path) -> None:
    documents = pictures(tmp_path / "in", 12)
    output = tmp_path / "labels.jsonl"
    report = run(documents, output, FakeProvider(), concurrency=4)
    lines = [json.loads(line) for line in output.read_text().splitlines()]
    assert report.complete
    assert [line["id"] for line in lines] == [path.stem for path in documents]
    expected = ["id", *RECEIPTS.names, "line_items", "provenance"]
    assert list(lines[0]) == expected
    provenance = lines[3]["provenance"]
    assert provenance["teacher"] == "fake:one"
    assert provenance["prompt"] == "p1"
    assert Decimal(provenance["cost"]) == PRICE
    assert provenance["tokens"] == {"input": 100, "output": 10, "cached": 0, "written": 0}
    assert provenance["file"] == str(documents[3])
    assert lines[3]["receipt_number"] == provenance["sha256"][:12]


def test_the_same_command_again_asks_nothing_and_writes_the_same(tmp_path: Path) -> None:
    documents, output, provider = pictures(tmp_path / "in", 5), tmp_path / "labels.jsonl", FakeProvider()
    run(documents, output, provider)
    before = output.read_bytes()
    assert run(documents, output, provider).complete
    assert provider.calls == 5
    assert output.read_bytes() == before


def test_a_folder_that_grew_costs_only_what_is_new(tmp_path: Path) -> None:
    folder, output, provider = tmp_path / "in", tmp_path / "labels.jsonl", FakeProvider()
    run(pictures(folder, 3, first=2), output, provider)
    pictures(folder, 2)
    run(sorted(folder.iterdir()), output, provider)
    assert provider.calls == 5
    assert list(read_labels(output)) == ["0000", "0001", "0002", "0003", "0004"]


def test_answers_are_known_by_content_under_other_names_and_in_other_outputs(tmp_path: Path) -> None:
    documents, provider, cache = pictures(tmp_path / "in", 4), FakeProvider(), tmp_path / "cache"
    run(documents, tmp_path / "a.jsonl", provider, cache=cache)
    others = [Path(shutil.copy(path, tmp_path / f"other-{path.name}")) for path in documents]
    report = run(others, tmp_path / "b.jsonl", provider, cache=cache)
    assert provider.calls == 4
    assert report.outcome.counts[Ended.KEPT] == 4
    assert report.spent.paid == 0
    labels = read_labels(tmp_path / "b.jsonl")
    assert labels["other-0002"]["receipt_number"] == read_labels(tmp_path / "a.jsonl")["0002"]["receipt_number"]
    assert labels["other-0002"]["provenance"]["cost"] == "0"


def test_another_prompt_asks_anew_and_may_not_mix_into_the_same_output(tmp_path: Path) -> None:
    documents, provider, cache = pictures(tmp_path / "in", 2), FakeProvider(), tmp_path / "cache"
    run(documents, tmp_path / "a.jsonl", provider, cache=cache)
    other = FakeTeacher(provider)
    other.prompt_version = "p2"
    with pytest.raises(UsageError, match="another prompt") as raised:
        session(documents, tmp_path / "a.jsonl", provider, teacher=other)
    assert raised.value.code == "other_run"
    run(documents, tmp_path / "b.jsonl", provider, cache=cache, teacher=other)
    assert provider.calls == 4


def test_two_files_of_one_content_are_asked_about_once_and_both_labelled(tmp_path: Path) -> None:
    documents, provider = pictures(tmp_path / "in", 2), FakeProvider()
    twin = Path(shutil.copy(documents[0], tmp_path / "twin.png"))
    run([*documents, twin], tmp_path / "labels.jsonl", provider)
    labels = read_labels(tmp_path / "labels.jsonl")
    assert provider.calls == 2
    assert labels["twin"]["receipt_number"] == labels["0000"]["receipt_number"]


def test_the_budget_is_never_exceeded_and_what_is_left_over_is_said(tmp_path: Path) -> None:
    documents, provider = pictures(tmp_path / "in", 30), FakeProvider()
    report = run(documents, tmp_path / "labels.jsonl", provider, budget=Decimal("0.2"), concurrency=4)
    assert provider.spent <= Decimal("0.2")
    assert report.spent.paid == provider.spent
    assert 17 <= report.written.labelled <= 20
    assert report.outcome.over_budget == 30 - report.written.labelled
    assert not report.complete
    assert run(documents, tmp_path / "labels.jsonl", provider, budget=Decimal(1)).complete
    assert provider.calls == 30


def test_a_teacher_that_costs_twice_its_estimate_stays_within_the_budget_too(tmp_path: Path) -> None:
    provider = FakeProvider()
    run(
        pictures(tmp_path / "in", 40),
        tmp_path / "labels.jsonl",
        provider,
        teacher=FakeTeacher(provider, estimate=PRICE / 2),
        budget=Decimal("0.25"),
        concurrency=4,
    )
    assert Decimal("0.2") <= provider.spent <= Decimal("0.25")


def test_a_budget_counts_what_earlier_runs_spent(tmp_path: Path) -> None:
    documents, provider = pictures(tmp_path / "in", 20), FakeProvider()
    for _ in range(3):
        run(documents, tmp_path / "labels.jsonl", provider, budget=Decimal("0.1"))
    assert provider.spent <= Decimal("0.1")


def test_busy_is_waited_for_as_long_as_the_provider_asks(tmp_path: Path) -> None:
    clock, provider = FakeClock(), FakeProvider(lambda call: "busy" if call == 2 else None)
    began = clock.now()
    assert run(pictures(tmp_path / "in", 3), tmp_path / "labels.jsonl", provider, clock=clock).complete
    assert provider.calls == 4
    assert 7.0 <= clock.now() - began < 8.0


def test_a_broken_connection_is_asked_again_with_the_same_key_and_paid_once(tmp_path: Path) -> None:
    provider = FakeProvider(lambda call: "cut" if call in (1, 2, 5) else None)
    report = run(pictures(tmp_path / "in", 4), tmp_path / "labels.jsonl", provider)
    assert report.complete
    assert set(provider.paid.values()) == {1}
    assert report.spent.paid == provider.spent
    assert report.spent.unsure == 0


def test_what_was_under_way_stays_promised_where_the_next_run_is_stopped_before_it_asks(tmp_path: Path) -> None:
    stop, documents, output = threading.Event(), pictures(tmp_path / "in", 1), tmp_path / "labels.jsonl"

    def cut_and_stop(call: int) -> str:
        stop.set()
        return "cut"

    provider = FakeProvider(cut_and_stop)
    assert run(documents, output, provider, stop=stop).spent.unsure == 3 * PRICE

    class Stopping(FakeTeacher):
        def estimate(self, document, task):
            later.set()
            return super().estimate(document, task)

    later = threading.Event()
    assert run(documents, output, provider, teacher=Stopping(provider), stop=later).spent.unsure == 3 * PRICE
    provider.faults = lambda call: None
    assert run(documents, output, provider).spent.unsure == 0
    assert provider.spent == PRICE


def test_what_may_be_paid_is_asked_for_though_the_answer_is_known_from_elsewhere(tmp_path: Path) -> None:
    stop, documents, cache = threading.Event(), pictures(tmp_path / "in", 1), tmp_path / "cache"

    def cut_and_stop(call: int) -> str:
        stop.set()
        return "cut"

    provider = FakeProvider(cut_and_stop)
    run(documents, tmp_path / "a.jsonl", provider, stop=stop)
    provider.faults = lambda call: None
    run(documents, tmp_path / "b.jsonl", provider, cache=cache)
    assert run(documents, tmp_path / "a.jsonl", provider, cache=cache).spent.paid == PRICE
    assert provider.spent == PRICE


def test_where_keys_are_not_honoured_a_lost_call_stays_in_the_books(tmp_path: Path) -> None:
    provider = FakeProvider(lambda call: "cut" if call == 1 else None, keyed=False)
    report = run(pictures(tmp_path / "in", 4), tmp_path / "labels.jsonl", provider)
    assert report.complete
    assert provider.spent == 5 * PRICE
    assert report.spent.paid == 4 * PRICE
    assert report.spent.unsure == PRICE


def test_an_answer_that_cannot_be_used_is_a_failure_until_it_is_asked_for_again(tmp_path: Path) -> None:
    documents, output = pictures(tmp_path / "in", 3), tmp_path / "labels.jsonl"
    provider = FakeProvider(lambda call: "malformed" if call == 2 else None)
    report = run(documents, output, provider)
    failed = json.loads((tmp_path / "labels.failed.jsonl").read_text())
    assert not report.complete
    assert (failed["id"], failed["code"]) == ("0001", "malformed")
    assert list(read_labels(output)) == ["0000", "0002"]
    run(documents, output, provider)
    assert provider.calls == 3
    assert run(documents, output, provider, retry_failed=True).complete
    assert provider.calls == 4
    assert list(read_labels(output)) == ["0000", "0001", "0002"]
    assert not (tmp_path / "labels.failed.jsonl").exists()


def test_a_file_that_cannot_be_read_stops_nothing_and_costs_nothing(tmp_path: Path) -> None:
    documents = pictures(tmp_path / "in", 3)
    documents[1].write_bytes(b"no picture")
    provider = FakeProvider()
    report = run(documents, tmp_path / "labels.jsonl", provider)
    assert report.written.labelled == 2
    assert provider.calls == 2
    assert json.loads((tmp_path / "labels.failed.jsonl").read_text())["code"] == "unknown_format"


def test_a_provider_that_refuses_everything_is_soon_left_alone(tmp_path: Path) -> None:
    documents, provider = pictures(tmp_path / "in", 30), FakeProvider(lambda call: "refused")
    report = run(documents, tmp_path / "labels.jsonl", provider)
    assert provider.calls == 5
    assert report.outcome.reason is not None
    assert report.outcome.reason.code == "teacher_refused"
    provider.faults = lambda call: None
    assert run(documents, tmp_path / "labels.jsonl", provider).complete


def test_a_provider_that_is_gone_is_left_alone_after_a_few_trials(tmp_path: Path) -> None:
    documents, provider, clock = pictures(tmp_path / "in", 30), FakeProvider(lambda call: "unreachable"), FakeClock()
    report = run(documents, tmp_path / "labels.jsonl", provider, clock=clock)
    assert provider.calls < 30
    assert report.outcome.reason is not None
    assert report.written.labelled == 0


def test_a_defect_of_the_teacher_fails_its_document_only(tmp_path: Path) -> None:
    provider = FakeProvider(lambda call: "broken" if call == 2 else None, keyed=False)
    report = run(pictures(tmp_path / "in", 3), tmp_path / "labels.jsonl", provider)
    assert report.written.labelled == 2
    assert "RuntimeError" in (tmp_path / "labels.failed.jsonl").read_text()


def test_a_stop_lets_calls_under_way_end_and_asks_no_more(tmp_path: Path) -> None:
    stop = threading.Event()

    def third(call: int) -> None:
        if call == 3:
            stop.set()

    documents, provider = pictures(tmp_path / "in", 10), FakeProvider(third)
    report = run(documents, tmp_path / "labels.jsonl", provider, stop=stop)
    assert provider.calls == 3
    assert report.outcome.open == 7
    assert len(read_labels(tmp_path / "labels.jsonl")) == 3


def test_several_samples_stand_beside_the_label(tmp_path: Path) -> None:
    documents, provider = pictures(tmp_path / "in", 3), FakeProvider()
    weighed = []

    class Weighing:
        known = 0

        def corpus(self, labels):
            self.known = len(labels)

        def __call__(self, answered, label, others):
            weighed.append((answered.id, label["total"], len(others), self.known))
            return {"total": 0.5}

    settings = RunSettings(concurrency=1, samples=3)
    given = (documents, tmp_path / "labels.jsonl", FakeTeacher(provider), RECEIPTS, settings)
    with Session(*given, weigh=Weighing(), clock=FakeClock()) as opened:
        assert opened.forecast().cost == 9 * PRICE
        opened.run(threading.Event(), quiet=True)
    samples = [json.loads(line) for line in (tmp_path / "labels.samples.jsonl").read_text().splitlines()]
    assert provider.calls == 9
    assert [(line["id"], line["sample"]) for line in samples[:4]] == [
        ("0000", 0),
        ("0000", 1),
        ("0000", 2),
        ("0001", 0),
    ]
    assert read_labels(tmp_path / "labels.jsonl")["0002"]["trust"] == {"total": 0.5}
    at_once, at_the_end = weighed[:3], weighed[3:]
    assert [(id, others, known) for id, _, others, known in at_once] == [(f"000{n}", 0, 0) for n in range(3)]
    assert [(id, others, known) for id, _, others, known in at_the_end] == [(f"000{n}", 2, 3) for n in range(3)]


def test_no_more_calls_at_a_time_than_allowed(tmp_path: Path) -> None:
    provider, busy, most = FakeProvider(), [], []

    class Slow(FakeTeacher):
        def label_once(self, document, task, key):
            busy.append(1)
            most.append(len(busy))
            threading.Event().wait(0.005)
            try:
                return super().label_once(document, task, key)
            finally:
                busy.pop()

    run(pictures(tmp_path / "in", 40), tmp_path / "labels.jsonl", provider, teacher=Slow(provider), concurrency=4)
    assert 2 <= max(most) <= 4


def test_labels_without_a_ledger_are_not_written_over(tmp_path: Path) -> None:
    output = tmp_path / "labels.jsonl"
    output.write_text('{"id": "mine"}\n')
    with pytest.raises(UsageError) as raised:
        session(pictures(tmp_path / "in", 1), output, FakeProvider())
    assert raised.value.code == "output_exists"
    assert output.read_text() == '{"id": "mine"}\n'


def test_starting_anew_forgets_the_books_and_the_output(tmp_path: Path) -> None:
    documents, output, provider = pictures(tmp_path / "in", 2), tmp_path / "labels.jsonl", FakeProvider()
    run(documents, output, provider)
    assert start_anew(output) == 2 * PRICE
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_a_second_run_on_the_same_output_is_turned_away(tmp_path: Path) -> None:
    documents, output = pictures(tmp_path / "in", 2), tmp_path / "labels.jsonl"
    with session(documents, output, FakeProvider()), pytest.raises(UsageError) as raised:
        session(documents, output, FakeProvider())
    assert raised.value.code == "run_in_progress"


def test_a_rehearsal_leaves_no_trace(tmp_path: Path) -> None:
    documents, output, provider = pictures(tmp_path / "in", 7), tmp_path / "labels.jsonl", FakeProvider()
    given = (documents, output, FakeTeacher(provider), RECEIPTS)
    with Session(*given, rehearsal=True) as opened:
        assert opened.forecast().cost == 7 * PRICE
    assert not list(tmp_path.glob("labels*"))
    run(documents[:3], output, provider)
    books = (tmp_path / "labels.jsonl.ledger").read_bytes()
    with Session(*given, rehearsal=True) as opened:
        assert opened.forecast().documents == 4
    assert (tmp_path / "labels.jsonl.ledger").read_bytes() == books
