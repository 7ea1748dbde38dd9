"""Every error that Tailor raises, drawn once.

    TailorError                      code, message, hint
    ├── UsageError                   the call was wrong (exit status 2): usage, no_documents, missing_poppler
    │   ├── MissingExtra             an optional package is not installed
    │   ├── BadModel                 the model folder is not a Tailor artifact, or of another encoder version
    │   └── BadPolicy                the policy (or the cases to test it with) is not valid
    ├── DocumentError                this document can't be read; others can (a `failed` record)
    │   ├── FileUnreadable           unreadable_file, empty_file, not_found
    │   ├── UnknownFormat            unknown_format
    │   ├── BrokenFile               broken_image, broken_pdf, no_pages
    │   ├── PasswordNeeded           encrypted_pdf, wrong_password
    │   ├── NoSuchPage               no_such_page
    │   ├── LimitExceeded            too_many_bytes, too_many_pages, too_many_pixels, too_slow
    │   └── WorkerDied               worker_died
    ├── OcrError                     the OCR engine failed on a page (ocr_failed)
    ├── OutputError                  the results can't be written (disk_full, output_unwritable)
    └── ServiceError                 a service refused a client, or can't be reached (unreachable, key_needed, …)

A code is stable: programs may compare it. A message is one sentence that names what is wrong; a hint says what to do.
"""

from __future__ import annotations

from extractor.types import Notice


class TailorError(Exception):
    """Base of all errors meant for users: `code`, `message`, and a `hint` of what to do (may be empty)."""

    code = "error"

    def __init__(self, message: str, *, code: str | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    def __reduce__(self) -> tuple[object, ...]:
        # Errors travel between worker processes; the default would lose code and hint.
        return _rebuild, (type(self), self.message, self.code, self.hint)

    def notice(self) -> Notice:
        """This error as it stands in the record."""
        return Notice(code=self.code, message=str(self))


def _rebuild(kind: type[TailorError], message: str, code: str, hint: str) -> TailorError:
    return kind(message, code=code, hint=hint)


class UsageError(TailorError):
    code = "usage"


class MissingExtra(UsageError):
    code = "missing_extra"


class BadModel(UsageError):
    code = "bad_model"


class BadPolicy(UsageError):
    code = "bad_policy"


class DocumentError(TailorError):
    code = "document"


class FileUnreadable(DocumentError):
    code = "unreadable_file"


class UnknownFormat(DocumentError):
    code = "unknown_format"


class BrokenFile(DocumentError):
    code = "broken_image"


class PasswordNeeded(DocumentError):
    code = "encrypted_pdf"


class NoSuchPage(DocumentError):
    code = "no_such_page"


class LimitExceeded(DocumentError):
    code = "too_many_bytes"


class WorkerDied(DocumentError):
    code = "worker_died"


class OcrError(TailorError):
    code = "ocr_failed"


class OutputError(TailorError):
    code = "output_unwritable"


class ServiceError(TailorError):
    """`status` is the HTTP status of the last answer, None where there was none; `retry_after` the seconds after which
    the service asks to come again, where it says so."""

    code = "service"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        hint: str = "",
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, code=code, hint=hint)
        self.status = status
        self.retry_after = retry_after
