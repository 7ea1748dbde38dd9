from __future__ import annotations

import numpy as np
import pytest

from extractor.errors import UsageError
from extractor.policy.cases import Place
from extractor.policy.tampering import overlay
from extractor.policy.tampering.overlay import FRAME, LINES
from tests.extractor.policy.tampering.making import evidence, page

TOTAL = "306.00"


def has(picture, colour) -> bool:
    return bool((np.asarray(picture) == colour).all(axis=2).any())


def place_of_total(receipt) -> Place:
    field = receipt.record.receipt.fields["total"]
    return Place(receipt=receipt.name, field="total", page=0, box=field.box)


def test_the_place_is_shown_enlarged_with_a_frame_and_the_lines_of_the_digits():
    receipt = evidence(page(), total=TOTAL)
    shown = overlay(receipt, [place_of_total(receipt)])
    assert shown.height >= 120
    assert has(shown, FRAME)
    assert has(shown, LINES)


def test_a_place_without_a_box_is_the_whole_page():
    receipt = evidence(page(), total=TOTAL)
    whole = overlay(receipt, [Place(receipt=receipt.name, page=0)])
    height, width = page().image.shape[:2]
    assert whole.width / whole.height == pytest.approx(width / height, rel=0.02)
    assert not has(whole, FRAME)


def test_places_of_other_receipts_are_not_drawn():
    receipt = evidence(page(), total=TOTAL)
    other = place_of_total(receipt).model_copy(update={"receipt": "other.jpg"})
    assert not has(overlay(receipt, [other]), FRAME)


def test_a_picture_that_is_gone_is_an_error_a_user_understands(tmp_path):
    with pytest.raises(UsageError, match=r"gone\.jpg \(page 1\) can't be opened"):
        overlay(evidence(path=tmp_path / "gone.jpg"), [])
