"""What is asked of the service and how its answers are read, without a word about sending."""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from extractor.client.answers import Annotated, Audit, DocumentScore, Job, ModelInfo, Pair, Picture, Scores
from extractor.client.problems import Reply, strange
from extractor.client.settings import ClientSettings
from extractor.client.uploads import Upload, parts_of, uploads_of
from extractor.types import Extraction, Receipt

if TYPE_CHECKING:
    from extractor.loading import Source
    from extractor.policy.cases import Claim

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Call:
    """One request, the same in all its attempts; so is its Idempotency-Key, by which its work is done once."""

    method: str
    path: str
    uploads: tuple[Upload, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    """A body in JSON, in place of a form."""
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """The body, opened anew, as arguments of the HTTP library."""
        if self.content is not None:
            return {"content": self.content, "headers": {**self.headers, "Content-Type": "application/json"}}
        if not self.uploads and not self.fields:
            return {"headers": dict(self.headers)}
        files: list[tuple[str, tuple[str | None, BinaryIO | bytes, str]]] = [*parts_of(self.uploads)]
        # Fields as parts without a file name, so that a form without files is multipart too.
        files += [(name, (None, value.encode(), "text/plain; charset=utf-8")) for name, value in self.fields.items()]
        return {"files": files, "headers": dict(self.headers)}


class _Results(BaseModel):
    model_config = ConfigDict(extra="ignore")
    results: list[Extraction]
    pictures: list[list[Picture]] | None = None
    next: str | None = None


def once() -> dict[str, str]:
    """The header under which a request's work is done once, however often it is sent."""
    return {"Idempotency-Key": secrets.token_hex(16)}


def extract(upload: Upload, settings: ClientSettings, *, annotate: bool = False) -> Call:
    fields = settings.options() | ({"annotate": "true"} if annotate else {})
    return Call("POST", "/v1/extract", (upload,), fields, headers=once())


def extracted(upload: Upload, reply: Reply) -> Annotated:
    found = understood(_Results, reply)
    if len(found.results) != 1:
        raise strange(f"it holds {len(found.results)} records of one document")
    return Annotated(upload.renamed(found.results[0]), tuple((found.pictures or [[]])[0]))


def submit(sources: Iterable[Source], settings: ClientSettings, webhook: str | None) -> Call:
    fields = settings.options() | ({"webhook": webhook} if webhook else {})
    return Call("POST", "/v1/jobs", tuple(uploads_of(sources)), fields, headers=once())


def job(asked: Job | str, action: str = "", method: str = "GET") -> Call:
    """What concerns one job: its state, `cancel`, or (DELETE) that it be forgotten."""
    return Call(method, f"/v1/jobs/{_id(asked)}{action}")


def results(asked: Job | str, cursor: str) -> Call:
    return Call("GET", f"/v1/jobs/{_id(asked)}/results?cursor={cursor}&limit=100")


def paged(reply: Reply) -> tuple[list[Extraction], str | None]:
    """The records of a page, and the cursor of the next; None after the last."""
    found = understood(_Results, reply)
    if found.next is not None and not found.next.isdigit():
        raise strange("its cursor is none")
    return found.results, found.next


def audit(
    claims: Iterable[Claim | Mapping[str, Any]],
    receipts: Iterable[Source | Extraction],
    settings: ClientSettings,
    today: dt.date | None,
) -> Call:
    given = list(receipts)
    uploads = uploads_of(each for each in given if not isinstance(each, Extraction))
    records = [each.model_dump(mode="json") for each in given if isinstance(each, Extraction)]
    fields = {name: value for name, value in settings.options().items() if name in ("ocr", "language", "policy")}
    fields["claims"] = json.dumps([_claim(claim) for claim in claims], ensure_ascii=False)
    if records:
        fields["records"] = json.dumps(records, ensure_ascii=False)
    if today is not None:
        fields["today"] = today.isoformat()
    return Call("POST", "/v1/audit", tuple(uploads), fields, headers=once())


def audited(reply: Reply) -> Audit:
    from extractor.policy.audit import Result

    class Answer(BaseModel):
        model_config = ConfigDict(extra="ignore")
        decisions: list[Result]
        results: list[Extraction]

    found = understood(Answer, reply)
    return Audit(tuple(found.decisions), tuple(found.results))


def score(pairs: Iterable[Pair]) -> Call:
    documents = [
        {
            "id": pair.id,
            "prediction": _prediction(pair.prediction),
            "reference": {
                "fields": dict(pair.truth),
                "line_items": None if pair.line_items is None else [dict(item) for item in pair.line_items],
            },
        }
        for pair in pairs
    ]
    content = json.dumps({"documents": documents}, ensure_ascii=False).encode()
    return Call("POST", "/v1/score", content=content, headers=once())


def scored(reply: Reply) -> Scores:
    from extractor.evaluation import FieldScore

    class Answer(BaseModel):
        model_config = ConfigDict(extra="ignore")
        overall: FieldScore
        fields: list[FieldScore]
        line_items: FieldScore | None
        documents: list[DocumentScore]

    found = understood(Answer, reply)
    return Scores(found.overall, tuple(found.fields), found.line_items, tuple(found.documents))


def model() -> Call:
    return Call("GET", "/v1/model")


def model_told(reply: Reply) -> ModelInfo:
    return understood(ModelInfo, reply)


def job_told(reply: Reply) -> Job:
    return understood(Job, reply)


def ready() -> Call:
    return Call("GET", "/readyz")


def understood(kind: type[M], reply: Reply) -> M:
    """An answer's body. Raises ServiceError (strange_answer)."""
    try:
        return kind.model_validate_json(reply.body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise strange(f"{place}: {first['msg']}" if place else "it is not JSON") from error


def _id(asked: Job | str) -> str:
    """The id in a path: nothing in it may change where the request goes."""
    found = asked.id if isinstance(asked, Job) else asked
    return found if found.isalnum() and found.isascii() else "unknown"


def _prediction(given: Extraction | Receipt | Mapping[str, str | None]) -> dict[str, Any]:
    if isinstance(given, Extraction):
        given = given.receipt
    return given.model_dump(mode="json") if isinstance(given, Receipt) else {"fields": dict(given)}


def _claim(given: Claim | Mapping[str, Any]) -> dict[str, Any]:
    """A claim as JSON: what isn't known is left out, dates and sums become strings."""
    from extractor.policy.cases import Claim

    if isinstance(given, Claim):
        return given.model_dump(mode="json", exclude_unset=True)
    found: dict[str, Any] = TypeAdapter(dict[str, Any]).dump_python(dict(given), mode="json")
    return found
