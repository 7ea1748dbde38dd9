"""`tailor serve` and `tailor keys`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from serving.safety.keys import KeyRing

_WHERE, _READING, _LIMITS, _SAFETY = "Where", "How documents are read", "Limits", "Safety"
_MIB = 2**20

Data = Annotated[
    Path | None,
    typer.Option(
        help="The folder of keys, jobs and remembered answers.", show_default="the user's", rich_help_panel=_WHERE
    ),
]


def serve(
    host: Annotated[
        str | None,
        typer.Option(
            help="The address to listen on; others than this machine can reach it only where there are API keys.",
            show_default="127.0.0.1",
            rich_help_panel=_WHERE,
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, show_default="8000", help="0 takes a free one.", rich_help_panel=_WHERE),
    ] = None,
    data: Data = None,
    config: Annotated[
        Path | None,
        typer.Option(
            envvar="TAILOR_CONFIG", help="A YAML file of settings.", show_default=False, rich_help_panel=_WHERE
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="A model folder or a shipped model.", show_default="compact", rich_help_panel=_READING),
    ] = None,
    engine: Annotated[
        str | None, typer.Option(metavar="local|ray", show_default="local", rich_help_panel=_READING)
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="OCR processes.", show_default="by the cores", rich_help_panel=_READING)
    ] = None,
    replicas: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Readers of --engine ray, on the cluster of RAY_ADDRESS or here; --workers is then for each, 1.",
            show_default="2",
            rich_help_panel=_READING,
        ),
    ] = None,
    ocr: Annotated[
        str | None, typer.Option(metavar="auto|rapidocr|tesseract", show_default="auto", rich_help_panel=_READING)
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(help="Tesseract's packs, such as deu,eng.", show_default=False, rich_help_panel=_READING),
    ] = None,
    cuda: Annotated[
        str | None, typer.Option(metavar="auto|on|off", show_default="auto", rich_help_panel=_READING)
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(min=1, help="Documents in a batch.", show_default="16", rich_help_panel=_READING)
    ] = None,
    batch_wait: Annotated[
        float | None,
        typer.Option(min=0, help="Milliseconds.", show_default="0, on a GPU 5", rich_help_panel=_READING),
    ] = None,
    policy: Annotated[
        Path | None,
        typer.Option(help="A policy for every document.", show_default=False, rich_help_panel=_READING),
    ] = None,
    policies: Annotated[
        Path | None,
        typer.Option(help="A folder of policies that requests may name.", show_default=False, rich_help_panel=_READING),
    ] = None,
    queue: Annotated[
        int | None, typer.Option(min=1, help="Documents waiting.", show_default="64", rich_help_panel=_LIMITS)
    ] = None,
    max_file_mb: Annotated[
        float | None, typer.Option(min=0.001, help="Of one file.", show_default="32", rich_help_panel=_LIMITS)
    ] = None,
    max_request_mb: Annotated[
        float | None, typer.Option(min=0.001, help="Of one request.", show_default="128", rich_help_panel=_LIMITS)
    ] = None,
    max_files: Annotated[
        int | None, typer.Option(min=1, help="In one request.", show_default="32", rich_help_panel=_LIMITS)
    ] = None,
    max_pages: Annotated[
        int | None, typer.Option(min=1, help="Of one document.", show_default="50", rich_help_panel=_LIMITS)
    ] = None,
    max_pixels: Annotated[
        int | None, typer.Option(min=1, help="Of one picture.", show_default="80000000", rich_help_panel=_LIMITS)
    ] = None,
    max_seconds: Annotated[
        float | None, typer.Option(min=0.1, help="For one document.", show_default="120", rich_help_panel=_LIMITS)
    ] = None,
    grace: Annotated[
        float | None,
        typer.Option(min=0, help="Seconds to finish at the end.", show_default="30", rich_help_panel=_LIMITS),
    ] = None,
    require_keys: Annotated[
        bool | None,
        typer.Option(
            "--require-keys/--no-keys",
            help="Whether API keys are needed on this machine too.",
            show_default="once there is one",
            rich_help_panel=_SAFETY,
        ),
    ] = None,
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(help="A name by which it may be called. Repeatable.", show_default=False, rich_help_panel=_SAFETY),
    ] = None,
    allowed_origin: Annotated[
        list[str] | None,
        typer.Option(
            help="A web page's origin that may call (CORS). Repeatable.", show_default=False, rich_help_panel=_SAFETY
        ),
    ] = None,
    keep_reviewed: Annotated[
        bool | None,
        typer.Option(
            "--keep-reviewed",
            help="Keep documents that were reviewed on the page beside their labels, to train on.",
            rich_help_panel=_SAFETY,
        ),
    ] = None,
    log_level: Annotated[
        str | None,
        typer.Option(metavar="debug|info|warning|error", show_default="info", rich_help_panel=_SAFETY),
    ] = None,
    log_text: Annotated[
        bool | None,
        typer.Option("--log-text", help="Log file names and what was read: personal data.", rich_help_panel=_SAFETY),
    ] = None,
) -> None:
    """Serve extraction over HTTP. It listens on this machine alone unless told otherwise; /docs tells the interface.

    Every setting can also stand in the environment (TAILOR_PORT=9000) or in the file of --config (port: 9000).

    Exit status: 0 stopped, 2 wrong usage or not started.
    """
    from serving.settings import ServiceSettings

    settings = ServiceSettings.load(
        config,
        host=host,
        port=port,
        data=data,
        model=model,
        engine=engine,
        workers=workers,
        replicas=replicas,
        ocr=ocr,
        languages=language,
        cuda=cuda,
        batch_size=batch_size,
        batch_wait_ms=batch_wait,
        policy=policy,
        policies=policies,
        queue=queue,
        max_file_bytes=_bytes(max_file_mb),
        max_request_bytes=_bytes(max_request_mb),
        max_files=max_files,
        max_pages=max_pages,
        max_pixels=max_pixels,
        max_seconds=max_seconds,
        grace=grace,
        require_keys=require_keys,
        allowed_hosts=tuple(allowed_host) if allowed_host else None,
        allowed_origins=tuple(allowed_origin) if allowed_origin else None,
        keep_reviewed=keep_reviewed,
        log_level=log_level,
        log_text=log_text,
    )
    from serving.server.run import serve as run

    run(settings)


def _bytes(mebibytes: float | None) -> int | None:
    return None if mebibytes is None else max(1, round(mebibytes * _MIB))


keys = typer.Typer(
    name="keys",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Make, list and revoke API keys of the service.",
)


def _ring(data: Path | None) -> KeyRing:
    from serving.safety.keys import KeyRing
    from serving.settings import ServiceSettings

    settings = ServiceSettings.load(data=data)
    return KeyRing(settings.data / "keys.json")


@keys.command()
def add(
    name: Annotated[str, typer.Argument(help="Whose key it is, such as the calling system's name.")],
    scopes: Annotated[
        str, typer.Option(help="What it may do, parted by commas: extract, jobs, score, audit, review, metrics.")
    ] = "extract,jobs,score,audit,review",
    days: Annotated[
        int | None, typer.Option(min=1, help="It expires after so many days.", show_default="never")
    ] = None,
    rate: Annotated[
        float | None, typer.Option(min=0.1, help="Requests a minute.", show_default="the service's")
    ] = None,
    concurrent: Annotated[
        int | None, typer.Option(min=1, help="Requests at a time.", show_default="the service's")
    ] = None,
    data: Data = None,
) -> None:
    """Make a key. It is printed once, to stdout, and kept as a hash alone. A running service takes it up at once."""
    from datetime import UTC, datetime, timedelta

    expires = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days) if days else None
    wanted = [part.strip() for part in scopes.split(",") if part.strip()]
    ring = _ring(data)
    key, told = ring.add(name, wanted, expires=expires, rate_per_minute=rate, concurrent=concurrent)
    typer.echo(f"The key {key.name} ({', '.join(key.scopes)}). Keep it: it can't be shown again.", err=True)
    typer.echo(told)


@keys.command("list")
def listed(data: Data = None) -> None:
    """List the keys: name, id, scopes, when made and when they expire."""
    found = _ring(data).all()
    for key in found:
        until = "expired" if key.expired() else f"until {key.expires:%Y-%m-%d}" if key.expires else "for ever"
        limits = [f"{key.rate_per_minute:g}/min"] if key.rate_per_minute else []
        limits += [f"{key.concurrent} at a time"] if key.concurrent else []
        more = [",".join(key.scopes), f"made {key.created:%Y-%m-%d}", until, *limits]
        typer.echo("\t".join((key.name, key.id, *more)))
    if not found:
        typer.echo("There is no key. Make one with tailor keys add NAME.", err=True)


@keys.command()
def revoke(
    name: Annotated[str, typer.Argument(help="The key's name or id.")],
    data: Data = None,
) -> None:
    """Take a key away. A running service refuses it from then on."""
    key = _ring(data).revoke(name)
    typer.echo(f"Revoked {key.name} ({key.id}).", err=True)
