"""How fast a run trains, measured on the smallest one."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from tests.training import tiny
from tests.training.tiny import of_length, receipts
from training.throughput import measure, operations_of


def test_operations_of_any_size_follow_from_those_counted() -> None:
    student = tiny.student()

    def counted(documents: int, words: int) -> int:
        inputs = student.collate([of_length(words)] * documents)
        with FlopCounterMode(display=False) as counter:
            student(**inputs)["spans"].sum().backward()
        return int(counter.get_total_flops())

    sizes = [(1, 8), (2, 20), (3, 12), (2, 31), (1, 24)]
    known = [([(documents, words, documents)], counted(documents, words)) for documents, words in sizes]
    wanted = counted(2, 27) + counted(4, 10)
    assert operations_of([(2, 27, 2), (4, 10, 4)], known) == pytest.approx(wanted, rel=1e-3)


def test_a_run_trains_so_many_documents_a_second(tmp_path: Path) -> None:
    before = torch.get_num_threads()
    found = measure(tiny.run(tmp_path), 0.5, {"made-up": receipts(6)})
    assert found.documents_a_second == pytest.approx(6 * found.steps / found.seconds)
    assert found.seconds >= 0.5
    assert 0.0 < found.share < 1.0
    assert found.share == pytest.approx(found.operations / found.possible)
    assert not list((tmp_path).glob("runs/*")), "nothing is kept"
    assert torch.get_num_threads() == before
