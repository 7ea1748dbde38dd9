"""MinHash: the share of features that two sets have in common, from a few numbers a set (Broder 1997), and its bands.

Sets whose signatures agree on a whole band meet in an index that knows nothing but equality (Indyk and Motwani 1998;
Leskovec, Rajaraman, Ullman: Mining of Massive Datasets, chapter 3). Signatures are kept for years, so the functions are
written here and fixed: no library's new release may change them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]


def hashed(text: str) -> int:
    """64 bits of a text, the same on every machine and in every release."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def signature(features: Iterable[str], size: int) -> Hashes | None:
    """The least hash of the features under `size` hash functions; None where there are no features."""
    codes = np.array(sorted({hashed(feature) for feature in features}), np.uint64)
    if not len(codes):
        return None
    return np.asarray(_mixed(codes[None, :] ^ _seeds(size)[:, None]).min(axis=1), np.uint64)


def bands(signed: Hashes, kind: str, rows: int) -> tuple[int, ...]:
    """One signed 64-bit mark for each run of `rows` numbers of a signature; `kind` keeps apart what is not compared."""
    marks = []
    for number, start in enumerate(range(0, len(signed) - rows + 1, rows)):
        packed = signed[start : start + rows].astype(">u8").tobytes()
        marks.append(mark(f"{kind}{number}", packed))
    return tuple(marks)


def mark(kind: str, content: bytes) -> int:
    """A signed 64-bit number that stands for this content of this kind, as databases keep it."""
    digest = hashlib.blake2b(content, digest_size=8, person=kind.encode()[:16]).digest()
    return int.from_bytes(digest, "big", signed=True)


def resemblance(first: Sequence[int], second: Sequence[int]) -> float:
    """The share of equal numbers in two signatures of one length: an estimate of intersection over union."""
    if not first or len(first) != len(second):
        return 0.0
    return sum(a == b for a, b in zip(first, second, strict=True)) / len(first)


def _seeds(size: int) -> Hashes:
    return _mixed(np.arange(1, size + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))


def _mixed(values: Hashes) -> Hashes:
    """The finaliser of SplitMix64 (Steele, Lea, Flood 2014); products wrap around as meant."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
