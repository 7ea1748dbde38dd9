"""The best sizes of a student under a limit are found on a tiny space."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from extractor.errors import UsageError
from extractor.student import features
from tests.training import tiny
from tests.training.tiny import receipts
from training import loop
from training.augment import plain
from training.config import Run, StudentChoice
from training.config_file import load
from training.corpus import Example
from training.search import find as search
from training.search.find import Candidate, Limits, Training, find
from training.search.report import table, write
from training.search.scores import ranks, scores
from training.search.space import SearchSpace, candidates, load_space

CONFIGS = Path(__file__).resolve().parents[3] / "configs"
BASE = StudentChoice(hidden=32, layers=1, heads=2, spelling=16, pointer=8)


def test_the_space_that_ships_can_be_read() -> None:
    assert len(candidates(load_space(CONFIGS / "search.yaml"), StudentChoice(), 12)) == 12


def test_a_wrong_key_is_named_with_the_nearest_known_one(tmp_path: Path) -> None:
    path = tmp_path / "space.yaml"
    path.write_text("hiden: [32]\nlayers: [a]\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"hiden is not a known key \(did you mean hidden\?\).*|layers"):
        load_space(path)
    with pytest.raises(UsageError, match="can't be read"):
        load_space(tmp_path / "nowhere.yaml")


def test_candidates_are_what_can_be_built_drawn_by_the_seed() -> None:
    space = SearchSpace(hidden=(32, 48), heads=(2, 5, 8), layers=(1, 2))
    all_of_them = candidates(space, BASE, 100)
    assert {(each.hidden, each.heads) for each in all_of_them} == {(32, 2), (48, 2), (48, 8)}
    assert {each.spelling for each in all_of_them} == {16}, "what the space leaves out stays"
    few = candidates(space, BASE, 3)
    assert few == candidates(space, BASE, 3)
    assert len({each.model_dump_json() for each in few}) == 3
    assert few != candidates(space.model_copy(update={"seed": 2}), BASE, 3)
    with pytest.raises(UsageError, match="can be built"):
        candidates(SearchSpace(hidden=(30,), heads=(4,)), BASE, 3)


def test_ranks_are_means_over_the_scores_and_equals_share_one() -> None:
    assert ranks([{"a": 3.0, "b": 1.0}, {"a": 2.0, "b": 5.0}, {"a": 1.0, "b": 0.0}]) == [1.5, 1.5, 3.0]
    assert ranks([{"a": 1.0}, {"a": 1.0}]) == [1.5, 1.5]


def test_a_teacher_is_most_like_itself(tmp_path: Path) -> None:
    samples = [plain(each) for each in receipts(4)]
    stage = tiny.run(tmp_path).stages[0]
    teacher = tiny.student()
    same, other = (scores(student, samples, stage, teacher) for student in (tiny.student(), tiny.student(seed=5)))
    assert same["relation"] == pytest.approx(0.0, abs=1e-5) == same["semantic"]
    assert other["relation"] < 0 > other["semantic"]
    assert scores(tiny.student(), samples, stage, None).keys() == {"snip"}


def test_a_wider_student_has_more_connections_that_matter(tmp_path: Path) -> None:
    samples = [plain(each) for each in receipts(4)]
    stage = tiny.run(tmp_path).stages[0]
    narrow, wide = (scores(tiny.student(hidden=width, heads=2), samples, stage, None)["snip"] for width in (16, 64))
    assert 0 < narrow < wide
    assert all(parameter.grad is None for parameter in tiny.student().parameters())


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> None:
    documents = receipts(6)

    def read(run: Run, split: str, names: Iterable[str] | None = None) -> dict[str, list[Example]]:
        return {"made-up": documents[:3] if split == "dev" else documents[: run.data.limit]}

    monkeypatch.setattr(loop, "read_stores", read)
    monkeypatch.setattr(search, "read_stores", read)


@pytest.mark.usefixtures("shown")
def test_the_best_inside_the_limits_is_trained_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, space = tiny.run(tmp_path), SearchSpace(spelling=(8, 128), scored=4, timed=3)
    # A table of spelling has a byte a number: between these two lies the limit.
    between = features.BUCKETS * 80 / 1e6
    inside, outside = find(run, space, Limits(1e6, between), 2, Training(1, 6, 2))
    assert (inside.choice.spelling, outside.choice.spelling) == (8, 128)
    assert inside.megabytes < between < outside.megabytes
    assert inside.dev is not None
    assert (outside.rank, outside.dev, outside.scores) == (None, None, {})
    assert capsys.readouterr().out == "", "progress is no answer"
    config = tmp_path / "run.yaml"
    config.write_text(yaml.safe_dump(run.model_dump(mode="json")), encoding="utf-8")
    command = write([inside, outside], Limits(1e6, between), tmp_path / "found.yaml", config)
    assert yaml.safe_load((tmp_path / "found.yaml").read_text(encoding="utf-8"))["student"]["spelling"] == 8
    assert load(config, command.split()[3:]).student == inside.choice
    console = Console(width=200, record=True)
    console.print(table([inside, outside], Limits(1e6, between)))
    assert console.export_text().count("!") == 1


def test_where_none_is_inside_the_limits_it_is_said(tmp_path: Path) -> None:
    beyond = Candidate(BASE, 1000, 50.0, 10.0)
    with pytest.raises(UsageError, match="No student that was tried") as refused:
        write([beyond], Limits(60, 40), tmp_path / "x.yaml", Path("run.yaml"))
    assert "smaller sizes" in refused.value.hint
    assert not replace(beyond, megabytes=30.0, milliseconds=61.0).inside(Limits(60, 40))


def test_a_students_sizes_can_be_sought_only_where_they_are_its_own(tmp_path: Path) -> None:
    run = tiny.run(tmp_path, student={"backbone": "bert"})
    with pytest.raises(UsageError, match="own layers only"):
        find(run, SearchSpace(), Limits(60, 40), 1, Training(1, 2, 1))
