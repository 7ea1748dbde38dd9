"""Receipts tampered with as people do it, made from honest ones, and honest ones saved anew.

Each forgery is drawn by chance from a seed of its document, so that the same receipt is forged the same way each time.
Words and boxes stay where they were.
"""

from __future__ import annotations

import io
import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from extractor.policy.cases import ReceiptEvidence
from extractor.policy.tampering.glyphs import rows
from extractor.policy.tampering.specimen import Amount, Sheet, Specimen, words_of
from extractor.types import Extraction, ImageArray, Page, Word

Pixels = tuple[int, int, int, int]


@dataclass(frozen=True)
class Forged:
    """A forged picture as the bytes of a file, the total that it now shows, and the word that was changed with its new
    text, where one was."""

    content: bytes
    suffix: str
    total: str
    word: Word | None = None
    text: str = ""


def forge(evidence: ReceiptEvidence, kind: str) -> Forged | None:
    """The receipt, tampered with; None where it has no total on its first page to tamper with.

    `kind` is one of KINDS: a digit of the total replaced by a greater one, copied from elsewhere on the page or typed
    in another font, the total's surroundings pasted from a recompressed copy, the whole page photographed off a screen
    or drawn by a program, or (honest) saved anew.
    """
    specimen = Specimen(evidence)
    chance = random.Random(zlib.crc32(f"{kind}|{evidence.record.sha256}".encode()))
    found = next((amount for amount in specimen.amounts() if amount.name == "total"), None)
    if not specimen.sheets or found is None:
        return None
    words = words_of(specimen.sheets[0], found)
    if not words or not any(letter.isdigit() for letter in words[-1].text):
        return None
    return KINDS[kind](specimen, found, words[-1], chance)


def with_picture(evidence: ReceiptEvidence, forged: Forged, path: Path) -> ReceiptEvidence:
    """The evidence as it were had the forged picture been handed in: its file, and the words and the total read off
    it."""
    path = path.with_suffix(forged.suffix)
    path.write_bytes(forged.content)
    record: Extraction = evidence.record
    total = record.receipt.fields["total"].model_copy(update={"value": forged.total})
    receipt = record.receipt.model_copy(update={"fields": {**record.receipt.fields, "total": total}})
    document = evidence.document
    if document is not None:
        document = replace(document, pages=tuple(_reread(page, forged) for page in document.pages))
    return replace(evidence, record=record.model_copy(update={"receipt": receipt}), path=path, document=document)


def _reread(page: Page, forged: Forged) -> Page:
    words = tuple(replace(word, text=forged.text) if word is forged.word else word for word in page.words)
    return replace(page, words=words, image=None)


def cell(sheet: Sheet, word: Word, place: int, specimen: Specimen) -> Pixels:
    """Where the character at `place` of a word stands: measured where the word can be taken apart, else its even
    share."""
    left, top, right, bottom = sheet.pixels(word.box)
    for row in rows(specimen):
        if row.word is word and place in row.places:
            glyph = row.glyphs[row.places.index(place)]
            return (
                int(glyph.left) - 1,
                int(glyph.top) - 1,
                int(np.ceil(glyph.right)) + 1,
                int(np.ceil(glyph.bottom)) + 1,
            )
    share = (right - left) / max(len(word.text), 1)
    start, end = int(left + place * share), int(np.ceil(left + (place + 1) * share))
    part = sheet.grey[top:bottom, start:end]
    inked = (
        np.flatnonzero((part < (float(part.min()) + float(part.max())) / 2).any(axis=1)) if part.size else np.empty(0)
    )
    return (start, top + int(inked[0]) - 1, end, top + int(inked[-1]) + 2) if len(inked) else (start, top, end, bottom)


def _copied(specimen: Specimen, amount: Amount, word: Word, chance: random.Random) -> Forged | None:
    sheet = specimen.sheets[0]
    place = _digit_of(word, chance)
    if place is None:
        return None
    target = cell(sheet, word, place, specimen)
    high = target[3] - target[1]
    sources = [
        (other, index)
        for other in sheet.words
        for index, letter in enumerate(other.text)
        if letter.isdigit() and letter > word.text[place] and other is not word
    ]
    chance.shuffle(sources)
    for other, index in sources:
        source = cell(sheet, other, index, specimen)
        if _fits(source, sheet.image.shape) and 0.85 <= (source[3] - source[1]) / max(high, 1) <= 1.18:
            made = _saved(_pasted(sheet.image, source, target), chance, amount.field.value)
            return _with_digit(made, amount, word, place, other.text[index])
    return None


def _pasted(image: ImageArray, source: Pixels, target: Pixels) -> ImageArray:
    """The patch at `source` set over `target`, foot on foot, as bright as the paper around it."""
    made = image.copy()
    patch = image[source[1] : source[3], source[0] : source[2]].astype(np.float32)
    old = image[max(0, target[1]) : target[3], max(0, target[0]) : target[2]].astype(np.float32)
    paper = np.percentile(old, 85, axis=(0, 1))
    made[max(0, target[1]) : target[3], max(0, target[0]) : target[2]] = paper.astype(np.uint8)
    patch = np.clip(patch + (paper - np.percentile(patch, 85, axis=(0, 1))), 0, 255)
    middle = (target[0] + target[2]) // 2
    left, top = max(0, middle - patch.shape[1] // 2), max(0, target[3] - patch.shape[0])
    high, wide = min(patch.shape[0], image.shape[0] - top), min(patch.shape[1], image.shape[1] - left)
    made[top : top + high, left : left + wide] = patch[:high, :wide].astype(np.uint8)
    return made


FONTS = ("DejaVuSans.ttf", "DejaVuSansMono.ttf", "DejaVuSerif.ttf", "DejaVuSans-Bold.ttf", "STIXGeneral.ttf")
"""Fonts that come with matplotlib."""


def _font_file(chance: random.Random) -> str:
    import matplotlib

    return str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / chance.choice(FONTS))


def _retyped(specimen: Specimen, amount: Amount, word: Word, chance: random.Random) -> Forged | None:
    sheet = specimen.sheets[0]
    place = _digit_of(word, chance)
    if place is None:
        return None
    left, top, right, bottom = cell(sheet, word, place, specimen)
    old = sheet.image[max(0, top) : bottom, max(0, left) : right].astype(np.float32)
    if old.size == 0:
        return None
    paper, ink = np.percentile(old, 85, axis=(0, 1)), np.percentile(old, 8, axis=(0, 1))
    digit = chance.choice([each for each in "123456789" if each > word.text[place]])
    face = _font_file(chance)
    high = bottom - top - 2
    font = ImageFont.truetype(face, max(6, round(high / 0.73)))
    picture = Image.fromarray(sheet.image)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((left, top, right - 1, bottom - 1), fill=tuple(int(value) for value in paper))
    draw.text(((left + right) / 2, bottom - 1), digit, font=font, fill=tuple(int(value) for value in ink), anchor="ms")
    return _with_digit(_saved(np.asarray(picture), chance, amount.field.value), amount, word, place, digit)


def _recompressed(specimen: Specimen, amount: Amount, word: Word, chance: random.Random) -> Forged | None:
    sheet = specimen.sheets[0]
    left, top, right, bottom = sheet.pixels(word.box, pad=0.3)
    again = _decoded(_jpeg(sheet.image[top:bottom, left:right], chance.randint(35, 65)))
    made = sheet.image.copy()
    made[top:bottom, left:right] = again
    return _saved(made, chance, amount.field.value)


def _screen(specimen: Specimen, amount: Amount, word: Word, chance: random.Random) -> Forged | None:
    """Shown on a screen and photographed: the sensor samples the stripes of red, green and blue at another pitch, and
    what is too fine for it comes back as moiré. The sensor's pixels gather light over half their pitch."""
    image = specimen.sheets[0].image.astype(np.float32)
    height, width = image.shape[:2]
    pitch, angle = chance.uniform(0.72, 1.35), np.deg2rad(chance.uniform(-5, 5))
    depth = chance.uniform(0.1, 0.3)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    across = pitch * (np.cos(angle) * x - np.sin(angle) * y)
    down = pitch * (np.sin(angle) * x + np.cos(angle) * y)
    gathered = float(np.sinc(0.5 * pitch))
    made = np.empty_like(image)
    for channel in range(3):
        stripes = 1 + depth * gathered * np.cos(2 * np.pi * (across + channel / 3))
        lines = 1 + 0.5 * depth * gathered * np.cos(2 * np.pi * down)
        made[:, :, channel] = (image[:, :, channel] * 0.86 + 10) * stripes * lines
    noise = np.random.default_rng(chance.getrandbits(32)).normal(0, 2.0, image.shape)
    picture = np.clip(made + noise, 0, 255).astype(np.uint8)
    return _saved(picture, chance, amount.field.value)


def _drawn(specimen: Specimen, amount: Amount, word: Word, chance: random.Random) -> Forged | None:
    """The whole receipt set anew by a program: the same words at the same places, in one font, on one tone."""
    sheet = specimen.sheets[0]
    height, width = sheet.image.shape[:2]
    picture = Image.new("RGB", (width, height), (chance.randint(244, 255),) * 3)
    draw = ImageDraw.Draw(picture)
    face = _font_file(chance)
    for each in sheet.words:
        left, top, right, bottom = sheet.pixels(each.box)
        font = ImageFont.truetype(face, max(6, round((bottom - top) * 0.8)))
        wide = max(draw.textlength(each.text, font=font), 1)
        font = ImageFont.truetype(face, max(5, round(font.size * min(1.0, (right - left) / wide))))
        draw.text((left, (top + bottom) / 2), each.text, font=font, fill=(20, 20, 20), anchor="lm")
    return _saved(np.asarray(picture), chance, amount.field.value)


def _saved_anew(specimen: Specimen, amount: Amount, word: Word, chance: random.Random) -> Forged | None:
    """What messengers and scanner apps do to honest pictures: scaled down a little, or not, and compressed again."""
    picture = Image.fromarray(specimen.sheets[0].image)
    if chance.random() < 0.5:
        scale = chance.uniform(0.75, 1.0)
        size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    return Forged(_jpeg(np.asarray(picture), chance.randint(70, 95)), ".jpg", amount.field.value)


_Forger = Callable[[Specimen, Amount, Word, random.Random], Forged | None]
KINDS: dict[str, _Forger] = {
    "digit copied": _copied,
    "digit retyped": _retyped,
    "total recompressed": _recompressed,
    "off a screen": _screen,
    "drawn by a program": _drawn,
    "saved anew": _saved_anew,
}
HONEST = "saved anew"
"""The kind that is no forgery."""


def _digit_of(word: Word, chance: random.Random) -> int | None:
    """Which digit is changed: one of those before the decimal sign, where there are any, that a greater one can take
    the place of. Nobody makes a receipt cheaper."""
    digits = [place for place, letter in enumerate(word.text) if letter.isdigit()]
    low = [place for place in digits[:-2] or digits if word.text[place] < "9"]
    return chance.choice(low) if low else None


def _with_digit(forged: Forged, amount: Amount, word: Word, place: int, digit: str) -> Forged:
    """What is now read: the amount's value and its word, with that character of the word replaced."""
    order = sum(letter.isdigit() for letter in word.text[:place])
    value = list(amount.field.value)
    at = [index for index, letter in enumerate(value) if letter.isdigit()]
    if order < len(at):
        value[at[order]] = digit
    return replace(forged, total="".join(value), word=word, text=word.text[:place] + digit + word.text[place + 1 :])


def _fits(pixels: Pixels, shape: tuple[int, ...]) -> bool:
    left, top, right, bottom = pixels
    return 0 <= left < right <= shape[1] and 0 <= top < bottom <= shape[0] and right - left >= 3


def _saved(image: ImageArray, chance: random.Random, total: str) -> Forged:
    """As an editor saves it: three times of four as JPEG of a quality of its own, else without loss."""
    if chance.random() < 0.75:
        return Forged(_jpeg(image, chance.choice((80, 85, 90, 92, 95))), ".jpg", total)
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG", compress_level=1)
    return Forged(buffer.getvalue(), ".png", total)


def _jpeg(image: ImageArray, quality: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def _decoded(content: bytes) -> ImageArray:
    with Image.open(io.BytesIO(content)) as picture:
        return np.asarray(picture.convert("RGB"), np.uint8)
