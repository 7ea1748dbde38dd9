"""The trial behind `python -m labeling.benchmark`: the real command, a local provider, kills, and an audit.

The audit rests on what the provider wrote down, not on what the run believes.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from extractor.errors import TailorError, UsageError
from extractor.pool import digest
from extractor.task import RECEIPTS
from labeling.answers import parse_answer
from labeling.labels import label_line, read_labels, write_lines
from labeling.run.ledger import Ledger, Spent
from labeling.run.session import ledger_of

MODEL = "anthropic:claude-sonnet-4-6"
KEY = "test-key"
_COMMAND = "from labeling.cli import label; from extractor.cli.main import app, run; app.command('label')(label); run()"
"""`tailor label`, also where the package's entry points are not installed."""

ESTIMATE = "estimate before against the bill"
"""The name of that figure. Faults are drawn by chance: of a few documents the bill says little about the estimate."""

_ROUNDS = 8
"""Runs without a kill, at most: an answer that could not be used is asked for again by the next run."""


@dataclass(frozen=True)
class TrialSettings:
    """`faults` is a share of all calls; the budget is so many times what the run itself estimates."""

    kills: int = 5
    faults: float = 0.1
    seed: int = 0
    concurrency: int = 8
    generosity: Decimal = Decimal("1.25")


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    name: str
    asked: str
    measured: str
    met: bool
    of_money: bool = False


@dataclass(frozen=True)
class Told:
    """What the run told before it asked anything."""

    cost: Decimal


def invented(folder: Path, count: int, seed: int) -> None:
    """Documents that never were: small pictures, each another, and a label for each."""
    pictures = folder / "pictures"
    pictures.mkdir(parents=True)
    dice = random.Random(seed)
    lines = []
    for number in range(count):
        shade = np.full((48, 32, 3), (number % 256, number // 256, 128), dtype=np.uint8)
        Image.fromarray(shade).save(pictures / f"d{number:05}.png")
        lines.append(label_line(f"d{number:05}", _invented_label(dice), RECEIPTS))
    write_lines(folder / "recorded.jsonl", lines)


def recorded(folder: Path, labels: list[Path], pictures: list[Path], count: int) -> None:
    """Pictures with a recorded label, evenly spread over all that there are."""
    known = {id: line for path in labels for id, line in read_labels(path).items()}
    found = [path for each in pictures for path in sorted(each.rglob("*")) if path.stem in known]
    taken = found[:: max(1, len(found) // count)][:count] if count < len(found) else found
    (folder / "pictures").mkdir(parents=True)
    for path in taken:
        shutil.copy(path, folder / "pictures" / path.name)
    write_lines(folder / "recorded.jsonl", (known[path.stem] for path in taken))


def _invented_label(dice: random.Random) -> dict[str, Any]:
    price = f"{dice.randint(100, 9999) / 100:.2f}"
    items = [[f"Article {dice.randint(1000, 9999)} of the house", "1", price, price] for _ in range(dice.randint(1, 6))]
    return {
        "document_type": "receipt",
        "merchant_name": f"Shop {dice.randint(1, 999)} and Sons",
        "merchant_address": f"{dice.randint(1, 99)} Long Street, Newtown",
        "country": "GB",
        "currency": "GBP",
        "language": "en",
        "receipt_number": str(dice.randint(10**6, 10**9)),
        "date_text": f"{dice.randint(1, 28):02}/03/2025",
        "date": f"2025-03-{dice.randint(1, 28):02}",
        "time": f"{dice.randint(8, 21):02}:{dice.randint(0, 59):02}",
        "total": price,
        "payment_method": "cash",
        "expense_category": "other",
        "line_items": items,
    }


class Trial:
    """`folder` holds pictures/ and recorded.jsonl; everything else is written there."""

    def __init__(self, folder: Path, settings: TrialSettings) -> None:
        self.folder = folder
        self.settings = settings
        self.output = folder / "labels.jsonl"
        self.killed = 0
        self.statuses: list[int] = []

    @cached_property
    def wanted(self) -> dict[str, dict[str, Any]]:
        """The labels that must come out. Documents of one content are one question: the label of the last of them."""
        recorded = read_labels(self.folder / "recorded.jsonl")
        lines = {id: recorded[alike[-1]] | {"id": id} for alike in self.alike for id in alike}
        return {
            id: label_line(id, parse_answer({k: v for k, v in line.items() if k != "id"}, RECEIPTS), RECEIPTS)
            for id, line in lines.items()
        }

    @cached_property
    def alike(self) -> list[list[str]]:
        """The ids of the documents, those of the same content together."""
        found: dict[str, list[str]] = {}
        for path in sorted((self.folder / "pictures").iterdir()):
            found.setdefault(digest(path), []).append(path.stem)
        return list(found.values())

    def run(self) -> list[Figure]:
        """Labels everything, whatever happens, and audits. Raises TailorError where the command can't be run."""
        began = time.monotonic()
        with self._provider() as url:
            told = self._told(url)
            budget = (told.cost * self.settings.generosity).quantize(Decimal("0.000001"))
            for threshold in self._moments():
                self._live(url, budget, until=threshold)
            for _ in range(_ROUNDS):
                self._live(url, budget, until=None)
                if not self.output.with_name("labels.failed.jsonl").exists() and self._lines() >= len(self.wanted):
                    break
            with urllib.request.urlopen(f"{url}/report") as reply:
                books = json.load(reply)
        return self._audit(books, told, budget, time.monotonic() - began)

    def _moments(self) -> list[int]:
        """After how many labels each kill comes."""
        dice = random.Random(self.settings.seed)
        return sorted(int(len(self.wanted) * dice.uniform(0.03, 0.95)) for _ in range(self.settings.kills))

    def _live(self, url: str, budget: Decimal, until: int | None) -> None:
        """One process, killed soon after so many labels are on the disk."""
        with (self.folder / "stderr.log").open("ab") as log:
            process = subprocess.Popen(self._command(url, budget), env=_environment(), stderr=log, stdout=log)
            if until is not None:
                pause = random.Random(f"{self.settings.seed}:{until}").uniform(0.0, 0.3)
                while process.poll() is None and self._lines() < until:
                    time.sleep(0.02)
                time.sleep(pause)
                if process.poll() is None:
                    process.kill()
                    self.killed += 1
            status = process.wait()
        self.statuses.append(status)
        if status == 2:
            raise TailorError((self.folder / "stderr.log").read_text(encoding="utf-8")[-2000:])

    def _command(self, url: str, budget: Decimal) -> list[str]:
        options = {
            "--teacher": MODEL,
            "-o": str(self.output),
            "--base-url": url,
            "--budget": str(budget),
            "--concurrency": str(self.settings.concurrency),
            "--backoff": "0.05",
            "--cache": str(self.folder / "cache"),
        }
        flat = [part for pair in options.items() for part in pair]
        switches = ["--idempotent", "--retry-failed", "--yes"]
        return [sys.executable, "-c", _COMMAND, "label", str(self.folder / "pictures"), *flat, *switches]

    def _told(self, url: str) -> Told:
        """The forecast of a dry run."""
        asked = [*self._command(url, Decimal(0)), "--dry-run", "--json"]
        shown = subprocess.run(asked, env=_environment(), capture_output=True, text=True, check=False)
        if shown.returncode:
            raise TailorError(shown.stderr[-2000:])
        return Told(Decimal(json.loads(shown.stdout)["cost"]))

    def _lines(self) -> int:
        try:
            return self.output.read_bytes().count(b"\n")
        except FileNotFoundError:
            return 0

    @contextmanager
    def _provider(self) -> Iterator[str]:
        command = [
            *(sys.executable, "-m", "tests.labeling.server", "--labels", str(self.folder / "recorded.jsonl")),
            *("--pictures", str(self.folder / "pictures"), "--faults", str(self.settings.faults)),
            *("--seed", str(self.settings.seed), "--key", KEY),
        ]
        root = Path(__file__).resolve().parents[2]
        if not (root / "tests" / "labeling" / "server").is_dir():
            raise UsageError("The local server belongs to the tests.", hint="Run this in a checkout of Tailor.")
        with (
            (self.folder / "server.log").open("ab") as log,
            subprocess.Popen(
                command, env=_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
            ) as server,
        ):
            assert server.stdin is not None, "a pipe"
            assert server.stdout is not None, "a pipe"
            try:
                yield json.loads(server.stdout.readline())["url"]
            finally:
                server.stdin.close()  # tells it to stop
                try:
                    server.wait(timeout=20)
                except subprocess.TimeoutExpired:
                    server.kill()

    def _spent(self) -> Spent:
        with Ledger(ledger_of(self.output), None, idempotent=True) as ledger:
            return ledger.spent()

    def _audit(self, books: Mapping[str, Any], told: Told, budget: Decimal, seconds: float) -> list[Figure]:
        given, wanted, found = self.settings, self.wanted, read_labels(self.output)
        lines = self._lines()
        once = lines == len(found) and found.keys() == wanted.keys()
        same = sum(
            found.get(id, {}) | {"provenance": None} == line | {"provenance": None} for id, line in wanted.items()
        )
        paid_once = sum(sum(books["intact"].get(id, 0) for id in alike) == 1 for alike in self.alike)
        bill, spent = Decimal(books["total"]), self._spent()
        off = (told.cost - bill) / bill if bill else Decimal(0)
        faults, calls = sum(books["faults"].values()), sum(books["calls"].values())
        everything = str(len(wanted))
        return [
            Figure("kills while it ran", str(given.kills), str(self.killed), self.killed == given.kills),
            Figure(
                "calls that went wrong",
                f"about {given.faults:.0%}",
                f"{faults} of {calls} ({faults / calls:.1%})",
                abs(faults / calls - given.faults) < 0.1,
            ),
            Figure("documents labelled exactly once", everything, f"{len(found)} in {lines} lines", once),
            Figure("labels as recorded, field by field", everything, str(same), same == len(wanted)),
            Figure(
                "contents whose good answer was paid exactly once",
                str(len(self.alike)),
                str(paid_once),
                paid_once == len(self.alike),
            ),
            Figure("paid, by the provider's books", f"at most ${budget}", f"${bill:.4f}", bill <= budget, True),
            Figure("paid, by our ledger", f"${bill:.6f}", f"${spent.paid:.6f}", spent.paid == bill, True),
            Figure(
                ESTIMATE,
                "within 5 %",
                f"${told.cost:.4f}, {off:+.1%}",
                abs(off) <= Decimal("0.05"),
                True,
            ),
            Figure("time, new starts included", "", f"{seconds:.0f} s", True),
        ]


def _environment() -> dict[str, str]:
    root = str(Path(__file__).resolve().parents[2])
    inherited = os.environ.get("PYTHONPATH", "")
    return {
        **os.environ,
        "ANTHROPIC_API_KEY": KEY,
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, (root, inherited))),
    }
