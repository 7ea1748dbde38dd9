"""A service that was started as a program."""

from __future__ import annotations

import json
import subprocess
from typing import Any


def told_until_ready(process: subprocess.Popen[str]) -> list[dict[str, Any]]:
    """The lines of its log up to the one that says that it is ready; all there are where it ends before."""
    assert process.stderr
    told: list[dict[str, Any]] = []
    for line in process.stderr:
        told.append(json.loads(line))
        if told[-1]["event"] == "ready":
            break
    return told
