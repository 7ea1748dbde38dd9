"""How often a policy speaks on honest receipts: its false alarms, by severity and rule.

    python -m extractor.policy.honest RECORDS.jsonl [--dates LABELS.jsonl] [--policy FILE] [--show]

RECORDS are what `tailor extract` wrote. Receipts of a test collection are years old, which is no fault of theirs: each
is judged on a day shortly after its true date (LABELS: one object a line with `id`, the file's name without its
ending, and `date`); where no true date is known, after the date that was read, else on the last true day known. The
true date is what makes a misread year show as the false alarm that it would be.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from extractor.policy.policy import DEFAULT, Policy, load_policy
from extractor.policy.verdict import judge
from extractor.types import Extraction, Finding

LAG = 7
"""Days between the purchase and the audit."""


@dataclass(frozen=True)
class HonestFigures:
    """What a policy said of honest receipts. `high` holds each finding of high severity with its file."""

    receipts: int
    with_severity: Mapping[str, int]
    """Receipts with at least one finding of this severity."""
    by_rule: Mapping[tuple[str, str], int]
    """Findings by severity and rule."""
    verdicts: Mapping[str, int]
    high: tuple[tuple[str, Finding], ...] = field(default=(), repr=False)

    @property
    def high_share(self) -> float:
        """The share of receipts with a finding of high severity (issue's bound: 0.03)."""
        return self.with_severity.get("high", 0) / self.receipts if self.receipts else 0.0


def honest_figures(
    policy: Policy, records: Iterable[Extraction], true_dates: Mapping[str, dt.date] | None = None, lag: int = LAG
) -> HonestFigures:
    """Judge each record `lag` days after its own date. `true_dates` is by file name without its ending."""
    known = true_dates or {}
    last = max(known.values(), default=dt.date(2000, 1, 1))
    count = 0
    severities: Counter[str] = Counter()
    rules: Counter[tuple[str, str]] = Counter()
    verdicts: Counter[str] = Counter()
    high: list[tuple[str, Finding]] = []
    for record in records:
        day = known.get(Path(record.file).stem) or _read_date(record) or last
        judged = judge(policy, record, day + dt.timedelta(days=lag))
        count += 1
        severities.update({finding.severity for finding in judged.findings})
        rules.update((finding.severity, finding.rule) for finding in judged.findings)
        verdicts[str(judged.verdict)] += 1
        high += [(record.file, finding) for finding in judged.findings if finding.severity == "high"]
    return HonestFigures(count, dict(severities), dict(rules), dict(verdicts), tuple(high))


def true_dates(labels: Path) -> dict[str, dt.date]:
    """The dates of labelled receipts by id; those without a whole date are left out."""
    found: dict[str, dt.date] = {}
    for line in labels.read_text(encoding="utf-8").splitlines():
        label = json.loads(line)
        try:
            found[str(label["id"])] = dt.date.fromisoformat(label.get("date") or "")
        except ValueError:
            continue
    return found


def _read_date(record: Extraction) -> dt.date | None:
    try:
        return dt.date.fromisoformat(record.receipt.value("date") or "")
    except ValueError:
        return None


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m extractor.policy.honest", description=__doc__.split("\n")[0])
    parser.add_argument("records", type=Path, nargs="+", help="records as JSON lines")
    parser.add_argument("--dates", type=Path, action="append", default=[], help="labels with true dates, JSON lines")
    parser.add_argument("--policy", default=DEFAULT)
    parser.add_argument("--show", action="store_true", help="print each finding of high severity")
    chosen = parser.parse_args(arguments)
    lines = (line for path in chosen.records for line in path.read_text(encoding="utf-8").splitlines())
    records = [Extraction.model_validate_json(line) for line in lines]
    dates = {name: day for path in chosen.dates for name, day in true_dates(path).items()}
    figures = honest_figures(load_policy(chosen.policy), records, dates)
    print(f"{figures.receipts} receipts, with a finding of high severity: {figures.high_share:.2%}")
    print("verdicts: " + ", ".join(f"{name} {count}" for name, count in sorted(figures.verdicts.items())))
    for (severity, rule), count in sorted(figures.by_rule.items(), key=lambda item: (item[0][0], -item[1])):
        print(f"  {severity:6} {rule:22} {count:5} ({count / max(figures.receipts, 1):.1%})")
    for file, finding in figures.high if chosen.show else ():
        print(f"  {Path(file).name}: [{finding.rule}] {finding.message}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
