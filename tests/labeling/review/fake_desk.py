"""Label Studio in memory: what the code asks of the client, without a server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any


class FakeDesk:
    """One server; use it where a Client is wanted. `uploads` holds what was uploaded, by address."""

    url = "http://desk.test"

    def __init__(self) -> None:
        self.projects: list[dict[str, Any]] = []
        self.made: list[dict[str, Any]] = []
        self.uploads: dict[str, bytes] = {}
        self.views: list[tuple[str, str]] = []

    def project(self, title: str) -> dict[str, Any] | None:
        return next((each for each in self.projects if each["title"] == title), None)

    def create_project(self, title: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        self.projects.append({"id": len(self.projects) + 1, "title": title, **settings})
        return self.projects[-1]

    def update_project(self, project: int, settings: Mapping[str, Any]) -> None:
        self.projects[project - 1] |= settings

    def create_view(self, project: int, title: str, ordering: str) -> None:
        self.views.append((title, ordering))

    def upload(self, project: int, pictures: Sequence[tuple[str, bytes]]) -> list[str]:
        found = [f"/data/upload/{project}/{name}" for name, _ in pictures]
        self.uploads |= zip(found, (data for _, data in pictures), strict=True)
        return found

    def add_tasks(self, project: int, tasks: Sequence[Mapping[str, Any]]) -> None:
        for task in tasks:
            number = len(self.made) + 1
            self.made.append({"id": number, "data": deepcopy(task["data"]), "predictions": [], "annotations": []})
            self.add_predictions(project, [{"task": number, **each} for each in task["predictions"]])

    def tasks(self, project: int) -> Iterator[dict[str, Any]]:
        return iter(deepcopy(self.made))

    def add_predictions(self, project: int, predictions: Sequence[Mapping[str, Any]]) -> None:
        for each in predictions:
            there = self.made[each["task"] - 1]["predictions"]
            number = 1 + max((one["id"] for task in self.made for one in task["predictions"]), default=0)
            there.append({**deepcopy(dict(each)), "id": number})

    def delete_prediction(self, prediction: int) -> None:
        for task in self.made:
            task["predictions"] = [each for each in task["predictions"] if each["id"] != prediction]

    def people(self) -> dict[int, str]:
        return {1: "ann@example.com", 2: "bob@example.com"}

    def annotate(self, task: int, results: Sequence[Mapping[str, Any]], **more: Any) -> None:
        """A person submits a task (numbered from 1)."""
        usual = {"completed_by": 1, "updated_at": "2026-01-02T03:04:05Z", "lead_time": 3.0, "was_cancelled": False}
        self.made[task - 1]["annotations"].append({**usual, "result": deepcopy(list(results)), **more})
