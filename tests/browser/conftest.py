"""A real browser: Debian's Chromium, driven by playwright. Pages are opened with `open_page`, checked with `axe`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

CHROMIUM = "/usr/bin/chromium"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 390, "height": 844}
SMALL_PHONE = {"width": 360, "height": 740}
LAPTOP = {"width": 1280, "height": 800}

PATIENCE_MS = 60_000
"""Longer than any page takes to look again by itself, on a busy computer too."""

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests; every context in it is a separate visitor."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[OpenPage]:
    """Open an empty page: `open_page(viewport=PHONE, color_scheme="dark", java_script_enabled=False, …)`.

    Waits are short, so that a page that hangs fails quickly. A request to anywhere but this machine fails the test.
    """
    contexts: list[BrowserContext] = []
    strayed: list[str] = []

    def open_one(**options: Any) -> Page:
        context = chromium.new_context(**{"viewport": PHONE, "reduced_motion": "reduce", **options})
        context.set_default_timeout(PATIENCE_MS)
        context.on("request", lambda request: None if _is_local(request.url) else strayed.append(request.url))
        contexts.append(context)
        return context.new_page()

    yield open_one
    for context in contexts:
        context.close()
    assert not strayed


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], None]:
    """Check a page with axe-core; any violation fails the test with axe's own words."""
    checker = Axe()

    def check(page: Page) -> None:
        found = checker.run(page)
        assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"

    return check


def _is_local(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "https://127.0.0.1:", "http://localhost:", "data:", "about:", "blob:"))
