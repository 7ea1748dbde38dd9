"""What made a file: the programs that its metadata name, and whether a PDF was changed after it was first written.

Read from EXIF (Software, ProcessingSoftware, DateTime…), XMP (CreatorTool, History, DigitalSourceType), PNG text, the
PDF information dictionary and the PDF's structure (ISO 32000-1: 7.5.6 incremental updates, 14.3.3 information
dictionary). Metadata are easily removed and easily forged: what is there is a clue, what is missing is none.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property

from PIL import Image

from extractor.policy.tampering.base import Trace, strongest
from extractor.policy.tampering.marks import EDITORS, GENERATED, GENERATORS, HARMLESS
from extractor.policy.tampering.specimen import Specimen

_SOFTWARE_TAGS = {0x0131: "Software", 0x000B: "ProcessingSoftware"}
_TEXT_KEYS = ("Software", "parameters", "prompt", "workflow", "Comment", "Description")
_XMP = re.compile(rb"<x:xmpmeta.{0,200000}?</x:xmpmeta>", re.DOTALL)
_XMP_NAMES = re.compile(r"(?:CreatorTool|softwareAgent|Producer)(?:=\"|>)([^\"<]{1,120})")
_SOURCE_TYPE = re.compile(r"DigitalSourceType(?:=\"|>)([^\"<]{1,160})")


@dataclass(frozen=True)
class Made:
    """What a file says about how it was made."""

    programs: Mapping[str, str] = field(default_factory=dict)
    """Names of programs by where they stand ("EXIF Software", "PDF Producer")."""
    edits: int = 0
    """Steps "saved" or "derived" in an XMP history."""
    source_type: str = ""
    """IPTC's DigitalSourceType, last part."""
    generator: str = ""
    """A mark that only generators of pictures leave."""

    @cached_property
    def editors(self) -> dict[str, str]:
        """Those of the programs that are made to change pictures or pages."""
        return {where: name for where, name in self.programs.items() if _matches(name, EDITORS)}


def made(specimen: Specimen) -> Made:
    """What the file says of its making; worked out once. Broken metadata say nothing."""
    if "made" not in specimen.memory:
        specimen.memory["made"] = _of_pdf(specimen.raw) if specimen.is_pdf else _of_picture(specimen.raw)
    found: Made = specimen.memory["made"]
    return found


class Software:
    """A program for editing, or for generating, pictures among those that made the file."""

    name = "software"
    measured = False

    def traces(self, specimen: Specimen) -> Mapping[str, Trace]:
        known, place = made(specimen), (specimen.place(),)
        found = []
        generator = next((name for name in known.programs.values() if _matches(name, GENERATORS)), known.generator)
        if generator or known.source_type in GENERATED:
            by = generator or f"digital source type {known.source_type}"
            found.append(("generator", Trace(1.0, f"The file says that it was generated: {by}.", place)))
        for where, name in known.editors.items():
            sentence = f"The file was made or saved with a program for editing: {name} ({where})."
            found.append(("editor", Trace(0.8, sentence, place)))
        if known.edits >= 2:
            sentence = f"The picture's history tells of {known.edits} steps of editing (XMP)."
            found.append(("history", Trace(0.7, sentence, place)))
        return strongest(found)


class Updates:
    """A PDF that was changed after it was written: parts appended, each with an end of its own."""

    name = "pdf_updates"
    measured = False

    def traces(self, specimen: Specimen) -> Mapping[str, Trace]:
        if not specimen.is_pdf:
            return {}
        count = updates(specimen.raw)
        if count == 0:
            return {}
        signed = b"/ByteRange" in specimen.raw
        why = "a signature does that, too" if signed else "filling in a form does that, too"
        sentence = (
            f"The PDF was changed {count} {'time' if count == 1 else 'times'} after it was first written ({why})."
        )
        grade = 0.3 if signed else min(0.5 + 0.1 * count, 0.7)
        return {"updates": Trace(grade, sentence, (specimen.place(),))}


def updates(raw: bytes) -> int:
    """How many incremental updates a PDF carries. A linearised file's first part has an end of its own that is none."""
    ends = len(re.findall(rb"startxref\s+\d+\s+%%EOF", raw))
    linearised = b"/Linearized" in raw[:2048]
    return max(0, ends - (2 if linearised else 1))


def _of_picture(raw: bytes) -> Made:
    programs: dict[str, str] = {}
    generator = ""
    # Pillow's readers of metadata raise whatever broken bytes lead them to.
    with suppress(Exception), Image.open(io.BytesIO(raw)) as picture:
        exif = picture.getexif()
        for tag, name in _SOFTWARE_TAGS.items():
            if isinstance(exif.get(tag), str):
                programs[f"EXIF {name}"] = _cleaned(str(exif[tag]))
        for key in _TEXT_KEYS:
            if isinstance(picture.info.get(key), str):
                if key in ("parameters", "prompt", "workflow"):
                    generator = f"a PNG text {key!r}, as generators of pictures write it"
                else:
                    programs[f"PNG {key}"] = _cleaned(str(picture.info[key]))
    if b"8BIM" in raw[:65536] and b"Photoshop 3.0" in raw[:65536]:
        programs.setdefault("Photoshop resources", "Adobe Photoshop (image resources)")
    return _with_xmp(raw, programs, generator)


def _of_pdf(raw: bytes) -> Made:
    info = pdf_information(raw)
    return _with_xmp(raw, {f"PDF {key}": info[key] for key in ("Producer", "Creator") if info.get(key)}, "")


def pdf_information(raw: bytes) -> dict[str, str]:
    """The PDF's information dictionary (Producer, Creator, CreationDate, ModDate); empty where it can't be opened."""
    import pypdfium2

    with suppress(pypdfium2.PdfiumError):
        document = pypdfium2.PdfDocument(raw)
        try:
            return {key: _cleaned(value) for key, value in document.get_metadata_dict(skip_empty=True).items()}
        finally:
            document.close()
    return {}


def _with_xmp(raw: bytes, programs: dict[str, str], generator: str) -> Made:
    match = _XMP.search(raw)
    text = match.group().decode("utf-8", "replace") if match else ""
    for index, name in enumerate(dict.fromkeys(_XMP_NAMES.findall(text))):
        programs[f"XMP {index + 1}" if index else "XMP"] = _cleaned(name)
    edits = len(re.findall(r"stEvt:action(?:=\"|>)(?:saved|derived|converted)", text))
    source = _SOURCE_TYPE.search(text)
    kind = source.group(1).rstrip("/").rsplit("/", 1)[-1] if source else ""
    if not kind and b"c2pa" in raw:
        kind = next((each for each in GENERATED if each.encode() in raw), "")
    return Made({where: name for where, name in programs.items() if name}, edits, kind, generator)


def _cleaned(text: str) -> str:
    return " ".join("".join(letter for letter in text if letter.isprintable()).split())[:120]


def _matches(name: str, marks: tuple[str, ...]) -> bool:
    folded = name.casefold()
    return any(mark in folded for mark in marks) and not any(mark in folded for mark in HARMLESS)
