"""The fingerprint of a receipt: what it is recognised by when it comes again in another file."""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass, field
from functools import cached_property

import numpy as np

from extractor.errors import DocumentError
from extractor.policy.cases import ReceiptEvidence
from extractor.policy.duplicates import minhash, pictures
from extractor.policy.duplicates.minhash import mark
from extractor.policy.duplicates.numbers import printed, weight
from extractor.policy.duplicates.purchase import Purchase
from extractor.types import ImageArray, Page

VERSION = 2
"""Changes whenever a fingerprint of the same receipt would come out differently: an index holds one version."""

TEXT_HASHES = 84
TEXT_ROWS = 3
"""Two receipts half of whose (weighted) numbers are the same meet in one of the 28 bands of three with probability
0.98; such as share a tenth, as those of one shop do, with 0.03."""

FEWEST_NUMBERS = 4
"""Below this many numbers a signature would make strangers meet."""


@dataclass(frozen=True)
class Fingerprint:
    """What identifies a receipt: the file, its picture, the numbers printed on it, and the purchase.

    `picture` and `text` are perceptual hashes of 256 bits (of the first page, and of its text set upright), None where
    there was no picture. `numbers` are digits as printed, in reading order.
    """

    sha256: str = ""
    picture: int | None = None
    text: int | None = None
    numbers: tuple[str, ...] = ()
    purchase: Purchase = field(default_factory=Purchase)

    @cached_property
    def number_set(self) -> frozenset[str]:
        return frozenset(self.numbers)

    @cached_property
    def marks(self) -> tuple[int, ...]:
        """The keys under which an index finds it: equal receipts share some, others hardly any."""
        found = [mark("file", self.sha256.encode())] if self.sha256 else []
        found += _purchase_marks(self.purchase)
        signed = minhash.signature(_features(self.numbers), TEXT_HASHES)
        if signed is not None and len(self.numbers) >= FEWEST_NUMBERS:
            found += minhash.bands(signed, "numbers", TEXT_ROWS)
        for kind, code in (("picture", self.picture), ("text", self.text)):
            if code:  # 0: a page of one colour
                found += pictures.bands(code, kind)
        return tuple(dict.fromkeys(found))

    def packed(self) -> str:
        """As text for a database, without the file's hash."""
        held = list(astuple(self.purchase))
        hashes = [None if code is None else f"{code:x}" for code in (self.picture, self.text)]
        return json.dumps([*hashes, " ".join(self.numbers), *held], ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def unpacked(cls, sha256: str, text: str) -> Fingerprint:
        """From what `packed` gave."""
        picture, area, runs, *held = json.loads(text)
        codes = [None if code is None else int(code, 16) for code in (picture, area)]
        return cls(sha256, codes[0], codes[1], tuple(runs.split()), Purchase(*held))


def fingerprint(evidence: ReceiptEvidence, image: ImageArray | None = None) -> Fingerprint:
    """The fingerprint of a receipt as it was read; `image` is its first page, as loaded (RGB, height × width × 3).

    Without words the numbers of the fields and line items that were read stand in for those printed.
    """
    page = evidence.document.pages[0] if evidence.document and evidence.document.pages else None
    return Fingerprint(
        sha256=evidence.record.sha256,
        picture=None if image is None else pictures.whole(image),
        text=None if image is None or page is None else pictures.text_area(_upright(image, page), page.words),
        numbers=_numbers(evidence),
        purchase=Purchase.of(evidence),
    )


def first_picture(evidence: ReceiptEvidence) -> ImageArray | None:
    """The first page of a receipt's file; None where there is no file or it can't be read."""
    if evidence.path is None or not evidence.path.is_file():
        return None
    from extractor.loading import load

    try:
        with load(evidence.path, dpi=72) as document:
            return next(iter(document.pages())).image
    except (DocumentError, StopIteration):
        return None


def _upright(image: ImageArray, page: Page) -> ImageArray:
    return np.ascontiguousarray(np.rot90(image, page.turned // 90)) if page.turned else image


def _numbers(evidence: ReceiptEvidence) -> tuple[str, ...]:
    if evidence.document is not None:
        return printed(word.text for page in evidence.document.pages for word in page.words)
    receipt = evidence.record.receipt
    texts = [found.text for found in receipt.fields.values()]
    for item in receipt.line_items:
        texts += [part.text for part in (item.description, item.quantity, item.unit_price, item.amount) if part]
    return printed(texts)


def _features(runs: tuple[str, ...]) -> set[str]:
    """The numbers as a set for MinHash, where one that tells more stands more often."""
    return {f"{run}#{copy}" for run in runs for copy in range(int(weight(run)))}


def _purchase_marks(purchase: Purchase) -> list[int]:
    """Each pair of number, amount, date and time is a key, and the merchant with a day or a minute: two of them may be
    misread."""
    number = purchase.digits
    total = purchase.total.replace(".", "").lstrip("-0")
    pairs = {
        "number+total": (number, total),
        "number+date": (number, purchase.date),
        "date+total": (purchase.date, total),
        "date+time": (purchase.date, purchase.time),
        "number+time": (number, purchase.time),
        "time+total": (purchase.time, total),
        "merchant+date": (purchase.merchant, purchase.date),
        "merchant+time": (purchase.merchant, purchase.time),
    }
    return [mark(kind, "|".join(pair).encode("utf-8", "surrogatepass")) for kind, pair in pairs.items() if all(pair)]
