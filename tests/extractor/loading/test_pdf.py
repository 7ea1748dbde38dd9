"""PDFs give each page's picture and, where the page has a text layer of real text, its words where they are seen."""

from __future__ import annotations

import io
import shutil
from itertools import groupby

import numpy as np
import pytest
from pypdf import PdfReader, PdfWriter

from extractor.errors import BrokenFile, LimitExceeded, PasswordNeeded, UsageError
from extractor.loading import Limits, LoadedPage, load
from extractor.loading.limits import PAGE_PIXELS
from extractor.loading.pdf import TEXT_DPI
from extractor.types import Word
from tests.extractor.loading.makers import LINES, RECEIPT_TEXT, PdfPage, pdf, place, scan, show

needs_poppler = pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="poppler is not installed")


def read(data: bytes, **options: object) -> list[LoadedPage]:
    with load(data, **options) as document:  # type: ignore[arg-type]
        return list(document.pages())


def only_page(data: bytes, **options: object) -> LoadedPage:
    (page,) = read(data, **options)
    return page


def words_of(page: LoadedPage) -> tuple[Word, ...]:
    assert page.words is not None
    return page.words


def pieces(page: LoadedPage) -> list[str]:
    return [" ".join(word.text for word in piece) for _, piece in groupby(words_of(page), lambda word: word.line)]


def assert_boxes_frame_their_ink(page: LoadedPage) -> None:
    """Every word's box holds ink that touches all four sides, give or take the pixel that anti-aliasing blurs."""
    ink = page.image.min(axis=2) < 160
    height, width = ink.shape
    for word in words_of(page):
        box = word.box
        left, right = round(box.x0 * width), round(box.x1 * width)
        top, bottom = round(box.y0 * height), round(box.y1 * height)
        columns = np.flatnonzero(ink[top:bottom, max(left - 3, 0) : right + 3].any(axis=0)) + max(left - 3, 0)
        assert columns.size, word
        assert abs(columns[0] - left) <= 2, word
        assert abs(columns[-1] + 1 - right) <= 2, word


class TestTextLayer:
    def test_words_stand_where_they_are_seen(self) -> None:
        page = only_page(pdf(PdfPage(RECEIPT_TEXT)))

        assert pieces(page) == [*LINES, "TOTAL", "80.90"]
        first = words_of(page)[0]
        assert first.text == "CORNER"
        assert first.confidence == 1.0
        assert first.box.x0 == pytest.approx(20 / 300, abs=0.01)
        assert first.box.y1 == pytest.approx(40 / 400, abs=0.01)
        assert_boxes_frame_their_ink(page)

    def test_the_picture_is_rendered_as_well_at_a_lower_resolution(self) -> None:
        page = only_page(pdf(PdfPage(RECEIPT_TEXT)), dpi=300)
        assert page.image.shape == (round(400 * TEXT_DPI / 72), 300 * TEXT_DPI // 72, 3)
        assert page.image.flags.c_contiguous

    def test_only_the_crop_box_is_the_page(self) -> None:
        page = only_page(pdf(PdfPage(RECEIPT_TEXT, crop=(10, 150, 290, 390))))

        assert page.image.shape[1] / page.image.shape[0] == pytest.approx(280 / 240, abs=0.01)
        assert words_of(page)[0].box.x0 == pytest.approx(10 / 280, abs=0.01)
        assert_boxes_frame_their_ink(page)

    def test_text_outside_the_crop_box_is_not_read(self) -> None:
        page = only_page(pdf(PdfPage(RECEIPT_TEXT, crop=(0, 250, 300, 400))))
        assert pieces(page) == list(LINES)

    def test_a_media_box_may_begin_anywhere(self) -> None:
        page = only_page(pdf(PdfPage(f"q 1 0 0 1 -500 700 cm {RECEIPT_TEXT} Q", media=(-500, 700, -200, 1100))))
        assert pieces(page) == [*LINES, "TOTAL", "80.90"]
        assert_boxes_frame_their_ink(page)

    @pytest.mark.parametrize(
        ("rotate", "matrix"), [(90, "0 1 -1 0 400 0"), (180, "-1 0 0 -1 300 400"), (270, "0 -1 1 0 0 300")]
    )
    def test_pages_are_turned_as_they_are_displayed(self, rotate: int, matrix: str) -> None:
        media = (0, 0, 300, 400) if rotate == 180 else (0, 0, 400, 300)
        page = only_page(pdf(PdfPage(f"q {matrix} cm {RECEIPT_TEXT} Q", media=media, rotate=rotate)))

        assert page.image.shape[0] > page.image.shape[1]
        assert pieces(page) == [*LINES, "TOTAL", "80.90"]
        assert_boxes_frame_their_ink(page)

    @pytest.mark.parametrize("rotate", [90, 180, 270])
    def test_a_page_whose_text_does_not_stand_upright_needs_ocr(self, rotate: int) -> None:
        assert only_page(pdf(PdfPage(RECEIPT_TEXT, rotate=rotate))).words is None

    def test_a_few_words_at_the_margin_may_run_upwards(self) -> None:
        margin = "q BT /F 9 Tf 0 1 -1 0 290 20 Tm (Form 12) Tj ET Q\n"
        page = only_page(pdf(PdfPage(RECEIPT_TEXT + margin)))
        assert {"Form", "12"} <= {word.text for word in words_of(page)}
        sideways = next(word for word in words_of(page) if word.text == "Form")
        assert sideways.box.height * 400 > sideways.box.width * 300

    def test_words_are_parted_by_gaps_without_spaces_and_pieces_by_wide_gaps(self) -> None:
        row = "q BT /F 10 Tf 20 100 Td [(Milk)-400(2)-3000(1.50)] TJ ET Q\n"
        page = only_page(pdf(PdfPage(RECEIPT_TEXT + row)))
        assert pieces(page)[-2:] == ["Milk 2", "1.50"]

    def test_letters_printed_one_by_one_make_words(self) -> None:
        letters = "".join(show(letter, 20 + 7 * n, 100, 10) for n, letter in enumerate("SUBTOTAL"))
        page = only_page(pdf(PdfPage(RECEIPT_TEXT + letters)))
        assert pieces(page)[-1] == "SUBTOTAL"

    def test_narrow_digits_do_not_part_a_number(self) -> None:
        page = only_page(pdf(PdfPage(RECEIPT_TEXT + show("1111.11", 20, 100, 8))))
        assert pieces(page)[-1] == "1111.11"

    def test_a_hyphen_at_the_end_of_a_line_is_kept(self) -> None:
        lines = show("ser-", 20, 100) + show("vices", 20, 86)
        assert pieces(only_page(pdf(PdfPage(RECEIPT_TEXT + lines))))[-2:] == ["ser-", "vices"]

    def test_words_of_one_piece_share_their_height(self) -> None:
        page = only_page(pdf(PdfPage(RECEIPT_TEXT + show("Total - 5", 20, 100))))
        assert len({(word.box.y0, word.box.y1) for word in words_of(page)[-3:]}) == 1

    def test_words_printed_twice_for_boldness_are_read_once(self) -> None:
        page = only_page(pdf(PdfPage(RECEIPT_TEXT + show("PAID", 20, 100) + show("PAID", 20.4, 100))))
        assert [word.text for word in words_of(page)].count("PAID") == 1


class TestWhatIsSeen:
    """Text that a person can't see on the page is not read."""

    @pytest.mark.parametrize(
        "hidden",
        [
            show("99999.99", 20, 100, before="3 Tr"),
            show("99999.99", 20, 100, before="7 Tr"),
            show("99999.99", 20, 100, before="1 1 1 rg"),
            show("99999.99", 20, 100, size=0.1),
            show("99999.99", 900, 100),
            show("99999.99", 20, 100) + "q 1 1 1 rg 0 80 300 60 re f Q\n",
            "q 0 0 5 5 re W n " + show("99999.99", 20, 100) + " Q\n",
        ],
        ids=["invisible", "clip only", "white on white", "tiny", "off the page", "painted over", "clipped away"],
    )
    def test_hidden_text_is_left_out(self, hidden: str) -> None:
        page = only_page(pdf(PdfPage(RECEIPT_TEXT + hidden)))
        assert pieces(page) == [*LINES, "TOTAL", "80.90"]

    def test_white_text_on_a_dark_ground_is_seen(self) -> None:
        bar = "q 0 0 0 rg 0 80 300 60 re f Q\n" + show("PAID", 20, 100, before="1 1 1 rg")
        assert pieces(only_page(pdf(PdfPage(RECEIPT_TEXT + bar))))[-1] == "PAID"

    def test_an_invisible_ocr_layer_over_a_scan_is_not_text(self) -> None:
        layer = place() + RECEIPT_TEXT.replace("BT  ", "BT 3 Tr ")
        assert only_page(pdf(PdfPage(layer, image=scan()))).words is None

    def test_text_beneath_a_scan_is_not_text(self) -> None:
        assert only_page(pdf(PdfPage(RECEIPT_TEXT * 2 + place(), image=scan()))).words is None

    def test_a_scan_with_a_stamp_needs_ocr(self) -> None:
        stamp = place() + show("Scanned with the best of scanners", 20, 10)
        assert only_page(pdf(PdfPage(stamp, image=scan()))).words is None

    def test_a_photograph_within_a_typed_report_needs_ocr(self) -> None:
        report = "".join(show(f"Expense {n} of the journey", 10, 385 - 9 * n, 8) for n in range(8))
        assert only_page(pdf(PdfPage(report + place(0, 0, 300, 280), image=scan()))).words is None

    def test_text_printed_over_a_letterhead_is_text(self) -> None:
        body = "".join(show(f"Item {n} of the order 12.{n}0", 20, 360 - 20 * n) for n in range(10))
        page = only_page(pdf(PdfPage(place() + body.replace("BT  ", "BT 1 1 1 rg "), image=scan())))
        assert len(words_of(page)) == 60

    def test_a_small_logo_does_not_matter(self) -> None:
        page = only_page(pdf(PdfPage(RECEIPT_TEXT + place(200, 50, 40, 40), image=scan())))
        assert pieces(page) == [*LINES, "TOTAL", "80.90"]

    def test_a_page_with_filled_form_fields_needs_ocr(self) -> None:
        field = "<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/V(80.90)/Rect[20 50 90 70]>>"
        page = PdfPage(RECEIPT_TEXT, extra="/Annots[4 0 R]")
        assert only_page(pdf(page, objects=[field])).words is None

    def test_links_do_not_matter(self) -> None:
        link = "<</Type/Annot/Subtype/Link/Rect[20 50 90 70]>>"
        page = PdfPage(RECEIPT_TEXT, extra="/Annots[4 0 R]")
        assert only_page(pdf(page, objects=[link])).words is not None

    @pytest.mark.parametrize(
        "text", ["\\001\\002\\003\\004" * 20, "$%&/()=?*#" * 6, "Page 1"], ids=["control", "shifted", "too little"]
    )
    def test_garbage_and_scraps_are_not_text(self, text: str) -> None:
        content = show(text.replace("\\0", "\0"), 20, 100).replace("\0", "\\0")
        page = PdfPage(content.replace("\\\\0", "\\0"))
        assert only_page(pdf(page)).words is None

    def test_a_blank_page_has_a_picture_and_no_words(self) -> None:
        page = only_page(pdf(PdfPage()))
        assert page.words is None
        assert np.all(page.image == 255)


class TestPages:
    def test_mixed_documents_are_judged_page_by_page(self) -> None:
        data = pdf(PdfPage(RECEIPT_TEXT), PdfPage(place(), image=scan()), PdfPage(RECEIPT_TEXT))
        assert [(page.index, page.words is not None) for page in read(data)] == [(0, True), (1, False), (2, True)]

    def test_pages_for_ocr_are_rendered_at_the_resolution_asked_for(self) -> None:
        data = pdf(PdfPage("0 0 10 10 re f"))
        assert only_page(data, dpi=144).image.shape == (800, 600, 3)
        assert only_page(data, dpi=72).image.shape == (400, 300, 3)

    def test_a_scan_is_not_blown_up_beyond_its_own_pixels(self) -> None:
        assert only_page(pdf(PdfPage(place(), image=scan(300, 400)))).image.shape == (400, 300, 3)

    def test_huge_pages_are_rendered_at_a_lower_resolution(self) -> None:
        image = only_page(pdf(PdfPage("0 0 10 10 re f", media=(0, 0, 9000, 9000)))).image
        assert 0.98 * PAGE_PIXELS <= image.shape[0] * image.shape[1] <= 1.01 * PAGE_PIXELS

    def test_absurd_pages_are_refused(self) -> None:
        with pytest.raises(LimitExceeded) as caught:
            read(pdf(PdfPage(media=(0, 0, 200_000, 200_000))))
        assert caught.value.code == "too_many_pixels"

    @pytest.mark.parametrize("media", [(0, 0, 300, 0.5), (0, 0, 20, 14_000)])
    def test_elongated_pages_are_rendered(self, media: tuple[float, ...]) -> None:
        assert only_page(pdf(PdfPage(media=media))).image.size > 0

    def test_a_picture_bomb_on_a_page_is_refused(self) -> None:
        data, _, _ = scan()
        with pytest.raises(LimitExceeded) as caught:
            read(pdf(PdfPage(place(), image=(data, 100_000, 100_000))))
        assert caught.value.code == "too_many_pixels"

    def test_a_book_is_refused_with_the_limit_named(self) -> None:
        data = pdf(*[PdfPage()] * 500)
        with pytest.raises(LimitExceeded, match=r"500 pages; at most 50 .*max_pages") as caught:
            load(data)
        assert caught.value.code == "too_many_pages"
        with load(data, limits=Limits(max_pages=500)) as document:
            assert document.page_count == 500

    def test_a_broken_page_does_not_hide_the_others(self) -> None:
        data = pdf(PdfPage(RECEIPT_TEXT), PdfPage(), PdfPage(RECEIPT_TEXT))
        start = data.index(b"/Type/Page/", data.index(b"/Type/Page/") + 1)
        with load(data[:start] + b"/Type/Nope/" + data[start + 11 :]) as document:
            indices = [page.index for page in document.pages()]
            codes = [warning.code for warning in document.warnings]
        assert (indices, codes) == ([0, 2], ["broken_page"])

    def test_pages_can_be_walked_twice(self) -> None:
        with load(pdf(PdfPage(RECEIPT_TEXT))) as document:
            assert list(document.pages()) == list(document.pages())


class TestBadPdfs:
    def test_a_pdf_without_pages(self) -> None:
        with pytest.raises(PasswordNeeded):  # what went wrong before must not be reported again
            load(protected("RC4-128", user="user", owner="owner"))
        with pytest.raises(BrokenFile, match="without pages") as caught:
            load(pdf())
        assert caught.value.code == "no_pages"

    @pytest.mark.parametrize("data", [b"%PDF-1.7\n", b"%PDF-1.4 nothing", b"%PDF-" + b"\0" * 3000])
    def test_a_broken_pdf(self, data: bytes) -> None:
        with pytest.raises(BrokenFile) as caught:
            load(data)
        assert caught.value.code == "broken_pdf"

    def test_other_bytes_may_stand_before_the_mark(self) -> None:
        assert only_page(b"\r\nmail header\r\n" + pdf(PdfPage(RECEIPT_TEXT))).words is not None

    @pytest.mark.parametrize("algorithm", ["RC4-40", "RC4-128"])
    def test_protected_pdfs_need_the_right_password(self, algorithm: str) -> None:
        data = protected(algorithm, user="user", owner="owner")

        with pytest.raises(PasswordNeeded, match="--password") as caught:
            load(data)
        assert caught.value.code == "encrypted_pdf"
        with pytest.raises(PasswordNeeded) as caught:
            load(data, password="wrong")
        assert caught.value.code == "wrong_password"
        for password in ("user", "owner"):
            assert pieces(only_page(data, password=password))[0] == LINES[0]

    def test_pdfs_protected_against_changes_only_are_read(self) -> None:
        assert pieces(only_page(protected("RC4-128", user="", owner="owner")))[0] == LINES[0]

    def test_a_password_for_an_open_pdf_is_ignored(self) -> None:
        assert only_page(pdf(PdfPage(RECEIPT_TEXT)), password="needless").words is not None


class TestPoppler:
    @needs_poppler
    @pytest.mark.parametrize("options", [{}, {"crop": (10, 150, 290, 390)}, {"rotate": 90}])
    def test_both_renderers_show_the_same_page(self, options: dict[str, object]) -> None:
        data = pdf(PdfPage(RECEIPT_TEXT, **options))  # type: ignore[arg-type]
        ours, theirs = only_page(data), only_page(data, renderer="poppler")

        assert theirs.words == ours.words
        assert np.abs(np.subtract(ours.image.shape, theirs.image.shape)).max() <= 1
        height, width = np.minimum(ours.image.shape, theirs.image.shape)[:2]
        difference = np.abs(ours.image[:height, :width].astype(int) - theirs.image[:height, :width])
        assert difference.mean() < 3

    @needs_poppler
    @pytest.mark.parametrize("password", ["user", "owner"])
    def test_poppler_opens_protected_files(self, password: str) -> None:
        data = protected("RC4-128", user="user", owner="owner")
        page = only_page(data, password=password, renderer="poppler")
        assert page.image.min() < 100

    @needs_poppler
    def test_poppler_reads_files_by_path(self, tmp_path) -> None:  # type: ignore[no-untyped-def]
        path = tmp_path / "-a b.pdf"
        path.write_bytes(pdf(PdfPage(RECEIPT_TEXT)))
        with load(path, renderer="poppler") as document:
            assert len(list(document.pages())) == 1

    def test_where_poppler_is_missing_the_message_says_what_to_do(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "")
        with pytest.raises(UsageError, match=r"poppler-utils.*pdfium") as caught:
            load(pdf(PdfPage(RECEIPT_TEXT)), renderer="poppler")
        assert caught.value.code == "missing_poppler"

    @pytest.mark.parametrize("options", [{"renderer": "ghost"}, {"dpi": 0}, {"dpi": 5000}])
    def test_other_renderers_and_resolutions_are_a_wrong_call(self, options: dict[str, object]) -> None:
        with pytest.raises(UsageError):
            load(pdf(PdfPage()), **options)  # type: ignore[arg-type]


def protected(algorithm: str, *, user: str, owner: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf(PdfPage(RECEIPT_TEXT)))))
    writer.encrypt(user_password=user, owner_password=owner, algorithm=algorithm)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()
