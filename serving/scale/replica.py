"""What runs on the cluster: one LocalEngine a replica. Errors are handed back as values, since Ray would wrap them."""

from __future__ import annotations

import os
from dataclasses import dataclass

from extractor.errors import TailorError
from serving.engine.base import Answer, Busy, EngineState, ReadOptions, Upload
from serving.engine.local import Assemble, LocalEngine
from serving.engine.settings import EngineSettings


@dataclass(frozen=True)
class Refusal:
    """An error on its way from a replica to the service."""

    message: str
    code: str
    hint: str = ""
    retry_after: float | None = None
    """Of Busy."""

    @classmethod
    def of(cls, error: TailorError) -> Refusal:
        return cls(error.message, error.code, error.hint, error.retry_after if isinstance(error, Busy) else None)

    def error(self) -> TailorError:
        if self.retry_after is not None:
            return Busy(self.message, code=self.code, hint=self.hint, retry_after=self.retry_after)
        return TailorError(self.message, code=self.code, hint=self.hint)


class Replica:
    """Reads documents where Ray puts it. Made by Ray, which counts it as running once it has warmed up.

    Ray lets it finish what it reads before it ends the process; the engine's workers leave when their parent is gone.
    """

    async def __init__(self, settings: EngineSettings, assemble: Assemble | None = None) -> None:  # type: ignore[misc]
        self._engine = LocalEngine(settings, assemble=assemble)
        self._problem: TailorError | None = None
        try:
            await self._engine.start()
        except TailorError as error:
            # Raised here, Ray would start the replica again and again and tell the reason as a traceback.
            self._problem = error

    async def problem(self) -> TailorError | None:
        """Why it can't read, in the words of `extractor.errors`."""
        return self._problem

    async def state(self) -> EngineState:
        return self._engine.state()

    async def pid(self) -> int:
        """Its process, for those who test its loss."""
        return os.getpid()

    async def read(self, upload: Upload, options: ReadOptions) -> Answer | Refusal:
        """Cancelled by Ray where the service cancels it."""
        try:
            return await self._engine.read(upload, options)
        except TailorError as error:
            return Refusal.of(error)
