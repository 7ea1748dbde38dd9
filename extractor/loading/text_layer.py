"""The words of a PDF page's text layer, where that layer is real text.

What a person can't see on the page is not read: it would be a way to slip values past an auditor. So invisible text
(an OCR layer under or over a scan, of unknown quality) never counts as text; such a page is read by our own OCR engine.
"""

from __future__ import annotations

import ctypes
import math
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium

from extractor.loading.page_objects import Frame, PageObjects
from extractor.types import Box, ImageArray, Word

ENOUGH_CHARACTERS = 20
"""A page with less visible text is read by OCR: it is a scan with a stamp or page number on it, or nearly blank."""

ENOUGH_OVER_PICTURE = 100
"""A page covered by pictures counts as text only with this much text printed over them (a letterhead)."""

PICTURED = 0.3
"""The share of the page's area from which on pictures may hold what matters."""

MOST_GARBAGE = 0.1
"""The share of characters that may be no character at all; fonts without a map to Unicode give many."""

LEAST_ALPHANUMERIC = 0.5
"""The least share of letters and digits; a shifted font encoding turns most of them into punctuation."""

MOST_HIDDEN = 0.1
"""The share of characters lying under a picture beyond which the picture is what has to be read."""

LEAST_CONTRAST = 16
"""The range of brightness (of 255) inside a word's box below which nothing is to be seen there."""

PIECE_GAP, WORD_GAP, BASELINE = 1.2, 0.25, 0.5
"""In units of the font's size: gaps that end a piece of text and a word, and the tolerance of a common baseline."""

LEAST_EM = 0.5
"""Points; smaller type is not meant to be seen."""

_LEVEL = math.tan(math.radians(10))
_HYPHENS = (2, 0xAD, 0xFFFE)  # how pdfium marks the hyphen of a word broken at the end of a line
_INVISIBLE_MODES = (3, 7)  # neither filled nor stroked (ISO 32000-1, 9.3.6)


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character in points of the displayed page, origin top left.

    The box is that of its ink; `start` and `end` are where its advance begins and ends along x (a "1" has less ink than
    room). `em` is the font's size on the page, `pictured` whether it stands over a picture.
    """

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    start: float
    end: float
    baseline: float
    em: float
    level: bool
    sound: bool
    pictured: bool


def read_words(
    page: pypdfium2.PdfPage, frame: Frame, objects: PageObjects, check: Callable[[], None]
) -> tuple[Word, ...] | None:
    """The words of the page's text layer in the unit square of the displayed page; None where it is no real text.

    `line` numbers the piece of text a word belongs to. `check` is called now and then and may raise to stop.
    """
    textpage = page.get_textpage()
    try:
        pieces, hidden = _pieces(textpage, frame, objects, check)
    finally:
        textpage.close()
    glyphs = [glyph for piece in pieces for word in piece for glyph in word]
    if not _is_real_text(glyphs) or hidden > MOST_HIDDEN * (hidden + len(glyphs)):
        return None
    if objects.pictured >= PICTURED and sum(glyph.pictured for glyph in glyphs) < ENOUGH_OVER_PICTURE:
        return None
    return _words(pieces, frame)


def seen_words(words: Sequence[Word], image: ImageArray) -> tuple[Word, ...] | None:
    """The words that show on the page's picture; None where too few do for the layer to count as text.

    Text in the colour of its background, clipped away or painted over leaves no contrast inside its box.
    """
    height, width = image.shape[:2]
    seen = []
    for word in words:
        left, top = int(word.box.x0 * width), int(word.box.y0 * height)
        right, bottom = math.ceil(word.box.x1 * width) + 1, math.ceil(word.box.y1 * height) + 1
        inside = image[max(top - 1, 0) : bottom, max(left - 1, 0) : right].reshape(-1, 3)
        if inside.size and int(np.ptp(inside, axis=0).max()) >= LEAST_CONTRAST:
            seen.append(word)
    return tuple(seen) if sum(len(word.text) for word in seen) >= ENOUGH_CHARACTERS else None


Piece = list[list[Glyph]]


def _pieces(
    textpage: pypdfium2.PdfTextPage, frame: Frame, objects: PageObjects, check: Callable[[], None]
) -> tuple[list[Piece], int]:
    """The visible glyphs as words in pieces of text, and the number of glyphs under a picture."""
    pieces: list[Piece] = []
    last: Glyph | None = None
    hidden = 0
    new_word = new_piece = True
    for glyph in _glyphs(textpage, frame, objects, check):
        if glyph == "\n":
            new_piece = True
        elif glyph == " ":
            new_word = True
        elif not isinstance(glyph, Glyph):
            hidden += 1
        else:
            if new_piece or last is None or _parts(last, glyph):
                pieces.append([[glyph]])
            elif new_word or (glyph.level and glyph.start - last.end > WORD_GAP * glyph.em):
                pieces[-1].append([glyph])
            else:
                pieces[-1][-1].append(glyph)
            last, new_word, new_piece = glyph, False, False
    return pieces, hidden


def _parts(last: Glyph, glyph: Glyph) -> bool:
    """Whether a glyph begins a new piece of text rather than going on with the one of the `last` glyph."""
    if last.level != glyph.level:
        return True
    em = max(last.em, glyph.em)
    if not glyph.level:
        return abs(glyph.x0 - last.x0) > 2 * em or abs(glyph.y0 - last.y0) > 2 * em
    gap = glyph.start - last.end
    return abs(glyph.baseline - last.baseline) > BASELINE * em or gap > PIECE_GAP * em or gap < -em


def _glyphs(
    textpage: pypdfium2.PdfTextPage, frame: Frame, objects: PageObjects, check: Callable[[], None]
) -> Iterator[Glyph | str]:
    """Glyphs in the order of the layer; between them " ", "\\n", and "" for a glyph that lies under a picture."""
    raw = textpage.raw
    styles: dict[int, _Style] = {}
    for index in range(pdfium.FPDFText_CountChars(raw)):
        if index % 500 == 0:
            check()
        code = pdfium.FPDFText_GetUnicode(raw, index)
        if code in (10, 13):
            yield "\n"
            continue
        text = "-" if code in _HYPHENS and pdfium.FPDFText_IsHyphen(raw, index) == 1 else _character(code)
        if text.isspace():
            yield " "
        elif text:
            owner = pdfium.FPDFText_GetTextObject(raw, index)
            address = ctypes.cast(owner, ctypes.c_void_p).value or 0
            style = styles.get(address) or _style(raw, index, owner, frame)
            if address:  # glyphs of one text object share their style
                styles[address] = style
            glyph = _placed(raw, index, text, style, frame, objects) if style.visible else None
            if glyph is not None:
                yield "" if address in objects.covered else glyph


@dataclass(frozen=True, slots=True)
class _Style:
    visible: bool
    em: float
    level: bool


def _style(raw: pdfium.FPDF_TEXTPAGE, index: int, owner: pdfium.FPDF_PAGEOBJECT, frame: Frame) -> _Style:
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(raw, index, matrix)
    em = abs(pdfium.FPDFText_GetFontSize(raw, index)) * math.hypot(matrix.c, matrix.d)
    along = frame.direction(matrix.a, matrix.b)
    invisible = bool(owner) and pdfium.FPDFTextObj_GetTextRenderMode(owner) in _INVISIBLE_MODES
    return _Style(em > LEAST_EM and not invisible, em, along[0] > 0 and abs(along[1]) <= _LEVEL * along[0])


def _character(code: int) -> str:
    """The text of a code point: "" for what only steers the layout, U+FFFD for what is no character."""
    if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF or code == 0:
        return "\ufffd"
    char = chr(code)
    if unicodedata.category(char) == "Cf" or code == 0xFFFE:
        return ""  # soft hyphens, joiners, direction marks
    return unicodedata.normalize("NFKC", char) if 0xFB00 <= code <= 0xFB06 else char  # ligatures


def _placed(
    raw: pdfium.FPDF_TEXTPAGE, index: int, text: str, style: _Style, frame: Frame, objects: PageObjects
) -> Glyph | None:
    """The glyph on the displayed page; None where it has no size or lies off the page."""
    left, right, bottom, top = ctypes.c_double(), ctypes.c_double(), ctypes.c_double(), ctypes.c_double()
    x, y, room = ctypes.c_double(), ctypes.c_double(), pdfium.FS_RECTF()
    if not (
        pdfium.FPDFText_GetCharBox(raw, index, left, right, bottom, top)
        and pdfium.FPDFText_GetCharOrigin(raw, index, x, y)
        and pdfium.FPDFText_GetLooseCharBox(raw, index, room)
    ):
        return None
    x0, y0, x1, y1 = frame.displayed_rect((left.value, bottom.value, right.value, top.value))
    start, _, end, _ = frame.displayed_rect((room.left, room.bottom, room.right, room.top))
    if not (x1 > x0 and y1 > y0 and 0 <= x0 + x1 <= 2 * frame.width and 0 <= y0 + y1 <= 2 * frame.height):
        return None
    return Glyph(
        text=text,
        x0=x0,
        y0=y0,
        x1=x1,
        y1=y1,
        start=start,
        end=end,
        baseline=frame.displayed(x.value, y.value)[1],
        em=style.em,
        level=style.level,
        sound=_is_sound(text) and pdfium.FPDFText_HasUnicodeMapError(raw, index) != 1,
        pictured=objects.over_picture((left.value + right.value) / 2, (bottom.value + top.value) / 2),
    )


def _is_sound(text: str) -> bool:
    return text != "\ufffd" and all(unicodedata.category(char) not in ("Cc", "Co", "Cn", "Cs") for char in text)


def _is_real_text(glyphs: Sequence[Glyph]) -> bool:
    """Enough characters, hardly any garbage, mostly letters and digits, most of it upright."""
    count = len(glyphs)
    return (
        count >= ENOUGH_CHARACTERS
        and sum(not glyph.sound for glyph in glyphs) <= MOST_GARBAGE * count
        and sum(_is_alphanumeric(glyph.text) for glyph in glyphs) >= LEAST_ALPHANUMERIC * count
        # A page whose text stands sideways is turned upright by the OCR stage, which reads it from the picture.
        and sum(glyph.level for glyph in glyphs) >= 0.7 * count
    )


def _is_alphanumeric(text: str) -> bool:
    return all(unicodedata.category(char)[0] in "LMN" for char in text)


def _words(pieces: Sequence[Piece], frame: Frame) -> tuple[Word, ...]:
    """Words with boxes. Those of one piece share its height, so that a dash is as tall as the text around it."""
    words: list[Word] = []
    known: dict[str, list[Box]] = {}
    for number, piece in enumerate(pieces):
        glyphs = [glyph for word in piece for glyph in word]
        level = glyphs[0].level
        top, bottom = min(glyph.y0 for glyph in glyphs), max(glyph.y1 for glyph in glyphs)
        for word in piece:
            y0, y1 = (top, bottom) if level else (min(glyph.y0 for glyph in word), max(glyph.y1 for glyph in word))
            box = frame.unit_box(min(glyph.x0 for glyph in word), y0, max(glyph.x1 for glyph in word), y1)
            text = "".join(glyph.text for glyph in word)
            # Bold type is often faked by printing a word twice, a little apart.
            if not any(_same_place(box, other) for other in known.get(text, ())):
                known.setdefault(text, []).append(box)
                words.append(Word(text, box, 1.0, number))
    return tuple(words)


def _same_place(one: Box, other: Box) -> bool:
    across = min(one.x1, other.x1) - max(one.x0, other.x0)
    down = min(one.y1, other.y1) - max(one.y0, other.y0)
    return across > 0.7 * max(one.width, other.width) and down > 0.7 * max(one.height, other.height)
