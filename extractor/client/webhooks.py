"""For who receives the service's webhooks: whether one really comes from it, and is not an old one sent again.

Tailor-Signature: t=1795651200,v1=5d41…      t: seconds since 1970; v1: HMAC-SHA256 in hex over "t.body"
Tailor-Delivery: 0f3c…                       the same for every attempt of one webhook: keep it to know repeats
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

_SIGNATURE = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})")


def verify_webhook(
    signature: str, body: bytes, secret: str, *, tolerance: float = TOLERANCE, now: float | None = None
) -> bool:
    """Whether a webhook's body was signed with this secret at most `tolerance` seconds ago. Never raises.

    `signature` is the header Tailor-Signature ("" where it is missing), `body` the bytes as they came: parse them only
    afterwards. `now` is seconds since 1970, the present unless given.
    """
    found = _SIGNATURE.fullmatch(signature)
    if found is None:
        return False
    at, given = found.groups()
    # The digest is compared first and always, in constant time: nothing is learnt from how long a refusal takes.
    right = hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
    same = hmac.compare_digest(right, given)
    return same and abs((time.time() if now is None else now) - int(at)) <= tolerance
