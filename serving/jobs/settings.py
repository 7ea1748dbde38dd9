"""How jobs are kept, read, announced and forgotten. Times are in seconds, sizes in bytes."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from extractor.errors import UsageError

MIB = 2**20
HOUR = 3600.0


class WebhookSettings(BaseModel):
    """Who may be told that a job has ended, and how hard is tried."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    secret: SecretStr | None = Field(
        None, description="Signs webhooks. Unset, one is made and kept in the data folder as webhook.secret."
    )
    secrets: dict[str, SecretStr] = Field(
        default_factory=dict, description="By owner (the id of an API key), where keys have their own."
    )
    http: bool = Field(False, description="Allow plain http beside https.")
    networks: tuple[IPv4Network | IPv6Network, ...] = Field(
        (), description="Private networks that may be called, such as 10.1.0.0/16; none by default."
    )
    timeout: float = Field(10.0, gt=0, le=120, description="For one attempt, from look-up to the answer's status.")
    attempts: int = Field(10, ge=1, le=50, description="Before a webhook is given up.")
    first_pause: float = Field(5.0, gt=0, description="Before the second attempt; doubles with each, with jitter.")
    longest_pause: float = Field(HOUR, gt=0)
    at_once: int = Field(4, ge=1, le=64, description="Deliveries at a time.")


class JobSettings(BaseModel):
    """All settings of jobs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: Path = Field(
        Path("jobs"),
        description="Private, for uploads and, by default, store and queue; in the data folder.",
    )
    store: str = Field("", repr=False, description="SQLAlchemy URL of the store; empty for SQLite in the folder.")
    queue: str = Field(
        "", repr=False, description="redis:// or postgresql:// URL of the queue; empty for SQLite in the folder."
    )
    uploads: Literal["auto", "folder", "store"] = Field(
        "auto", description="Where uploads wait: auto takes the folder with SQLite, else the store, which all share."
    )
    readers: int = Field(
        0, ge=0, le=1024, description="Documents read at once by this process; 0: one more than workers."
    )
    retention: float = Field(
        24 * HOUR, gt=0, description="How long results are kept after a job's end, and uploads at most."
    )
    lease: float = Field(30.0, gt=0.2, description="After this long without a sign of life another process takes over.")
    upkeep: float = Field(5.0, gt=0, description="Between two looks for what was lost, has ended or is too old.")
    poll: float = Field(0.25, gt=0, description="Between two looks into an empty queue.")
    attempts: int = Field(10, ge=1, description="Times that a document is begun before it counts as deadly.")
    pace: float = Field(
        1.0, ge=0, description="Delay of a job's next document in the common order: small jobs overtake."
    )

    max_documents: int = Field(1000, ge=1, description="In one job.")
    key_documents: int = Field(5000, ge=1, description="Waiting, of one API key.")
    key_bytes: int = Field(2048 * MIB, ge=1, description="Waiting, of one API key.")
    all_documents: int = Field(50_000, ge=1, description="Waiting, in all.")
    all_bytes: int = Field(16_384 * MIB, ge=1, description="Waiting, in all.")

    webhook: WebhookSettings = Field(default_factory=lambda: WebhookSettings.model_validate({}))

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.queue and not self.queue.startswith(
            ("redis://", "rediss://", "unix://", "postgresql://", "postgres://")
        ):
            raise ValueError("queue must be a redis:// or postgresql:// URL, or empty for SQLite in the folder")
        if self.uploads == "folder" and self.shared:
            raise ValueError("uploads can't lie in a folder while the store is shared by several machines")
        return self

    @property
    def store_url(self) -> str:
        """The store as SQLAlchemy is to open it, psycopg 3 being the driver for PostgreSQL."""
        if not self.store:
            return f"sqlite:///{self.folder / 'jobs.db'}"
        for prefix in ("postgresql://", "postgres://"):
            if self.store.startswith(prefix):
                return "postgresql+psycopg://" + self.store.removeprefix(prefix)
        return self.store

    @property
    def files(self) -> tuple[str, ...]:
        """Names in the folder of the databases that lie there."""
        return tuple(name for name, url in (("jobs.db", self.store), ("queue.db", self.queue)) if not url)

    @property
    def shared(self) -> bool:
        """Whether the store is a server, which other machines can reach too."""
        return not self.store_url.startswith("sqlite")

    @property
    def uploads_in_store(self) -> bool:
        return self.uploads == "store" or (self.uploads == "auto" and self.shared)


def private_folder(path: Path) -> Path:
    """Makes a folder that only this user can enter (0700). Raises UsageError where it can't be had."""
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.chmod(0o700)
    except OSError as error:
        raise UsageError(
            f"The folder for jobs, {path}, can't be used ({type(error).__name__}).",
            code="bad_settings",
            hint="Choose another data folder, or give this user the right to write there.",
        ) from error
    return path
