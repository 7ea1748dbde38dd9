"""The page and what it loads, from memory; and the reviews that it saves."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from importlib.resources import files

from fastapi import APIRouter
from starlette.responses import Response

from serving.page import reviews
from serving.problems import Refused
from serving.services import Services
from serving.settings import ServiceSettings

INDEX = "index.html"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""Nothing from elsewhere, and no script or style inside the page: what a document says can never become either."""


class Page:
    """A room of the service. All files are read once, at the start: no path of a request is ever opened."""

    def __init__(self, settings: ServiceSettings) -> None:
        folder = files("serving.page") / "files"
        self._files = {each.name: each.read_bytes() for each in folder.iterdir() if _suffix(each.name) in TYPES}
        self._reviews = settings.data / "reviews"

    def router(self) -> APIRouter:
        routes = APIRouter()

        @routes.get("/", include_in_schema=False)
        async def page() -> Response:
            return self._answer(INDEX)

        @routes.get("/page/{name}", include_in_schema=False)
        async def file(name: str) -> Response:
            if name not in self._files:
                raise Refused(404, "not_found", "There is nothing here.", hint="The page is at /.")
            return self._answer(name)

        routes.include_router(reviews.router(self._reviews))
        return routes

    def public(self, path: str) -> bool:
        """The page and its files show nothing by themselves; everything they fetch needs the key."""
        return path == "/" or path.startswith("/page/")

    @contextlib.asynccontextmanager
    async def running(self, services: Services) -> AsyncIterator[None]:
        yield

    def _answer(self, name: str) -> Response:
        headers = {"Content-Security-Policy": CONTENT_POLICY}
        return Response(self._files[name], headers=headers, media_type=TYPES[_suffix(name)])


def _suffix(name: str) -> str:
    return "." + name.rpartition(".")[2]
