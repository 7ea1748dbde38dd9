"""A headless Chromium for tests that look at a page; skipped where there is none."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest


@contextmanager
def headless(width: int, height: int, prepare: Callable[[Any], None] = lambda options: None) -> Iterator[Any]:
    """A driver with a window of this size, closed at the end. `prepare` may add to selenium's options."""
    pytest.importorskip("selenium", reason="needs the extra dev")
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not program or not driver:
        pytest.skip("needs a browser: the system packages chromium and chromium-driver")
    options = Options()
    options.binary_location = program
    size = f"window-size={width},{height}"
    for argument in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", size):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    prepare(options)
    chrome = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield chrome
    finally:
        chrome.quit()
