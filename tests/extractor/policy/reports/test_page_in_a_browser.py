"""The page as a browser shows it: readable without a script, quick to sort and filter with one, at any width."""

import datetime as dt
import re
from pathlib import Path

import pytest

from extractor.policy.reports import write_report
from tests.chromium import headless
from tests.extractor.policy.reports.made_up import audit

STYLE = (Path(__file__).parents[4] / "extractor/policy/reports/templates/report.css").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def browser():
    with headless(1300, 900) as chrome:
        yield chrome


@pytest.fixture(scope="module")
def address(tmp_path_factory, examples):
    results, cases = audit(examples)
    files = write_report(results, cases, tmp_path_factory.mktemp("report"), today=dt.date(2025, 11, 26))
    return files.html.as_uri()


@pytest.fixture
def page(browser, address):
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    # A click on what still glides past would miss.
    still = {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", still)
    browser.get(address)
    return browser


def shown(browser):
    """The claims of the queue that can be seen, in order."""
    script = "return [...document.querySelectorAll('.queue tbody tr')].filter(row => !row.hidden)"
    return browser.execute_script(f"{script}.map(row => row.cells[1].textContent.trim())")


def click_heading(browser, name):
    heads = browser.find_elements("css selector", ".queue thead button")
    next(head for head in heads if head.text.startswith(name)).click()


def test_the_browser_has_nothing_to_complain_about(page):
    assert page.get_log("browser") == []
    pictures = page.execute_script("return [...document.images].map(one => one.naturalWidth)")
    assert pictures
    assert all(pictures)


def test_headings_sort_and_say_so(page):
    before = shown(page)
    click_heading(page, "Claim")
    assert shown(page) == sorted(before, key=str.casefold)
    click_heading(page, "Claim")
    assert shown(page) == sorted(before, key=str.casefold, reverse=True)
    sort = "return document.querySelector('.queue th[aria-sort]').getAttribute('aria-sort')"
    assert page.execute_script(sort) == "descending"
    click_heading(page, "Minutes")
    assert shown(page)[0] == "C-1"  # two kinds of finding: the most minutes


def test_filters_hide_rows_and_findings(page):
    page.find_element("css selector", "input[name=text]").send_keys("さくら")
    assert shown(page) == []
    page.find_element("css selector", "button[type=reset]").click()
    page.find_element("css selector", "select[name=severity] option:nth-child(3)").click()  # medium
    assert shown(page) == ["C-3"]
    assert page.find_element("id", "shown").text == "1 of 5 claims"
    cards = page.execute_script("return [...document.querySelectorAll('.card')].filter(one => one.offsetHeight).length")
    assert cards == 1


@pytest.mark.parametrize("width", [320, 390, 768, 1081, 1280, 1440])
def test_nothing_runs_out_of_the_page(page, width):
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    assert page.execute_script("return document.documentElement.scrollWidth") <= width
    edge = "return document.querySelector('{}').getBoundingClientRect().right"
    assert page.execute_script(edge.format("table.queue")) <= page.execute_script(edge.format("#queue")) + 0.5


def test_the_page_is_whole_without_a_script(page, address):
    page.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page.get(address)
        assert page.find_element("css selector", ".queue tbody tr").text.startswith("1 C-1")
        assert not page.find_element("id", "filters").is_displayed()
        assert page.find_element("css selector", ".card .crops img").is_displayed()
    finally:
        page.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def luminance(colour):
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def themes():
    """The colours of each theme: light, dark, print."""
    return [
        {name: colour if len(colour) == 7 else "#" + "".join(2 * part for part in colour[1:]) for name, colour in found}
        for block in re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
        if (found := re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", block))
    ]


@pytest.mark.parametrize("theme", themes(), ids=["light", "dark", "print"])
def test_text_stands_out_from_its_ground(theme):
    """WCAG AA: 4.5 to 1 for text."""
    pairs = [(ink, ground) for ink in ("ink", "soft", "accent") for ground in ("paper", "sheet", "tint")]
    pairs += [(name, f"{name}-tint") for name in ("high", "medium", "low", "good")]
    for ink, ground in pairs:
        bright, dark = sorted((luminance(theme[ink]), luminance(theme[ground])), reverse=True)
        assert (bright + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)
