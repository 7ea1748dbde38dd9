"""Where the service is, how documents are to be read there, and how long a client tries."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypedDict
from urllib.parse import urlsplit

from extractor.errors import UsageError

URL = "http://127.0.0.1:8000"
"""Where `tailor serve` listens unless told otherwise."""


@dataclass(frozen=True)
class ClientSettings:
    """All settings of a client. Times are in seconds.

    `url` and `api_key` come from TAILOR_URL and TAILOR_API_KEY where they are left out. `ocr`, `languages`, `pages` and
    `password` are those of `Extractor`; what is left out is left to the service. `policy` is a policy of the service by
    its name; it fills verdict and findings. `timeout` is how long one attempt waits for its answer, `patience` how long
    a call takes in all, its attempts and pauses together. `attempts` is how often a call is tried that finds the
    service gone or broken; refusals that say when to come again (429 and 503 with Retry-After) count against `patience`
    alone. Pauses between attempts are random up to `first_pause`, doubled each time up to `longest_pause`.
    """

    url: str = field(default_factory=lambda: os.environ.get("TAILOR_URL") or URL)
    api_key: str | None = field(default_factory=lambda: os.environ.get("TAILOR_API_KEY") or None, repr=False)
    ocr: str | None = None
    languages: tuple[str, ...] | None = None
    pages: tuple[int, ...] = ()
    password: str | None = field(default=None, repr=False)
    policy: str | None = None
    timeout: float = 180.0
    connect_timeout: float = 10.0
    patience: float = 600.0
    attempts: int = 7
    first_pause: float = 0.5
    longest_pause: float = 20.0

    def __post_init__(self) -> None:
        split = urlsplit(self.url)
        if split.scheme not in ("http", "https") or not split.hostname or split.query or split.fragment:
            raise UsageError(
                "The service's address is no http or https URL.", code="bad_url", hint="Write it as https://host:port."
            )
        if split.username or split.password:
            raise UsageError("The service's address holds a password.", code="bad_url", hint="Give a key as api_key.")
        if self.api_key is not None and not (self.api_key.isascii() and self.api_key.isprintable()):
            raise UsageError("The API key holds characters that no key has.", code="bad_key", hint="Copy it again.")
        for name in ("timeout", "connect_timeout", "patience", "attempts", "first_pause", "longest_pause"):
            if not getattr(self, name) > 0:
                raise UsageError(f"The client's {name} must be greater than 0.", hint=f"Give {name} a positive number.")

    def options(self) -> dict[str, str]:
        """How to read, as fields of a form."""
        given = {
            "ocr": self.ocr,
            "language": "+".join(self.languages or ()) or None,
            "pages": ",".join(str(page) for page in self.pages) or None,
            "password": self.password,
            "policy": self.policy,
        }
        return {name: value for name, value in given.items() if value is not None}


class Changes(TypedDict, total=False):
    """The fields of `ClientSettings` as keyword arguments of a client."""

    api_key: str | None
    ocr: str | None
    languages: tuple[str, ...] | None
    pages: tuple[int, ...]
    password: str | None
    policy: str | None
    timeout: float
    connect_timeout: float
    patience: float
    attempts: int
    first_pause: float
    longest_pause: float


def chosen(settings: ClientSettings | None, url: str | None, changes: Changes) -> ClientSettings:
    """Settings with changes by name. Raises TypeError for a name that is no setting, UsageError for a bad value."""
    known = {each.name for each in fields(ClientSettings)}
    unknown = sorted(set(changes) - known)
    if unknown:
        raise TypeError(f"a client knows no setting {', '.join(unknown)}")
    given: dict[str, Any] = {**changes, **({} if url is None else {"url": url})}
    if given.get("api_key", "") is None:
        del given["api_key"]  # left out: the environment's
    return replace(settings, **given) if settings else ClientSettings(**given)
