"""Probes, the model's description, and what Prometheus is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from extractor.errors import BadModel
from serving.settings import ServiceSettings
from serving.watching import EngineMetrics
from tests.serving.conftest import service
from tests.serving.fake_engine import FakeEngine

Make = Callable[..., ServiceSettings]
pytestmark = pytest.mark.anyio


async def test_ready_only_once_the_model_is_warm_and_a_fall_back_is_told(settings: Make) -> None:
    warm = asyncio.Event()
    engine = FakeEngine(warm=warm, warnings=("CUDA was asked for, and the CPU runs.",))
    async with service(settings(), engine) as client:
        early = await client.get("/readyz")
        alive = await client.get("/healthz")
        warm.set()
        await asyncio.sleep(0.01)
        late = await client.get("/readyz")
    assert (early.status_code, early.json()["code"]) == (503, "not_ready")
    assert alive.json() == {"status": "ok"}
    assert late.json()["warnings"] == ["CUDA was asked for, and the CPU runs."]
    assert late.json()["provider"] == "CPUExecutionProvider"
    assert 29 < (engine.stopped_with or 0) <= 30


async def test_an_engine_that_can_t_start_is_told_with_its_code(settings: Make) -> None:
    async with service(settings(), FakeEngine(fails=BadModel("The folder /secret/place holds no model."))) as client:
        answer = await client.get("/readyz")
        assert (await client.get("/healthz")).status_code == 200
    assert (answer.status_code, answer.json()["code"]) == (503, "bad_model")
    assert "/secret" not in answer.text


async def test_the_model_and_its_limits_are_told(settings: Make) -> None:
    async with service(settings(max_files=3), FakeEngine()) as client:
        told = (await client.get("/v1/model")).json()
    assert told["model"] == "fake@0"
    assert told["limits"]["max_files"] == 3
    assert told["facts"] == {"fields": ["total"]}
    assert "default" in told["policies"]


async def test_documents_requests_and_confidences_are_counted(settings: Make) -> None:
    async with service(settings(), FakeEngine(capacity=2)) as client:
        services = client.app.state.services  # type: ignore[attr-defined]
        await client.post("/v1/extract", files=[("files", ("a", b"x")), ("files", ("b", b""))])
        await client.get("/nothing")
        seen = EngineMetrics(services.metrics)
        seen.on_batch(3, 90, 128)
        seen.on_stage("batch_run", 0.2)
        seen.on_stage("ocr", 99.0)  # counted by record
        seen.on_worker("died")
        answer = await client.get("/metrics")
    lines = set(answer.text.splitlines())
    assert 'tailor_requests_total{method="POST",route="/v1/extract",status="200"} 1.0' in lines
    assert 'tailor_requests_total{method="GET",route="none",status="404"} 1.0' in lines
    assert 'tailor_problems_total{code="not_found"} 1.0' in lines
    assert 'tailor_documents_total{status="ok"} 1.0' in lines
    assert 'tailor_document_errors_total{code="empty_file"} 1.0' in lines
    assert 'tailor_field_confidence_bucket{field="total",le="0.9"} 1.0' in lines
    assert 'tailor_field_confidence_bucket{field="total",le="0.8"} 0.0' in lines
    assert 'tailor_stage_seconds_count{stage="ocr"} 1.0' in lines
    assert 'tailor_stage_seconds_count{stage="queue"} 2.0' in lines
    assert 'tailor_stage_seconds_count{stage="batch_run"} 1.0' in lines
    assert 'tailor_batch_size_bucket{le="4.0"} 1.0' in lines
    assert 'tailor_batch_tokens_total{kind="padding"} 38.0' in lines
    assert 'tailor_worker_events_total{event="died"} 1.0' in lines
    assert "tailor_queue_capacity 2.0" in lines
    assert "tailor_ready 1.0" in lines
    assert 'tailor_model_info{model="fake@0",provider="CPUExecutionProvider"} 1.0' in lines


async def test_a_method_of_the_sender_s_choosing_makes_no_new_series(settings: Make) -> None:
    async with service(settings(), FakeEngine()) as client:
        for method in ("AAA", "BBB"):
            await client.request(method, "/healthz")
        answer = await client.get("/metrics")
    assert 'method="other"' in answer.text
    assert "AAA" not in answer.text


async def test_who_asks_whether_it_is_ready_fills_no_log(settings: Make, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    async with service(settings(), FakeEngine(warm=asyncio.Event())) as client:
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.get("/healthz")).status_code == 200
        await client.get("/v1/model")
    told = [record.__dict__["route"] for record in caplog.records if record.message == "request"]
    assert told == ["/v1/model"]
