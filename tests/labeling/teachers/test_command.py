"""Any program as a teacher."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from extractor.errors import UsageError
from extractor.task import RECEIPTS
from labeling.base import TeacherDocument, TeacherDown, TeacherRefused
from labeling.teachers import build_teacher
from labeling.teachers.command import CommandTeacher
from tests.labeling.documents import document, label, page


def program(folder: Path, code: str) -> str:
    """A command line that runs this code; `argv` and `label` are at hand."""
    path = folder / "read it.py"
    path.write_text(f"import json, sys, time\nargv = sys.argv[1:]\nlabel = {label()!r}\n{code}\n", encoding="utf-8")
    return f"{sys.executable} '{path}'"


@pytest.fixture
def picture(tmp_path: Path) -> TeacherDocument:
    path = tmp_path / "a receipt; touch x.png"
    image = page().image
    assert image is not None
    Image.fromarray(image).save(path)
    return replace(document(), path=path)


def test_the_program_gets_the_picture_and_its_json_is_the_answer(tmp_path: Path, picture: TeacherDocument) -> None:
    code = "assert argv[0] == '--quick' and argv[1].endswith('x.png'), argv\nprint(json.dumps(label))"
    teacher = build_teacher(f"command:{program(tmp_path, code)} --quick")
    answer = teacher.label(picture, RECEIPTS)
    assert (answer.label, answer.failure, answer.cost) == (label(), None, 0)
    assert not (tmp_path / "x").exists(), "no shell reads the name"
    assert not Path("x").exists()


def test_pages_of_other_files_are_handed_over_as_pictures(tmp_path: Path) -> None:
    code = (
        "label['receipt_number'] = ' '.join(open(path, 'rb').read(4).hex() for path in argv)\nprint(json.dumps(label))"
    )
    document_of_two = document(pages=(page(), page(index=1)))
    answer = CommandTeacher(program(tmp_path, code)).label(document_of_two, RECEIPTS)
    assert answer.label
    assert answer.label["receipt_number"] == "ffd8ffe0 ffd8ffe0"


def test_what_is_no_label_is_asked_for_once_more_and_then_failed(tmp_path: Path, picture: TeacherDocument) -> None:
    flag = tmp_path / "asked"
    code = (
        f"import pathlib\nflag = pathlib.Path({str(flag)!r})\n"
        "print(json.dumps(label) if flag.exists() else 'hm')\nflag.touch()"
    )
    answer = CommandTeacher(program(tmp_path, code)).label(picture, RECEIPTS)
    assert (answer.label, answer.calls) == (label(), 2)
    answer = CommandTeacher(program(tmp_path, "print('hm')")).label(picture, RECEIPTS)
    assert (answer.label, answer.failure, answer.calls) == (None, "malformed", 2)


@pytest.mark.parametrize(
    ("code", "error", "said"),
    [
        ("sys.exit('no paper')", TeacherDown, "status 1: no paper"),
        ("print('unknown option', file=sys.stderr); sys.exit(2)", TeacherRefused, "status 2: unknown option"),
        ("time.sleep(9)", TeacherDown, "within 0.5 seconds"),
    ],
)
def test_a_program_that_fails_says_how(
    tmp_path: Path, picture: TeacherDocument, code: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        CommandTeacher(program(tmp_path, code), timeout=0.5 if "sleep" in code else 20).label(picture, RECEIPTS)


def test_a_program_that_is_not_there_is_named_at_once() -> None:
    with pytest.raises(UsageError, match="no program 'no-such-program'"):
        build_teacher("command:no-such-program --x")
    with pytest.raises(UsageError, match="split"):
        build_teacher("command:echo 'open")


def test_another_command_line_is_another_version(tmp_path: Path) -> None:
    one, other = CommandTeacher(f"{sys.executable} -q"), CommandTeacher(f"{sys.executable} -qq")
    assert one.name == other.name
    assert one.prompt_version != other.prompt_version
