"""The service's log: one JSON object a line, to stderr. Texts of documents and names of files stay out unless asked."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


class JsonLines(logging.Formatter):
    """A record as JSON: time, level, event, and whatever was given as `extra`.

    Of an exception its type and where it was raised are told; its message only where text may be logged, for a message
    can quote a document.
    """

    def __init__(self, text: bool = False) -> None:
        super().__init__()
        self._text = text

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(self._told(record), ensure_ascii=False, default=str)

    def _told(self, record: logging.LogRecord) -> dict[str, Any]:
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        told |= {name: value for name, value in vars(record).items() if name not in _OWN and name[0] != "_"}
        if record.exc_info and record.exc_info[0]:
            told["exception"] = record.exc_info[0].__name__
            frames = traceback.extract_tb(record.exc_info[2])
            told["raised_at"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
            if self._text:
                told["exception_message"] = str(record.exc_info[1])
        return told


class PlainLines(JsonLines):
    """The same for a person at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        told = self._told(record)
        moment = datetime.fromtimestamp(record.created).strftime("%H:%M:%S")
        level = "" if record.levelno == logging.INFO else f"{told['level']}: "
        more = " ".join(f"{name}={value}" for name, value in told.items() if name not in ("time", "level", "event"))
        line = f"{moment} {level}{told['event']} {more}".rstrip()
        return "".join(letter if letter.isprintable() else "�" for letter in line)


def set_up(level: str, text: bool, plain: bool = False) -> None:
    """Sends every log of this process to stderr, as JSON lines or `plain` for a person."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(PlainLines(text) if plain else JsonLines(text))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    logging.getLogger("uvicorn.error").setLevel("WARNING" if level != "debug" else "DEBUG")
    # A client's faulty form is told to the client.
    logging.getLogger("python_multipart").setLevel("ERROR")
    # Requests are told by our own line, which knows what must not be said (a raw path can hold personal data).
    logging.getLogger("uvicorn.access").disabled = True
