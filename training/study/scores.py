"""Scores of one reader on dev, document by document: means, differences and their spread come from one place."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from extractor.evaluation import document_id, evaluate
from extractor.truth import Truth
from extractor.types import Extraction

Scores = dict[str, dict[str, dict[str, list[float]]]]
"""By source, document and field: [ANLS, exact as 0 or 1]. Only fields that the truth has a value for."""

Truths = Mapping[str, Mapping[str, Truth]]
"""By source and document."""

RESAMPLES = 1000


def score(records: Iterable[Extraction], truths: Truths) -> Scores:
    """Scores of records; a document of the truth without a record, or a field that was not read, counts 0."""
    by_id = {document_id(record.file): record for record in records}
    found: Scores = {}
    for source, documents in truths.items():
        found[source] = {}
        for name, truth in documents.items():
            mine = [by_id[name]] if name in by_id else []
            report = evaluate(mine, {name: truth})
            found[source][name] = {
                each.field: [each.anls or 0.0, each.exact or 0.0]
                for each in report.fields
                if each.n and each.field not in {f"{day}_iso" for day in truth.dates}
            }
    return found


def key_of_truths(truths: Truths) -> str:
    """Changes where the truth about any document does: scores kept under another key are stale."""
    plain = {
        source: {name: [dict(truth.fields), sorted(truth.dates)] for name, truth in documents.items()}
        for source, documents in truths.items()
    }
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:16]


def summary(runs: Sequence[Scores], fields: Sequence[str]) -> dict[str, Any]:
    """Figures of one arm by source, over its seeds. `mean` is the mean over all values of `fields`, one a seed in
    `seeds`; `all` the mean over every field of the truth; `n` counts values, `documents` documents."""
    found: dict[str, Any] = {}
    for source in runs[0]:
        means = [_mean(values_of(run[source], fields)) for run in runs]
        found[source] = {
            "documents": len(runs[0][source]),
            "n": len(values_of(runs[0][source], fields)),
            "seeds": means,
            "mean": float(np.mean(means)),
            "spread": float(np.std(means, ddof=1)) if len(means) > 1 else None,
            "exact": float(np.mean([_mean(values_of(run[source], fields, 1)) for run in runs])),
            "all": float(np.mean([_mean(values_of(run[source], None)) for run in runs])),
            "fields": {name: _field(runs, source, name) for name in fields if values_of(runs[0][source], [name])},
        }
    return found


def mean_of(figures: Mapping[str, Any], which: str = "mean") -> float:
    """The mean over the sources of a summary."""
    return float(np.mean([each[which] for each in figures.values()]))


def values_of(
    documents: Mapping[str, Mapping[str, Sequence[float]]], fields: Sequence[str] | None, which: int = 0
) -> list[float]:
    """All scores of these fields (all fields where None): ANLS, or with `which` 1 exactness."""
    return [
        values[which]
        for scored in documents.values()
        for name, values in scored.items()
        if fields is None or name in fields
    ]


def lost(before: Sequence[Scores], after: Sequence[Scores], fields: Sequence[str]) -> dict[str, Any]:
    """How many points of ANLS `after` has lost against `before`: by source and over both, with the middle 95 % of
    1,000 resamples of the documents (paired bootstrap; Efron & Tibshirani 1993). Seeds are averaged first."""
    draw = np.random.default_rng(0)
    found: dict[str, Any] = {}
    resampled = []
    for source, documents in before[0].items():
        names = list(documents)
        one, counts = _sums(before, source, names, fields)
        other, _ = _sums(after, source, names, fields)
        picks = draw.integers(0, len(names), (RESAMPLES, len(names)))
        gaps = 100 * (one - other)
        spread = gaps[picks].sum(axis=1) / np.maximum(counts[picks].sum(axis=1), 1)
        resampled.append(spread)
        found[source] = _told(float(gaps.sum() / max(counts.sum(), 1)), spread)
    both = np.mean(resampled, axis=0)
    found["mean"] = _told(float(np.mean([each["points"] for each in found.values()])), both)
    return found


def _sums(
    runs: Sequence[Scores], source: str, names: Sequence[str], fields: Sequence[str]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """For each document its ANLS summed over the fields (mean over seeds), and how many values it has."""
    sums = np.array(
        [np.mean([sum(values_of({name: run[source][name]}, fields)) for run in runs]) for name in names], np.float64
    )
    counts = np.array([len(values_of({name: runs[0][source][name]}, fields)) for name in names], np.float64)
    return sums, counts


def _told(points: float, spread: npt.NDArray[np.float64]) -> dict[str, float]:
    low, high = np.percentile(spread, [2.5, 97.5])
    return {"points": points, "low": float(low), "high": float(high)}


def _field(runs: Sequence[Scores], source: str, name: str) -> dict[str, float]:
    return {
        "n": len(values_of(runs[0][source], [name])),
        "anls": float(np.mean([_mean(values_of(run[source], [name])) for run in runs])),
        "exact": float(np.mean([_mean(values_of(run[source], [name], 1)) for run in runs])),
    }


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0
