"""The real engines on small drawn pages, and what happens where a program or a pack is missing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from extractor.errors import MissingExtra, OcrError, UsageError
from extractor.ocr import CachedOcr, build_engine, tesseract
from extractor.ocr.auto import AutoOcr
from extractor.ocr.languages import debian_package, pack
from extractor.ocr.rapid import RapidOcr, RapidSettings
from extractor.ocr.reading_order import arrange
from extractor.ocr.tesseract import TesseractOcr, TesseractSettings, installed_packs
from extractor.types import Box, Word
from tests.extractor.ocr.drawing import RECEIPT, dejavu, draw, rows, text, turn

needs_tesseract = pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")


def needs_pack(name: str) -> None:
    if name not in installed_packs():
        pytest.skip(f"the Tesseract pack {name} is not installed")


@pytest.fixture(scope="module")
def rapid() -> RapidOcr:
    return RapidOcr()


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_rapidocr_reads_a_page_whichever_way_it_lies(rapid: RapidOcr, quarters: int) -> None:
    page = draw(RECEIPT)
    reading = rapid.read(turn(page, quarters))
    assert reading.turned == (-90 * quarters) % 360
    found = rows(arrange(reading.words, page.shape[0] / page.shape[1]))
    assert [row.replace(" ", "") for row in found] == [line.replace(" ", "") for line in RECEIPT]


@needs_tesseract
def test_tesseract_brings_no_pandas_along() -> None:
    code = "import sys; from extractor.ocr.tesseract import installed_packs as a; a(); print('pandas' in sys.modules)"
    root = Path(__file__).resolve().parents[3]
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=root)
    assert told.stdout.strip() == "False"


def test_rapidocr_keeps_no_arena(rapid: RapidOcr) -> None:
    for part in (rapid._engine._load_det_model(), rapid._engine._load_rec_model()):
        assert not part.session.session.get_session_options().enable_cpu_mem_arena


def test_rapidocr_boxes_lie_on_their_words(rapid: RapidOcr) -> None:
    total = next(word for word in rapid.read(draw(RECEIPT)).words if "7.60" in word.text)
    page = draw(RECEIPT)
    height, width = page.shape[:2]
    inside = page[int(total.box.y0 * height) : int(total.box.y1 * height) + 1]
    inside = inside[:, int(total.box.x0 * width) : int(total.box.x1 * width) + 1]
    assert (inside < 100).any()
    assert 0.6 < total.box.center[1] < 0.9
    assert total.confidence > 0.8


def test_a_block_printed_upside_down_does_not_turn_the_page(rapid: RapidOcr) -> None:
    offer = (
        "SPECIAL OFFER THIS WEEK",
        "THREE LOAVES FOR TWO",
        "ON ALL OUR RYE BREAD",
        "ONLY WITH THIS RECEIPT",
        "TELL ALL YOUR FRIENDS",
    )
    items = (
        "Rye 3.40",
        "Cake 2.25",
        "Juice 1.95",
        "Tea 2.10",
        "Jam 4.80",
        "Milk 1.20",
        "Salt 0.90",
        "Nuts 3.75",
        "Oil 6.15",
    )
    advertisement = turn(draw(offer), 2)
    upright = draw(("CORNER BAKERY", *items, "Total 26.50"))
    assert rapid.read(np.concatenate([advertisement, upright])).turned == 0


def test_a_white_page_has_no_words(rapid: RapidOcr) -> None:
    assert rapid.read(np.full((200, 200, 3), 255, np.uint8)).words == ()


def test_a_defect_inside_rapidocr_is_an_ocr_error(rapid: RapidOcr) -> None:
    with pytest.raises(OcrError) as caught:
        rapid.read(np.zeros((0, 0, 3), np.uint8))
    assert caught.value.code == "ocr_failed"


def test_speed_is_no_part_of_the_name_but_settings_are() -> None:
    names = {
        f"{RapidOcr.name.fget(SimpleNamespace(settings=settings))}"  # type: ignore[attr-defined]
        for settings in (RapidSettings(), RapidSettings(threads=2, cuda=True), RapidSettings(detect_side=960))
    }
    assert len(names) == 2


@needs_tesseract
@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_tesseract_reads_a_page_whichever_way_it_lies(quarters: int) -> None:
    needs_pack("eng")
    needs_pack("osd")
    reading = TesseractOcr().read(turn(draw(RECEIPT), quarters))
    assert reading.turned == (-90 * quarters) % 360
    assert "Total amount due 7.60" in rows(arrange(reading.words))
    assert all(0.3 <= word.confidence <= 1 for word in reading.words)


@needs_tesseract
def test_auto_reads_cyrillic_with_tesseract_or_warns(rapid: RapidOcr) -> None:
    page = draw(
        (
            "ООО РОМАШКА",
            "КАССОВЫЙ ЧЕК",
            "Хлеб ржаной 45.00",
            "Молоко свежее 89.90",
            "ИТОГО 134.90",
            "СПАСИБО ЗА ПОКУПКУ",
        ),
        dejavu(),
    )
    needs_pack("osd")
    reading = AutoOcr(rapid).read(page)
    if "rus" in installed_packs():
        assert "Молоко" in text(reading.words)
    else:
        assert "tesseract-ocr-rus" in reading.notices[0].message


@needs_tesseract
def test_a_missing_pack_is_named_with_its_debian_package() -> None:
    with pytest.raises(UsageError) as caught:
        TesseractOcr(["eng", "xx_yy"])
    assert caught.value.code == "missing_language"
    assert "xx_yy" in caught.value.message
    assert "tesseract-ocr-xx-yy" in caught.value.hint


@needs_tesseract
def test_a_hanging_tesseract_is_given_up() -> None:
    needs_pack("eng")
    engine = TesseractOcr(settings=TesseractSettings(timeout=0.01, upright=False))
    with pytest.raises(OcrError) as caught:
        engine.read(draw(RECEIPT))
    assert "0.01 seconds" in caught.value.message


def test_a_missing_program_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    pytesseract = pytest.importorskip("pytesseract")
    monkeypatch.setattr(pytesseract.pytesseract, "tesseract_cmd", "no-such-tesseract")
    monkeypatch.setattr(pytesseract, "get_tesseract_version", pytesseract.pytesseract.get_tesseract_version.__wrapped__)
    with pytest.raises(MissingExtra) as caught:
        build_engine("tesseract")
    assert caught.value.code == "missing_tesseract"
    assert "apt-get install tesseract-ocr" in caught.value.hint


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pytesseract", None)
    with pytest.raises(MissingExtra) as caught:
        build_engine("tesseract")
    assert "tailor[tesseract]" in caught.value.hint


def test_letters_of_a_script_without_spaces_are_joined_to_words() -> None:
    letters = [Word(letter, Box(0.1 + 0.02 * n, 0.1, 0.12 + 0.02 * n, 0.12), 0.9) for n, letter in enumerate("ขนมปัง")]
    amount = Word("25.00", Box(0.5, 0.1, 0.6, 0.12), 0.9)
    joined = list(tesseract._glued([*letters, amount], 1.0))
    assert [word.text for word in joined] == ["ขนมปัง", "25.00"]
    assert joined[0].box == Box(0.1, 0.1, letters[-1].box.x1, 0.12)


@pytest.mark.parametrize(("given", "expected"), [("de", "deu"), ("deu", "deu"), ("ZH-TW", "chi_tra"), ("osd", "osd")])
def test_languages_are_taken_as_iso_codes_or_as_packs(given: str, expected: str) -> None:
    assert pack(given) == expected


@pytest.mark.parametrize(
    ("name", "package"),
    [("tha", "tesseract-ocr-tha"), ("chi_sim", "tesseract-ocr-chi-sim"), ("script/Thai", "tesseract-ocr-script-thai")],
)
def test_each_pack_has_its_debian_package(name: str, package: str) -> None:
    assert debian_package(name) == package


def test_an_unknown_engine_is_wrong_usage() -> None:
    with pytest.raises(UsageError) as caught:
        build_engine("abacus")
    assert "rapidocr" in caught.value.hint


def test_a_cache_is_put_before_the_engine_that_reads(tmp_path: Path) -> None:
    assert isinstance(build_engine("rapidocr", cache=tmp_path), CachedOcr)
    engine = build_engine("auto", cache=tmp_path)
    assert isinstance(engine, AutoOcr)
    assert isinstance(engine.first, CachedOcr)
    assert engine.first.name == build_engine("rapidocr").name


def test_cuda_that_is_not_there_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    import onnxruntime

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.warns(UserWarning, match="CUDA"):
        assert build_engine("rapidocr", cuda=True).name == build_engine("rapidocr").name


def test_the_package_is_imported_without_any_engine() -> None:
    check = (
        "import sys, extractor.ocr;"
        "print([m for m in ('rapidocr', 'onnxruntime', 'pytesseract', 'cv2', 'PIL') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
