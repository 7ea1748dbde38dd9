"""A whole small study: every part, one report; arms are trained once and only on train labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from extractor.errors import UsageError
from tests.training.study.made_up import Printed, config
from training import loop
from training import sources as reading
from training.study import cost
from training.study.arms import STUDENT, ablation_arms, base_arm, count_arm, noise_arm, recipes_of, trial_of
from training.study.cli import study as command
from training.study.documents import Documents, Labels, chosen, dev_truths, read_documents
from training.study.plan import Study, load_study

ROOT = Path(__file__).resolve().parents[3]
SECONDS = {"ocr": 1.0, "encode": 0.01, "session": 0.01, "decode": 0.01}


@pytest.fixture
def declared(tmp_path: Path) -> Path:
    return config(
        tmp_path,
        recipes={"slow": {"optimiser": {"rate": 1e-3}}},
        ablation={
            "mixed": {"says": "documents mixed", "over": {"stages": [{"name": "fit", "mixup": 0.2}]}},
            "part": {"says": "8 labels alone", "labels": 8},
            "more": {
                "says": "8 labels and synthetic documents",
                "labels": 8,
                "against": "part",
                "sources": {"synthetic": {"kind": "synthetic", "documents": 4, "weight": 1.0}},
            },
        },
    )


@pytest.fixture
def loaded(declared: Path) -> tuple[Study, dict[str, Documents]]:
    study = load_study(declared)
    return study, read_documents(study)


class Trained:
    """Counts the arms that are really trained."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.names: list[str] = []
        train = loop.train

        def counted(run: Any) -> Path:
            self.names.append(run.name.rsplit("-", 2)[0])
            return train(run)

        monkeypatch.setattr(loop, "train", counted)
        monkeypatch.setattr(reading, "build_engine", lambda *_, **__: Printed())
        monkeypatch.setattr(cost, "measure", lambda pictures, _: [SECONDS] * len(pictures))


def called(declared: Path, *arguments: str) -> str:
    app = typer.Typer()
    app.command()(command)
    result = CliRunner().invoke(app, [str(declared), "-o", str(declared.parent / "out"), *arguments])
    assert result.exit_code == 0, repr(result.exception)
    return result.stdout


@pytest.mark.timeout(600)  # ten arms: seconds alone, minutes where a training run has the cores
def test_one_command_makes_one_report_and_goes_on_where_it_stood(
    declared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = Trained(monkeypatch)
    out = declared.parent / "out"
    assert called(declared, "--parts", "labels").strip() == str(out / "report.md")
    assert trained.names == ["labels-8", STUDENT]
    (out / "arms" / next(path.name for path in (out / "arms").glob("labels-8*")) / "scores.json").unlink()
    called(declared)
    again = ["labels-8"]  # its scores are measured anew; its training is found done
    others = ["no_picture", "text_only", "scans_truth", "scans_alone_teacher", "scans_alone_truth"]
    changed = ["ablation-mixed", "ablation-part", "ablation-more"]
    noisy = ["noise-20-plain", "noise-0-slow", "noise-20-slow"]
    assert sorted(trained.names[2:]) == sorted([*others, *noisy, *changed, *again])
    assert trained.names.count(STUDENT) == 1
    told = (out / "report.md").read_text(encoding="utf-8")
    for heading in ("## Baselines", "## Label noise", "## Number of labels", "## Ablation", "## Cost and latency"):
        assert heading in told
    for picture in ("baselines", "noise", "labels", "cost"):
        assert f"({picture}.png)" in told
        assert (out / f"{picture}.png").read_bytes().startswith(b"\x89PNG")
    assert f"Repeat: `tailor study {declared} -o {out}`" in told
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert list(results["parts"]) == ["baselines", "noise", "labels", "ablation", "cost"]
    before = len(trained.names)
    called(declared, "--parts", "noise")
    assert len(trained.names) == before
    assert json.loads((out / "results.json").read_text(encoding="utf-8"))["parts"] == results["parts"]
    _figures_hold(results)


def _figures_hold(results: dict[str, Any]) -> None:
    rows = {row["name"]: row for row in results["parts"]["baselines"]["rows"]}
    assert rows["rules"]["sources"]["scans"]["mean"] > 0.95
    assert rows["teacher"]["sources"]["scans"]["mean"] == 1.0
    assert "photos" not in rows["teacher"]["sources"]
    assert rows[STUDENT]["labels"] == 24
    assert rows["scans_alone_truth"]["labels"] == 12
    noise = results["parts"]["noise"]
    assert [(row["noise"], row["recipe"]) for row in noise["rows"]] == [
        *((0.0, "plain"), (0.0, "slow"), (0.2, "plain"), (0.2, "slow")),
    ]
    assert noise["labels"][0]["mean"] == 1.0
    assert noise["labels"][1]["mean"] < 0.95
    assert 0.1 < noise["faults"][0]["spoilt"] < 0.3
    assert 0 < noise["faults"][0]["wrong_targets"] < noise["faults"][0]["spoilt"]
    assert [row["labels"] for row in results["parts"]["labels"]["rows"]] == [8, 24]
    ablation = {row["change"]: row for row in results["parts"]["ablation"]["rows"]}
    assert {name: row["labels"] for name, row in ablation.items()} == {STUDENT: 24, "mixed": 24, "part": 8, "more": 8}
    assert ablation["more"]["against"] == "8 labels alone"
    assert ablation["mixed"]["lost"]["mean"]["points"] == pytest.approx(
        100 * (ablation[STUDENT]["mean"] - ablation["mixed"]["mean"])
    )
    assert results["parts"]["cost"]["seconds"]["both"]["median"] == pytest.approx(1.03)


def test_other_settings_are_other_arms(declared: Path, loaded: tuple[Study, dict[str, Documents]]) -> None:
    study, documents = loaded
    folder = declared.parent / "out"

    def name(study: Study, seed: int = 1) -> str:
        return trial_of(base_arm(), seed, study, documents, folder).run.name

    assert name(study) == name(load_study(declared))
    assert name(study) == name(load_study(declared, ["threads=2"]))
    assert len({name(study), name(study, 2), name(load_study(declared, ["student.layers=2"]))}) == 3


def test_arms_are_given_train_labels_alone(loaded: tuple[Study, dict[str, Documents]], tmp_path: Path) -> None:
    study, documents = loaded
    dev = {label["id"] for each in documents.values() for label in each.dev}
    assert len(dev) == 6
    truths = dev_truths(study, documents)
    for arm in (base_arm(), noise_arm(0.5, "plain", {}), count_arm(8, 24)):
        run = trial_of(arm, 1, study, documents, tmp_path / "out").run
        for source in run.data.sources:
            given = [json.loads(line) for line in source.labels.read_text(encoding="utf-8").splitlines()]
            assert given
            assert not dev & {label["id"] for label in given}
            assert not source.hold_out
    assert dev_truths(study, read_documents(study)) == truths


def test_ground_truth_says_nothing_of_other_fields(loaded: tuple[Study, dict[str, Documents]]) -> None:
    study, documents = loaded
    given = chosen(Labels(truth=True), documents, study, 1)
    assert set(given["scans"][0]) == {"id", "merchant_name", "merchant_address", "date_text", "date", "total"}
    assert given["scans"][0]["date"] == documents["scans"].train[0]["date"]
    assert given["photos"] == list(documents["photos"].train)


def test_fewer_labels_are_among_more(loaded: tuple[Study, dict[str, Documents]]) -> None:
    study, documents = loaded

    def names(count: int) -> set[str]:
        given = chosen(Labels(count=count), documents, study, 1)
        return {label["id"] for labels in given.values() for label in labels}

    assert len(names(5)) == 5
    assert names(5) < names(10)


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("study.noise=[1.5]", "study.noise"),
        ("study.nois=[0.1]", "study.nois"),
        ("study.ground_truth={other: x}", "other"),
        ("study.fields=[colour]", "colour"),
        ("studnet.hidden=1", "studnet"),
    ],
)
def test_what_is_wrong_in_a_configuration_is_named(declared: Path, override: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        load_study(declared, [override])


def test_a_recipe_that_is_no_run_is_named(declared: Path) -> None:
    study = load_study(declared, ["study.recipes.slow.losses={no_such_loss: 1}"])
    with pytest.raises(UsageError, match="The recipe slow"):
        recipes_of(study)
    assert list(recipes_of(load_study(declared, ["study.recipes.slow=null"]))) == ["plain"]


def test_an_unknown_part_is_refused(declared: Path) -> None:
    app = typer.Typer()
    app.command()(command)
    result = CliRunner().invoke(app, [str(declared), "--parts", "noise,nose"])
    assert isinstance(result.exception, UsageError)
    assert "nose" in str(result.exception)


def test_the_shipped_study_is_valid(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    study = load_study(Path("configs/study.yaml"))
    assert {name: (len(each.train), len(each.dev)) for name, each in read_documents(study).items()} == {
        "sroie": (500, 126),
        "wild": (1036, 260),
    }


def test_a_change_that_is_no_valid_run_is_named(declared: Path) -> None:
    study = load_study(declared, ["study.ablation.wild={says: too wild, over: {student: {layer: 3}}}"])
    with pytest.raises(UsageError, match=r"The change wild: .*student\.layer .*did you mean layers"):
        ablation_arms(study)


def test_a_change_is_compared_with_one_that_is_tried(declared: Path) -> None:
    with pytest.raises(UsageError, match="mixed is compared with nothing, which is not tried"):
        load_study(declared, ["study.ablation.mixed={says: mixed, against: nothing}"])


def test_the_shipped_changes_are_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert {"trust", "synthetic", "logits", "taid", "sinkhorn", "mixup", "hard", "self-training"} <= set(
        ablation_arms(load_study(Path("configs/study.yaml")))
    )


def test_the_shipped_recipes_are_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    from training.losses.registry import LOSSES

    if "generalised_spans" not in LOSSES:
        pytest.skip("needs the noise-robust losses")
    monkeypatch.chdir(ROOT)
    assert list(recipes_of(load_study(Path("configs/study.yaml")))) == ["plain", "generalised", "bootstrapped"]
