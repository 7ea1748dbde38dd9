"""Signatures of webhooks. The service signs; who receives verifies, with `verify` or the same four lines elsewhere.

    Tailor-Signature: t=1795651200,v1=5d41…      t: seconds since 1970; v1: HMAC-SHA256 in hex over "t.body"
    Tailor-Delivery: 0f3c…                       the same for every attempt of one webhook: keep it to know repeats

The time is signed, so an old request that someone recorded is refused; within the tolerance, compare Tailor-Delivery.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time

SIGNATURE_HEADER = "Tailor-Signature"
DELIVERY_HEADER = "Tailor-Delivery"
TOLERANCE = 300.0
"""Seconds by which the two clocks may differ, the way of the request included."""

_HEADER = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")


def sign(body: bytes, secret: str, now: float | None = None) -> str:
    """The value of Tailor-Signature for a body."""
    at = str(int(time.time() if now is None else now))
    return f"t={at},v1={_digest(at, body, secret)}"


def verify(signature: str, body: bytes, secret: str, *, tolerance: float = TOLERANCE, now: float | None = None) -> bool:
    """Whether a webhook's body, as it came, was signed with this secret and not long ago. Never raises."""
    found = _HEADER.fullmatch(signature)
    if found is None:
        return False
    at, given = found.groups()
    current = time.time() if now is None else now
    # The digest is compared first and always, in constant time: nothing is learnt from how long a refusal takes.
    right = hmac.compare_digest(_digest(at, body, secret), given)
    return right and abs(current - int(at)) <= tolerance


def _digest(at: str, body: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
