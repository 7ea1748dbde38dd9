"""Answers kept on disk by content and question: the same picture is never paid for twice, under whatever name."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from labeling.base import TeacherAnswer, Tokens
from labeling.run.schema import Identity, Job

VERSION = 1

_KEY = ("sha256", "teacher", "prompt", "sample")


def default_folder() -> Path:
    """$TAILOR_CACHE (or $XDG_CACHE_HOME/tailor, ~/.cache/tailor) /answers."""
    chosen = os.environ.get("TAILOR_CACHE", "")
    base = os.environ.get("XDG_CACHE_HOME", "")
    home = Path(base) if Path(base).is_absolute() else Path.home() / ".cache"
    return (Path(chosen) if chosen else home / "tailor") / "answers"


@dataclass(frozen=True)
class Kept:
    """An answer of before, and when it came."""

    answer: TeacherAnswer
    at: datetime


class AnswerCache:
    """Answers with a label, by (sha256 of the file, teacher, prompt, sample). Entries appear whole or not at all, so
    that any number of processes may share a folder; a broken one is asked for anew. A folder that can't be written is
    no error: the ledger holds the answer. What is kept are values of receipts: files that only their owner may read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, job: Job, identity: Identity) -> Kept | None:
        sha256, sample, teacher, prompt = job.sha256, job.sample, identity.teacher, identity.prompt
        path = self._path(job, identity)
        try:
            entry = json.loads(path.read_text(encoding="utf-8"))
            if (entry["sha256"], entry["teacher"], entry["prompt"], entry["sample"]) != (
                sha256,
                teacher,
                prompt,
                sample,
            ):
                return None
            answer = TeacherAnswer(
                raw=str(entry["raw"]),
                label=dict(entry["label"]),
                teacher=teacher,
                prompt=prompt,
                tokens=Tokens(*map(int, entry["tokens"])),
                cost=Decimal(entry["cost"]),
                seconds=float(entry["seconds"]),
                calls=int(entry["calls"]),
            )
            return Kept(answer, datetime.fromisoformat(entry["at"]))
        except (OSError, ValueError, KeyError, TypeError, InvalidOperation):
            return None

    def put(self, job: Job, identity: Identity, answer: TeacherAnswer, at: datetime) -> None:
        if answer.label is None:
            return
        tokens = answer.tokens
        entry = {
            "sha256": job.sha256,
            "teacher": identity.teacher,
            "prompt": identity.prompt,
            "sample": job.sample,
            "raw": answer.raw,
            "label": dict(answer.label),
            "tokens": [tokens.input, tokens.output, tokens.cached, tokens.written],
            "cost": str(answer.cost),
            "seconds": answer.seconds,
            "calls": answer.calls,
            "at": at.isoformat(),
        }
        path = self._path(job, identity)
        draft: Path | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, suffix=".draft")
            draft = Path(name)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(entry, file, ensure_ascii=False)
            draft.replace(path)
        except OSError:
            if draft is not None:
                with suppress(OSError):
                    draft.unlink(missing_ok=True)

    def _path(self, job: Job, identity: Identity) -> Path:
        parts = (str(VERSION), job.sha256, identity.teacher, identity.prompt, str(job.sample))
        key = hashlib.sha256("\n".join(parts).encode()).hexdigest()
        return self.folder / key[:2] / f"{key}.json"
