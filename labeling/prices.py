"""What a model costs: dated prices from a file, and the bill of tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from extractor.errors import UsageError
from labeling.base import Tokens

SHIPPED = Path(__file__).parent / "prices.yaml"

_MILLION = Decimal(1_000_000)
_Money = Field(ge=0, allow_inf_nan=False)


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Price(_Section):
    """US dollars for a million tokens of one model. `cached` and `written` default to the price of plain input."""

    input: Decimal = _Money
    output: Decimal = _Money
    cached: Decimal | None = Field(default=None, ge=0, allow_inf_nan=False)
    written: Decimal | None = Field(default=None, ge=0, allow_inf_nan=False)
    batch: Decimal = Field(default=Decimal(1), gt=0, le=1)
    cache_from: int | None = Field(default=None, ge=0)

    def cost(self, tokens: Tokens, *, batch: bool = False) -> Decimal:
        """The bill in US dollars. `tokens.input` counts all input, that read from and written into the cache too."""
        plain = max(0, tokens.input - tokens.cached - tokens.written)
        cached = self.input if self.cached is None else self.cached
        written = self.input if self.written is None else self.written
        total = plain * self.input + tokens.cached * cached + tokens.written * written + tokens.output * self.output
        return total / _MILLION * (self.batch if batch else 1)


FREE = Price(input=Decimal(0), output=Decimal(0))
"""What a model on one's own machine costs."""


class Prices(_Section):
    """A dated table of prices. A model is found by the longest key that its name begins with."""

    as_of: date
    source: str = ""
    models: Mapping[str, Price] = Field(default_factory=dict)

    def find(self, model: str) -> Price | None:
        plain = model.rsplit("/", 1)[-1]
        for key in sorted(self.models, key=len, reverse=True):
            if plain == key or re.match(rf"{re.escape(key)}-(?:\d{{8}}|\d{{4}}-\d\d-\d\d|latest)$", plain):
                return self.models[key]
        return None

    def need(self, model: str) -> Price:
        """The price of a model that is paid for. Raises UsageError (unknown_price): a budget can't rest on a guess."""
        found = self.find(model)
        if found is None:
            raise UsageError(
                f"No price is known for the model {model}.",
                code="unknown_price",
                hint=f"Give a file of the form of {SHIPPED.name} that names it, with --prices.",
            )
        return found


def load_prices(path: Path | str | None = None) -> Prices:
    """The prices that ship, with those of the user's file over them.

    Raises UsageError (bad_prices) where the file can't be read or is not of the form.
    """
    shipped = _read(SHIPPED)
    if path is None:
        return shipped
    own = _read(Path(path))
    return own.model_copy(update={"models": {**shipped.models, **own.models}})


def _read(path: Path) -> Prices:
    try:
        # As texts, so that 0.1 stays what was written.
        declared: Any = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
        return Prices.model_validate(_nulls(declared))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The prices {path} can't be read ({type(error).__name__}).", code="bad_prices") from error
    except yaml.YAMLError as error:
        raise UsageError(f"The prices {path} are not valid YAML: {error}", code="bad_prices") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "file"
        raise UsageError(
            f"The prices {path} are not valid: {place}: {first['msg']}.",
            code="bad_prices",
            hint=f"Follow the form of {SHIPPED.name}.",
        ) from error


def _nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _nulls(each) for key, each in value.items()}
    return None if value in ("null", "~", "") else value
