"""A headless Chromium on the page, and what it shows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.chromium import headless

SECONDS = 60.0

_CONTRASTS = """
// The contrast of every text that is seen, against what is painted behind it (WCAG 2.2, 1.4.3).
const parse = (colour) => (colour.match(/[\\d.]+/g) || []).map(Number);
const over = (top, below) => { const a = top[3] ?? 1; return [0, 1, 2].map(i => top[i] * a + below[i] * (1 - a)); };
const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
const behind = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
        const colour = parse(getComputedStyle(at).backgroundColor);
        if ((colour[3] ?? 1) > 0) layers.push(colour);
        if ((colour[3] ?? 1) === 1) break;
    }
    const base = matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18] : [255, 255, 255];
    return layers.reverse().reduce((below, top) => over(top, below), base);
};
const found = [];
for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim())
        || ['INPUT', 'SELECT', 'TEXTAREA'].includes(element.tagName) && element.value && element.type !== 'checkbox';
    if (!own || !element.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
    if (element.closest('.unseen, .skip, noscript') || element.matches(':disabled')) continue;
    const style = getComputedStyle(element), ground = behind(element);
    const [one, other] = [light(over(parse(style.color), ground)), light(ground)].sort((a, b) => b - a);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && parseInt(style.fontWeight) >= 700);
    found.push([(one + 0.05) / (other + 0.05), large ? 3 : 4.5, element.tagName + '.' + element.className,
        (element.value || element.textContent).trim().slice(0, 40)]);
}
return found;
"""


@contextmanager
def chromium(downloads: Path, *, dark: bool = False, phone: bool = False) -> Iterator[Any]:
    """A browser with a window of its own size; the test is skipped where there is none."""

    def prepare(options: Any) -> None:
        options.set_capability("unhandledPromptBehavior", "accept")
        options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
        if phone:
            metrics = {"width": 360, "height": 740, "pixelRatio": 2.0, "touch": True}
            options.add_experimental_option("mobileEmulation", {"deviceMetrics": metrics})

    with headless(1500, 950, prepare) as chrome:
        chrome.set_script_timeout(SECONDS)
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        yield chrome


class Browser:
    """The page as a person meets it. Waits for what it is asked about; fails the test where it doesn't come."""

    def __init__(self, chrome: Any, downloads: Path) -> None:
        self.chrome = chrome
        self.downloads = downloads

    def open(self, url: str) -> None:
        self.chrome.get(url)

    def script(self, script: str, *given: object) -> Any:
        return self.chrome.execute_script(script, *given)

    def find(self, selector: str) -> Any:
        return self.chrome.find_element("css selector", selector)

    def all(self, selector: str) -> list[Any]:
        found: list[Any] = self.chrome.find_elements("css selector", selector)
        return found

    def until(self, script: str, *given: object) -> Any:
        """What the script gives once it gives something."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            found = self.script(f"return {script}", *given)
            if found:
                return found
            time.sleep(0.05)
        return pytest.fail(f"the page never came to {script}: {self.problems()}")

    def ready(self) -> None:
        self.until("document.getElementById('state').textContent.startsWith('Ready')")

    def give(self, *paths: Path) -> None:
        self.find("#files").send_keys("\n".join(map(str, paths)))

    def read(self, count: int) -> None:
        """Waits until so many documents are read, or not."""
        self.until("document.querySelectorAll('#list li.done, #list li.failed').length === arguments[0]", count)

    def hover(self, selector: str) -> None:
        from selenium.webdriver import ActionChains

        ActionChains(self.chrome).move_to_element(self.find(selector)).perform()

    def click(self, selector: str) -> None:
        """Clicks it, moved to the middle first as a person would where something lies over it."""
        self.script("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})", selector)
        self.find(selector).click()

    def press(self, *keys: str) -> None:
        from selenium.webdriver import ActionChains

        ActionChains(self.chrome).send_keys(*keys).perform()

    def focused(self) -> str:
        """What has the focus, by its words for those who hear the page."""
        at = self.chrome.switch_to.active_element
        return f"{at.aria_role}: {at.accessible_name}"

    def type(self, selector: str, text: str) -> None:
        field = self.find(selector)
        field.clear()
        field.send_keys(text)

    def downloaded(self, name: str) -> Path:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            path = self.downloads / name
            if path.exists() and path.stat().st_size:
                return path
            time.sleep(0.05)
        return pytest.fail(f"{name} was not downloaded")

    def contrasts(self) -> list[tuple[float, float, str, str]]:
        """Of each text: its contrast, the least that is asked, where and what it is."""
        return [tuple(each) for each in self.script(_CONTRASTS)]

    def problems(self) -> list[str]:
        """What the browser's console complained of."""
        return [each["message"] for each in self.chrome.get_log("browser") if each["level"] == "SEVERE"]
