"""What a run tells: one JSON object a line, TensorBoard scalars, a short line for people."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

LOG_FILE = "log.jsonl"


class Log:
    """The log of a run's folder. A run that goes on takes up the log where its checkpoint stands: lines of later steps
    are of work that was lost, and go."""

    def __init__(self, folder: Path, *, after: int = 0, seconds: float = 0.0) -> None:
        from tensorboardX import SummaryWriter

        self.path = folder / LOG_FILE
        kept = [line for line in read_log(folder) if line["step"] <= after] if after else []
        self.path.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")
        self._board = SummaryWriter(str(folder / "tensorboard"), purge_step=after + 1 if after else None)
        self._started = time.monotonic() - seconds

    @property
    def seconds(self) -> float:
        """Seconds of training so far, those before a break included."""
        return time.monotonic() - self._started

    def write(self, stage: str, step: int, **facts: Any) -> None:
        line = {"stage": stage, "step": step, **facts, "seconds": round(self.seconds, 1)}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        for name, value in facts.items():
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                self._board.add_scalar(name, value, step)
        shown = (f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}" for key, value in line.items())
        print("  ".join(shown), flush=True)

    def close(self) -> None:
        self._board.close()


def read_log(folder: Path) -> list[dict[str, Any]]:
    """The lines of a run's log, oldest first; a line cut off by a kill is left out."""
    path = folder / LOG_FILE
    if not path.is_file():
        return []
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            lines.append(json.loads(line))
        except ValueError:
            continue
    return lines
