"""Which documents to label next under a budget.

- `random`: any of them, the measure of all others.
- `diverse`: those that together stand for the whole pool best (facility location, chosen greedily; Nemhauser et al.
  1978 prove it near the best). A shop whose receipts recur is served by few of them.
- `uncertain`: those that the present student is least sure of (Lewis and Gale 1994). On recorded labels this was worse
  than random: a student doubts most what can hardly be read.
- `robust`: both at once, in the spirit of "Robust Active Distillation" (Baykal et al., ICLR 2023): what a document is
  worth is the student's doubt, averaged over the document's surroundings, so that outliers and labels that would
  mislead can't spend the budget; diversity then keeps it from asking the same twice.
- `performance`: performance-guided (PGKD, Di Palo et al., EMNLP 2024): kinds of documents with a low validation score
  get more of the budget.

`diverse`, `robust` and `performance` also weigh a document by its `clarity`, where that is known: what the OCR could
hardly read teaches little, whatever its label says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from extractor.errors import UsageError
from labeling.choice.clusters import kmeans

Strategy = Literal["random", "diverse", "uncertain", "robust", "performance"]
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)

Floats = npt.NDArray[np.float64]

REACH = 0.7
"""How far a labelled document speaks for others: at this share of the pool's typical distance, half."""

CLUSTER_SIZE = 25
"""Documents to a kind, on average, for `performance`."""

SMOOTHING = 4.0
"""A kind's validation score counts against that many documents of average score."""


@dataclass(frozen=True)
class Pool:
    """What can be labelled, and what is known of it.

    `ids` in any order; `vectors` ids × dimensions, from `outline.embed`; `confidence` the present student's, 0–1, by
    id; `labelled` what has a label already; `scores` how well labelled documents are read, 0–1, by a student that was
    not fitted on them; `clarity` how legible each is (`outline.clarity`), of which only the order counts.
    """

    ids: Sequence[str]
    vectors: Floats
    confidence: Mapping[str, float] = field(default_factory=dict)
    labelled: Sequence[str] = ()
    scores: Mapping[str, float] = field(default_factory=dict)
    clarity: Mapping[str, float] = field(default_factory=dict)


def choose(pool: Pool, k: int, strategy: Strategy = "robust", seed: int = 0) -> list[str]:
    """The ids of at most `k` documents of the pool that have no label yet, the most useful first.

    `uncertain` and `robust` need the student's `confidence` and `performance` needs `scores`; while there are none (the
    first round), all three choose as `diverse` does. The same call gives the same answer. Raises UsageError for an
    unknown strategy or a negative budget.
    """
    if strategy not in STRATEGIES:
        raise UsageError(f"There is no strategy {strategy!r}.", hint=f"Choose one of {', '.join(STRATEGIES)}.")
    if k < 0:
        raise UsageError(f"{k} documents can't be chosen.", hint="Give a number of at least 0.")
    known = set(pool.labelled)
    free = np.array([at for at, name in enumerate(pool.ids) if name not in known], int)
    if not len(free) or not k:
        return []
    if strategy == "random":
        picked: list[int] = np.random.default_rng(seed).permutation(free)[:k].tolist()
    elif strategy == "uncertain" and pool.confidence:
        picked = free[np.argsort(_confidences(pool)[free], kind="stable")][:k].tolist()
    else:
        alike = similarities(pool.vectors)
        worth = _worth(pool, strategy, alike, seed)
        picked = cover(alike, worth, _labelled(pool), free.tolist(), k, _teaching(pool))
    return [pool.ids[at] for at in picked]


def _worth(pool: Pool, strategy: Strategy, alike: Floats, seed: int) -> Floats:
    """What it is worth to have a document covered."""
    if strategy == "robust" and pool.confidence:
        return np.asarray(alike @ (1.0 - _confidences(pool)) / alike.sum(axis=1), np.float64)
    if strategy == "performance" and pool.scores:
        return _lacking(pool, seed)
    return np.ones(len(pool.ids))


def _teaching(pool: Pool) -> Floats:
    """How much a document's own label teaches, 0–1: its rank by clarity; all alike where that is not known."""
    if not pool.clarity:
        return np.ones(len(pool.ids))
    usual = float(np.median(list(pool.clarity.values())))
    known = np.array([pool.clarity.get(name, usual) for name in pool.ids])
    return np.asarray((known.argsort(kind="stable").argsort(kind="stable") + 1.0) / len(known), np.float64)


def similarities(vectors: Floats) -> Floats:
    """How far each document speaks for each other, 0–1: a bell over their distance, as wide as `REACH` says."""
    squares = (vectors**2).sum(axis=1)
    distances = np.maximum(squares[:, None] + squares[None, :] - 2 * vectors @ vectors.T, 0.0)
    typical = float(np.median(distances)) or 1.0
    return np.asarray(np.exp2(-distances / (REACH**2 * typical)), np.float64)


def cover(
    alike: Floats, worth: Floats, chosen: Sequence[int], free: Sequence[int], k: int, teaching: Floats | None = None
) -> list[int]:
    """Greedily the `k` of `free` that add most to Σ worth · (how far the nearest chosen one speaks for a document).

    Each one's gain is taken times what its label teaches (`teaching`, by default the same for all).
    """
    factor = np.ones(len(alike)) if teaching is None else teaching
    reached = alike[list(chosen)].max(axis=0) if len(chosen) else np.zeros(len(alike))

    def gain(at: int) -> float:
        return float(np.maximum(alike[at] - reached, 0.0) @ worth) * float(factor[at])

    # Gains only shrink as more is chosen, so one that is still the largest after a second look is the largest (Minoux
    # 1978); ties go to the document that stands first.
    heap = [(-gain(at), at) for at in free]
    heapify(heap)
    picked: list[int] = []
    while heap and len(picked) < k:
        _, at = heappop(heap)
        now = (-gain(at), at)
        if heap and now > heap[0]:
            heappush(heap, now)
            continue
        picked.append(at)
        reached = np.maximum(reached, alike[at])
    return picked


def _labelled(pool: Pool) -> list[int]:
    known = set(pool.labelled)
    return [at for at, name in enumerate(pool.ids) if name in known]


def _confidences(pool: Pool) -> Floats:
    # Of a document that the student hasn't seen, nothing is known: it is taken for an average one.
    usual = float(np.mean(list(pool.confidence.values())))
    return np.array([pool.confidence.get(name, usual) for name in pool.ids])


def _lacking(pool: Pool, seed: int) -> Floats:
    """What each document's kind lacks: one minus the validation score of the kind's labelled documents."""
    kinds = kmeans(pool.vectors, max(2, len(pool.ids) // CLUSTER_SIZE), seed)
    usual = float(np.mean(list(pool.scores.values())))
    places = {name: at for at, name in enumerate(pool.ids)}
    sums, counts = np.zeros(kinds.max() + 1), np.zeros(kinds.max() + 1)
    for name, score in pool.scores.items():
        if name in places:
            sums[kinds[places[name]]] += score
            counts[kinds[places[name]]] += 1
    score_of = (sums + SMOOTHING * usual) / (counts + SMOOTHING)
    return np.asarray(np.maximum(1.0 - score_of[kinds], 0.01), np.float64)
