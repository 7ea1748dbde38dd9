"""What files say of their making: programs, updates, times."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from PIL import Image, PngImagePlugin
from reportlab.pdfgen.canvas import Canvas

from extractor.policy.cases import Claim
from extractor.policy.tampering.software import Software, Updates, updates
from extractor.policy.tampering.specimen import Specimen
from extractor.policy.tampering.times import Times
from tests.extractor.policy.tampering.making import evidence, jpeg, page


@pytest.fixture
def specimen(tmp_path):
    """A specimen of the bytes of a file, with a claim and a date read where given."""

    def made(content: bytes, *, submitted: dt.date | None = None, date: str | None = None) -> Specimen:
        path = tmp_path / "receipt"
        path.write_bytes(content)
        claim = Claim(claim_id="1", submitted=submitted) if submitted else None
        return Specimen(evidence(path=path, **({"date": date} if date else {})), claim)

    return made


def photograph(*, software: str = "", taken: str = "", xmp: str = "") -> bytes:
    exif = Image.Exif()
    if software:
        exif[0x0131] = software
    if taken:
        exif.get_ifd(0x8769)[0x9003] = taken
    return jpeg(page().image, exif=exif, xmp=xmp.encode()) if xmp else jpeg(page().image, exif=exif)


def pdf(**info: str) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    canvas.drawString(72, 700, "TOTAL 12.00")
    canvas.setProducer(info.get("producer", "Till 4"))
    canvas.setCreator(info.get("creator", "Till 4"))
    canvas.save()
    return buffer.getvalue()


@pytest.mark.parametrize("name", ["Adobe Photoshop 25.1", "GIMP 2.10.36", "Snapseed 2.0", "PicsArt"])
def test_a_program_for_editing_in_exif_is_told(specimen, name):
    found = Software().traces(specimen(photograph(software=name)))
    assert found["editor"].sentence == f"The file was made or saved with a program for editing: {name} (EXIF Software)."


@pytest.mark.parametrize(
    "name", ["", "G998BXXU5CVDD", "17.4.1", "HDR+ 1.0.540104767zd", "Adobe Photoshop Lightroom 6", "CamScanner"]
)
def test_phones_scanners_and_developers_of_raw_pictures_are_not(specimen, name):
    assert Software().traces(specimen(photograph(software=name))) == {}


def test_a_history_of_editing_in_xmp_is_told(specimen):
    event = "<rdf:li stEvt:action='saved' stEvt:softwareAgent=\"Adobe Photoshop 25.1\"/>".replace("'", '"')
    xmp = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><xmpMM:History>{event * 3}</xmpMM:History></x:xmpmeta>'
    found = Software().traces(specimen(photograph(xmp=xmp)))
    assert "3 steps of editing" in found["history"].sentence
    assert "Adobe Photoshop 25.1 (XMP)" in found["editor"].sentence


def test_a_generators_mark_in_a_png_is_told(specimen):
    marks, buffer = PngImagePlugin.PngInfo(), io.BytesIO()
    marks.add_text("parameters", "a receipt, 50 steps")
    Image.fromarray(page().image).save(buffer, "PNG", pnginfo=marks)
    assert Software().traces(specimen(buffer.getvalue()))["generator"].value == 1.0


def test_a_digital_source_type_of_generated_pictures_is_told(specimen):
    kind = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    xmp = f'<x:xmpmeta><rdf:Description Iptc4xmpExt:DigitalSourceType="{kind}"/></x:xmpmeta>'
    assert "trainedAlgorithmicMedia" in Software().traces(specimen(photograph(xmp=xmp)))["generator"].sentence


def test_a_pdf_by_an_editor_of_pdfs_is_told_and_one_by_a_till_is_not(specimen):
    assert "Sejda" in Software().traces(specimen(pdf(producer="Sejda 5")))["editor"].sentence
    assert Software().traces(specimen(pdf())) == {}


def test_a_pdf_that_was_changed_after_it_was_written_is_told(specimen):
    from pypdf import PdfWriter

    whole = pdf()
    writer = PdfWriter(io.BytesIO(whole), incremental=True)
    writer.add_metadata({"/Title": "changed"})
    buffer = io.BytesIO()
    writer.write(buffer)
    assert updates(whole) == 0
    assert updates(buffer.getvalue()) == 1
    assert "changed 1 time after" in Updates().traces(specimen(buffer.getvalue()))["updates"].sentence
    assert Updates().traces(specimen(whole)) == {}


@pytest.mark.parametrize(
    "content", [b"", b"no picture", b"%PDF-1.7 broken", b"\xff\xd8\xff\xe1\x00\x10Exif\x00\x00broken"]
)
def test_broken_files_say_nothing(specimen, content):
    broken = specimen(content, submitted=dt.date(2025, 1, 1), date="2025-01-01")
    assert Software().traces(broken) == {}
    assert Times().traces(broken) == {}
    assert broken.sheets == ()


def test_a_picture_taken_after_the_claim_is_told(specimen):
    late = specimen(photograph(taken="2025:03:10 09:00:00"), submitted=dt.date(2025, 3, 1))
    assert (
        "made on 2025-03-10, after the claim was handed in (2025-03-01)" in Times().traces(late)["after_claim"].sentence
    )


def test_a_day_of_slack_is_left_for_time_zones(specimen):
    assert Times().traces(specimen(photograph(taken="2025:03:02 01:00:00"), submitted=dt.date(2025, 3, 1))) == {}


def test_a_picture_older_than_its_receipt_and_one_much_younger_are_told(specimen):
    early = Times().traces(specimen(photograph(taken="2025:01:01 09:00:00"), date="2025-02-01"))
    late = Times().traces(specimen(photograph(taken="2025:06:01 09:00:00"), date="2025-02-01"))
    assert set(early) == {"before_receipt"}
    assert set(late) == {"long_after"}
    assert "120 days after the date on the receipt" in late["long_after"].sentence
    assert late["long_after"].value <= 0.5 < early["before_receipt"].value


def test_a_picture_taken_on_the_day_says_nothing(specimen):
    own = specimen(photograph(taken="2025:02:01 20:15:00"), submitted=dt.date(2025, 3, 1), date="2025-02-01")
    assert Times().traces(own) == {}


def test_times_that_cannot_be_are_no_times(specimen):
    assert Times().traces(specimen(photograph(taken="0000:00:00 00:00:00"), submitted=dt.date(2025, 3, 1))) == {}
