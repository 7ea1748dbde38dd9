"""A run is declared in a file: known keys alone, valid values alone, overrides on top."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractor.errors import UsageError
from extractor.task import RECEIPTS
from training.config import LabelledSource, Run
from training.config_file import load
from training.study.plan import load_study

ROOT = Path(__file__).resolve().parents[2]
SPACE = ROOT / "configs" / "search.yaml"
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
    assert (run.name, run.seed, run.student.hidden, run.schema_of_task) == ("mine", 1, 256, RECEIPTS)
    (source,) = run.data.sources
    assert isinstance(source, LabelledSource)
    assert source.labels == Path("labels.jsonl")
    (stage,) = run.stages
    assert {name: choice.weight for name, choice in stage.losses.items()} == {
        "spans": 1.0,
        "inferred": 0.5,
        "tags": 2.0,
        "begins": 1.0,
    }


@pytest.mark.parametrize("path", sorted(set((ROOT / "configs").glob("*.yaml")) - {SPACE}), ids=lambda path: path.stem)
def test_every_configuration_that_is_shipped_is_valid(path: Path) -> None:
    study = "\nstudy:" in path.read_text(encoding="utf-8")
    run = load_study(path).run if study else load(path)
    assert run.name == path.stem


def test_overrides_reach_into_sections_and_are_read_as_yaml(tmp_path: Path) -> None:
    run = load(written(tmp_path), ["optimiser.epochs=3", "student.hidden=64", "frozen=[page_reader]", "name=other"])
    (stage,) = run.stages
    assert (stage.optimiser.epochs, stage.frozen) == (3.0, ("page_reader",))
    assert (run.student.hidden, run.name) == (64, "other")


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
        ("losses.span=1", "there is no loss span (did you mean spans?)"),
        ("losses.spans=high", "the loss spans takes a weight"),
        ("losses.inferred.smooth=0.1", "inferred.smooth is not a known key (did you mean smoothing?)"),
        ("losses.spans=-1", "losses: spans.weight: "),
        ("stages=3", "stages must be a list"),
        ("data.sources.b.weight=2", "there is no b in that list"),
        ("data.sources.0.kind=drawn", "data.sources.0"),
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


STAGED = (
    PLAIN
    + """
losses: {tags: 3.0}
optimiser: {batch: 4, epochs: 9}
stages:
  - {name: warm, optimiser: {epochs: 2}, losses: {inferred: null, spans: {weight: 2, unread: absent}}}
  - {name: fit, sources: {a: 0.5}, early_stop: {figure: a.total, patience: 2}}
"""
)


def test_stages_share_what_stands_at_the_top_and_change_it(tmp_path: Path) -> None:
    run = load(written(tmp_path, STAGED), ["stages.fit.optimiser.rate=1e-4", "stages.0.optimiser.epochs=1"])
    warm, fit = run.stages
    assert (warm.optimiser.batch, warm.optimiser.epochs, warm.optimiser.rate) == (4, 1.0, 6e-4)
    assert (fit.optimiser.batch, fit.optimiser.epochs, fit.optimiser.rate) == (4, 9.0, 1e-4)
    assert "inferred" not in warm.losses
    assert (warm.losses["spans"].weight, warm.losses["spans"].settings) == (2.0, {"unread": "absent"})
    assert fit.losses["tags"].weight == 3.0
    assert run.weights_of(warm) == {"a": 1.0}
    assert run.weights_of(fit) == {"a": 0.5}


def test_a_saved_configuration_is_read_as_it_was_written(tmp_path: Path) -> None:
    run = load(written(tmp_path, STAGED))
    assert Run.model_validate_json(run.model_dump_json()) == run


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("sources: {a: 0.5}", "sources: {b: 0.5}"), "stage fit asks for the source b, which is not declared"),
        (("name: warm", "name: fit"), "two stages have the same name"),
        (("{epochs: 2}", "{epoch: 2}"), "stages.warm.optimiser.epoch is not a known key (did you mean epochs?)"),
        (("batch: 4", "batsh: 4"), "optimiser.batsh is not a known key (did you mean batch?)"),
        (("patience: 2", "patience: 0"), "stages.fit.early_stop.patience: "),
    ],
)
def test_what_is_wrong_with_a_stage_is_named(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    with pytest.raises(UsageError) as refused:
        load(written(tmp_path, STAGED.replace(*change)))
    assert told in str(refused.value)
    assert str(refused.value).count(told) == 1


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.yaml can't be read"):
        load(tmp_path / "none.yaml")


def test_the_recipe_of_clear_terms_fits_the_shipped_student_on_other_data() -> None:
    shipped, clear = (load(ROOT / "configs" / f"{name}.yaml") for name in ("student-v2", "clear-terms"))
    assert [source.name for source in clear.data.sources] == ["sroie", "synthetic"]
    assert all(source.terms and "not stated" not in source.terms for source in clear.data.sources)
    assert clear.student == shipped.student.model_copy(update={"initial": None})
    assert clear.stages[-1].losses == shipped.stages[-1].losses
    assert clear.stages[-1].augmentation == shipped.stages[-1].augmentation
