"""From a body to what it asks: a form with files, or JSON. Nothing of it touches the disk."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from serving.engine.base import Upload
from serving.problems import Fault, Refused
from serving.safety.names import told_name
from serving.settings import ServiceSettings

M = TypeVar("M", bound=BaseModel)

FIELD_BYTES = 4 * 2**20
"""The most that one field of a form, other than a file, may hold."""

MOST_FIELDS = 32
JSON, FORM = "application/json", "multipart/form-data"


class FileIn(BaseModel):
    """A file inside JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str = Field("", max_length=1000, description="Told back in the record; never used as a path.")
    content: str = Field(
        description="The file's bytes in base64.", json_schema_extra={"contentEncoding": "base64"}, repr=False
    )


@dataclass(frozen=True)
class Form:
    """A form as it came: its files by the name of their part, and its other fields."""

    files: tuple[tuple[str, Upload], ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)


def body_type(request: Request) -> str:
    """`application/json` or `multipart/form-data`. Raises Refused (415) for everything else."""
    kind, _, rest = request.headers.get("content-type", "").partition(";")
    kind = kind.strip().lower()
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    charset = [part.partition("=")[2].strip(' "').lower() for part in rest.split(";") if "charset" in part.lower()]
    # A charset of the sender's choosing would run a decoder of its choosing.
    known = kind in (JSON, FORM) and coding == "identity" and all(name in ("utf-8", "utf8") for name in charset)
    if not known:
        raise Refused(
            415,
            "unsupported_media_type",
            "The body is of a type that isn't read.",
            hint=f"Send {FORM} or {JSON}, not compressed, in UTF-8.",
            headers={"Accept-Post": f"{FORM}, {JSON}"},
        )
    return kind


async def read_form(request: Request, settings: ServiceSettings) -> Form:
    """The form in a request's body. Raises Refused."""
    parser = _InMemory(
        request.headers,
        request.stream(),
        max_files=settings.max_files,
        max_fields=MOST_FIELDS,
        max_part_size=min(FIELD_BYTES, settings.max_request_bytes),
    )
    parser.spool_max_size = settings.max_request_bytes + 1
    try:
        form = await parser.parse()
    except MultiPartException as error:
        if error.message.startswith(("Too many files", "Part exceeded")):
            raise Refused(413, "too_many_files", error.message, hint="Send them in several requests.") from None
        raise Refused(400, "malformed_form", f"The form can't be read: {error.message}") from None
    except ValueError as error:  # the parser lets pass what decoding names raises
        raise Refused(400, "malformed_form", "The form can't be read.") from error
    if not parser.whole:
        # What was cut off would be missing without a word.
        raise Refused(400, "malformed_form", "The form ends before it is whole.")
    files: list[tuple[str, Upload]] = []
    fields: dict[str, str] = {}
    faults: list[Fault] = []
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            files.append((name, Upload(told_name(value.filename, len(files)), value.file.read())))
            value.file.close()
        elif name in fields:
            faults.append(Fault(place=_place("body", name), message="stands twice"))
        else:
            fields[name] = value
    if faults:
        raise invalid(faults)
    return Form(tuple(files), fields)


class _InMemory(MultiPartParser):
    """Files stay in memory, whose sum is bounded, instead of in the folder for temporary files that all share."""

    whole = False

    def on_end(self) -> None:
        self.whole = True


async def read_json(request: Request, model: type[M]) -> M:
    """The JSON in a request's body as `model`, types taken strictly. Raises Refused."""
    raw = await request.body()
    try:
        # A large body takes a while to be parsed, and others are waiting.
        return await asyncio.to_thread(model.model_validate_json, raw, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        if first["type"] == "json_invalid":
            raise Refused(400, "malformed_json", "The body is not JSON.", hint=str(first["msg"])) from None
        raise refusal(error, "body") from None
    except (ValueError, RecursionError) as error:
        raise Refused(400, "malformed_json", "The body is not JSON.") from error


def as_model(model: type[M], values: Mapping[str, Any], where: str) -> M:
    """Values of a query or a form (strings) as `model`. Raises Refused."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise refusal(error, where) from None


def json_field(model: type[M], form: Form, name: str) -> M | None:
    """A field of a form that holds JSON; None where it is missing. Raises Refused."""
    if name not in form.fields:
        return None
    try:
        return model.model_validate_json(form.fields[name], strict=True)
    except ValidationError as error:
        raise refusal(error, f"body.{name}") from None


def refusal(error: ValidationError, where: str) -> Refused:
    """What pydantic found wrong, without quoting what was sent."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return invalid(Fault(place=_place(where, *each["loc"]), message=each["msg"]) for each in found[:20])


def invalid(faults: Iterable[Fault]) -> Refused:
    listed = tuple(faults)
    said = f"{listed[0].place}: {listed[0].message}" if listed else "see the documentation"
    return Refused(422, "invalid_request", f"The request can't be used ({said}).", hint="See /docs.", errors=listed)


def _place(*parts: object) -> str:
    return ".".join("".join(c if c.isprintable() else "�" for c in str(part))[:100] for part in parts)


def query_values(request: Request, allowed: Iterable[str]) -> dict[str, str]:
    """The query's values. Raises Refused where one stands twice or isn't known."""
    known = frozenset(allowed)
    values: dict[str, str] = {}
    faults = []
    for name, value in request.query_params.multi_items():
        if name not in known:
            faults.append(Fault(place=_place("query", name), message="is not known here"))
        elif name in values:
            faults.append(Fault(place=_place("query", name), message="stands twice"))
        values[name] = value
    if faults:
        raise invalid(faults[:20])
    return values


def decoded(files: Iterable[FileIn]) -> tuple[Upload, ...]:
    """The files of a JSON body. Raises Refused (422) where one is not base64."""
    uploads = []
    for number, each in enumerate(files):
        try:
            content = base64.b64decode(each.content, validate=True)
        except (binascii.Error, ValueError):
            raise invalid([Fault(place=f"body.files.{number}.content", message="is not base64")]) from None
        uploads.append(Upload(told_name(each.name, number), content))
    return tuple(uploads)


def check_count(count: int, settings: ServiceSettings, least: int = 1) -> None:
    """Raises Refused where there is no file, or more than one request may hold."""
    if count < least:
        raise invalid([Fault(place="body.files", message="holds no file")])
    if count > settings.max_files:
        raise Refused(
            413,
            "too_many_files",
            f"The request holds {count} files; at most {settings.max_files} are read.",
            hint="Send them in several requests, or as a job.",
        )


def fingerprint(path: str, asked: object, uploads: Iterable[Upload]) -> str:
    """What makes two requests the same: where they go, what they ask and which bytes they bring.

    Not the raw body: a form that is sent again has another boundary.
    """
    digest = hashlib.sha256(json.dumps([path, asked], sort_keys=True, default=str).encode())
    for upload in uploads:
        digest.update(json.dumps([upload.name, hashlib.sha256(upload.content).hexdigest()]).encode())
    return digest.hexdigest()
