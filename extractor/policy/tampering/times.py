"""When a file was made, against when the receipt was printed and the claim handed in.

Only times inside the file count (EXIF, the PDF's information dictionary); a file system's times change with every copy.
One day of slack allows for time zones.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress

from PIL import Image

from extractor.policy.tampering.base import Trace, strongest
from extractor.policy.tampering.software import pdf_information
from extractor.policy.tampering.specimen import Specimen

_EXIF_TIMES = {0x9003: "taken", 0x9004: "digitised"}
_EXIF_CHANGED = 0x0132
_EXIF_IFD = 0x8769
SLACK = dt.timedelta(days=1)
LONG_AFTER = 60
"""Days from the receipt's date to the making of its picture that need a word."""


class Times:
    """A file made after the claim, before the receipt, or long after it; or changed long after it was made."""

    name = "times"
    measured = False

    def __init__(self, long_after: int = LONG_AFTER, least_confidence: float = 0.9) -> None:
        self.long_after = long_after
        self.least_confidence = least_confidence

    def traces(self, specimen: Specimen) -> Mapping[str, Trace]:
        return strongest(self._all(specimen))

    def _all(self, specimen: Specimen) -> Iterator[tuple[str, Trace]]:
        times = file_times(specimen)
        created, changed = times.get("created"), times.get("changed")
        place = specimen.place()
        handed_in = specimen.claim.submitted if specimen.claim else None
        for word, moment in (("made", created), ("changed", changed)):
            if moment and handed_in and moment - SLACK > handed_in:
                sentence = f"The file was {word} on {moment}, after the claim was handed in ({handed_in})."
                yield "after_claim", Trace(0.9, sentence, (place,))
        if created and changed and changed - created > SLACK:
            sentence = f"The file was made on {created} and changed on {changed}."
            yield "changed", Trace(0.5, sentence, (place,))
        printed = specimen.evidence.date if specimen.evidence.confidence("date") >= self.least_confidence else None
        if created and printed:
            places = (place, specimen.field_place("date"))
            if created + SLACK < printed:
                sentence = f"The file was made on {created}, before the date on the receipt ({printed})."
                yield "before_receipt", Trace(0.6, sentence, places, ("date",))
            elif (created - printed).days > self.long_after:
                days = (created - printed).days
                sentence = f"The file was made on {created}, {days} days after the date on the receipt ({printed})."
                yield "long_after", Trace(min(0.3 + days / 1825, 0.5), sentence, places, ("date",))


def file_times(specimen: Specimen) -> dict[str, dt.date]:
    """`created` and `changed` as the file tells them; what it doesn't tell, or tells impossibly, is left out."""
    if specimen.is_pdf:
        info = pdf_information(specimen.raw)
        found = {"created": _of_pdf(info.get("CreationDate", "")), "changed": _of_pdf(info.get("ModDate", ""))}
    else:
        found = _of_picture(specimen.raw)
    return {name: day for name, day in found.items() if day is not None}


def _of_picture(raw: bytes) -> dict[str, dt.date | None]:
    # Pillow's readers of metadata raise whatever broken bytes lead them to.
    with suppress(Exception), Image.open(io.BytesIO(raw)) as picture:
        exif = picture.getexif()
        inner = exif.get_ifd(_EXIF_IFD)
        taken = [day for tag in _EXIF_TIMES if (day := _of_exif(str(inner.get(tag, "")))) is not None]
        return {"created": min(taken) if taken else None, "changed": _of_exif(str(exif.get(_EXIF_CHANGED, "")))}
    return {}


def _of_exif(text: str) -> dt.date | None:
    match = re.match(r"(\d{4})[:\-](\d{2})[:\-](\d{2})", text)
    return _day(*match.groups()) if match else None


def _of_pdf(text: str) -> dt.date | None:
    match = re.match(r"(?:D:)?(\d{4})(\d{2})?(\d{2})?", text)
    return _day(match[1], match[2] or "01", match[3] or "01") if match else None


def _day(year: str, month: str, day: str) -> dt.date | None:
    with suppress(ValueError):
        found = dt.date(int(year), int(month), int(day))
        return found if found.year >= 1990 else None
    return None
