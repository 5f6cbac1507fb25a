"""The staff pages in a real browser, served by the real process: claim, count, fill, test, and by keyboard alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from kiosk.model import Fault
from tests.admin_web.fake_daemon import CODE, FakeDaemon
from tests.browser.conftest import LAPTOP, PHONE, SMALL_PHONE, OpenPage

PASSWORD = "plum ferry window nine"
SMALLEST_PX = 44


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[FakeDaemon]:
    fake = FakeDaemon(tmp_path / "control.sock")
    fake.start()
    yield fake
    fake.stop()


@pytest.fixture
def site(tmp_path: Path, daemon: FakeDaemon) -> Iterator[str]:
    """Serve the staff pages as their own process; yields the address."""
    command = [sys.executable, "-m", "admin_web", "--socket", str(daemon.path), "--state", str(tmp_path / "state")]
    with subprocess.Popen([*command, "--port", "0"], stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout is not None
        told = re.search(r"http://\S+", process.stdout.readline())
        assert told
        yield told[0].rstrip("/")
        process.terminate()


def claim(page: Page, site: str, code: str = CODE) -> None:
    """Make the first sign-in, from the front door."""
    page.goto(site)
    page.get_by_label("One-time code").fill(code)
    page.get_by_label("Your name").fill("Sam")
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("New password once more").fill(PASSWORD)
    page.get_by_role("button", name="Make my sign-in").click()
    expect(page.get_by_role("heading", name="Lake Street")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts on", "scripts off"])
def test_claim_count_fill_and_see_it(open_page: OpenPage, site: str, daemon: FakeDaemon, scripts: bool) -> None:
    page = open_page(java_script_enabled=scripts)
    claim(page, site)
    page.get_by_role("link", name="A1 Naloxone 5 of 9").click()
    page.get_by_label("How many are inside now?").fill("4")
    page.get_by_label("How many did you add?").fill("5")
    page.get_by_label("Lot").fill("72680LL")
    page.get_by_label("Year").fill("2028")
    page.get_by_label("Month").fill("8")
    page.get_by_role("button", name="Save A1").dblclick()
    expect(page.get_by_text("A1: you counted 4, we expected 5. One is missing. Added 5. Now 9.")).to_be_visible()
    expect(page.get_by_role("link", name="A1 Naloxone 9 of 9")).to_be_visible()
    assert len(daemon.restocks) == 1


def test_a_restock_visit_by_keyboard_alone(open_page: OpenPage, site: str) -> None:
    page = open_page(viewport=LAPTOP)
    claim(page, site)
    page.get_by_role("link", name="Start a restock visit").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Slot 1 of 10")).to_be_visible()
    page.get_by_label("How many are inside now?").focus()
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    expect(page.get_by_text("A1: you counted 5, as expected. Nothing added. Now 5.")).to_be_visible()
    expect(page.get_by_text("Slot 2 of 10")).to_be_visible()


def test_a_mistake_takes_you_to_its_field(open_page: OpenPage, site: str) -> None:
    page = open_page()
    claim(page, site)
    page.goto(f"{site}/slots/A1")
    page.get_by_label("How many are inside now?").fill("44")
    page.get_by_role("button", name="Save A1").click()
    page.get_by_role("alert").get_by_role("link").click()
    field = page.get_by_label("How many are inside now?")
    expect(field).to_be_focused()
    expect(field).to_have_value("44")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile("A1 holds 9, you wrote 44. Count again."))


def test_a_test_turn_tells_its_end_by_itself(open_page: OpenPage, site: str) -> None:
    page = open_page(java_script_enabled=False)
    claim(page, site)
    page.get_by_role("link", name="A3 Failed twice").click()
    expect(page.get_by_text("This moves metal")).to_be_visible()
    page.get_by_role("button", name="Turn A3 once").click()
    expect(page.get_by_text("A3 turned and an item fell.")).to_be_visible()


def test_the_pages_recover_by_themselves(open_page: OpenPage, site: str, daemon: FakeDaemon) -> None:
    page = open_page()
    claim(page, site)
    daemon.stop()
    page.reload()
    expect(page.get_by_role("heading", name="The kiosk program does not answer")).to_be_visible()
    daemon.start()
    expect(page.get_by_role("heading", name="Lake Street")).to_be_visible()


@pytest.mark.parametrize(
    ("viewport", "scheme"),
    [(SMALL_PHONE, "dark"), (PHONE, "light"), (LAPTOP, "dark")],
    ids=["360-dark", "390-light", "1280-dark"],
)
def test_every_page_is_accessible_and_fits(
    open_page: OpenPage,
    site: str,
    daemon: FakeDaemon,
    axe: Callable[[Page], None],
    viewport: dict[str, int],
    scheme: str,
) -> None:
    page = open_page(viewport=viewport, color_scheme=scheme)
    daemon.faults = [Fault(where="beam", text="The drop sensor is blocked: clean it, then test it.")]

    def check() -> None:
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url
        assert too_small(page) == [], page.url

    page.goto(site)
    check()
    claim(page, site)
    check()
    for path in (
        "/slots/A3?visit=1",
        "/slots/B2",
        "/slots/A3/test",
        "/events",
        "/events?before=9",
        "/account",
        "/nowhere",
    ):
        page.goto(site + path)
        for summary in page.locator("summary").all():
            summary.click()
        check()
    page.goto(f"{site}/slots/A1")
    page.get_by_label("Lot").fill("72680LL")
    page.get_by_role("button", name="Save A1").click()
    expect(page.get_by_text("2 things need a change")).to_be_visible()
    check()
    page.goto(f"{site}/slots/A3/test")
    page.get_by_role("button", name="Turn A3 once").click()
    expect(page.get_by_text("A3 turned and an item fell.")).to_be_visible()
    check()
    daemon.stop()
    page.goto(site)
    check()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    check()


def too_small(page: Page) -> list[str]:
    """Return what can be pressed and is lower or narrower than a thumb needs; links within a sentence may be."""
    found: list[str] = page.evaluate(
        """least => [...document.querySelectorAll('a, button, summary, input:not([type=hidden])')]
            .filter(e => !e.closest('p:not(.after)') && !e.closest('.skip') && e.checkVisibility())
            .filter(e => !(e.type === 'checkbox'))
            .filter(e => { const r = e.getBoundingClientRect(); return r.height < least || r.width < least })
            .map(e => e.outerHTML.slice(0, 120))""",
        SMALLEST_PX,
    )
    return found
