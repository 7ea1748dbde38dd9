"""The process may die between any two steps: the books never understate, nothing is lost, doubled or paid twice."""

from __future__ import annotations

import json
import os
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.labels import as_text, read_labels
from labeling.run import output as output_module
from labeling.run.ledger import Ledger
from labeling.run.session import ledger_of
from tests.labeling.run.fakes import PRICE, FakeProvider, label_of, pictures, session

DOCUMENTS = 4
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""A process that dies leaves the system's buffers alone, so these tests need not wait for a disk."""
FAULTS = (None, None, None, "busy", "cut", "unreachable", "malformed")


class Killed(BaseException):
    """The process is no more."""


class Death:
    """Comes at the `at`-th step; after it nothing happens any more. None: never."""

    def __init__(self, at: int | None) -> None:
        self.left = at
        self.dead = False
        self._lock = threading.Lock()

    def step(self) -> None:
        with self._lock:
            if self.left is not None and not self.dead:
                self.left -= 1
                self.dead = self.left <= 0
            if self.dead:
                raise Killed


@contextmanager
def mortal(death: Death, provider: FakeProvider) -> Iterator[None]:
    """Every change to the books, every call and every write to the output is a step before and a step after."""
    writing, ask = Ledger._writing, provider.ask
    append, write = output_module.append_lines, output_module.write_lines

    @contextmanager
    def mortal_writing(self: Ledger) -> Iterator[Any]:
        death.step()
        with writing(self) as db:
            yield db
        death.step()

    def mortal_ask(sha256: str, key: str) -> dict[str, Any] | None:
        death.step()
        answer = ask(sha256, key)
        death.step()
        return answer

    def mortal_append(path: Path, entries: list[Mapping[str, Any]]) -> None:
        death.step()
        text = "".join(map(as_text, entries))
        with path.open("a") as file:
            file.write(text[: len(text) // 2])
            file.flush()
            death.step()
            file.write(text[len(text) // 2 :])

    def mortal_write(path: Path, entries: Any) -> int:
        death.step()
        count = write(path, entries)
        death.step()
        return count

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Ledger, "_writing", mortal_writing)
        patch.setattr(provider, "ask", mortal_ask)
        patch.setattr(output_module, "append_lines", mortal_append)
        patch.setattr(output_module, "write_lines", mortal_write)
        yield
    assert append is output_module.append_lines


def live(documents: list[Path], output: Path, provider: FakeProvider, death: Death, **more: Any) -> bool:
    """One life of the process; whether it came to its natural end."""
    try:
        with mortal(death, provider), session(documents, output, provider, **more) as opened:
            opened.run(threading.Event(), quiet=True)
            assert opened.budget.committed == opened.ledger.spent().committed
    except Killed:
        return False
    return True


def ids_there(output: Path) -> list[str]:
    """The ids in the output; only the last line may be torn."""
    lines = output.read_text().splitlines(keepends=True) if output.exists() else []
    return [json.loads(line)["id"] for line in lines if line.endswith("\n")]


def committed(output: Path, keyed: bool) -> Decimal:
    if not ledger_of(output).exists():
        return Decimal(0)
    with Ledger(ledger_of(output), None, idempotent=keyed) as ledger:
        return ledger.spent().committed


@settings(max_examples=60, deadline=None)
@given(
    deaths=st.lists(st.integers(1, 45), max_size=5),
    faults=st.lists(st.sampled_from(FAULTS), max_size=12),
    concurrency=st.sampled_from((1, 1, 3)),
    samples=st.sampled_from((1, 2)),
)
def test_whenever_it_dies_every_document_is_labelled_once_and_paid_once(
    deaths: list[int], faults: list[str | None], concurrency: int, samples: int
) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        documents, output = pictures(Path(folder, "in"), DOCUMENTS), Path(folder, "labels.jsonl")
        provider = FakeProvider(lambda call: faults[call - 1] if call <= len(faults) else None)
        more = {"concurrency": concurrency, "samples": samples, "budget": Decimal(1), "retry_failed": True}
        for at in deaths:
            live(documents, output, provider, Death(at), **more)
            assert committed(output, keyed=True) >= provider.spent, "the books understate what was paid"
            ids = ids_there(output)
            assert len(ids) == len(set(ids))
            assert provider.spent <= Decimal(1)
        for _ in range(len(faults) + 2):  # an answer that can't be used waits for the next run
            assert live(documents, output, provider, Death(None), **more)
        labels = read_labels(output)
        assert list(labels) == [path.stem for path in documents]
        assert all(each["receipt_number"] == each["provenance"]["sha256"][:12] for each in labels.values())
        good = [key for key, label in provider.kept.items() if label is not None]
        assert len(good) == DOCUMENTS * samples, "a good answer was paid for more than once"
        assert sum(provider.paid.values()) == len(provider.kept)
        assert committed(output, keyed=True) == provider.spent


@settings(max_examples=40, deadline=None)
@given(deaths=st.lists(st.integers(1, 45), max_size=4), faults=st.lists(st.sampled_from(FAULTS[:-1]), max_size=8))
def test_without_keys_a_death_costs_at_most_the_calls_under_way_and_the_books_know(
    deaths: list[int], faults: list[str | None]
) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        documents, output = pictures(Path(folder, "in"), DOCUMENTS), Path(folder, "labels.jsonl")
        provider = FakeProvider(lambda call: faults[call - 1] if call <= len(faults) else None, keyed=False)
        for at in deaths:
            live(documents, output, provider, Death(at))
            assert committed(output, keyed=False) >= provider.spent
        assert live(documents, output, provider, Death(None))
        assert list(read_labels(output)) == [path.stem for path in documents]
        assert sum(provider.paid.values()) <= DOCUMENTS + len(deaths) + faults.count("cut")
        assert committed(output, keyed=False) >= provider.spent


@pytest.mark.parametrize("at", range(1, 60, 2))
def test_a_tight_budget_holds_wherever_it_dies(tmp_path: Path, at: int) -> None:
    documents, output = pictures(tmp_path / "in", DOCUMENTS), tmp_path / "labels.jsonl"
    provider, budget = FakeProvider(), 3 * PRICE
    live(documents, output, provider, Death(at), budget=budget)
    live(documents, output, provider, Death(None), budget=budget)
    assert PRICE <= provider.spent <= budget
    lines = [json.loads(line) for line in output.read_text().splitlines()]
    assert len(lines) == len({line["id"] for line in lines}) == provider.spent / PRICE
    assert all(line["total"] == label_of("")["total"] for line in lines)
