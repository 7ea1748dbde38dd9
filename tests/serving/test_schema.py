"""The service keeps what its OpenAPI description promises, whatever is sent: no 5xx, no breach of the schema.

`python -m pytest tests/serving/test_schema.py -m slow -s` sends 10,000 generated requests and says how they were
answered.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as trials
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig

from serving.app import create_app
from serving.rooms import all_rooms
from serving.settings import ServiceSettings
from tests.serving.fake_engine import FakeEngine

CHECKED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
)

REFUSED = (400, 401, 403, 404, 405, 406, 408, 409, 413, 415, 421, 422, 429, 431)
"""Any of these refuses what breaks the description: a request with too many files is refused with 413 even if it is
faulty otherwise, too. No 5xx does."""

CONFIG = {"checks": {"negative_data_rejection": {"expected-statuses": list(REFUSED)}}}


def send(app: Any, cases: int, start: int = 7, only: str = "") -> Counter[tuple[str, int]]:
    """Sends about this many generated requests and checks each answer; counts operations and statuses.

    Operations that take a body get nearly all: without one there is little to vary. Half of the requests keep to the
    description and half break it. `only` leaves out operations whose path doesn't begin with it. Every other request
    about a job is about one that there is.
    """
    load_all_checks()
    checks = [CHECKS.get_one(name) for name in CHECKED]
    schema = schemathesis.openapi.from_asgi("/openapi.json", app, config=SchemathesisConfig.from_dict(CONFIG))
    operations = [each for found in schema.get_all_operations() if (each := found.ok()).path.startswith(only)]
    full = [each for each in operations if each.body]
    answered: Counter[tuple[str, int]] = Counter()
    jobs: list[str] = []
    turn = itertools.count()
    for operation in operations:
        share = 0.95 / len(full) if operation in full else 0.05 / (len(operations) - len(full))
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            if mode is GenerationMode.NEGATIVE and not operation.body:
                continue  # nothing is asked for that could be wrong
            count = max(2, round(cases * share / (2 if operation.body else 1)))

            def one(case: Any) -> None:
                if jobs and "job" in case.path_parameters and next(turn) % 2 == 0:
                    case.path_parameters["job"] = jobs[-1]
                response = case.call_and_validate(checks=checks)
                answered[case.operation.label, response.status_code] += 1
                if case.path == "/v1/jobs" and response.status_code == 202:
                    jobs.append(response.json()["id"])
                if case.method == "DELETE" and response.status_code == 204:
                    jobs.pop()

            limits = trials(
                max_examples=count,
                deadline=None,
                database=None,
                phases=[Phase.explicit, Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            limits(seed(start)(given(operation.as_strategy(generation_mode=mode))(one)))()
    return answered


@pytest.fixture
def app(settings: Callable[..., ServiceSettings]) -> Any:
    chosen = settings(allowed_hosts=("testserver",))
    return create_app(chosen, FakeEngine(), rooms=all_rooms(chosen))


def test_a_hundred_generated_requests_are_answered_as_described(app: Any) -> None:
    answered = send(app, 150)
    assert sum(answered.values()) >= 100
    assert answered["POST /v1/extract", 200]
    assert answered["POST /v1/score", 200]
    assert answered["POST /v1/extract", 422]
    assert answered["POST /v1/jobs", 202]
    assert answered["GET /v1/jobs/{job}", 200]
    assert answered["GET /v1/jobs/{job}/results", 200]
    assert answered["POST /v1/reviews", 422]


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_ten_thousand_generated_requests_are_answered_as_described(app: Any) -> None:
    answered: Counter[tuple[str, int]] = Counter()
    start = 0
    while sum(answered.values()) < 10_000:
        start += 1
        answered += send(app, 1000, start)
        print(f"{sum(answered.values())} requests", flush=True)
    for (operation, status), count in sorted(answered.items()):
        print(f"{operation:24} {status} {count:6}")
    print(f"{sum(answered.values())} requests, none answered with 5xx, none against the schema")
    assert not any(status >= 500 for _, status in answered)
