"""Pictures that were made to deceive, out of honest ones: the same receipt in another picture, and forgeries.

They are made once a split (the same bytes each time), read by the product like any other picture, and shared by all
offices of the simulation.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from extractor.policy.cases import ReceiptEvidence
from training.benchmark.expense_year.receipts import Held, looked_at
from training.benchmark.forgeries import forge
from training.benchmark.predict import Reader
from training.benchmark.variants import make

AGAIN = ("recompressed", "cropped", "rotated", "recoloured")
"""How one person makes a second picture out of the first."""
ANEW = "rephotographed"
"""How a second person comes to a picture of the same paper."""
CHANGED = ("digit copied", "digit retyped")
DRAWN = "drawn by a program"

COUNTS = {**dict.fromkeys(AGAIN, 5), ANEW: 20, **dict.fromkeys(CHANGED, 10), DRAWN: 20}
"""How many pictures of each kind are made, so that every planted claim of a full year may have one of its own; each is
read by OCR, which takes a second or more."""
SEED = 17


@dataclass(frozen=True)
class Altered:
    """A picture made out of an honest receipt: `evidence` is what was read off it, `shows` the total that it shows."""

    kind: str
    held: Held
    evidence: ReceiptEvidence
    shows: Decimal


Wanted = Callable[[Held], bool]


def altered(
    chosen_from: Sequence[Held], reader: Reader, folder: Path, suits: Wanted, counts: dict[str, int] | None = None
) -> list[Altered]:
    """The altered pictures of a split, in `folder`; made of receipts that `suits` allows, each of which is used once.

    The order in which receipts are taken depends on each alone, so that one more or less leaves the others' pictures.
    """
    fit = [held for held in chosen_from if held.evidence.record.status == "ok" and suits(held)]
    left = iter(sorted(fit, key=lambda held: zlib.crc32(f"{SEED}|{held.id}".encode())))
    files = [one for kind, count in (counts or COUNTS).items() for one in _of_kind(kind, count, left, folder)]
    read = dict(looked_at([path for _, _, path, _ in files], reader, f"altered pictures in {folder.name}"))
    return [Altered(kind, held, read[path], shows) for kind, held, path, shows in files]


def _of_kind(kind: str, count: int, left: Iterator[Held], folder: Path) -> Iterator[tuple[str, Held, Path, Decimal]]:
    made = 0
    while made < count and (held := next(left, None)) is not None:
        found = _made(kind, held, folder)
        if found is not None:
            made += 1
            yield kind, held, *found


def _made(kind: str, held: Held, folder: Path) -> tuple[Path, Decimal] | None:
    """The file of an altered picture and the total that it shows; None where the receipt doesn't lend itself to it."""
    path = held.evidence.path
    if path is None:
        return None
    if kind in (*AGAIN, ANEW):
        return make(path, kind, folder, held.evidence.document), held.total
    if Decimal(held.evidence.value("total") or 0) != held.total:
        return None  # the forger knows where the total stands
    forged = forge(held.evidence, kind)
    if forged is None or (kind in CHANGED and not held.total < Decimal(forged.total) <= 20 * held.total):
        return None
    target = folder / kind.replace(" ", "-") / f"{path.stem}{forged.suffix}"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(forged.content)
    return target, Decimal(forged.total)
