"""To the desk: a project for the task, the pictures, and what was read of them, the most doubtful first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from extractor.errors import DocumentError
from extractor.task import Task
from labeling.review.client import Client, batches
from labeling.review.config import PAGES_KEY, labelling_configuration
from labeling.review.convert import results_of
from labeling.review.pictures import PagePicture, PictureFolder, pages_of, turns_of
from labeling.review.regions import Size
from labeling.review.sources import Source

DOCUMENTS_A_STEP = 20
"""Documents whose pictures are held in memory together."""

ORDER = "tasks:predictions_score"
"""How the data manager calls the score of a task's predictions, ascending."""

Progress = Callable[[int, int], None]


@dataclass
class PushReport:
    """What a push did, by documents; `problems` names those that could not be sent, with the reason."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    sure: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Found:
    """A document with its file."""

    source: Source
    path: Path
    sha256: str


def push(
    client: Client,
    title: str,
    sources: Sequence[Source],
    pictures: PictureFolder,
    task: Task,
    *,
    below: float = 1.0,
    progress: Progress = lambda done, total: None,
) -> tuple[dict[str, Any], PushReport]:
    """Sends the documents; the project and what was done come back.

    A document is known by its name and the SHA-256 of its file: pushed again it is not doubled, but gets the
    prediction of a reader it had none of, and a new one where the same reader now says something else. What people
    annotated is not touched. Documents of whose every value the reader is at least as sure as `below` are left out
    (at 1.0, none). Raises DeskError.
    """
    report = PushReport()
    doubtful = [each for each in sources if below >= 1.0 or each.sureness < below]
    report.sure = len(sources) - len(doubtful)
    found = _located(sorted(doubtful, key=lambda each: each.sureness), pictures, report)
    project = _project(client, title, task)
    known = {(each["data"].get("document"), each["data"].get("sha256")): each for each in client.tasks(project["id"])}
    fresh = [each for key, each in found.items() if key not in known]
    done = 0
    for some in batches(fresh, DOCUMENTS_A_STEP):
        report.added += _add(client, project["id"], some, task, report)
        done += len(some)
        progress(done, len(found))
    there = [(known[key], each.source) for key, each in found.items() if key in known]
    if there:
        _update(client, project["id"], there, task, report)
        progress(len(found), len(found))
    model = next((each.source.model for each in found.values()), None)
    if model and project.get("model_version") != model:
        # The order by doubt, and the values that a task opens with, are those of the model pushed last.
        client.update_project(project["id"], {"model_version": model})
    return project, report


def data_of(source: Source, sha256: str, addresses: Sequence[str], sizes: Sequence[Size]) -> dict[str, Any]:
    """The data of a task: its pages, what document it is, and the record but for what was read (the predictions)."""
    data: dict[str, Any] = {
        PAGES_KEY: list(addresses),
        "sizes": [list(size) for size in sizes],
        "document": source.document,
        "file": source.file,
        "sha256": sha256,
    }
    if source.record is not None:
        data["record"] = source.record.model_dump(exclude={"receipt", "file", "sha256"})
    return data


def prediction_of(source: Source, task: Task, sizes: Sequence[Size]) -> dict[str, Any]:
    """What the reader says of a document, scored by the value it is least sure of. Raises ValueError (bad boxes)."""
    results = results_of(source.receipt, task, sizes)
    return {"model_version": source.model, "score": source.sureness, "result": results}


def _located(sources: Iterable[Source], pictures: PictureFolder, report: PushReport) -> dict[tuple[str, str], _Found]:
    """The documents with their files, by name and SHA-256, in the order given."""
    found: dict[tuple[str, str], _Found] = {}
    for source in sources:
        try:
            path, sha256 = pictures.find(source)
        except DocumentError as error:
            report.problems.append(f"{source.file} [{error.code}]: {error}")
        else:
            found[source.document, sha256] = _Found(source, path, sha256)
    return found


def _project(client: Client, title: str, task: Task) -> dict[str, Any]:
    configuration = labelling_configuration(task)
    project = client.project(title)
    if project is None:
        about = f"{task.documents.capitalize()} (task {task.name}, version {task.version}), to be reviewed"
        settings = {
            "label_config": configuration,
            "description": about,
            # The queue of "Label all tasks" takes the lowest score first.
            "sampling": "Uncertainty sampling",
            "show_collab_predictions": True,
        }
        project = client.create_project(title, settings)
        client.create_view(project["id"], "Most doubtful first", ORDER)
    elif project["label_config"].strip() != configuration.strip():
        client.update_project(project["id"], {"label_config": configuration})
    return project


def _add(client: Client, project: int, documents: Sequence[_Found], task: Task, report: PushReport) -> int:
    """Uploads documents and makes a task of each; how many came through."""
    ready: list[tuple[_Found, list[PagePicture], dict[str, Any]]] = []
    for each in documents:
        try:
            pages = pages_of(each.path, turns_of(each.source.record))
            prediction = prediction_of(each.source, task, [page.size for page in pages])
        except DocumentError as error:
            report.problems.append(f"{each.source.file} [{error.code}]: {error}")
        except ValueError as error:
            report.problems.append(f"{each.source.file} [bad_record]: {error}.")
        else:
            ready.append((each, pages, prediction))
    names = [
        (f"{each.sha256[:16]}-{at}.{page.suffix}", page.data)
        for each, pages, _ in ready
        for at, page in enumerate(pages, start=1)
    ]
    addresses = iter(client.upload(project, names))
    tasks = []
    for each, pages, prediction in ready:
        data = data_of(each.source, each.sha256, [next(addresses) for _ in pages], [page.size for page in pages])
        tasks.append({"data": data, "predictions": [prediction]})
    client.add_tasks(project, tasks)
    return len(ready)


def _update(
    client: Client,
    project: int,
    pairs: Sequence[tuple[Mapping[str, Any], Source]],
    task: Task,
    report: PushReport,
) -> None:
    """Gives tasks that are there already the prediction they lack, or a new one of the same reader."""
    added = []
    for there, source in pairs:
        try:
            sizes = [(int(width), int(height)) for width, height in there["data"]["sizes"]]
            prediction = prediction_of(source, task, sizes)
        except (ValueError, KeyError) as error:
            report.problems.append(f"{source.file} [bad_record]: {error}.")
            continue
        earlier = [each for each in there["predictions"] if each["model_version"] == source.model]
        if any(each["result"] == prediction["result"] for each in earlier):
            report.unchanged += 1
            continue
        for each in earlier:
            client.delete_prediction(each["id"])
        added.append({"task": there["id"], **prediction})
    client.add_predictions(project, added)
    report.updated += len(added)
