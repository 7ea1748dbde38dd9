"""POST /v1/audit: a decision for each claim, from files or from records that were read before."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from serving.settings import ServiceSettings
from tests.serving.conftest import service
from tests.serving.fake_engine import FakeEngine

Make = Callable[..., ServiceSettings]
pytestmark = pytest.mark.anyio


def claim(**changes: Any) -> dict[str, Any]:
    whole = {"claim_id": "T-1", "date": "2026-11-03", "merchant": "Cafe Luna", "amount": "12.50", "currency": "EUR"}
    return {**whole, **changes}


def record(total: str = "12.50", name: str = "lunch.png", **changes: Any) -> dict[str, Any]:
    def value(text: str) -> dict[str, Any]:
        return {"value": text, "text": text, "confidence": 0.99}

    fields = {
        "total": value(total),
        "currency": value("EUR"),
        "date": value("2026-11-03"),
        "merchant_name": value("Cafe Luna"),
    }
    fields |= {key: value(text) for key, text in changes.items()}
    return {"file": name, "sha256": "", "status": "ok", "pages": 1, "receipt": {"fields": fields}}


async def audited(settings: ServiceSettings, body: dict[str, Any]) -> Any:
    async with service(settings, FakeEngine()) as client:
        answer = await client.post("/v1/audit", json={"today": "2026-11-20", **body})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_claim_above_its_receipt_is_found_with_what_is_overpaid(settings: Make) -> None:
    other = claim(claim_id="T-2", merchant="Hotel Sol", amount="80.00", date="2026-11-10")
    receipts = [record(), record("80.00", "b.png", merchant_name="Hotel Sol", date="2026-11-10")]
    body = {"claims": [claim(amount="17.50", receipts=["lunch.png"]), other], "records": receipts}
    answer = await audited(settings(), body)
    first, second = answer["decisions"]
    assert first["claim_id"] == "T-1"
    assert first["overpayment"] == "5.00"
    assert first["verdict"] != "approve"
    assert first["receipts"] == ["lunch.png"]
    assert first["findings"][0]["message"]
    assert second["overpayment"] is None
    assert second["receipts"] == ["b.png"]
    assert answer["results"] == []


async def test_files_are_read_and_nothing_of_them_is_left_behind(settings: Make) -> None:
    chosen = settings()
    sent = {"name": "../../b.png", "content": base64.b64encode(b"picture").decode()}
    answer = await audited(chosen, {"claims": [claim(receipts=["b.png"])], "files": [sent]})
    assert [each["file"] for each in answer["results"]] == ["b.png"]
    assert answer["decisions"][0]["receipts"] == ["b.png"]
    assert not [path for path in Path(chosen.data).rglob("*") if "png" in path.name or path.name == "0"]


async def test_a_form_says_the_same(settings: Make) -> None:
    async with service(settings(), FakeEngine()) as client:
        form = {"claims": json.dumps([claim()]), "records": json.dumps([record()]), "today": "2026-11-20"}
        by_form = await client.post("/v1/audit", data=form, files=[("files", ("x.png", b"abc"))])
        sent = {"name": "x.png", "content": base64.b64encode(b"abc").decode()}
        body = {"claims": [claim()], "records": [record()], "today": "2026-11-20", "files": [sent]}
        by_json = await client.post("/v1/audit", json=body)
    assert by_form.status_code == 200
    assert by_form.json() == by_json.json()


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "body"),
        ({"claims": [{}]}, "body.claims.0.claim_id"),
        ({"claims": [claim(), claim()]}, "body.claims.1.claim_id"),
        ({"claims": [claim(amount="1e400")]}, "body.claims.0.amount"),
        ({"claims": [claim(amount="NaN")]}, "body.claims.0.amount"),
        ({"claims": [claim(currency="eur")]}, "body.claims.0.currency"),
        ({"claims": [claim(date="0001-01-01")]}, "body.claims.0.date"),
        ({"records": [record(total="a lot")]}, "body.records.0.receipt.fields.total"),
        ({"records": [record(date="yesterday")]}, "body.records.0.receipt.fields.date"),
        ({"records": [record(currency="€")]}, "body.records.0.receipt.fields.currency"),
    ],
)
async def test_what_can_t_be_reckoned_with_is_refused_by_its_place(
    settings: Make, body: dict[str, Any], place: str
) -> None:
    async with service(settings(), FakeEngine()) as client:
        answer = await client.post("/v1/audit", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["place"] == place


async def test_a_policy_is_chosen_by_name_and_judges_single_receipts_too(settings: Make, tmp_path: Path) -> None:
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "strict.yaml").write_text(
        "schema_version: 1\nname: Strict\nversion: '1'\ncurrency: EUR\nrules:\n  - {rule: cap, amount: 1}\n",
        encoding="utf-8",
    )
    async with service(settings(policies=folder), FakeEngine()) as client:
        names = (await client.get("/v1/model")).json()["policies"]
        plain = await client.post("/v1/extract", files=[("files", ("a.png", b"x"))])
        judged = await client.post("/v1/extract", files=[("files", ("a.png", b"x"))], params={"policy": "strict"})
    assert names == ["default", "strict"]
    assert plain.json()["results"][0]["verdict"] is None
    assert judged.json()["results"][0]["verdict"] == "review"
