"""Whether the service lives, whether it is ready, what model it runs, and what Prometheus asks."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from serving.problems import Refused, problems
from serving.safety.access import needs
from serving.services import services_of


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Health(_Frozen):
    status: str = Field(pattern="^ok$")


class Readiness(_Frozen):
    """Ready to read. `warnings` are sentences, such as that CUDA was asked for and the CPU runs."""

    status: str = Field(pattern="^ready$")
    model: str
    provider: str = Field(description="What runs the model, in ONNX Runtime's words.")
    warnings: list[str]


class ModelAnswer(_Frozen):
    """The model that reads, and how it is run."""

    model: str = Field(description="Its name and hash, as in each record.")
    provider: str
    ready: bool
    warnings: list[str]
    workers: int = Field(ge=0)
    queue: dict[str, int] = Field(description="`waiting` and `running` documents, and the `capacity` for both.")
    limits: dict[str, int | float] = Field(description="What one request and one document may ask for.")
    policies: list[str] = Field(description="Names that the option `policy` takes.")
    facts: dict[str, Any] = Field(description="The manifest's public part: fields, languages, figures.")


def router() -> APIRouter:
    routes = APIRouter(tags=["service"])

    @routes.get("/healthz", summary="Does the process live?", operation_id="health", responses=dict(problems()))
    async def health() -> Health:
        return Health(status="ok")

    @routes.get(
        "/readyz",
        summary="May requests be sent?",
        description="503 until the model has warmed up, and again while the service stops.",
        operation_id="ready",
        responses=dict(problems()),
    )
    async def ready(request: Request) -> Readiness:
        services = services_of(request)
        state = services.engine.state()
        if services.failed:
            raise Refused(503, services.failed.code, "The engine did not start.", hint="The service's log says why.")
        if not services.ready:
            doing = "stopping" if services.stopping else "warming up"
            raise Refused(503, "not_ready", f"The service is {doing}.", headers={"Retry-After": "2"})
        return Readiness(status="ready", model=state.model, provider=state.provider, warnings=list(state.warnings))

    @routes.get(
        "/v1/model",
        summary="Which model reads here?",
        operation_id="model",
        response_model=ModelAnswer,
        responses=dict(problems()),
    )
    async def model(request: Request) -> JSONResponse:
        return JSONResponse(_model(request).model_dump(mode="json"))

    @routes.get(
        "/metrics",
        summary="Figures for Prometheus",
        operation_id="metrics",
        response_class=Response,
        responses={
            200: {
                "description": "Prometheus's text format.",
                "content": {"text/plain": {"schema": {"type": "string"}}},
            },
            **problems(),
        },
        dependencies=[needs("metrics")],
    )
    async def metrics(request: Request) -> Response:
        return Response(services_of(request).metrics.text(), media_type=CONTENT_TYPE_LATEST)

    return routes


def _model(request: Request) -> ModelAnswer:
    services = services_of(request)
    settings, state = services.settings, services.engine.state()
    return ModelAnswer(
        model=state.model,
        provider=state.provider,
        ready=services.ready,
        warnings=list(state.warnings),
        workers=state.workers,
        queue={"waiting": state.waiting, "running": state.running, "capacity": state.capacity},
        limits={
            "max_files": settings.max_files,
            "max_request_bytes": settings.max_request_bytes,
            "max_file_bytes": settings.max_file_bytes,
            "max_pages": settings.max_pages,
            "max_pixels": settings.max_pixels,
            "max_seconds": settings.max_seconds,
        },
        policies=services.judge.names(),
        facts=dict(state.facts),
    )
