"""The log: one JSON object a line, and an exception without its words."""

from __future__ import annotations

import json
import logging
import sys

from serving.logs import JsonLines, PlainLines


def record_of_failure() -> logging.LogRecord:
    try:
        raise ValueError("the receipt of Mrs Smith")
    except ValueError:
        made = logging.makeLogRecord({"msg": "a defect", "levelname": "ERROR", "levelno": 40})
        made.exc_info = sys.exc_info()
        made.request_id = "r1"
        made._of_a_library = 1
        return made


def test_a_line_holds_what_was_given_and_where_an_exception_was_raised_but_not_its_message() -> None:
    line = JsonLines().format(record_of_failure())
    assert "\n" not in line
    told = json.loads(line)
    assert (told["event"], told["level"], told["request_id"]) == ("a defect", "error", "r1")
    assert told["exception"] == "ValueError"
    assert "record_of_failure" in told["raised_at"][-1]
    assert "Smith" not in line
    assert not any(name.startswith("_") for name in told)


def test_the_message_is_told_where_text_may_be_logged() -> None:
    assert json.loads(JsonLines(text=True).format(record_of_failure()))["exception_message"].endswith("Smith")


def test_a_person_reads_the_same_in_words_and_nothing_steers_the_terminal() -> None:
    made = logging.makeLogRecord({"msg": "listening", "levelname": "INFO", "levelno": 20})
    made.address = "http://127.0.0.1:8000\x1b[2J\nx"
    line = PlainLines().format(made)
    assert line.endswith("listening address=http://127.0.0.1:8000�[2J�x")
