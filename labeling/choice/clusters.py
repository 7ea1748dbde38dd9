"""Kinds of documents: k-means with careful seeding (k-means++, Arthur and Vassilvitskii 2007)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

ROUNDS = 20

Floats = npt.NDArray[np.float64]


def kmeans(vectors: Floats, count: int, seed: int = 0) -> npt.NDArray[np.int64]:
    """The cluster of each row of `vectors` (rows × dimensions), 0 … count-1; fewer clusters where rows coincide."""
    draw = np.random.default_rng(seed)
    centres = _seeded(vectors, min(count, len(vectors)), draw)
    nearest = np.zeros(len(vectors), np.int64)
    for _ in range(ROUNDS):
        moved = _distances(vectors, centres).argmin(axis=1)
        if (moved == nearest).all() and _ > 0:
            break
        nearest = moved
        for cluster in np.unique(nearest):
            centres[cluster] = vectors[nearest == cluster].mean(axis=0)
    return nearest


def _seeded(vectors: Floats, count: int, draw: np.random.Generator) -> Floats:
    places = [int(draw.integers(len(vectors)))]
    distance = _distances(vectors, vectors[places]).min(axis=1)
    while len(places) < count and distance.sum() > 0:
        places.append(int(draw.choice(len(vectors), p=distance / distance.sum())))
        distance = np.minimum(distance, _distances(vectors, vectors[places[-1:]])[:, 0])
    return vectors[places].copy()


def _distances(vectors: Floats, centres: Floats) -> Floats:
    squares = (vectors**2).sum(axis=1)[:, None] + (centres**2).sum(axis=1)[None, :]
    return np.asarray(np.maximum(squares - 2 * vectors @ centres.T, 0.0), np.float64)
