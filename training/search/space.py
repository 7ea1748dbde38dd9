"""Which students a search may try: a YAML file of sizes."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import yaml
from pydantic import Field, ValidationError

from extractor.errors import UsageError
from training.config import Section, StudentChoice
from training.registry import nearest

LEAST_PAIRS = 3
"""Pairs of channels a head needs: row, place and order take one each at least (rotary positions)."""


class SearchSpace(Section):
    """The sizes to choose from; every combination that can be built is a candidate. What is left out stays as the run
    has it. The size of the picture is the encoder's and fixed; whether the student sees it at all can be searched."""

    seed: int = Field(default=1, description="which candidates are drawn, where there are more than are measured")
    hidden: tuple[int, ...] = ()
    layers: tuple[int, ...] = ()
    heads: tuple[int, ...] = ()
    spelling: tuple[int, ...] = ()
    pointer: tuple[int, ...] = ()
    picture: tuple[bool, ...] = ()
    scored: int = Field(default=16, ge=2, description="documents that the scores without training are taken on")
    timed: int = Field(default=20, ge=1, description="documents whose time is taken")


SIZES = ("hidden", "layers", "heads", "spelling", "pointer", "picture")


def load_space(path: Path) -> SearchSpace:
    """The space of a YAML file. Raises UsageError naming what is wrong, and the nearest known key of an unknown one."""
    try:
        return SearchSpace.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except OSError as error:
        raise UsageError(
            f"The search space {path} can't be read ({error.strerror}).", hint="configs/search.yaml is an example."
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"The search space {path} is not valid YAML: {error}") from error
    except ValidationError as error:
        problems = []
        for each in error.errors():
            place = ".".join(str(part) for part in each["loc"])
            unknown = each["type"] == "extra_forbidden"
            known = f" is not a known key{nearest(place, SearchSpace.model_fields)}"
            problems.append(f"{place}{known}" if unknown else f"{place}: {each['msg']}")
        raise UsageError(f"The search space {path} is not valid: {'; '.join(problems)}.") from error


def candidates(space: SearchSpace, base: StudentChoice, count: int) -> list[StudentChoice]:
    """At most `count` students of the space that can be built, drawn by its seed, the same every time.

    Raises UsageError where there is none.
    """
    choices = [getattr(space, name) or (getattr(base, name),) for name in SIZES]
    drawn = (dict(zip(SIZES, sizes, strict=True)) for sizes in itertools.product(*choices))
    buildable = [base.model_copy(update=sizes) for sizes in drawn if _can_be_built(sizes["hidden"], sizes["heads"])]
    if not buildable:
        raise UsageError(
            "No student of the search space can be built.",
            hint=f"`hidden` must be a multiple of `heads`: an even number of channels each, {2 * LEAST_PAIRS} or more.",
        )
    if len(buildable) > count:
        buildable = random.Random(space.seed).sample(buildable, count)
    return buildable


def _can_be_built(hidden: int, heads: int) -> bool:
    return hidden % heads == 0 and hidden // heads % 2 == 0 and hidden // heads >= 2 * LEAST_PAIRS
