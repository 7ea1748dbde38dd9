"""RapidOCR: PP-OCRv6 small on ONNX Runtime, models inside its wheel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from extractor.errors import OcrError
from extractor.memory import reuse_large_blocks
from extractor.ocr.base import Reading
from extractor.types import Box, ImageArray, Word

Quad = npt.NDArray[np.float32]
"""Four corners of a piece of text, clockwise from its top left, in pixels: 4 × 2."""

CLOSE_VOTE = 0.15
"""The mean confidence of text read the right way up and upside down differs by some 0.3; less than this is a close vote
on upside down, and more pieces of text are asked."""

MORE_VOTES = 40

SURELY_UPRIGHT = 0.85
"""Pages read the right way up have a mean confidence of 0.90 to 0.99, upside down of 0.61 to 0.77 (24 pages of train):
above this nobody is asked, which saves the time of the votes."""


@dataclass(frozen=True)
class RapidSettings:
    """What may be chosen. The defaults were chosen by the ANLS they lead to on dev (EXPERIMENTS.md)."""

    threads: int = 1
    cuda: bool = False
    detect_side: int = 736
    """The short side of the picture is brought up to this many pixels before detection."""
    longest_side: int = 2000
    """Larger pictures are reduced to this before anything else."""
    found_above: float = 0.3
    """Pieces of text that detection holds for less likely are dropped. At 0.5, RapidOCR's own choice, every second "1"
    that stands alone before an item is lost, and faint lines with it."""
    enlarge_below: int = 0
    """Pictures whose long side is shorter than this are enlarged to it first; 0 leaves them."""
    min_confidence: float = 0.3
    """Pieces of text read with less than this are dropped."""
    upright: bool = True
    """Find out whether the page lies on its side or upside down, and turn it."""
    votes: int = 8
    """How many of the widest pieces of text vote on upside down."""


class RapidOcr:
    """The default engine. One instance a process; it is not safe to share between threads."""

    def __init__(self, settings: RapidSettings | None = None) -> None:
        self.settings = settings or RapidSettings()
        self._engine = _engine(self.settings)
        reuse_large_blocks()

    @property
    def name(self) -> str:
        chosen = asdict(self.settings)
        for speed_only in ("threads", "cuda"):
            del chosen[speed_only]
        return "rapidocr-ppocrv6-small:" + ",".join(f"{key}={value}" for key, value in chosen.items())

    @property
    def provider(self) -> str:
        """What really runs the models, in onnxruntime's words: being listed as available doesn't mean that it loads."""
        return str(self._engine._load_det_model().session.session.get_providers()[0])

    def read(self, image: ImageArray) -> Reading:
        try:
            return self._read(image)
        except Exception as defect:
            raise OcrError(
                f"RapidOCR failed on this page ({type(defect).__name__}).", hint="Try --ocr tesseract."
            ) from defect

    def _read(self, image: ImageArray) -> Reading:
        image = self._sized(image)
        crops, quads = self._detect(image)
        turned = 0
        if self.settings.upright and len(crops) and _lies_on_its_side(quads):
            turned = 90
            image = np.ascontiguousarray(np.rot90(image))
            crops, quads = self._detect(image)
        if not len(crops):
            return Reading((), turned)
        result = self._engine.recognize_txt(crops)
        if self.settings.upright and np.mean(result.scores) < SURELY_UPRIGHT and self._upside_down(crops):
            turned += 180
            image = np.ascontiguousarray(np.rot90(image, 2))
            crops, quads = self._detect(image)
            if not len(crops):
                return Reading((), turned)
            result = self._engine.recognize_txt(crops)
        words, unread = self._words(image, crops, quads, result)
        return Reading(tuple(words), turned, unread)

    def _sized(self, image: ImageArray) -> ImageArray:
        """The picture at the size it is read at: small photographs enlarged, large scans reduced."""
        import cv2

        longest = max(image.shape[:2])
        if longest < self.settings.enlarge_below:
            scale, method = self.settings.enlarge_below / longest, cv2.INTER_CUBIC
        elif longest > self.settings.longest_side:
            scale, method = self.settings.longest_side / longest, cv2.INTER_AREA
        else:
            return image
        return np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=method), np.uint8)

    def _detect(self, image: ImageArray) -> tuple[list[npt.NDArray[np.uint8]], Quad]:
        """The pieces of text cut out of the picture (BGR), and where they are on it in pixels."""
        bgr = np.ascontiguousarray(image[:, :, ::-1])
        found = self._engine._load_det_model()(bgr)
        if found.boxes is None or not len(found.boxes):
            return [], np.zeros((0, 4, 2), np.float32)
        boxes = np.asarray(found.boxes, np.float32)
        return self._engine.crop_text_regions(bgr, boxes), boxes

    def _upside_down(self, crops: list[npt.NDArray[np.uint8]]) -> bool:
        """The small classifier suspects, the recogniser decides: text read the right way up is read with confidence."""
        widest = sorted(crops, key=lambda crop: -(crop.shape[1] / crop.shape[0]))
        few = widest[: self.settings.votes]
        answers = self._engine._load_cls_model()(few).cls_res
        suspects = sum(label == "180" for label, _ in answers)
        if suspects < 0.25 * len(few):
            return False
        gain = self._gain_by_flipping(few)
        if abs(gain) < CLOSE_VOTE and len(widest) > len(few):
            # A block printed upside down on an upright page (an advertisement, the back shining through) may hold most
            # of the widest pieces, hardly ever most of all.
            gain = self._gain_by_flipping(widest[:MORE_VOTES])
        return gain > 0

    def _gain_by_flipping(self, crops: list[npt.NDArray[np.uint8]]) -> float:
        """By how much the mean confidence of these pieces of text rises when each is read upside down."""
        flipped = [np.ascontiguousarray(crop[::-1, ::-1]) for crop in crops]
        scores = np.asarray(self._engine.recognize_txt(crops + flipped).scores)
        return float(scores[len(crops) :].mean() - scores[: len(crops)].mean())

    def _words(
        self, image: ImageArray, crops: list[npt.NDArray[np.uint8]], quads: Quad, result: Any
    ) -> tuple[list[Word], int]:
        """The words of the pieces of text as recognised, and how many pieces could not be read."""
        height, width = image.shape[:2]
        located = self._engine.cal_rec_boxes(crops, quads.copy(), result, False).word_results
        words: list[Word] = []
        unread = 0
        for line, (text, score, parts, quad) in enumerate(zip(result.txts, result.scores, located, quads, strict=True)):
            if not text.strip() or score < self.settings.min_confidence:
                unread += 1
                continue
            for word, confidence, points in _join(text, parts) or [(text.strip(), float(score), quad)]:
                x0, y0 = points.min(axis=0) / (width, height)
                x1, y1 = points.max(axis=0) / (width, height)
                words.append(Word(word, Box.clipped(float(x0), float(y0), float(x1), float(y1)), confidence, line))
        return words, unread


def _join(text: str, parts: Sequence[tuple[str, float, Any]]) -> list[tuple[str, float, npt.NDArray[np.float32]]]:
    """Words of one piece of text. The engine places words or single characters; the spaces of `text` say which belong
    together. An empty list where the parts don't spell the text."""
    words: list[tuple[str, float, npt.NDArray[np.float32]]] = []
    place = 0
    gap = True
    for part, confidence, points in parts:
        while place < len(text) and text[place].isspace():
            place, gap = place + 1, True
        if points is None or not text.startswith(part, place):
            return []
        place += len(part)
        corners = np.asarray(points, np.float32)
        if gap or not words:
            words.append((part, float(confidence), corners))
        else:
            before, least, held = words[-1]
            words[-1] = (before + part, min(least, float(confidence)), np.concatenate([held, corners]))
        gap = False
    return words if not text[place:].strip() else []


def _lies_on_its_side(quads: Quad) -> bool:
    across = np.linalg.norm(quads[:, 1] - quads[:, 0], axis=1)
    down = np.linalg.norm(quads[:, 3] - quads[:, 0], axis=1)
    tall, wide = down > 1.5 * across, across > 1.5 * down
    return bool(down[tall].sum() > across[wide].sum())


def _engine(settings: RapidSettings) -> Any:
    from rapidocr import RapidOCR

    runtime = "EngineConfig.onnxruntime"
    return RapidOCR(
        params={
            "Global.log_level": "error",
            "Global.use_cls": False,
            "Global.return_word_box": True,
            "Global.max_side_len": settings.longest_side,
            "Det.limit_side_len": settings.detect_side,
            "Det.box_thresh": settings.found_above,
            f"{runtime}.intra_op_num_threads": settings.threads,
            f"{runtime}.inter_op_num_threads": 1,
            f"{runtime}.enable_cpu_mem_arena": False,
            f"{runtime}.use_cuda": settings.cuda,
        }
    )
