"""The pace of training is counted on the run's own steps."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from extractor.errors import UsageError
from tests.training import tiny
from training import throughput
from training.config import Run
from training.throughput import ATTENTION_ON_CPU, Pace, matrix_rate, measure


def test_documents_work_and_share_belong_together() -> None:
    pace = Pace(
        documents=40,
        seconds=2.0,
        flops_a_document=3e9,
        matrix_flops_a_second=1e11,
        processes=2,
        threads=1,
        precision="bf16",
    )
    assert pace.documents_a_second == 20
    assert pace.flops_a_second == 6e10
    assert pace.share == pytest.approx(0.6)


def test_a_run_is_timed_on_its_own_documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = tiny.receipts(6)

    def read(run: Run, split: str, names: Iterable[str] | None = None) -> dict[str, object]:
        assert split == "train"
        assert list(names or ()) == ["made-up"]
        return {"made-up": examples}

    monkeypatch.setattr(throughput, "read_stores", read)
    monkeypatch.setattr(throughput, "MATRIX_SECONDS", 0.1)
    pace = measure(tiny.run(tmp_path), 0.1)
    assert pace.documents % (6 * throughput.COUNTED) == 0
    assert pace.seconds >= 0.1
    # Two products and sums for each weight and word forward, twice that backward; convolutions come on top.
    student = tiny.student(layers=1)
    weights = sum(each.numel() for name, each in student.named_parameters() if "blocks" in name and each.ndim == 2)
    words = sum(len(example.tokens) for example in examples) / len(examples)
    assert weights > 0
    assert pace.flops_a_document > 6 * weights * words
    assert pace.share > 0
    assert not (tmp_path / "runs").exists(), "nothing is kept"


def test_attention_is_counted_on_the_cpu_as_well() -> None:
    query = torch.randn(1, 2, 8, 16, requires_grad=True)
    with FlopCounterMode(display=False, custom_mapping=ATTENTION_ON_CPU) as counter:
        torch.nn.functional.scaled_dot_product_attention(query, query, query).sum().backward()
    forward = 2 * (2 * 2 * 8 * 8 * 16)
    assert counter.get_total_flops() >= 3 * forward


def test_a_run_without_documents_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throughput, "read_stores", lambda *_: {})
    with pytest.raises(UsageError, match="no document to learn from"):
        measure(tiny.run(tmp_path), 0.1)


def test_the_matrix_rate_is_that_of_a_product(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(throughput.MATRIX_SIDE, "cpu", 64)
    assert 1e6 < matrix_rate(torch.device("cpu"), torch.float32, 0.05) < 1e15
