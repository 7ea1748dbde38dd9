"""Every figure that the dashboard and the alerts ask for is one that the service really gives."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from extractor.types import Notice
from serving.jobs.room import JobRoom
from serving.settings import ServiceSettings
from serving.watching import EngineMetrics
from tests.conftest import ROOT
from tests.serving.conftest import service
from tests.serving.fake_engine import FakeEngine, record_of

DEPLOY = ROOT / "deploy"
BOARD = json.loads((DEPLOY / "grafana" / "dashboards" / "tailor.json").read_text(encoding="utf-8"))
ALERTS = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text(encoding="utf-8"))

SERIES = re.compile(r"\b((?:tailor_|up\b)\w*)(?:\{([^}]*)\})?")
OUTSIDE = {"instance", "job", "le"}
"""Labels that Prometheus adds, or that histograms have."""


def expressions() -> list[str]:
    panels = [target["expr"] for panel in BOARD["panels"] for target in panel.get("targets", ())]
    return [*panels, *(rule["expr"] for group in ALERTS["groups"] for rule in group["rules"])]


@pytest.fixture
def exported(tmp_path: Path) -> dict[str, set[str]]:
    """The names of all series, and their labels, of a service that has done a bit of everything."""

    async def scrape() -> str:
        settings = ServiceSettings(data=tmp_path)
        async with service(settings, FakeEngine(capacity=3), rooms=[JobRoom(settings)]) as client:
            await client.post("/v1/extract", files=[("files", ("a.jpg", b"abc")), ("files", ("b.jpg", b""))])
            await client.post("/v1/audit", json={"claims": [{"claim_id": "a"}]})
            await client.get("/nothing")
            metrics = client.app.state.services.metrics
            EngineMetrics(metrics).on_batch(2, 100, 128)
            EngineMetrics(metrics).on_worker("started")
            EngineMetrics(metrics).on_stage("batch_run", 0.1)
            from serving.engine.base import Upload

            warned = record_of(Upload("a", b"a")).model_copy(update={"warnings": [Notice(code="x", message="X.")]})
            metrics.read(warned, 1.0, 0.1)
            return (await client.get("/metrics")).text

    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(asyncio.run(scrape())):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def test_all_that_is_asked_for_exists(exported):
    asked = [match for expression in expressions() for match in SERIES.finditer(expression)]
    assert len(asked) > 50
    for match in asked:
        name, labels = match[1], re.findall(r"(\w+)\s*[=!]~?\s*\"", match[2] or "")
        if name == "up":
            continue
        assert name in exported, name
        assert set(labels) <= exported[name] | OUTSIDE, match[0]


def test_what_is_grouped_by_and_shown_exists(exported):
    for expression in expressions():
        names = [match[1] for match in SERIES.finditer(expression) if match[1] != "up"]
        there = set().union(*(exported[name] for name in names)) | OUTSIDE if names else OUTSIDE
        for grouped in re.findall(r"(?:by|ignoring) \(([^)]*)\)", expression):
            assert {label.strip() for label in grouped.split(",")} <= there, expression
    for panel in BOARD["panels"]:
        for target in panel.get("targets", ()):
            names = [match[1] for match in SERIES.finditer(target["expr"])]
            shown = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            assert shown <= set().union(*(exported[name] for name in names)) | OUTSIDE


def test_the_figures_that_matter_are_on_the_dashboard(exported):
    shown = {match[1] for expression in expressions() for match in SERIES.finditer(expression)}
    families = {re.sub(r"_(bucket|count|sum|created)$", "", name) for name in exported if name.startswith("tailor_")}
    unseen = {family for family in families if not any(name.startswith(family) for name in shown)}
    assert unseen <= {"tailor_jobs_open", "tailor_jobs_queued_bytes", "tailor_jobs_taken_over_total"}


def test_panels_are_laid_out_side_by_side_and_explained():
    taken: set[tuple[int, int]] = set()
    for panel in BOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken
        taken |= cells
        if panel["type"] != "row":
            assert panel["title"]
            assert panel["description"]
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])


def test_the_board_finds_its_source_and_prometheus_its_files():
    source = yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/prometheus.yaml").read_text(encoding="utf-8"))
    used = {panel["datasource"]["uid"] for panel in BOARD["panels"] if "datasource" in panel}
    assert used == {source["datasources"][0]["uid"]}
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    provider = yaml.safe_load((DEPLOY / "grafana/provisioning/dashboards/tailor.yaml").read_text(encoding="utf-8"))
    folder = provider["providers"][0]["options"]["path"]
    assert f"./grafana/dashboards:{folder}:ro" in compose["grafana"]["volumes"]
    scraping = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    for name in scraping["rule_files"]:
        assert (DEPLOY / "prometheus" / name).is_file()
    (job,) = scraping["scrape_configs"]
    assert job["authorization"]["credentials_file"] == f"/run/secrets/{compose['prometheus']['secrets'][0]}"
    host, port = job["static_configs"][0]["targets"][0].split(":")
    assert host in compose
    assert compose[host]["ports"][0].endswith(f":{port}")
