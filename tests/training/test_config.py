"""A run is declared in a file: known keys alone, valid values alone, overrides on top."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractor.errors import UsageError
from extractor.types import SPAN_FIELDS
from training.config import load

ROOT = Path(__file__).resolve().parents[2]
PLAIN = """
name: mine
data:
  sources:
    - {name: a, pictures: pictures, labels: labels.jsonl}
"""


def written(folder: Path, text: str | bytes = PLAIN) -> Path:
    path = folder / "run.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_what_is_not_declared_has_its_default(tmp_path: Path) -> None:
    run = load(written(tmp_path))
    assert (run.name, run.seed, run.spans, run.student.hidden) == ("mine", 1, SPAN_FIELDS, 256)
    assert run.data.sources[0].labels == Path("labels.jsonl")


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_configuration_that_is_shipped_is_valid(path: Path) -> None:
    assert load(path).name == path.stem


def test_overrides_reach_into_sections_and_are_read_as_yaml(tmp_path: Path) -> None:
    run = load(written(tmp_path), ["optimiser.epochs=3", "student.hidden=64", "spans=[total, date]", "name=other"])
    assert (run.optimiser.epochs, run.student.hidden, run.spans, run.name) == (3.0, 64, ("total", "date"), "other")


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("optimiser.epoch=3", "optimiser.epoch is not a known key (did you mean epochs?)"),
        ("studnet.hidden=3", "studnet is not a known key (did you mean student?)"),
        ("zzzz=1", "zzzz is not a known key."),
        ("optimiser.batch=many", "optimiser.batch: "),
        ("student.dropout=1", "student.dropout: "),
        ("student.kind=large", "student.kind: "),
        ("optimiser.epochs", "'optimiser.epochs' is not an override."),
        ("name.first=x", "name.first: name holds no keys."),
        ("optimiser.epochs=[1", "'optimiser.epochs=[1' is not an override"),
    ],
)
def test_a_wrong_override_is_refused_naming_it(tmp_path: Path, override: str, told: str) -> None:
    with pytest.raises(UsageError) as refused:
        load(written(tmp_path), [override])
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: [1", "not valid YAML"),
        (b"name: \xff", "not valid YAML"),
        ("- a\n- b", "must hold keys and values"),
        ("", "name: Field required"),
        (PLAIN + "optimizer: {}", "optimizer is not a known key (did you mean optimiser?)"),
        (PLAIN + "processes: 0", "processes: "),
        ("name: x\ndata: {sources: []}", "data.sources: "),
        ("name: !!python/object/apply:os.getcwd []", "not valid YAML"),
    ],
)
def test_a_wrong_file_is_refused_naming_what_is_wrong(tmp_path: Path, text: str | bytes, told: str) -> None:
    with pytest.raises(UsageError) as refused:
        load(written(tmp_path, text))
    assert told in str(refused.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.yaml can't be read"):
        load(tmp_path / "none.yaml")
