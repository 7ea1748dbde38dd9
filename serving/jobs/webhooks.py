"""Tells the owner's server that a job has ended: signed, bounded, and again until it answers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
from collections.abc import Callable
from pathlib import Path

import httpx2

from extractor.errors import TailorError
from serving.jobs.deliveries import Delivery
from serving.jobs.guard import Resolver, address_for, parse
from serving.jobs.parts import Parts
from serving.jobs.settings import WebhookSettings
from serving.jobs.signing import DELIVERY_HEADER, SIGNATURE_HEADER, sign

logger = logging.getLogger("serving.jobs")

Secrets = Callable[[str], str | None]
"""The secret that signs an owner's webhooks; None where there is none."""

_LOOK = 1.0
"""Seconds between two looks for what is due."""


class Courier:
    """Delivers webhooks from the event loop, a few at a time."""

    def __init__(self, parts: Parts, secret_of: Secrets, resolve: Resolver | None = None) -> None:
        self._parts = parts
        self._settings = parts.settings.webhook
        self._secret_of = secret_of
        self._resolve = resolve
        # Made once: loading the certificates that are trusted takes a while.
        self._client = new_client(self._settings)
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self.delivered = 0
        self.failures = 0

    def wake(self) -> None:
        """A job has ended: there may be something to deliver now."""
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled; what is then on its way is broken off and tried again by the next process."""
        try:
            while True:
                self._wake.clear()
                free = self._settings.at_once - len(self._tasks)
                due = await self._due(free) if free else []
                for delivery in due:
                    task = asyncio.create_task(self._deliver(delivery))
                    self._tasks.add(task)
                    task.add_done_callback(self._done)
                if not due:
                    await _wait(self._wake, _LOOK)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._client.aclose()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._wake.set()
        if not task.cancelled() and task.exception() is not None:
            logger.error("the outcome of a webhook could not be noted: %s", type(task.exception()).__name__)

    async def _due(self, limit: int) -> list[Delivery]:
        try:
            return await self._parts.call(self._parts.deliveries.take, limit)
        except Exception as error:  # the store is away: come again
            logger.warning("webhooks can't be looked up (%s)", type(error).__name__)
            return []

    async def _deliver(self, delivery: Delivery) -> None:
        notes = self._parts.deliveries
        try:
            problem, for_good = await self._attempt(delivery)
        except asyncio.CancelledError:
            await asyncio.shield(self._parts.call(notes.hand_back, delivery))
            raise
        if problem is None:
            self.delivered += 1
            await self._parts.call(notes.delivered, delivery)
            return
        self.failures += 1
        given_up = await self._parts.call(lambda: notes.failed(delivery, problem, for_good=for_good))
        log = logger.warning if given_up else logger.info
        log("webhook %s, attempt %d: %s%s", delivery.id, delivery.attempts, problem, "; given up" if given_up else "")

    async def _attempt(self, delivery: Delivery) -> tuple[str | None, bool]:
        """What went wrong, or None, and whether to give up at once."""
        secret = self._secret_of(delivery.owner)
        if secret is None:
            return "no secret to sign with", False
        try:
            async with asyncio.timeout(self._settings.timeout):
                status = await post(self._client, delivery, secret, self._settings, self._resolve)
        except TailorError as error:
            return error.message, True
        except TimeoutError:
            return "no answer in time", False
        except (OSError, httpx2.HTTPError, httpx2.InvalidURL) as error:
            return f"could not be reached ({type(error).__name__})", False
        if 200 <= status < 300:
            return None, False
        return f"answered with status {status}", status == 410


def new_client(settings: WebhookSettings) -> httpx2.AsyncClient:
    """Follows no redirects, and asks no proxies of the environment: they would look the name up once more.

    No connection is kept for the next webhook: it was made for one judged name.
    """
    limits = httpx2.Limits(max_connections=settings.at_once, max_keepalive_connections=0)
    return httpx2.AsyncClient(timeout=settings.timeout, follow_redirects=False, trust_env=False, limits=limits)


async def post(
    client: httpx2.AsyncClient,
    delivery: Delivery,
    secret: str,
    settings: WebhookSettings,
    resolve: Resolver | None = None,
) -> int:
    """One attempt: the status of the answer, of which nothing else is read.

    The address is looked up and judged here, and the connection goes to it; certificate and Host are the name's.
    """
    target = parse(delivery.url, settings)
    address = await address_for(target, settings, resolve)
    body = delivery.body.encode()
    headers = {
        "Host": target.authority,
        "Content-Type": "application/json",
        "User-Agent": "tailor-webhooks/1",
        "Accept-Encoding": "identity",
        "Connection": "close",
        SIGNATURE_HEADER: sign(body, secret),
        DELIVERY_HEADER: delivery.id,
    }
    extensions = {"sni_hostname": target.host}
    url = target.at(address)
    async with client.stream("POST", url, content=body, headers=headers, extensions=extensions) as answer:
        return answer.status_code


def secrets_for(settings: WebhookSettings, folder: Path, *, shared: bool) -> Secrets:
    """The secrets of the settings, or one made at the first start and kept in the folder (webhook.secret, 0600).

    Machines that share a store must be told the secret: each would make its own, and the receiver knows only one.
    """
    common = settings.secret.get_secret_value() if settings.secret is not None else None
    if common is None and not shared:
        common = _kept(folder / "webhook.secret")
    own = {name: secret.get_secret_value() for name, secret in settings.secrets.items()}
    return lambda owner: own.get(owner, common)


def _kept(path: Path) -> str:
    made = secrets.token_urlsafe(32)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        found = path.read_text(encoding="ascii").strip()
        if found:
            return found
        handle = os.open(path, os.O_WRONLY | os.O_TRUNC)  # killed before it was written
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(made + "\n")
    return made


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
