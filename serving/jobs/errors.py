"""What can be wrong with a request about jobs."""

from __future__ import annotations

from extractor.errors import TailorError
from serving.engine.base import Busy
from serving.problems import Refused


class JobNotFound(Refused):
    """No such job, or another key's: the two look alike on purpose."""

    def __init__(self) -> None:
        hint = "It may have expired, or belong to another key."
        super().__init__(404, "no_such_job", "There is no such job.", hint=hint)


class JobConflict(Refused):
    """The Idempotency-Key was used for another request."""

    def __init__(self) -> None:
        hint = "Use a new key for each new request; the same key only to send the same request again."
        super().__init__(422, "idempotency_key_reused", "Another request came under this Idempotency-Key.", hint=hint)


class JobRefused(Refused):
    """The request can't be taken as a job: no_files, too_many_files, bad_webhook."""

    def __init__(self, message: str, *, code: str, hint: str, status: int = 422) -> None:
        super().__init__(status, code, message, hint=hint)


class QueueFull(Busy):
    """Too much is waiting already: 429, with `retry_after`."""

    code = "queue_full"


class UploadLost(TailorError):
    """The bytes of a waiting document are gone (someone emptied the folder). Stands in the record."""

    code = "upload_lost"
