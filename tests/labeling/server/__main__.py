"""Runs the server in a process of its own, for tests that kill the run: prints its address, stops when stdin ends.

python -m tests.labeling.server --labels labels.jsonl --pictures folder --faults 0.1 --seed 3
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path

from tests.labeling.server import ALL, Faults, FaultServer, load_labels


def main() -> None:
    parser = argparse.ArgumentParser(description="A pretended provider on this machine.")
    parser.add_argument("--labels", type=Path, required=True, help="recorded answers, JSON lines")
    parser.add_argument(
        "--pictures", type=Path, required=True, help="the documents: their names without ending are ids"
    )
    parser.add_argument("--faults", type=float, default=0.0, help="share of calls that go wrong")
    parser.add_argument("--kinds", default=",".join(ALL))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--key", default="test-key")
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    faults = Faults(given.faults, given.kinds.split(","), given.seed)
    server = FaultServer(load_labels(given.labels), faults=faults, key=given.key, port=given.port, keeps_bodies=False)
    for path in sorted(given.pictures.rglob("*")):
        if path.is_file():
            server.register(hashlib.sha256(path.read_bytes()).hexdigest(), path.stem)
    with server:
        print(json.dumps({"url": server.url}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
