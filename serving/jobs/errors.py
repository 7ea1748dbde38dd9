"""What can be wrong with a request about jobs. `status` is the HTTP status, `code` stable."""

from __future__ import annotations

from extractor.errors import TailorError, UsageError
from serving.engine.base import Busy


class JobNotFound(TailorError):
    """No such job, or another key's: the two look alike on purpose."""

    code = "no_such_job"
    status = 404


class JobConflict(TailorError):
    """The Idempotency-Key was used for another request."""

    code = "idempotency_conflict"
    status = 409


class JobRefused(UsageError):
    """The request can't be taken as a job: no_files, too_many_files, bad_webhook, bad_cursor, bad_request."""

    code = "bad_request"
    status = 422


class QueueFull(Busy):
    """Too much is waiting already: 429, with `retry_after`."""

    code = "queue_full"
    status = 429


class UploadLost(TailorError):
    """The bytes of a waiting document are gone (someone emptied the folder). Stands in the record."""

    code = "upload_lost"
