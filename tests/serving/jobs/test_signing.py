"""A webhook's signature holds for its body, its secret and its time, and for nothing else."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.jobs.signing import TOLERANCE, sign, verify

BODY = b'{"event": "job.ended"}'


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["", "secret", "schlüssel"]), st.integers(0, 2**33))
def test_what_was_signed_verifies(body: bytes, secret: str, now: int) -> None:
    assert verify(sign(body, secret, now), body, secret, now=now)


def test_the_signature_is_the_documented_one() -> None:
    digest = hmac.new(b"secret", b"1000." + BODY, hashlib.sha256).hexdigest()
    assert sign(BODY, "secret", 1000.9) == f"t=1000,v1={digest}"


def test_another_body_secret_or_time_does_not_verify() -> None:
    signature = sign(BODY, "secret", 1000)
    assert not verify(signature, BODY + b" ", "secret", now=1000)
    assert not verify(signature, BODY, "other", now=1000)
    assert not verify(signature.replace("t=1000", "t=1001"), BODY, "secret", now=1001)


def test_an_old_recording_does_not_verify_and_a_clock_that_differs_a_little_does() -> None:
    signature = sign(BODY, "secret", 1000)
    assert verify(signature, BODY, "secret", now=1000 + TOLERANCE)
    assert verify(signature, BODY, "secret", now=1000 - TOLERANCE)
    assert not verify(signature, BODY, "secret", now=1001 + TOLERANCE)
    assert not verify(signature, BODY, "secret", now=999 - TOLERANCE)


@pytest.mark.parametrize("signature", ["", "t=,v1=", "v1=00", "t=1000", "t=1000,v1=zz", "t=1000,v1=é" + "0" * 63, "\n"])
def test_what_is_no_signature_is_refused_without_an_error(signature: str) -> None:
    assert not verify(signature, BODY, "secret", now=1000)


@settings(deadline=None)
@given(st.text(max_size=120))
def test_no_text_of_a_stranger_breaks_verify(signature: str) -> None:
    assert not verify(signature, BODY, "secret", now=1000)
