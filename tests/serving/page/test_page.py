"""The page end to end, in a real browser before a real server: drop, look, put right, save, download."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from extractor.types import Extraction
from extractor.writers.csv_table import read as read_csv
from labeling.labels import read_labels
from serving.safety.keys import KeyRing
from serving.settings import ServiceSettings
from tests.serving.conftest import Listening
from tests.serving.page.browser import Browser
from tests.serving.page.reading_engine import BOXES, ReadingEngine

Receipts = Callable[..., list[Path]]
LIT = "[...document.querySelectorAll('.box.lit')].map(box => box.dataset.key).join()"


def started(browser: Browser, serving: Listening, **given: object) -> ReadingEngine:
    engine = ReadingEngine()
    host, port = serving(engine, **given)
    browser.open(f"http://{host}:{port}/")
    return engine


def one_read(browser: Browser, serving: Listening, paths: list[Path], **given: object) -> ReadingEngine:
    engine = started(browser, serving, **given)
    browser.ready()
    browser.give(*paths)
    browser.read(len(paths))
    browser.until("document.querySelectorAll('.box').length > 3")
    return engine


def said(browser: Browser, selector: str) -> str:
    return str(browser.script("return document.querySelector(arguments[0])?.textContent ?? ''", selector))


def test_a_bad_file_stands_beside_good_ones_with_what_to_do(
    wide: Browser, serving: Listening, receipts: Receipts, tmp_path: Path
) -> None:
    bad = tmp_path / "notes.txt"
    bad.write_text("no receipt")
    one_read(wide, serving, [*receipts("a.png", "b.png"), bad])
    assert [each.get_attribute("class") for each in wide.all("#list li")] == ["done", "done", "failed"]
    assert said(wide, "#count") == "2 of 3 documents read, 1 not"
    assert "Send another." in said(wide, "#list li.failed")
    wide.all(".open")[2].click()
    assert "This is no picture or PDF. Send another." in said(wide, ".failure")
    assert wide.problems() == []


def test_a_field_lights_its_box_and_a_box_its_field(wide: Browser, serving: Listening, receipts: Receipts) -> None:
    one_read(wide, serving, receipts("a.png"))
    wide.hover("[data-field=total] label")
    assert wide.until(LIT) == "total"
    assert said(wide, ".tag") == "Total: RM80.90"
    wide.hover("[data-field=currency] label")
    wide.until(f"!{LIT}")
    wide.hover("rect[data-key=date]")
    assert wide.until("document.querySelector('.field.lit')?.dataset.field") == "date"
    wide.hover("rect[data-key='read.0.amount']")
    assert wide.until("document.querySelector('.items tr.lit')?.dataset.row") == "0"
    wide.hover(".items tbody tr .sureness")
    wide.until("document.querySelectorAll('.box.lit').length === 4")
    wide.find("rect[data-key=tax]").click()
    assert wide.focused() == "textbox: Tax"


def test_boxes_lie_on_the_picture_where_the_record_says(wide: Browser, serving: Listening, receipts: Receipts) -> None:
    one_read(wide, serving, receipts("a.png"))
    measure = """
        const frame = document.querySelector('.sheet img').getBoundingClientRect();
        const at = document.querySelector('rect[data-key=' + arguments[0] + ']').getBoundingClientRect();
        return [(at.left - frame.left) / frame.width, (at.top - frame.top) / frame.height,
                (at.right - frame.left) / frame.width, (at.bottom - frame.top) / frame.height];
    """
    for step in ("Larger", "Fit to the width"):
        for name, box in BOXES.items():
            assert wide.script(measure, name) == pytest.approx(box, abs=0.012), (name, step)
        wide.find(f"button[aria-label='{step}']").click()


def test_sureness_is_told_in_colour_words_and_number(wide: Browser, serving: Listening, receipts: Receipts) -> None:
    one_read(wide, serving, receipts("a.png"))
    told = {name: said(wide, f"[data-field={name}] .chip") for name in ("total", "merchant_name", "tax")}
    assert told == {"total": "✓ sure 98 %", "merchant_name": "! check 70 %", "tax": "? doubtful 31 %"}
    colour = "return getComputedStyle(document.querySelector('[data-field=' + arguments[0] + '] .chip')).color"
    assert len({wide.script(colour, name) for name in told}) == 3
    assert said(wide, ".left") == "2 values to check"
    assert not wide.find("[data-field=total] .right").is_displayed()
    assert wide.find("[data-field=tax] .right").is_displayed()


def test_what_a_document_says_stays_text(wide: Browser, serving: Listening, receipts: Receipts) -> None:
    one_read(wide, serving, receipts("<img src=x onerror=alert(1)>.png"))
    assert wide.find("#field-merchant_name").get_attribute("value") == "=Kedai <b>Contoh</b>"
    assert "<b>Contoh</b>" in said(wide, ".summary .line")
    assert wide.all(".summary b, .summary img, #list img") == []
    assert wide.problems() == []


def test_an_edit_is_checked_saved_and_kept_as_a_label(
    wide: Browser, serving: Listening, receipts: Receipts, settings: Callable[..., ServiceSettings]
) -> None:
    one_read(wide, serving, receipts("a.png"))
    assert "The document itself is not kept." in said(wide, ".kept")
    wide.type("#field-total", "81,90\t")
    assert "Write a plain number" in said(wide, "[data-field=total] .wrong")
    wide.find(".saving .primary").click()
    assert "can’t be saved as written" in said(wide, ".told")
    assert wide.focused() == "textbox: Total"
    wide.type("#field-total", "81.90\t")
    assert said(wide, "[data-field=total] .chip") == "✎ edited"
    wide.find("[data-field=merchant_name] .right").click()
    assert said(wide, "[data-field=merchant_name] .chip") == "✓ confirmed"
    assert wide.focused() == "textbox: Tax", "confirming goes on to the next value to check"
    wide.type("#field-tax", "4.60")
    wide.type(".items input[data-item='item.0.description']", "Teh tarik ais")
    assert "not saved" in said(wide, "#list .badge")
    wide.find(".saving .primary").click()
    wide.until("document.querySelector('.told').textContent.startsWith('Saved. 1 reviewed document')")
    assert said(wide, "#list .badge") == "✓ reviewed"
    (label,) = read_labels(settings().data / "reviews" / "labels.jsonl").values()
    assert (label["total"], label["date_text"], label["date"]) == ("81.90", "31/01/2026", "2026-01-31")
    assert label["line_items"] == [["Teh tarik ais", "2", "3.50", "7.00"]]
    trust = label["trust"]
    assert (trust["total"], trust["merchant_name"], trust["line_items"]) == (1, 1, 1)
    assert (trust["tax"], trust["date"], trust["subtotal"]) == (0.31, 0.95, 0)
    assert label["provenance"]["file"] == "a.png"


def test_who_compared_everything_vouches_for_everything_and_the_document_is_kept_if_allowed(
    wide: Browser, serving: Listening, receipts: Receipts, settings: Callable[..., ServiceSettings]
) -> None:
    paths = receipts("a.png")
    one_read(wide, serving, paths, keep_reviewed=True)
    assert "and the document itself" in said(wide, ".kept")
    wide.find("#all-right").click()
    assert said(wide, ".left") == "Nothing left to check"
    wide.find(".saving .primary").click()
    wide.until("document.querySelector('.told').textContent.startsWith('Saved.')")
    folder = settings().data / "reviews"
    ((id, label),) = read_labels(folder / "labels.jsonl").items()
    assert set(label["trust"].values()) == {1}
    assert (folder / "documents" / f"{id}.png").read_bytes() == paths[0].read_bytes()


def test_downloads_hold_the_corrections_and_no_formula(
    wide: Browser, serving: Listening, receipts: Receipts, tmp_path: Path
) -> None:
    bad = tmp_path / "notes.txt"
    bad.write_text("no receipt")
    one_read(wide, serving, [*receipts("a.png"), bad])
    wide.type("#field-total", "81.90\t")
    wide.find("#csv").click()
    path = wide.downloaded("receipts.csv")
    good, failed = read_csv(path)
    assert (good["total"], good["total_confidence"], good["tax"]) == ("81.90", 1.0, "4.60")
    assert good["merchant_name"] == "=Kedai <b>Contoh</b>"
    assert json.loads(str(good["line_items"]))[0]["amount"] == "7.00"
    assert (failed["status"], failed["error_code"]) == ("failed", "unknown_format")
    with path.open(encoding="utf-8-sig", newline="") as file:
        cells = next(iter(csv.DictReader(file)))
    assert cells["merchant_name"] == "'=Kedai <b>Contoh</b>"
    wide.find("#json").click()
    records = [
        Extraction.model_validate(each) for each in json.loads(wide.downloaded("receipts.json").read_text("utf-8"))
    ]
    assert records[0].receipt.value("total") == "81.90"
    assert [record.status for record in records] == ["ok", "failed"]


def test_findings_and_verdict_stand_by_the_values_once_a_policy_is_chosen(
    wide: Browser, serving: Listening, receipts: Receipts
) -> None:
    one_read(wide, serving, receipts("a.png"))
    assert said(wide, ".policy-found") == ""
    wide.script(
        "const p = document.getElementById('policy'); p.value = 'default'; p.dispatchEvent(new Event('change'))"
    )
    wide.find("#recheck").click()
    wide.until("document.querySelector('.verdict')")
    assert said(wide, ".verdict").startswith("Policy: Review.")
    link = wide.find(".policy-found li button")
    name = link.text
    link.click()
    assert wide.focused().endswith(f": {name}")


def test_a_key_is_asked_for_kept_in_the_tab_and_never_in_the_address(
    wide: Browser, serving: Listening, receipts: Receipts, settings: Callable[..., ServiceSettings]
) -> None:
    _, key = KeyRing(settings().data / "keys.json").add("me")
    started(wide, serving)
    wide.until("document.getElementById('key-dialog').open")
    assert wide.focused().endswith(": Key")
    wide.type("#key", "tlr_wrong")
    wide.find("#key-dialog [type=submit]").click()
    wide.until("document.getElementById('key-problem').textContent.includes('isn\\'t known')")
    wide.type("#key", key)
    wide.find("#key-dialog [type=submit]").click()
    wide.ready()
    wide.give(*receipts("a.png"))
    wide.read(1)
    assert wide.script("return [Object.values(sessionStorage).join(), localStorage.length, document.cookie]") == [
        key,
        0,
        "",
    ]
    assert key not in wide.chrome.current_url


def test_a_locked_pdf_opens_with_its_password(wide: Browser, serving: Listening, tmp_path: Path) -> None:
    path = tmp_path / "locked.pdf"
    path.write_bytes(b"%PDF-1.7 locked")
    started(wide, serving)
    wide.ready()
    wide.give(path)
    wide.read(1)
    assert "encrypted" in said(wide, ".failure")
    wide.type("#password", "secret")
    wide.find(".failure form button").click()
    wide.until("document.querySelector('.summary')")
    assert said(wide, ".sum") == "80.90 MYR"


def test_a_service_that_is_gone_is_told_and_the_document_can_be_sent_again(
    wide: Browser, serving: Listening, receipts: Receipts
) -> None:
    started(wide, serving)
    wide.ready()
    serving.stop()
    wide.give(*receipts("a.png"))
    wide.read(1)
    assert "The service can't be reached." in said(wide, ".failure")
    assert wide.find(".failure button").text == "Try again"


def test_everything_can_be_done_with_the_keyboard_alone(wide: Browser, serving: Listening, receipts: Receipts) -> None:
    from selenium.webdriver.common.keys import Keys

    one_read(wide, serving, receipts("a.png", "b.png"))
    wide.script("document.activeElement.blur()")
    seen = []
    for _ in range(60):
        wide.press(Keys.TAB)
        seen.append(wide.focused())
        if seen[-1] == "button: Save review":
            break
    names = "\n".join(seen)
    for expected in (
        "Skip to the documents",
        "For programs",
        "Choose files",
        "Check against the policy",
        "Download CSV",
    ):
        assert expected in names, names
    for expected in (
        "Remove a.png",
        "Picture of a.png",
        "Larger",
        "Next to check",
        "textbox: Total",
        "I compared every",
    ):
        assert expected in names, names
    assert seen[-1] == "button: Save review"
    wide.press(Keys.ENTER)
    wide.until("document.querySelector('.told').textContent.startsWith('Saved.')")
    wide.script("document.getElementById('field-total').focus()")
    assert wide.until(LIT) == "total", "focus lights the box as the pointer does"
    wide.press("9", Keys.ENTER)
    assert wide.focused() == "textbox: Currency", "Enter goes on to the next field"
    wide.chrome.switch_to.active_element.send_keys(Keys.SHIFT, Keys.TAB)
    assert wide.focused() == "button: Undo the change of Total"
    wide.script("document.getElementById('field-total').focus()")
    wide.press(Keys.ESCAPE)
    assert wide.find("#field-total").get_attribute("value") == "80.90", "Escape takes the change back"
    outline = "const style = getComputedStyle(document.activeElement); return style.outlineStyle + style.outlineWidth"
    assert wide.script(outline) == "solid3px", "the focus is seen"


def test_every_text_has_contrast_enough_in_the_light(
    wide: Browser, serving: Listening, receipts: Receipts, tmp_path: Path
) -> None:
    assert not wide.script("return matchMedia('(prefers-color-scheme: dark)').matches")
    for _ in _states(wide, serving, receipts, tmp_path):
        _assert_contrast(wide)


def test_a_phone_in_the_dark_needs_no_sideways_scrolling_and_has_contrast_enough(
    phone: Browser, serving: Listening, receipts: Receipts, tmp_path: Path
) -> None:
    assert phone.script("return matchMedia('(prefers-color-scheme: dark)').matches")
    for state in _states(phone, serving, receipts, tmp_path):
        assert phone.script("return innerWidth") == 360
        assert phone.script("return document.documentElement.scrollWidth") <= 360, state
        _assert_contrast(phone)
    assert phone.find("#camera").get_attribute("capture") == "environment"
    assert phone.find(".camera").is_displayed()
    phone.all(".open")[0].click()
    phone.until("document.querySelector('.summary')")
    small = phone.script(
        "return [...document.querySelectorAll('button, .button, select, input[type=text]')].filter(e => e.offsetParent)"
        ".filter(e => e.offsetHeight < 24 || e.offsetWidth < 24).map(e => e.outerHTML)"
    )
    assert small == [], "24 by 24 pixels at least (WCAG 2.2, 2.5.8)"


def _states(browser: Browser, serving: Listening, receipts: Receipts, tmp_path: Path) -> Iterator[str]:
    """The page with nothing on it, with a document that has every state of a value, and with one that failed."""
    started(browser, serving)
    browser.ready()
    yield "empty"
    bad = tmp_path / "notes.txt"
    bad.write_text("no receipt")
    browser.give(*receipts("a.png"), bad)
    browser.read(2)
    browser.script("document.querySelector('details').open = true")
    browser.click("[data-field=merchant_name] .right")
    browser.type("#field-total", "81,90\t")
    yield "read"
    browser.all(".open")[1].click()
    browser.until("document.querySelector('.failure')")
    yield "failed"


def _assert_contrast(browser: Browser) -> None:
    found = browser.contrasts()
    assert len(found) > 5
    assert [each for each in found if each[0] < each[1]] == []
