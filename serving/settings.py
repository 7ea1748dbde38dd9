"""How the service runs: from the command line, else the environment (TAILOR_…), else a YAML file, else these values."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, NoDecode, SettingsConfigDict

from extractor.errors import UsageError
from extractor.loading import Limits
from serving.jobs.settings import JobSettings

MIB = 2**20
Names = Annotated[tuple[str, ...], NoDecode]
"""Several words; in the environment they stand in one value, parted by commas."""

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


def data_folder() -> Path:
    """Where keys, jobs and remembered answers lie by default: $TAILOR_DATA, else the user's data folder."""
    chosen = os.environ.get("TAILOR_DATA")
    if chosen:
        return Path(chosen)
    local = os.environ.get("LOCALAPPDATA") if os.name == "nt" else os.environ.get("XDG_DATA_HOME")
    return (Path(local) if local else Path.home() / ".local" / "share") / "tailor" / "service"


class ServiceSettings(BaseSettings):
    """All settings of the service. Sizes are in bytes and times in seconds unless the name says otherwise."""

    model_config = SettingsConfigDict(
        env_prefix="TAILOR_", env_nested_delimiter="__", frozen=True, extra="forbid", protected_namespaces=()
    )

    host: str = Field("127.0.0.1", description="The address to listen on; anything but this machine needs API keys.")
    port: int = Field(8000, ge=0, le=65535, description="The port; 0 takes a free one.")
    model: str | None = Field(None, description="A model folder, or the name of a shipped model.")
    engine: Literal["local", "ray"] = Field("local", description="What runs the model.")
    workers: int = Field(0, ge=0, le=256, description="OCR processes; 0 chooses by the number of cores.")
    replicas: int = Field(2, ge=1, le=10_000, description="Of the engine ray: each has `workers` processes, 0 being 1.")
    replica_gpus: float = Field(0.0, ge=0, le=64, description="GPUs of each replica; a part of one can be shared.")
    ocr: Literal["auto", "rapidocr", "tesseract"] = "auto"
    languages: Names = Field((), description="Tesseract's language packs, such as deu,eng.")
    cuda: Literal["auto", "on", "off"] = "auto"
    batch_size: int = Field(16, ge=1, le=1024, description="Documents in one batch of the student, at most.")
    batch_wait_ms: float | None = Field(
        None, ge=0, le=1000, description="How long a batch waits to fill; unset: 0 on a CPU, 5 on a GPU."
    )
    queue: int = Field(64, ge=1, le=100_000, description="Documents accepted at once; more are answered with 429.")
    policy: Path | None = Field(None, description="The policy applied to every document where none is asked for.")
    policies: Path | None = Field(None, description="A folder of policies (NAME.yaml) that a request may name.")
    data: Path = Field(default_factory=data_folder, description="Folder of keys, jobs and remembered answers.")

    require_keys: bool | None = Field(
        None, description="Whether API keys are needed; unset: once there is one, or where others can reach the port."
    )
    allowed_hosts: Names = Field((), description="Host headers that are answered; '*' for any.")
    allowed_origins: Names = Field((), description="Origins of other web pages that may call (CORS); none by default.")
    rate_per_minute: float = Field(600.0, gt=0, description="Requests a minute per key, unless the key says otherwise.")
    burst: int = Field(60, ge=1, description="Requests that a key may send at once after a rest.")
    concurrent: int = Field(16, ge=1, description="Requests of one key at a time, unless the key says otherwise.")

    max_file_bytes: int = Field(32 * MIB, ge=1)
    max_request_bytes: int = Field(128 * MIB, ge=1024)
    max_inflight_bytes: int = Field(1024 * MIB, ge=1024, description="Of all requests together.")
    max_files: int = Field(32, ge=1, le=1000, description="Files in one request.")
    max_pages: int = Field(50, ge=1)
    max_pixels: int = Field(80_000_000, ge=1)
    max_seconds: float = Field(120.0, gt=0, description="For one document.")
    max_requests: int = Field(256, ge=1, description="Requests at a time.")
    max_connections: int = Field(1024, ge=1)
    max_headers: int = Field(64, ge=8)
    max_header_bytes: int = Field(32 * 1024, ge=1024)
    header_seconds: float = Field(10.0, gt=0, description="For the head of a request to arrive.")
    idle_seconds: float = Field(
        75.0,
        gt=0,
        description="For a connection to rest between two requests. Longer than clients and proxies keep one: were the "
        "service to close it as the next request comes, that would fail.",
    )
    body_seconds: float = Field(120.0, gt=0, description="For the body of a request to arrive.")
    body_pause_seconds: float = Field(15.0, gt=0, description="Between two pieces of a body.")
    send_seconds: float = Field(30.0, gt=0, description="For a client to take a piece of the answer.")
    grace: float = Field(30.0, ge=0, description="For requests to finish when the service stops.")
    jobs: JobSettings = Field(
        default_factory=lambda: JobSettings.model_validate({}),
        description="Of /v1/jobs; in the environment TAILOR_JOBS__STORE, TAILOR_JOBS__WEBHOOK__SECRET and so on.",
    )
    remember_hours: float = Field(24.0, gt=0, description="How long an Idempotency-Key is remembered.")

    keep_reviewed: bool = Field(
        False, description="Keep the documents whose values were reviewed on the page, beside their labels."
    )

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_text: bool = Field(False, description="Log file names and what was read. They are personal data.")

    @field_validator("languages", "allowed_hosts", "allowed_origins", mode="before")
    @classmethod
    def _split(cls, given: object) -> object:
        return (
            tuple(part for part in (p.strip() for p in given.split(",")) if part) if isinstance(given, str) else given
        )

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the service."""
        return is_loopback(self.host)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Host headers that are answered. On this machine only its own names: a web page that lets its name point here
        (DNS rebinding) carries its own. Elsewhere any, where none were named: a key guards the door."""
        if self.allowed_hosts:
            return self.allowed_hosts
        return (*LOOPBACK_NAMES, self.host) if self.loopback else ("*",)

    @property
    def limits(self) -> Limits:
        """What one document may ask for."""
        return Limits(self.max_file_bytes, self.max_pages, self.max_pixels, self.max_seconds)

    @classmethod
    def load(cls, config: Path | None = None, **given: Any) -> ServiceSettings:
        """Settings from a YAML file, the environment and what was `given` (None counts as not given), last wins.

        Raises UsageError (bad_settings) that names the setting.
        """
        from_file = _read(config) if config else {}
        from_environment = EnvSettingsSource(cls)()
        said = {name: value for name, value in given.items() if value is not None}
        try:
            return cls(**_merged(_merged(from_file, from_environment), said))
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(str(part) for part in first["loc"]) or "settings"
            raise UsageError(
                f"The setting {name} can't be used: {first['msg']}.",
                code="bad_settings",
                hint="See tailor serve --help.",
            ) from None


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of two places, of which the one above wins; groups of settings one by one."""
    found = {**below, **above}
    for name in below.keys() & above.keys():
        if isinstance(below[name], Mapping) and isinstance(above[name], Mapping):
            found[name] = _merged(below[name], above[name])
    return found


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _read(path: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(
            f"The settings file {path} can't be read ({type(error).__name__}).", code="bad_settings"
        ) from error
    if not isinstance(found or {}, dict):
        raise UsageError(f"The settings file {path} holds no settings.", code="bad_settings", hint="Write name: value.")
    return found or {}
