"""What a user names becomes a list of documents: files as they are, folders walked, patterns matched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from extractor.errors import FileUnreadable, UsageError
from extractor.loading import find_documents


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    names = ("10.jpg", "2.JPG", "1.pdf", "notes.txt", ".hidden.jpg", "sub/b.png", "sub/.cache/c.png", ".git/d.png")
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    return tmp_path


def names(found: list[Path], folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in found]


def test_folders_are_walked_in_natural_order_without_hidden_and_other_files(folder: Path) -> None:
    assert names(find_documents([folder]), folder) == ["1.pdf", "2.JPG", "10.jpg", "sub/b.png"]


def test_files_are_taken_as_they_are_in_the_order_given(folder: Path) -> None:
    given = [folder / "notes.txt", folder / ".hidden.jpg", folder / "10.jpg"]
    assert find_documents(given) == given


def test_each_document_is_found_once(folder: Path) -> None:
    found = find_documents([folder / "10.jpg", folder, folder / "sub" / ".." / "10.jpg"])
    assert names(found, folder) == ["10.jpg", "1.pdf", "2.JPG", "sub/b.png"]


def test_patterns_give_what_they_match(folder: Path) -> None:
    assert names(find_documents([f"{folder}/*.jpg"]), folder) == ["10.jpg"]
    assert names(find_documents([f"{folder}/**/*.png"]), folder) == ["sub/b.png"]
    assert names(find_documents([f"{folder}/s*"]), folder) == ["sub/b.png"]
    assert names(find_documents([f"{folder}/[0-9].*"]), folder) == ["1.pdf", "2.JPG"]


def test_a_file_with_the_signs_of_a_pattern_in_its_name_is_a_file(folder: Path) -> None:
    (folder / "a[1].jpg").touch()
    assert names(find_documents([folder / "a[1].jpg"]), folder) == ["a[1].jpg"]


@pytest.mark.parametrize("name", ["none.jpg", "none/*.jpg", "nul\0byte"])
def test_what_does_not_exist_is_an_error(folder: Path, name: str) -> None:
    with pytest.raises(FileUnreadable) as caught:
        find_documents([folder, folder / name])
    assert caught.value.code == "not_found"


def test_a_folder_without_documents_is_an_error_that_says_what_was_looked_for(folder: Path) -> None:
    (folder / "10.jpg").rename(folder / "x.doc")
    for name in ("2.JPG", "1.pdf", "sub/b.png"):
        (folder / name).unlink()
    with pytest.raises(UsageError, match=r"2 other files.*\.heic") as caught:
        find_documents([folder])
    assert caught.value.code == "no_documents"


def test_an_empty_folder_beside_documents_is_no_error(folder: Path) -> None:
    (folder / "empty").mkdir()
    assert names(find_documents([folder / "empty", folder / "1.pdf"]), folder) == ["1.pdf"]


def test_no_path_at_all_is_an_error() -> None:
    with pytest.raises(UsageError) as caught:
        find_documents([])
    assert caught.value.code == "no_documents"


def test_links_are_followed_to_files_but_not_to_folders(folder: Path) -> None:
    (folder / "sub" / "loop").symlink_to(folder)
    (folder / "sub" / "link.jpg").symlink_to(folder / "10.jpg")
    assert names(find_documents([folder / "sub"]), folder) == ["sub/b.png", "sub/link.jpg"]


def test_a_link_to_nothing_is_listed_so_that_it_is_reported(folder: Path) -> None:
    (folder / "sub" / "dead.jpg").symlink_to(folder / "gone.jpg")
    assert names(find_documents([folder / "sub"]), folder) == ["sub/b.png", "sub/dead.jpg"]


def test_a_folder_that_may_not_be_listed_is_reported_itself(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def refuse(path: str) -> object:
        if Path(path).name == "sub":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert names(find_documents([folder]), folder) == ["1.pdf", "2.JPG", "10.jpg", "sub"]


def test_names_that_are_not_utf8_are_found(folder: Path) -> None:
    raw = os.fsencode(folder / "sub") + b"/caf\xe9.jpg"
    try:
        Path(os.fsdecode(raw)).touch()
    except (OSError, UnicodeError):
        pytest.skip("this system refuses names that are not Unicode")
    assert os.fsencode(find_documents([folder / "sub"])[1]) == raw
