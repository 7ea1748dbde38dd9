"""Where a PDF page shows what: the displayed page's coordinates, its pictures, and the text that they cover."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as pdfium

from extractor.types import Box

Rect = tuple[float, float, float, float]
"""Left, bottom, right, top in points of the page's own coordinates, y up."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The part of a page that is displayed (its CropBox within its MediaBox), turned by `rotation` degrees clockwise.

    `width` and `height` are those of the displayed page in points.
    """

    bounds: Rect
    rotation: int

    @classmethod
    def of(cls, page: pypdfium2.PdfPage) -> Frame:
        return cls(page.get_bbox(), page.get_rotation())

    @property
    def width(self) -> float:
        left, bottom, right, top = self.bounds
        return top - bottom if self.rotation in (90, 270) else right - left

    @property
    def height(self) -> float:
        left, bottom, right, top = self.bounds
        return right - left if self.rotation in (90, 270) else top - bottom

    def displayed(self, x: float, y: float) -> tuple[float, float]:
        """A point of the page in points of the displayed page, origin top left, y down."""
        left, bottom, right, top = self.bounds
        match self.rotation:
            case 90:
                return y - bottom, x - left
            case 180:
                return right - x, y - bottom
            case 270:
                return top - y, right - x
        return x - left, top - y

    def displayed_rect(self, rect: Rect) -> Rect:
        """A rectangle of the page on the displayed page: left, top, right, bottom."""
        (x0, y0), (x1, y1) = self.displayed(rect[0], rect[1]), self.displayed(rect[2], rect[3])
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)

    def direction(self, dx: float, dy: float) -> tuple[float, float]:
        """A direction of the page's coordinates on the displayed page, y down."""
        (x0, y0), (x1, y1) = self.displayed(0, 0), self.displayed(dx, dy)
        return x1 - x0, y1 - y0

    def unit_box(self, x0: float, y0: float, x1: float, y1: float) -> Box:
        """A box of the displayed page in points as one of the unit square."""
        return Box.clipped(x0 / self.width, y0 / self.height, x1 / self.width, y1 / self.height)


@dataclass(frozen=True, slots=True)
class PageObjects:
    """What a page is made of, as far as it decides how to read it.

    `pictured` is the share of the displayed page that pictures cover (overlaps count twice, at most 1), `pictures`
    where they lie, `sizes` their width and height in pixels, `covered` the addresses of text objects that a picture
    painted later lies on, `annotated` whether form fields or notes are drawn on the page: no text layer holds them.
    """

    pictured: float
    pictures: tuple[Rect, ...]
    sizes: tuple[tuple[int, int], ...]
    covered: frozenset[int]
    annotated: bool

    def over_picture(self, x: float, y: float) -> bool:
        return any(_holds(picture, x, y) for picture in self.pictures)


def survey(page: pypdfium2.PdfPage) -> PageObjects:
    """Walks the page's objects in the order in which they are painted. Raises PdfiumError where they are broken."""
    bounds = page.get_bbox()
    pictures: list[Rect] = []
    sizes: list[tuple[int, int]] = []
    texts: list[tuple[int, float, float]] = []
    covered: set[int] = set()
    for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_TEXT]):
        try:
            rect = _clipped(_bounds_on_page(item), bounds)
        except pypdfium2.PdfiumError:
            continue  # an object without a place isn't shown
        if item.type == pdfium.FPDF_PAGEOBJ_TEXT:
            address = ctypes.cast(item.raw, ctypes.c_void_p).value or 0
            texts.append((address, (rect[0] + rect[2]) / 2, (rect[1] + rect[3]) / 2))
        else:
            sizes.append(item.get_px_size())
            pictures.append(rect)
            covered |= {address for address, x, y in texts if _holds(rect, x, y)}
    share = sum(map(_area, pictures)) / max(_area(bounds), 1e-6)
    return PageObjects(min(share, 1.0), tuple(pictures), tuple(sizes), frozenset(covered), _is_annotated(page))


def _bounds_on_page(item: pypdfium2.PdfObject) -> Rect:
    """The object's bounds; those inside form XObjects are given in the form's own coordinates."""
    rect: Rect = item.get_bounds()
    container = item.container
    while container is not None:
        rect = container.get_matrix().on_rect(*rect)
        container = container.container
    return rect


def _is_annotated(page: pypdfium2.PdfPage) -> bool:
    shown = (pdfium.FPDF_ANNOT_WIDGET, pdfium.FPDF_ANNOT_FREETEXT, pdfium.FPDF_ANNOT_STAMP)
    for index in range(pdfium.FPDFPage_GetAnnotCount(page)):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        if annotation:
            kind = pdfium.FPDFAnnot_GetSubtype(annotation)
            pdfium.FPDFPage_CloseAnnot(annotation)
            if kind in shown:
                return True
    return False


def _clipped(rect: Rect, bounds: Rect) -> Rect:
    return max(rect[0], bounds[0]), max(rect[1], bounds[1]), min(rect[2], bounds[2]), min(rect[3], bounds[3])


def _area(rect: Rect) -> float:
    return max(rect[2] - rect[0], 0.0) * max(rect[3] - rect[1], 0.0)


def _holds(rect: Rect, x: float, y: float) -> bool:
    return rect[0] <= x <= rect[2] and rect[1] <= y <= rect[3]
