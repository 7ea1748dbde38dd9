"""Files are told by their content, measured, hashed and closed; bad ones raise a DocumentError with a stable code."""

from __future__ import annotations

import gc
import hashlib
import json
import os
import pickle
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extractor.errors import DocumentError, FileUnreadable, LimitExceeded, UnknownFormat, UsageError
from extractor.loading import Limits, load
from extractor.loading.formats import sniff
from tests.extractor.loading.makers import RECEIPT_TEXT, PdfPage, encoded, noise, pdf, place, receipt, scan


def code_of(source: object, **options: object) -> str:
    with pytest.raises(DocumentError) as caught, load(source, **options) as document:  # type: ignore[arg-type]
        list(document.pages())
    assert caught.value.message.endswith(".")
    assert caught.value.hint
    return caught.value.code


class TestNames:
    def test_the_record_gets_the_path_as_given_and_the_hash_of_the_bytes(self, tmp_path: Path) -> None:
        path = tmp_path / "a.png"
        path.write_bytes(encoded(receipt(), "PNG"))
        with load(str(path)) as document:
            assert document.file == str(path)
            assert document.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
            assert document.page_count == 1
            assert document.warnings == ()

    def test_bytes_have_the_same_hash_as_their_file(self, tmp_path: Path) -> None:
        data = pdf(PdfPage(RECEIPT_TEXT))
        path = tmp_path / "a.pdf"
        path.write_bytes(data)
        with load(path) as from_file, load(data) as from_bytes, load(bytearray(data)) as from_array:
            assert from_file.sha256 == from_bytes.sha256 == from_array.sha256

    @pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse names that are not Unicode")
    @pytest.mark.parametrize("content", [encoded(receipt(), "PNG"), pdf(PdfPage(RECEIPT_TEXT))], ids=["png", "pdf"])
    def test_a_name_that_is_not_utf8_is_opened_and_written_as_valid_json(self, tmp_path: Path, content: bytes) -> None:
        raw = os.fsencode(tmp_path) + b"/caf\xe9.png"
        Path(os.fsdecode(raw)).write_bytes(content)
        with load(os.fsdecode(raw)) as document:
            assert len(list(document.pages())) == 1
            assert document.file.endswith("caf\ufffd.png")
            assert json.loads(json.dumps(document.file).encode("utf-8")) == document.file
            document.file.encode("utf-8")

    @pytest.mark.parametrize(
        ("name", "kind", "warned"),
        [
            ("a.pdf", "JPEG", True),
            ("a.HEIC", "JPEG", True),
            ("a.txt", "PNG", True),
            ("a.JPEG", "JPEG", False),
            ("a", "JPEG", False),
            ("scan.0001", "JPEG", False),
            ("a.dib", "BMP", False),
        ],
    )
    def test_a_wrong_extension_is_read_by_content_with_a_warning(
        self, tmp_path: Path, name: str, kind: str, warned: bool
    ) -> None:
        path = tmp_path / name
        path.write_bytes(encoded(receipt(), kind))
        with load(path) as document:
            (page,) = document.pages()
            assert page.image.shape == (90, 60, 3)
            assert [warning.code for warning in document.warnings] == (["wrong_extension"] if warned else [])


class TestBadFiles:
    def test_a_missing_file(self, tmp_path: Path) -> None:
        assert code_of(tmp_path / "none.jpg") == "not_found"
        assert code_of("nul\0byte.jpg") == "not_found"
        (tmp_path / "file").write_bytes(b"x")
        assert code_of(tmp_path / "file" / "below.jpg") == "not_found"

    def test_an_empty_file(self, tmp_path: Path) -> None:
        path = tmp_path / "empty.jpg"
        path.touch()
        assert code_of(path) == "empty_file"
        assert code_of(b"") == "empty_file"

    def test_a_folder(self, tmp_path: Path) -> None:
        assert code_of(tmp_path) == "unreadable_file"

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
    def test_a_pipe_is_refused_without_waiting_for_it(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe.jpg")
        assert code_of(tmp_path / "pipe.jpg") == "unreadable_file"

    def test_a_file_that_may_not_be_opened(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "secret.jpg"
        path.write_bytes(encoded(receipt(), "JPEG"))

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", refuse)
        with pytest.raises(FileUnreadable, match=r"secret\.jpg can't be opened: Permission denied") as caught:
            load(path)
        assert caught.value.code == "unreadable_file"

    @pytest.mark.parametrize(
        ("data", "looks"),
        [
            (b"Dear sir, the taxi was 20 euros", "text"),
            ("Größe: 3 €\n".encode() * 200, "text"),
            (b"BMW garage, invoice 12", "text"),
            (b"PK\x03\x04\x14\0", "Office document or ZIP"),
            (b"<!DOCTYPE html><html>", "web page"),
            (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf", "AVIF"),
            (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "video"),
            (bytes(range(128, 256)), "unknown data"),
            (b"\0" * 50, "empty space"),
        ],
    )
    def test_other_files_are_named_for_what_they_look_like(self, data: bytes, looks: str) -> None:
        with pytest.raises(UnknownFormat, match=looks) as caught:
            load(data)
        assert caught.value.code == "unknown_format"

    def test_a_file_over_the_limit_of_bytes(self) -> None:
        data = encoded(receipt(), "PNG")
        load(data, limits=Limits(max_bytes=len(data))).close()
        assert code_of(data, limits=Limits(max_bytes=len(data) - 1)) == "too_many_bytes"

    def test_errors_name_the_file_and_not_its_folder(self, tmp_path: Path) -> None:
        path = tmp_path / "a.pdf"
        path.write_bytes(b"%PDF-1.4 nothing")
        with pytest.raises(DocumentError) as caught:
            load(path)
        assert caught.value.message.startswith("a.pdf ")

    def test_errors_survive_the_way_between_processes(self) -> None:
        with pytest.raises(LimitExceeded) as caught:
            load(encoded(receipt(), "PNG"), limits=Limits(max_pixels=1))
        again = pickle.loads(pickle.dumps(caught.value))
        assert (type(again), again.code, str(again)) == (LimitExceeded, "too_many_pixels", str(caught.value))


class TestTime:
    def test_pages_end_when_the_time_is_over(self) -> None:
        data = encoded(receipt(), "TIFF", save_all=True, append_images=[receipt()])
        with load(data, limits=Limits(seconds=0.2)) as document:
            walk = document.pages()
            next(walk)
            time.sleep(0.25)
            with pytest.raises(LimitExceeded) as caught:
                next(walk)
        assert caught.value.code == "too_slow"

    def test_the_deadline_is_there_for_later_stages(self) -> None:
        with load(receipt(), limits=Limits(seconds=60)) as document:
            assert 0 < document.deadline.left <= 60
            document.deadline.check()

    @pytest.mark.parametrize("name", ["max_bytes", "max_pages", "max_pixels", "seconds"])
    def test_limits_are_positive(self, name: str) -> None:
        with pytest.raises(UsageError, match=name):
            Limits(**{name: 0})


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_files_are_closed_and_memory_does_not_grow(tmp_path: Path) -> None:
    good = {
        "a.jpg": encoded(noise(400, 600), "JPEG"),
        "a.tif": encoded(noise(), "TIFF", save_all=True, append_images=[noise()], compression="tiff_lzw"),
        "a.pdf": pdf(PdfPage(RECEIPT_TEXT), PdfPage(place(), image=scan())),
        "cut.jpg": encoded(noise(), "JPEG")[:20_000],
    }
    for name, data in good.items():
        (tmp_path / name).write_bytes(data)
    bad = {"bad.pdf": b"%PDF-1.4 nothing", "bad.png": good["a.jpg"][:3] + b"nothing", "bad.txt": b"text"}
    for name, data in bad.items():
        (tmp_path / name).write_bytes(data)

    def read_all() -> None:
        for name in (*good, *bad):
            try:
                with load(tmp_path / name, dpi=72) as document:
                    for _ in document.pages():
                        pass
            except DocumentError:
                assert name in bad or name == "cut.jpg"

    def resident() -> int:
        gc.collect()
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    for _ in range(5):
        read_all()
    files, memory = open_files(), resident()
    for _ in range(40):
        read_all()
    assert open_files() == files
    assert resident() - memory < 8 * 2**20  # one picture kept from each round would be 40 MB


SEEDS = {
    "jpeg": encoded(noise(40, 60), "JPEG"),
    "progressive": encoded(noise(40, 60), "JPEG", progressive=True),
    "png": encoded(receipt(mode="P"), "PNG"),
    "tiff": encoded(receipt(), "TIFF", save_all=True, append_images=[receipt()], compression="tiff_lzw"),
    "webp": encoded(receipt(), "WebP"),
    "gif": encoded(receipt(), "GIF"),
    "bmp": encoded(receipt(), "BMP"),
    "pdf": pdf(PdfPage(RECEIPT_TEXT), PdfPage(place(), image=scan(30, 40))),
}


def assert_only_document_errors(data: bytes) -> None:
    try:
        with load(data, dpi=36) as document:
            for page in document.pages():
                assert page.image.ndim == 3
    except DocumentError:
        return


@given(st.binary(max_size=300), st.sampled_from(sorted(SEEDS)), st.integers(0, 40))
@settings(max_examples=150, deadline=None)
@pytest.mark.filterwarnings("ignore")
def test_random_bytes_raise_nothing_but_document_errors(data: bytes, seed: str, kept: int) -> None:
    assert_only_document_errors(SEEDS[seed][:kept] + data)


@given(st.sampled_from(sorted(SEEDS)), st.floats(0, 1))
@settings(max_examples=150, deadline=None)
@pytest.mark.filterwarnings("ignore")
def test_truncated_files_raise_nothing_but_document_errors(seed: str, share: float) -> None:
    data = SEEDS[seed]
    assert_only_document_errors(data[: int(share * len(data))])


@given(st.sampled_from(sorted(SEEDS)), st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=8))
@settings(max_examples=200, deadline=None)
@pytest.mark.filterwarnings("ignore")
def test_damaged_files_raise_nothing_but_document_errors(seed: str, changes: list[tuple[float, int]]) -> None:
    data = bytearray(SEEDS[seed])
    for place_, value in changes:
        data[int(place_ * len(data))] = value
    assert_only_document_errors(bytes(data))


@given(st.binary(max_size=64))
def test_bytes_without_a_known_mark_are_no_format(tail: bytes) -> None:
    assert sniff(b"\x01" + tail.replace(b"ftyp", b"").replace(b"%PDF-", b"")) is None
