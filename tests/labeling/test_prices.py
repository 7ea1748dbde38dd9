"""Prices are dated data, and the bill follows them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from extractor.errors import UsageError
from labeling.base import Tokens
from labeling.prices import Price, load_prices


def test_the_table_that_ships_is_dated_sourced_and_exact() -> None:
    prices = load_prices()
    assert prices.as_of >= date(2026, 1, 1)
    assert "platform.claude.com" in prices.source
    assert prices.need("claude-sonnet-4-6").cached == Decimal("0.30")
    for name, price in prices.models.items():
        assert price.output > price.input > 0, name
        assert price.cached is not None
        assert price.cached < price.input, name


@pytest.mark.parametrize(
    ("model", "key"),
    [
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5"),
        ("gpt-4o-2024-11-20", "gpt-4o"),
        ("openai/gpt-4.1-mini", "gpt-4.1-mini"),
        ("claude-opus-4-5", "claude-opus-4-5"),
    ],
)
def test_a_dated_model_has_the_price_of_its_family(model: str, key: str) -> None:
    prices = load_prices()
    assert prices.find(model) is prices.models[key]


@pytest.mark.parametrize("model", ["gpt-4o-audio-preview", "gpt-5-pro", "claude-opus-5-9", "claude"])
def test_a_model_that_only_sounds_alike_has_none(model: str) -> None:
    assert load_prices().find(model) is None


def test_each_kind_of_token_is_billed_at_its_price() -> None:
    price = Price(
        input=Decimal(3), output=Decimal(15), cached=Decimal("0.3"), written=Decimal("3.75"), batch=Decimal("0.5")
    )
    tokens = Tokens(input=1_000_000, output=100_000, cached=600_000, written=200_000)
    assert price.cost(tokens) == Decimal("0.6") + Decimal("0.18") + Decimal("0.75") + Decimal("1.5")
    assert price.cost(tokens, batch=True) * 2 == price.cost(tokens)


def test_ones_own_file_goes_over_the_table(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("as_of: 2026-11-20\nmodels:\n  gpt-4o: {input: 0.1, output: 0.2}\n", encoding="utf-8")
    prices = load_prices(own)
    assert prices.need("gpt-4o").input == Decimal("0.1")
    assert prices.need("gpt-4.1").input == Decimal(2)


@pytest.mark.parametrize(
    "content",
    [
        "models: {}",
        "as_of: 2026-11-20\nmodels: {a: {input: -1, output: 1}}",
        "as_of: 2026-11-20\nmodel: {}",
        "[",
        "as_of: x",
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, content: str) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match=r"own\.yaml") as caught:
        load_prices(own)
    assert caught.value.code == "bad_prices"
