"""A study from beginning to end: its parts one after the other, and one report of all that is known so far."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from training.study.documents import dev_truths, read_documents
from training.study.parts import WORK, Bench
from training.study.plan import PARTS, Part, Study
from training.study.plots import draw
from training.study.report import report

RESULTS_FILE, REPORT_FILE = "results.json", "report.md"


def run_study(study: Study, folder: Path, parts: Sequence[Part], command: str, *, workers: int = 1) -> Path:
    """Does the parts asked for and writes results.json, report.md and its pictures; returns the report's path.

    The report is written anew after each part, and holds parts that an earlier call has done, too, where nothing of the
    configuration has changed since. Raises UsageError where files are missing or a recipe is not valid.
    """
    documents = read_documents(study)
    bench = Bench(study, documents, dev_truths(study, documents), folder, workers)
    about = _about(study, bench, command)
    known = _before(folder, about["key"])
    folder.mkdir(parents=True, exist_ok=True)
    for part in (each for each in PARTS if each in parts):
        known[part] = WORK[part](bench)
        write(folder, {**about, "parts": {name: known[name] for name in PARTS if name in known}}, part)
    return folder / REPORT_FILE


def write(folder: Path, results: Mapping[str, Any], fresh: Part) -> None:
    """Writes results, report and the pictures of the part that was just done."""
    scratch = folder / f"{RESULTS_FILE}.part"
    scratch.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    scratch.replace(folder / RESULTS_FILE)
    draw(results, folder, fresh)
    (folder / REPORT_FILE).write_text(report(results), encoding="utf-8")


def _about(study: Study, bench: Bench, command: str) -> dict[str, Any]:
    plan, stage = study.plan, study.run.stages[-1]
    plain = {"run": study.run.model_dump(mode="json"), "plan": plan.model_dump(mode="json", exclude={"cost"})}
    return {
        "key": hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:16],
        "command": command,
        "fields": list(plan.fields),
        "seeds": list(plan.seeds),
        "ground_truth": sorted(plan.ground_truth),
        "documents": {name: {"train": len(each.train), "dev": len(each.dev)} for name, each in bench.documents.items()},
        "student": study.run.student.model_dump(mode="json"),
        "optimiser": stage.optimiser.model_dump(mode="json"),
        **plain,
    }


def _before(folder: Path, key: str) -> dict[str, Any]:
    """The parts that an earlier call has done with the same configuration."""
    try:
        kept = json.loads((folder / RESULTS_FILE).read_text(encoding="utf-8"))
        return dict(kept["parts"]) if kept["key"] == key else {}
    except (OSError, ValueError, KeyError):
        return {}
