"""Costs follow from seconds, tokens and dated prices by plain arithmetic."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from PIL import Image

from extractor.errors import UsageError
from training.study.cost import (
    SHIPPED,
    TeacherPrice,
    Tokens,
    break_even,
    describe,
    estimate_tokens,
    picture_tokens,
    read_prices,
    student_cost,
    teacher_cost,
)


def test_a_thousand_documents_of_two_seconds_take_two_thousand_seconds_of_a_core() -> None:
    assert student_cost(1.8, 0.04) == pytest.approx(0.02)


def test_a_teacher_asks_for_tokens_in_and_out_and_less_in_a_batch() -> None:
    price = TeacherPrice(input=2, output=10, batch=0.5)
    assert teacher_cost(Tokens(1000, 200), price, batch=False) == pytest.approx(4.0)
    assert teacher_cost(Tokens(1000, 200), price, batch=True) == pytest.approx(2.0)


def test_labels_and_training_are_paid_back_by_what_each_document_saves() -> None:
    # 100 labels at 0.01 and an hour at 1, against 0.008 saved a document.
    assert break_even(100, 3600, student=2, teacher=10, vcpu_hour=1) == pytest.approx(2 / 0.008)
    assert break_even(100, 3600, student=10, teacher=10, vcpu_hour=1) is None


def test_large_pictures_are_counted_as_they_are_sent() -> None:
    rule = read_prices().tokens
    assert picture_tokens(750, 1000, rule) == pytest.approx(1000)
    assert picture_tokens(2 * rule.longest_side, rule.longest_side, rule) == pytest.approx(
        picture_tokens(rule.longest_side, rule.longest_side // 2, rule)
    )


def test_tokens_are_estimated_from_pictures_and_answers(tmp_path: Path) -> None:
    Image.new("RGB", (750, 100)).save(tmp_path / "a.png")
    rule = read_prices().tokens.model_copy(update={"characters_a_token": 2.0, "prompt_characters": 50})
    found = estimate_tokens([tmp_path / "a.png"], [{"id": "é"}], rule)
    assert found == Tokens(25 + 100, len('{"id": "é"}') / 2)


def test_figures_hold_both_sides_and_say_when_prices_were_taken() -> None:
    prices = read_prices()
    seconds = [{"ocr": 1.0, "encode": 0.01, "session": 0.02, "decode": 0.01}, {"ocr": 3.0}]
    found = describe(seconds, Tokens(1000, 200), prices, labels=100, training_seconds=3600)
    assert found["as_of"] == prices.as_of.isoformat()
    assert found["seconds"]["both"]["mean"] == pytest.approx(2.02)
    assert found["student_cost"] == pytest.approx(1000 * 2.02 / 3600 * prices.vcpu_hour)
    assert {each["name"] for each in found["teachers"]} == set(prices.teachers)
    for each in found["teachers"]:
        assert each["times"] == pytest.approx(each["cost"] / found["student_cost"])


def test_a_file_of_prices_is_checked(tmp_path: Path) -> None:
    own = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    own["teachers"] = {"mine": {"input": -1, "output": 1}}
    path = tmp_path / "prices.yaml"
    path.write_text(yaml.safe_dump(own), encoding="utf-8")
    with pytest.raises(UsageError, match=r"teachers\.mine\.input") as caught:
        read_prices(path)
    assert caught.value.code == "bad_prices"
    with pytest.raises(UsageError, match="can't be read"):
        read_prices(tmp_path / "none.yaml")
