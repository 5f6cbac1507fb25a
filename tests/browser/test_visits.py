"""Visits that meet a vend, on a phone, before the real kiosk: nothing is asked that is known, nothing counted twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from kiosk.model import RestockLine, RestockRequest, new_request_id
from tests.browser.conftest import SMALL_PHONE, OpenPage
from tests.browser.test_admin import claim, served
from tests.kiosk_process import KioskProcess

Axe = Callable[[Page], None]
ALL_INSIDE = "How many are inside now, with what you put in?"


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[KioskProcess]:
    """The real daemon on a simulated machine; A1 was counted and holds 7, the others 9."""
    process = KioskProcess(tmp_path)
    process.start()
    try:
        process.fill()
        found(process, 7)
        yield process
    finally:
        ended = process.stop()
    assert ended == 0, process.log.read_text()


@pytest.fixture
def page(open_page: OpenPage, kiosk: KioskProcess, tmp_path: Path) -> Iterator[Page]:
    """A volunteer's phone, at the first slot of a visit."""
    with served(kiosk.socket, tmp_path / "admin") as site:
        opened = open_page(viewport=SMALL_PHONE)
        claim(opened, site, kiosk.client.make_admin_code().code, "Test Street")
        opened.get_by_role("button", name="Start a visit").click()
        yield opened


def found(kiosk: KioskProcess, items: int) -> None:
    """Have another person count A1."""
    slot = kiosk.client.slot("A1").stock
    line = RestockLine(slot="A1", as_of=slot.version, found=items)
    kiosk.client.restock(RestockRequest(id=new_request_id(), lines=(line,)))


def bounds(kiosk: KioskProcess) -> tuple[int, int]:
    slot = kiosk.client.slot("A1").stock
    return slot.on_hand, slot.unresolved


def put_in(page: Page, items: int) -> None:
    page.get_by_role("group", name="Put in, lot 1").get_by_label("How many did you put in?").fill(str(items))


def test_an_item_leaves_between_count_and_save(page: Page, kiosk: KioskProcess, axe: Axe) -> None:
    page.get_by_label("How many are inside now?").fill("7")
    put_in(page, 2)
    page.get_by_role("button", name="Next: A2").click()
    kiosk.vend(slot="A1")
    page.get_by_role("link", name="Check and save").click()
    expect(page.get_by_text("1, taken off already")).to_be_visible()
    axe(page)
    kiosk.vend(slot="A1")
    page.get_by_role("button", name="Save 1 slot").dblclick()
    expect(page.get_by_text("You counted 7, as expected. Put in 2. 2 came out since. Now 7.")).to_be_visible()
    assert bounds(kiosk) == (7, 0)


def test_an_item_leaves_while_somebody_counts(page: Page, kiosk: KioskProcess, axe: Axe) -> None:
    page.get_by_label("How many are inside now?").fill("7")
    put_in(page, 2)
    kiosk.vend(slot="A1")
    page.get_by_role("button", name="Next: A2").click()
    field = page.get_by_label(ALL_INSIDE)
    expect(field).to_be_focused()
    expect(field).to_have_value("")
    axe(page)
    field.fill("8")
    page.get_by_role("button", name="Next: A2").click()
    page.get_by_role("link", name="Check and save").click()
    page.get_by_role("button", name="Save 1 slot").click()
    expect(page.get_by_text("You counted 6, as expected. Put in 2. Now 8.")).to_be_visible()
    assert bounds(kiosk) == (8, 0)


def test_a_doubt_holds_up_its_own_slot_only(page: Page, kiosk: KioskProcess, axe: Axe) -> None:
    page.get_by_label("How many are inside now?").fill("7")
    put_in(page, 2)
    page.get_by_role("button", name="Next: A2").click()
    page.get_by_label("How many are inside now?").fill("9")
    page.get_by_role("button", name="Next: B1").click()
    found(kiosk, 9)
    page.get_by_role("link", name="Check and save").click()
    expect(page.get_by_role("heading", name="One slot needs you before it can be saved")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Save 1 slot that is clear").click()
    expect(page.get_by_text("A1 waits for you: not saved yet.")).to_be_visible()
    axe(page)
    page.get_by_role("link", name="Go on with A1").click()
    page.get_by_role("link", name="Go to A1").click()
    page.get_by_label(ALL_INSIDE).fill("9")
    page.get_by_role("button", name="Keep it and check").click()
    page.get_by_role("button", name="Save 1 slot").click()
    expect(page.get_by_role("heading", name="Saved")).to_be_visible()
    assert bounds(kiosk) == (9, 0)


def test_what_can_hardly_be_true_is_asked_back_once(page: Page, kiosk: KioskProcess, axe: Axe) -> None:
    page.get_by_label("How many are inside now?").fill("1")
    put_in(page, 2)
    lot = page.get_by_role("group", name="Put in, lot 1")
    lot.get_by_label("Lot", exact=True).fill("l-a2")
    lot.get_by_label("Year").fill("2077")
    lot.get_by_label("Month").fill("8")
    page.get_by_role("button", name="Next: A2").click()
    expect(page.get_by_text("You counted 1, and we expected far more. Count once more.")).to_be_visible()
    expect(page.get_by_text("in A2 it is until 31 May 2032. Look at the box.")).to_be_visible()
    expect(page.get_by_text("years from now. Look at the box.")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="It is right. Next: A2").click()
    page.get_by_role("link", name="Check and save").click()
    page.get_by_role("button", name="Save 1 slot").click()
    expect(page.get_by_role("heading", name="Saved")).to_be_visible()
    assert bounds(kiosk) == (3, 0)
