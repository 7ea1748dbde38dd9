"""A process that reads jobs until it is killed: `python -m tests.serving.jobs.killed SETTINGS NOTES SECONDS`.

NOTES gets a line for every document that the engine began.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from serving.engine.base import Answer, ReadOptions, Upload
from serving.jobs.parts import Parts
from serving.jobs.service import Jobs
from serving.jobs.settings import JobSettings
from tests.serving.jobs.fakes import FakeEngine


class NotingEngine(FakeEngine):
    def __init__(self, notes: Path, seconds: float) -> None:
        super().__init__(seconds)
        self._notes = notes

    async def read(self, upload: Upload, options: ReadOptions) -> Answer:
        with self._notes.open("a") as file:
            file.write(f"{upload.name}\n")
        return await super().read(upload, options)


async def main(settings: str, notes: str, seconds: str) -> None:
    jobs = Jobs(Parts.open(JobSettings.model_validate_json(settings)), NotingEngine(Path(notes), float(seconds)))
    await jobs.start()
    print("ready", flush=True)
    await asyncio.sleep(600)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
