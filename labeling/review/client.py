"""A thin wrapper over Label Studio's SDK: the few calls that the desk needs, with our errors instead of its own.

The token goes into the SDK and nowhere else: not into messages, files or addresses.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from extractor.errors import TailorError, UsageError

URL_VARIABLE, TOKEN_VARIABLE = "LABEL_STUDIO_URL", "LABEL_STUDIO_API_KEY"
UPLOADED = re.compile(r"/data/upload/\d+/(?!\.)[^/?#%\\\s]+")
"""Where Label Studio serves what was uploaded: nothing that leads elsewhere, however it is spelt."""

FILES_A_REQUEST = 20
TASKS_A_REQUEST = 50
TASKS_A_PAGE = 100
SECONDS = 120.0
TITLE_LENGTH = (3, 50)

Thing = TypeVar("Thing")

_HOW = f"Name the server with --url or {URL_VARIABLE}, and give a token by --token-file or {TOKEN_VARIABLE}."


class DeskError(TailorError):
    """Label Studio can't be reached, or does not do what it was asked: desk_unreachable, desk_refused, desk_failed."""

    code = "desk_failed"


def batches(things: Sequence[Thing], size: int) -> Iterator[Sequence[Thing]]:
    """The things in their order, at most `size` at a time."""
    return (things[at : at + size] for at in range(0, len(things), size))


def credentials(url: str | None, token_file: Path | None) -> tuple[str, str]:
    """The server's address and the token: from the options, else from the environment.

    Raises UsageError (no_server, no_token) where one is missing.
    """
    address = (url or os.environ.get(URL_VARIABLE, "")).strip().rstrip("/")
    if not address.startswith(("http://", "https://")):
        raise UsageError("There is no address of a Label Studio server.", code="no_server", hint=_HOW)
    try:
        token = token_file.read_text(encoding="utf-8") if token_file else os.environ.get(TOKEN_VARIABLE, "")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The token file {token_file} can't be read.", code="no_token") from error
    if not token.strip():
        raise UsageError("There is no token for Label Studio.", code="no_token", hint=_HOW)
    return address, token.strip()


class Client:
    """One server, one user. Every method raises DeskError where the server can't be reached or refuses."""

    def __init__(self, url: str, token: str) -> None:
        from label_studio_sdk import LabelStudio

        self.url = url
        with self._explained():
            self._sdk = LabelStudio(base_url=url, api_key=token, timeout=SECONDS)  # type: ignore[no-untyped-call]

    def project(self, title: str) -> dict[str, Any] | None:
        """The project of this title, or None. Raises UsageError where there are several."""
        with self._explained():
            listed: Iterable[Any] = self._sdk.projects.list(search=title, page_size=100)
            named = [each.id for each in listed if each.title == title]
        if len(named) > 1:
            raise UsageError(f"There are {len(named)} projects {title!r}.", hint="Rename the others in Label Studio.")
        return self._json("GET", f"api/projects/{named[0]}") if named else None

    def create_project(self, title: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        least, most = TITLE_LENGTH
        if not least <= len(title) <= most:
            raise UsageError(f"A project's name has {least} to {most} characters.")
        made: dict[str, Any] = self._json("POST", "api/projects", json={"title": title, **settings})
        return made

    def update_project(self, project: int, settings: Mapping[str, Any]) -> None:
        self._json("PATCH", f"api/projects/{project}", json=dict(settings))

    def create_view(self, project: int, title: str, ordering: str) -> None:
        """A tab of the data manager that lists the tasks in this order."""
        view = {"project": project, "data": {"title": title, "type": "list", "ordering": [ordering]}}
        self._json("POST", "api/dm/views/", json=view)

    def upload(self, project: int, pictures: Sequence[tuple[str, bytes]]) -> list[str]:
        """Uploads pictures (name, bytes) without making tasks of them; their addresses on the server, in order."""
        found = []
        for some in batches(pictures, FILES_A_REQUEST):
            # The SDK's typed call knows tasks as JSON only; the same door takes files.
            files = {f"file{at}": (name, data) for at, (name, data) in enumerate(some)}
            answer = self._json(
                "POST", f"api/projects/{project}/import", params={"commit_to_project": "false"}, files=files
            )
            numbers = answer["file_upload_ids"]
            listed = self._json("GET", f"api/projects/{project}/file-uploads", params={"ids": json.dumps(numbers)})
            places = {each["id"]: each["file"] for each in listed}
            found += [f"/data/{places[number]}" for number in numbers]
        return found

    def add_tasks(self, project: int, tasks: Sequence[Mapping[str, Any]]) -> None:
        for some in batches(tasks, TASKS_A_REQUEST):
            params = {"commit_to_project": "true"}
            self._json("POST", f"api/projects/{project}/import", params=params, json=list(some))

    def tasks(self, project: int) -> Iterator[dict[str, Any]]:
        """All tasks in the order of their numbers, with predictions and annotations."""
        page, seen = 1, 0
        while True:
            params = {"project": project, "fields": "all", "page": page, "page_size": TASKS_A_PAGE}
            answer = self._json("GET", "api/tasks", params=params)
            yield from answer["tasks"]
            seen += len(answer["tasks"])
            if seen >= answer["total"] or not answer["tasks"]:
                return
            page += 1

    def add_predictions(self, project: int, predictions: Sequence[Mapping[str, Any]]) -> None:
        for some in batches(predictions, TASKS_A_REQUEST):
            self._json("POST", f"api/projects/{project}/import/predictions", json=list(some))

    def delete_prediction(self, prediction: int) -> None:
        with self._explained():
            self._sdk.predictions.delete(prediction)

    def people(self) -> dict[int, str]:
        """Who may have annotated: e-mail addresses by number."""
        with self._explained():
            return {user.id: user.email or str(user.id) for user in self._sdk.users.list()}

    def fetch(self, address: str) -> bytes:
        """An uploaded file. Raises DeskError for any other address: a task may name what it likes."""
        if not UPLOADED.fullmatch(address):
            raise DeskError(f"{address!r} is no uploaded picture.", code="desk_refused")
        return bytes(self._request("GET", address.removeprefix("/")).content)

    def connect_backend(self, project: int, url: str, title: str, login: tuple[str, str] | None) -> None:
        """Makes the server ask the ML backend at `url` for this project, once however often it is called."""
        known = self._json("GET", "api/ml/", params={"project": project})
        ways: dict[str, Any] = {"url": url, "project": project, "title": title, "timeout": SECONDS}
        if login:
            ways |= {"auth_method": "BASIC_AUTH", "basic_auth_user": login[0], "basic_auth_pass": login[1]}
        same = [each["id"] for each in known if each["url"] == url]
        self._json("PATCH" if same else "POST", f"api/ml/{same[0]}" if same else "api/ml/", json=ways)

    def connect_webhook(self, project: int, url: str, headers: Mapping[str, str]) -> None:
        """Makes the server tell `url` about annotations that are created or changed, once however often called."""
        known = self._json("GET", "api/webhooks/", params={"project": project})
        hook = {
            "url": url,
            "project": project,
            "send_payload": True,
            "send_for_all_actions": False,
            "actions": ["ANNOTATION_CREATED", "ANNOTATION_UPDATED"],
            "headers": dict(headers),
        }
        same = [each["id"] for each in known if each["url"] == url]
        self._json("PATCH" if same else "POST", f"api/webhooks/{same[0]}/" if same else "api/webhooks/", json=hook)

    def _json(self, method: str, path: str, **more: Any) -> Any:
        response = self._request(method, path, **more)
        return response.json() if response.content else None

    def _request(self, method: str, path: str, **more: Any) -> Any:
        with self._explained():
            # The SDK's own transport, for calls that it has no method for: it renews tokens and repeats what failed.
            response = self._sdk._client_wrapper.httpx_client.request(path, method=method, **more)
        if response.status_code >= 400:
            raise self._failure(response.status_code, response.text)
        return response

    @contextmanager
    def _explained(self) -> Iterator[None]:
        import httpx
        from label_studio_sdk.core.api_error import ApiError

        try:
            yield
        except httpx.HTTPError as error:
            message = f"Label Studio at {self.url} can't be reached ({type(error).__name__})."
            raise DeskError(message, code="desk_unreachable", hint="Check the address and that it runs.") from None
        except ApiError as error:
            raise self._failure(error.status_code or 0, str(error.body)) from None

    def _failure(self, status: int, body: str) -> DeskError:
        said = " ".join(body.split())[:300]
        if status == 403 and "reserved network address" in body:
            hint = (
                "It guards its own network: start it with ML_BLOCK_LOCAL_IP=false and SSRF_PROTECTION_ENABLED=false, "
                "or let the backend listen where it may reach it (--address)."
            )
            message = f"Label Studio at {self.url} does not talk to that address."
            return DeskError(message, code="desk_refused", hint=hint)
        if status in (401, 403):
            hint = "Check the token: Account & Settings in Label Studio shows it."
            message = f"Label Studio at {self.url} refuses the token ({status})."
            return DeskError(message, code="desk_refused", hint=hint)
        return DeskError(f"Label Studio at {self.url} answered {status}: {said}")
