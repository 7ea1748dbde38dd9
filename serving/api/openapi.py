"""The description of the interface: what the routes say of themselves, with the types that they name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from serving.api.audit import AuditAnswer, AuditBody
from serving.api.extract import ExtractAnswer, ExtractBody
from serving.api.score import ScoreAnswer, ScoreBody
from serving.problems import Problem

INPUTS: tuple[type[BaseModel], ...] = (ExtractBody, ScoreBody, AuditBody)
ANSWERS: tuple[type[BaseModel], ...] = (ExtractAnswer, ScoreAnswer, AuditAnswer, Problem)

ABOUT = """
Reads receipts and invoices into records: values, how sure each is, and where it stands on the page.

**Errors** are problem details (RFC 9457, `application/problem+json`) with a stable `code`. A document that can't be
read is no error of the request: its record says `failed`.

**Keys**: where the service asks for one, send `Authorization: Bearer KEY` or `X-API-Key: KEY`. A key has scopes, a rate
and a number of requests at a time; beyond these, and where the queue is full, the answer is 429 with `Retry-After`.

**Repeats**: a request with an `Idempotency-Key` can be sent again safely.

**Limits** are told by `GET /v1/model`.
"""

SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key."},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "An API key."},
}


def described(
    app: FastAPI, keys_needed: Callable[[], bool], public: Callable[[str], bool]
) -> Callable[[], dict[str, Any]]:
    """What `app.openapi` is to be: made once, when first asked for."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(app, keys_needed(), public)
        return app.openapi_schema

    return openapi


def _described(app: FastAPI, keys_needed: bool, public: Callable[[str], bool]) -> dict[str, Any]:
    schema = get_openapi(title=app.title, version=app.version, description=ABOUT, routes=app.routes)
    known = schema.setdefault("components", {}).setdefault("schemas", {})
    template = "#/components/schemas/{model}"
    _, own = models_json_schema(
        [*((model, "validation") for model in INPUTS), *((model, "serialization") for model in ANSWERS)],
        ref_template=template,
    )
    known.update({name: found for name, found in own.get("$defs", {}).items() if name not in known})
    known.pop("HTTPValidationError", None)
    known.pop("ValidationError", None)
    if keys_needed:
        schema["components"]["securitySchemes"] = SCHEMES
        for path, operations in schema["paths"].items():
            if not public(path):
                for operation in operations.values():
                    operation["security"] = [{name: []} for name in SCHEMES]
    return schema
