"""What 1,000 documents cost and how long they take: the student as measured, the teacher by a dated estimate."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from extractor.errors import UsageError

SHIPPED = Path(__file__).parent / "prices.yaml"
WARM_UP = 3
"""Documents read before times count."""
STUDENT_PARTS = ("encode", "session", "decode")


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TeacherPrice(_Section):
    """US dollars for a million tokens; `batch` the share of them that the batch API asks."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    batch: float = Field(default=1.0, gt=0, le=1)


class TokenRule(_Section):
    """How many tokens a document takes, estimated, and how fast an answer comes."""

    characters_a_token: float = Field(gt=0)
    prompt_characters: int = Field(ge=0)
    pixels_a_token: float = Field(gt=0)
    longest_side: int = Field(gt=0)
    output_tokens_a_second: float = Field(gt=0)
    first_token_seconds: float = Field(ge=0)


class StudyPrices(_Section):
    """A dated table of assumptions; see prices.yaml."""

    as_of: date
    currency: str = "USD"
    vcpu_hour: float = Field(ge=0)
    vcpu_source: str = ""
    teachers: dict[str, TeacherPrice] = Field(min_length=1)
    teachers_source: str = ""
    tokens: TokenRule
    tokens_source: str = ""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of a document, the mean over a corpus."""

    input: float
    output: float


def read_prices(path: Path | None = None) -> StudyPrices:
    """The prices of a file, else those that ship. Raises UsageError (bad_prices) naming what is wrong."""
    chosen = path or SHIPPED
    try:
        return StudyPrices.model_validate(yaml.safe_load(chosen.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"The prices {chosen} can't be read ({type(error).__name__}).", code="bad_prices") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "file"
        raise UsageError(
            f"The prices {chosen} are not valid: {place}: {first['msg']}.",
            code="bad_prices",
            hint=f"Follow the form of {SHIPPED.name}.",
        ) from error


def student_cost(seconds: float, vcpu_hour: float) -> float:
    """What 1,000 documents of so many core seconds each cost."""
    return 1000 * seconds / 3600 * vcpu_hour


def teacher_cost(tokens: Tokens, price: TeacherPrice, *, batch: bool) -> float:
    """What the teacher asks for 1,000 documents."""
    plain = 1000 * (tokens.input * price.input + tokens.output * price.output) / 1e6
    return plain * (price.batch if batch else 1.0)


def break_even(labels: int, training_seconds: float, student: float, teacher: float, vcpu_hour: float) -> float | None:
    """After how many documents labels and training have paid for themselves; None where the teacher is cheaper.

    `student` and `teacher` are costs of 1,000 documents; the labels are paid at the teacher's price.
    """
    gain = (teacher - student) / 1000
    if gain <= 0:
        return None
    return (labels * teacher / 1000 + training_seconds / 3600 * vcpu_hour) / gain


def picture_tokens(width: int, height: int, rule: TokenRule) -> float:
    shrunk = min(1.0, rule.longest_side / max(width, height))
    return width * shrunk * height * shrunk / rule.pixels_a_token


def estimate_tokens(pictures: Sequence[Path], labels: Sequence[Mapping[str, Any]], rule: TokenRule) -> Tokens:
    """The mean tokens of a document: prompt and picture in, the teacher's own answers out."""
    sizes = []
    for path in pictures:
        with Image.open(path) as picture:
            sizes.append(picture_tokens(*picture.size, rule))
    answers = [len(json.dumps(label, ensure_ascii=False)) / rule.characters_a_token for label in labels]
    prompt = rule.prompt_characters / rule.characters_a_token
    return Tokens(prompt + float(np.mean(sizes)), float(np.mean(answers)))


def measure(pictures: Sequence[Path], model: Path | None) -> list[dict[str, float]]:
    """Seconds of each document (ocr, encode, session, decode), one core, one thread, no OCR cache, in a process of its
    own."""
    from training.benchmark.probe import Job
    from training.benchmark.processes import probe

    files = [*pictures[:WARM_UP], *pictures]
    job = Job(tuple(str(path) for path in files), str(model) if model else None)
    told = [line["seconds"] for line in probe("latency", job)]
    return told[min(WARM_UP, len(pictures)) :]


def describe(
    seconds: Sequence[Mapping[str, float]], tokens: Tokens, prices: StudyPrices, labels: int, training_seconds: float
) -> dict[str, Any]:
    """The figures of the part "cost" from the seconds measured of each document.

    `labels` and `training_seconds` are what the student was fitted on and how long that took.
    """
    ocr = [each["ocr"] for each in seconds]
    student = [sum(each.get(part, 0.0) for part in STUDENT_PARTS) for each in seconds]
    whole = [one + other for one, other in zip(ocr, student, strict=True)]
    mean = float(np.mean(whole))
    ours = student_cost(mean, prices.vcpu_hour)
    rule = prices.tokens
    teachers = []
    for name, price in prices.teachers.items():
        plain = teacher_cost(tokens, price, batch=False)
        teachers.append(
            {
                "name": name,
                "cost": plain,
                "cost_batch": teacher_cost(tokens, price, batch=True),
                "times": plain / ours if ours else None,
                "break_even": break_even(labels, training_seconds, ours, plain, prices.vcpu_hour),
            }
        )
    return {
        "as_of": prices.as_of.isoformat(),
        "currency": prices.currency,
        "vcpu_hour": prices.vcpu_hour,
        "sources": [prices.vcpu_source, prices.teachers_source, prices.tokens_source],
        "documents": len(seconds),
        "seconds": {"ocr": _told(ocr), "student": _told(student), "both": _told(whole)},
        "student_cost": ours,
        "hours_of_1000": mean * 1000 / 3600,
        "tokens": {"input": tokens.input, "output": tokens.output},
        "teacher_seconds": rule.first_token_seconds + tokens.output / rule.output_tokens_a_second,
        "teachers": teachers,
        "labels": labels,
        "training_seconds": training_seconds,
    }


def _told(values: Sequence[float]) -> dict[str, float]:
    return {
        "mean": float(np.mean(values)),
        "median": float(np.median(values)),
        "p95": float(np.percentile(values, 95)),
    }
