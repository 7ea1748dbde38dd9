"""An arm's training and its scores on dev, done once and kept in the folder of its run."""

from __future__ import annotations

import contextlib
import fcntl
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from extractor.errors import TailorError
from training.config import Run
from training.study.arms import Trial
from training.study.scores import Scores, Truths, key_of_truths, score

SCORES_FILE = "scores.json"


def scores_of(
    trials: Sequence[Trial], base: Run, truths: Truths, workers: int = 1
) -> dict[str, tuple[Scores, dict[str, Any]]]:
    """For each trial, by the name of its run: its scores, and facts about its training (seconds, steps).

    Finished arms are taken as they are, broken ones go on. Several workers train several arms at once; several
    commands may share a folder, too: who finds an arm being trained waits for it.
    """
    key = key_of_truths(truths)
    found = {trial.run.name: kept for trial in trials if (kept := _kept(trial.run, key)) is not None}
    waiting = [trial for trial in trials if trial.run.name not in found]
    _say(f"{len(trials)} arms, {len(found)} of them finished before")
    done = len(found)
    for trial, result in _worked(waiting, base, truths, workers):
        found[trial.run.name] = result
        done += 1
        _say(f"{done}/{len(trials)}  {trial.run.name}: {result[1]['seconds']:.0f} s of training")
    return found


def _worked(
    trials: Sequence[Trial], base: Run, truths: Truths, workers: int
) -> Iterator[tuple[Trial, tuple[Scores, dict[str, Any]]]]:
    if workers == 1 or len(trials) < 2:
        for trial in trials:
            yield trial, work(trial.run, base, truths)
        return
    # A process an arm: torch and accelerate keep state that one run should not leave to the next.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        futures = {pool.submit(work, trial.run, base, truths): trial for trial in trials}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BrokenProcessPool as error:
            raise TailorError(
                "The process of an arm was ended from outside.",
                code="arm_died",
                hint="Call again: what is finished is kept. Fewer --workers take less memory.",
            ) from error


def work(run: Run, base: Run, truths: Truths) -> tuple[Scores, dict[str, Any]]:
    """Trains an arm where that isn't done and scores it on the dev documents of the base."""
    from training.dev import read_all
    from training.log import read_log
    from training.loop import STUDENT_FOLDER, train
    from training.sources import read_stores
    from training.students.build import load_student

    folder = run.output / run.name
    with _alone(folder):
        key = key_of_truths(truths)
        kept = _kept(run, key)
        if kept is not None:
            return kept
        with contextlib.redirect_stdout(sys.stderr):  # standard output is for the report's path alone
            train(run)
        student = load_student(folder / STUDENT_FOLDER)
        examples = [example for store in read_stores(base, "dev").values() for example in store]
        records = read_all(student, examples, run.schema_of_task, bf16=run.precision == "bf16")
        scores = score(records.values(), truths)
        told = [line for line in read_log(folder) if "documents_a_second" in line]
        facts = {"seconds": told[-1]["seconds"], "steps": told[-1]["step"]} if told else {"seconds": 0.0, "steps": 0}
        _keep(folder, {"key": key, "facts": facts, "scores": scores})
        return scores, facts


def _kept(run: Run, key: str) -> tuple[Scores, dict[str, Any]] | None:
    """What was found out before, where it was measured on the same truths."""
    try:
        kept: Mapping[str, Any] = json.loads((run.output / run.name / SCORES_FILE).read_text(encoding="utf-8"))
        return (kept["scores"], kept["facts"]) if kept["key"] == key else None
    except (OSError, ValueError, KeyError):
        return None


def _keep(folder: Path, result: Mapping[str, Any]) -> None:
    scratch = folder / f"{SCORES_FILE}.part"
    scratch.write_text(json.dumps(result), encoding="utf-8")
    scratch.replace(folder / SCORES_FILE)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else works on this arm meanwhile; the lock goes with the process that holds it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
