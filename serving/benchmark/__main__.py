"""`python -m serving.benchmark PART`: what the service promises, measured on this machine."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AbstractAsyncContextManager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from serving.benchmark.doors import Door

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Measure the service. Without --files: receipts of shared dev where they are at hand, else the examples.",
    pretty_exceptions_enable=False,
)

Files = Annotated[list[Path] | None, typer.Option("--files", help="Documents or folders; may be repeated.")]
Json = Annotated[Path | None, typer.Option("--json", help="Also write the figures here.")]
Rounds = Annotated[int, typer.Option(min=1, help="How often each side is measured, alternated.")]
Url = Annotated[str | None, typer.Option(help="A service that runs; without it one is started.")]
Key = Annotated[str | None, typer.Option(envvar="TAILOR_API_KEY", help="Its API key.")]
Cache = Annotated[Path | None, typer.Option(help="A folder that keeps OCR readings, for parts about the student.")]
Readings = Annotated[
    Path | None,
    typer.Option("--cache", help="OCR readings of before, for both sides: what is left shows the overhead sharply."),
]


class Over(StrEnum):
    HTTP = "http"
    ENGINE = "engine"


@app.command()
def batching(
    files: Files = None,
    count: Annotated[int, typer.Option(min=16, help="Documents a round.")] = 96,
    distinct: Annotated[int, typer.Option(min=1, help="Different ones among them (each is OCRed once).")] = 32,
    threads: Annotated[int, typer.Option(min=1, help="Threads of one run of the student.")] = 1,
    lanes: Annotated[int, typer.Option(min=1, help="Batches at the same time.")] = 1,
    askers: Annotated[int, typer.Option(min=1, help="Requests at the same time.")] = 16,
    rounds: Rounds = 5,
    cache: Cache = None,
    json: Json = None,
) -> None:
    """The student with dynamic batching against one document at a time, on the CPU."""
    from serving.benchmark import batching as part
    from serving.benchmark.documents import documents, encoded, repeated
    from serving.benchmark.report import show

    asked = repeated(encoded(documents(files or [], distinct), cache), count)
    show(part.measure(asked, threads=threads, lanes=lanes, askers=askers, rounds=rounds), json)


@app.command()
def gpu(
    files: Files = None,
    count: Annotated[int, typer.Option(min=64)] = 512,
    distinct: Annotated[int, typer.Option(min=1, help="Different ones among them (each is OCRed once).")] = 32,
    rounds: Rounds = 5,
    cache: Cache = None,
    json: Json = None,
) -> None:
    """The student on a GPU at batch 1 to 64, against one CPU core; says so where there is none."""
    from serving.benchmark import gpu as part
    from serving.benchmark.documents import documents, encoded, repeated
    from serving.benchmark.report import show

    asked = repeated(encoded(documents(files or [], distinct), cache), count)
    show(part.measure(asked, rounds=rounds), json)


@app.command()
def throughput(
    files: Files = None,
    count: Annotated[int, typer.Option(min=8, help="Documents a round.")] = 40,
    workers: Annotated[int, typer.Option(min=2, help="Processes, on both sides.")] = 2,
    rounds: Rounds = 3,
    over: Over = Over.HTTP,
    url: Url = None,
    key: Key = None,
    cache: Readings = None,
    json: Json = None,
) -> None:
    """The service at saturation against `tailor extract` on the same files."""
    from extractor.pipeline import Settings
    from serving.benchmark import throughput as part
    from serving.benchmark.documents import documents
    from serving.benchmark.report import show

    found = documents(files or [], count)

    async def run() -> None:
        async with _door(over, url, key, workers, cache) as door:
            how = Settings(cache=cache)
            show(await part.measure(door, found, workers=workers, rounds=rounds, over=over.value, settings=how), json)

    asyncio.run(run())


@app.command()
def latency(
    files: Files = None,
    count: Annotated[int, typer.Option(min=1, help="Documents a round.")] = 10,
    workers: Annotated[int, typer.Option(min=1)] = 1,
    rounds: Rounds = 3,
    over: Over = Over.HTTP,
    url: Url = None,
    key: Key = None,
    cache: Readings = None,
    json: Json = None,
) -> None:
    """What one request takes longer than one call of the SDK."""
    from extractor.pipeline import Settings
    from serving.benchmark import latency as part
    from serving.benchmark.documents import documents
    from serving.benchmark.report import show

    found = documents(files or [], count)

    async def run() -> None:
        async with _door(over, url, key, workers, cache) as door:
            how = Settings(cache=cache)
            show(await part.measure(door, found, rounds=rounds, over=over.value, settings=how), json)

    asyncio.run(run())


@app.command()
def load(
    files: Files = None,
    count: Annotated[
        int, typer.Option(min=1, help="Different good files: few, so that each worker soon meets the largest.")
    ] = 12,
    seconds: Annotated[float, typer.Option(min=1)] = 600,
    kills: Annotated[int, typer.Option(min=0, help="Workers killed on the way.")] = 3,
    workers: Annotated[int, typer.Option(min=1)] = 2,
    url: Url = None,
    key: Key = None,
    pid: Annotated[int | None, typer.Option(help="The process of the service at --url.")] = None,
    json: Json = None,
) -> None:
    """Minutes of mixed load: 10 % bad files, 5 % clients that leave, 5 % jobs, workers that are killed.

    Memory can only be judged where the machine has time for it: each worker must read some thirty documents after the
    last kill.
    """
    from serving.benchmark import load as part
    from serving.benchmark.documents import documents
    from serving.benchmark.doors import http_door
    from serving.benchmark.report import show

    found = documents(files or [], count)

    async def run() -> None:
        async with http_door(url, key, workers) as door:
            show(await part.measure(door, found, seconds=seconds, kills=kills, pid=pid or door.pid), json)

    asyncio.run(run())


def _door(
    over: Over, url: str | None, key: str | None, workers: int, cache: Path | None
) -> AbstractAsyncContextManager[Door]:
    from extractor.errors import UsageError
    from extractor.pipeline import Settings
    from serving.benchmark.doors import engine_door, http_door
    from serving.engine.settings import EngineSettings

    if over is Over.ENGINE:
        return engine_door(EngineSettings(reading=Settings(cache=cache), workers=workers))
    if cache:
        raise UsageError("The service keeps no OCR readings.", hint="Use --cache with --over engine.")
    return http_door(url, key, workers)


def main() -> None:
    from extractor.errors import TailorError, UsageError

    try:
        app()
    except TailorError as error:
        print(f"error [{error.code}]: {error}", file=sys.stderr)
        raise SystemExit(2 if isinstance(error, UsageError) else 1) from None


if __name__ == "__main__":
    main()
