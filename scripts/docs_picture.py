"""Draws the README's picture from what `make run` wrote: a marked photograph beside what was read from it.

    python scripts/docs_picture.py OUT docs/result.png [EXAMPLE]

OUT holds receipts.jsonl and annotated/; EXAMPLE is a file name in examples/ without its ending.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from extractor.types import FIELD_NAMES, Extraction

HEIGHT = 1000
TEXT_SIZE = 21
STEP = 34
COLUMNS = (30, 250, 640)
"""Where name, value and confidence begin, in pixels."""
INK, FAINT, PAPER = "#1f2328", "#6e7781", "#ffffff"


def main(folder: Path, target: Path, example: str = "cafe-france") -> None:
    record = _record(folder / "receipts.jsonl", example)
    picture = _annotated(folder / "annotated", example)
    picture = picture.resize((round(picture.width * HEIGHT / picture.height), HEIGHT), Image.Resampling.LANCZOS)
    panel = _panel(record)
    whole = Image.new("RGB", (picture.width + panel.width, HEIGHT), PAPER)
    whole.paste(picture, (0, 0))
    whole.paste(panel, (picture.width, 0))
    target.parent.mkdir(parents=True, exist_ok=True)
    # A palette of 256 colours is plenty for a page in a README and a third of the size.
    # The octree keeps colours that few pixels have, as the legend's: the median cut would merge them.
    whole.quantize(256, method=Image.Quantize.FASTOCTREE).save(target, optimize=True)
    print(f"{target}: {target.stat().st_size // 1024} KiB")


def _record(path: Path, example: str) -> Extraction:
    for line in path.read_text(encoding="utf-8").splitlines():
        record = Extraction.model_validate_json(line)
        if Path(record.file).stem == example:
            return record
    sys.exit(f"{path} holds no record of {example}: call `make run` first.")


def _annotated(folder: Path, example: str) -> Image.Image:
    found = sorted(path for path in folder.rglob(f"{example}*") if path.suffix in (".png", ".jpg"))
    if not found:
        sys.exit(f"{folder} holds no picture of {example}: call `make run` first.")
    with Image.open(found[0]) as picture:
        return picture.convert("RGB")


def _panel(record: Extraction) -> Image.Image:
    panel = Image.new("RGB", (760, HEIGHT), PAPER)
    pen = ImageDraw.Draw(panel)
    plain = ImageFont.truetype("DejaVuSans.ttf", TEXT_SIZE)
    mono = ImageFont.truetype("DejaVuSansMono.ttf", TEXT_SIZE - 1)
    y = 34
    pen.text((COLUMNS[0], y), f"{Path(record.file).name}   status: {record.status}", FAINT, plain)
    y += STEP + 14
    for name in FIELD_NAMES:
        field = record.receipt.fields.get(name)
        if field is not None:
            pen.text((COLUMNS[0], y), name, FAINT, plain)
            pen.text((COLUMNS[1], y), _fitted(field.value, mono, COLUMNS[2] - COLUMNS[1] - 14), INK, mono)
            pen.text((COLUMNS[2], y), f"{field.confidence:.2f}", FAINT, mono)
            y += STEP
    y += STEP // 2
    for item in record.receipt.line_items:
        parts = [item.quantity, item.description, item.unit_price, item.amount]
        row = "   ".join(part.value for part in parts if part is not None)
        if y + STEP <= HEIGHT:
            pen.text((COLUMNS[0], y), _fitted(row, mono, panel.width - 2 * COLUMNS[0]), INK, mono)
        y += STEP
    return panel


def _fitted(text: str, face: ImageFont.FreeTypeFont, width: float) -> str:
    if face.getlength(text) <= width:
        return text
    while text and face.getlength(text + "…") > width:
        text = text[:-1]
    return text + "…"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:4])
