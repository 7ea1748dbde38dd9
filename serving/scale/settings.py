"""How many replicas there are, and what each may use of the cluster."""

from __future__ import annotations

from dataclasses import dataclass

from extractor.errors import UsageError


@dataclass(frozen=True)
class ScaleSettings:
    """`replicas` run side by side, each with `cpus` and `gpus` of the cluster (a part of a GPU can be shared).

    `start` is how many seconds the replicas together have to load their models: a cluster may have to grow first.
    `retries` is how often a document is read anew whose replica was lost; after that it counts as deadly.
    """

    replicas: int = 2
    cpus: float = 1.0
    gpus: float = 0.0
    start: float = 600.0
    retries: int = 2

    def __post_init__(self) -> None:
        if self.replicas < 1 or self.cpus <= 0 or self.gpus < 0 or self.start <= 0 or self.retries < 0:
            raise UsageError("There must be a replica at least, with a share of a CPU.", hint="Correct the settings.")
