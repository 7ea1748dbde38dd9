"""What became of the requests of a load."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from extractor.types import Extraction
from serving.benchmark.load_memory import Look
from serving.benchmark.report import say

DIED = "lost with its worker"


@dataclass
class Seen:
    """Outcomes in words, and what ended as it should not."""

    outcomes: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    """Requests that ended in nothing that they should."""
    jobs_lost: list[str] = field(default_factory=list)
    job_seconds: list[float] = field(default_factory=list)
    """From sending to the last record."""
    looks: list[Look] = field(default_factory=list)
    killed: int = 0

    @property
    def died(self) -> int:
        """Records that a killed worker took with it."""
        return sum(count for outcome, count in self.outcomes.items() if outcome.endswith(DIED))

    def judge(self, record: Extraction, name: str, *, bad: bool, by: str = "") -> None:
        """A record that came; `by` tells which way."""
        code = record.error.code if record.error else ""
        if record.status != "failed":
            self.outcomes[by + ("bad file read in part" if bad else "read")] += 1
        elif code == "internal":
            self.note(f"{by}{name}: {code}")  # a defect, whatever the file
        elif code == "worker_died":
            self.outcomes[by + DIED] += 1
        elif bad:
            self.outcomes[by + "bad file failed"] += 1
        else:
            self.note(f"{by}{name}: {code}")

    def note(self, told: str) -> None:
        self.lost.append(told)
        say(f"  {told}")
