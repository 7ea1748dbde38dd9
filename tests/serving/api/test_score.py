"""POST /v1/score gives the figures of `tailor evaluate`, whether values come plain or as a record holds them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from serving.settings import ServiceSettings
from tests.serving.conftest import service
from tests.serving.fake_engine import FakeEngine

Make = Callable[..., ServiceSettings]
pytestmark = pytest.mark.anyio


async def scored(settings: ServiceSettings, *documents: dict[str, Any]) -> Any:
    async with service(settings, FakeEngine()) as client:
        answer = await client.post("/v1/score", json={"documents": documents})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_each_field_is_scored_over_all_documents_and_in_each(settings: Make) -> None:
    answer = await scored(
        settings(),
        {
            "id": "a",
            "prediction": {"fields": {"total": "80.9", "merchant_name": "Cafe Luna", "tax": "1.00"}},
            "reference": {"fields": {"total": "80.90", "merchant_name": "Café Luna", "tax": None}},
        },
        {
            "id": "b",
            "prediction": {"fields": {"total": None}},
            "reference": {"fields": {"total": "7.00", "tax": None}},
        },
    )
    by_name = {score["field"]: score for score in answer["fields"]}
    assert (by_name["total"]["n"], by_name["total"]["anls"], by_name["total"]["coverage"]) == (2, 0.5, 0.5)
    assert by_name["merchant_name"]["anls"] == pytest.approx(8 / 9)
    assert by_name["merchant_name"]["exact"] == 0.0
    assert (by_name["tax"]["nulls"], by_name["tax"]["false_readings"]) == (2, 0.5)
    first, second = answer["documents"]
    assert (first["id"], first["fields"]["total"], first["fields"]["tax"]) == ("a", 1.0, 0.0)
    assert (second["fields"]["total"], second["fields"]["tax"]) == (0.0, 1.0)
    assert answer["overall"]["n"] == 3
    assert answer["overall"]["ece"] is None


async def test_values_as_a_record_holds_them_carry_their_confidence(settings: Make) -> None:
    value = {"value": "5.00", "text": "5,00", "confidence": 0.5, "page": 0, "box": [0, 0, 1, 1]}
    answer = await scored(
        settings(), {"prediction": {"fields": {"total": value}}, "reference": {"fields": {"total": "5.00"}}}
    )
    assert answer["overall"]["exact"] == 1.0
    assert answer["overall"]["ece"] == 0.5


async def test_the_printed_date_and_the_day_are_scored_each_by_its_own(settings: Make) -> None:
    value = {"value": "2026-11-03", "text": "03/11/2026"}
    reference = {"fields": {"date": "03/11/2026", "date_iso": "2026-11-03"}}
    answer = await scored(settings(), {"prediction": {"fields": {"date": value}}, "reference": reference})
    assert answer["documents"][0]["fields"] == {"date": 1.0, "date_iso": 1.0}


async def test_line_items_are_matched_in_any_order(settings: Make) -> None:
    tea, cake = {"description": "Tea", "amount": "2.5"}, {"description": "Cake", "amount": "4.00"}
    answer = await scored(
        settings(),
        {
            "prediction": {"line_items": [cake, {part: {"value": text} for part, text in tea.items()}]},
            "reference": {"line_items": [{**tea, "amount": "2.50"}, cake]},
        },
    )
    assert answer["line_items"]["anls"] == 1.0
    assert answer["documents"][0]["line_items"] == 1.0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"documents": []},
        {"documents": [{"prediction": {}}]},
        {"documents": [{"prediction": {"fields": {"total": 5}}, "reference": {}}]},
        {"documents": [{"prediction": {"line_items": [{"price": {"value": "1"}}]}, "reference": {}}]},
        {"documents": [{"prediction": {"line_items": [{}] * 61}, "reference": {}}]},
        {"documents": [{"prediction": {"fields": {"total": "x" * 5001}}, "reference": {}}]},
    ],
)
async def test_what_can_t_be_scored_is_refused_with_its_place(settings: Make, body: dict[str, Any]) -> None:
    async with service(settings(), FakeEngine()) as client:
        answer = await client.post("/v1/score", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["place"].startswith("body.documents")


async def test_more_matching_than_one_request_is_worth_is_refused(settings: Make) -> None:
    items = [{"description": str(number)} for number in range(60)]
    pair = {"prediction": {"line_items": items}, "reference": {"line_items": items}}
    async with service(settings(), FakeEngine()) as client:
        answer = await client.post("/v1/score", json={"documents": [pair] * 25})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_items")
