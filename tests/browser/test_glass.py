"""The machine behind its glass in a real browser, shown by the real daemon."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from kiosk.hardware.api import Turn
from kiosk.simulator.faults import Fault
from kiosk.simulator.glass import serve
from tests.browser.conftest import LAPTOP, PHONE, SMALL_PHONE, OpenPage
from tests.hardware.machine import until
from tests.kiosk_process import KioskProcess
from tests.ports import spare_port
from tests.serial.lock_rig import Wall, wall

KIOSK_SCREEN = {"width": 800, "height": 480}
SMALLEST_PX = 44


EXTRA = """
[[inputs]]
name = "keypad"
driver = "gpio_keypad"
options = { row_pins = [14, 15, 16, 17], column_pins = [18, 19, 20, 21] }

[[signals]]
name = "buzzer"
driver = "buzzer"
options = { pin = 22 }
"""


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KioskProcess]:
    """A full kiosk with a glass, at half its pace, so that a busy machine still sees each item fall."""
    port = spare_port()
    running = KioskProcess(tmp_path_factory.mktemp("kiosk"), speed=0.5, glass_port=port, extra=EXTRA)
    running.start()
    running.fill()
    yield running
    running.stop()


@pytest.fixture
def glass(kiosk: KioskProcess) -> str:
    """The address of the glass."""
    text = kiosk.config.read_text()
    return "http://127.0.0.1:" + text.partition("glass_port = ")[2].split()[0]


def watch(page: Page) -> list[str]:
    """Return a list that fills with whatever the browser complains about."""
    complaints: list[str] = []
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


def counted(kiosk: KioskProcess, slot: str) -> int:
    """Return how many the ledger says a slot holds."""
    return next(one.on_hand for one in kiosk.client.stock().slots if one.slot == slot)


REMEMBER = """() => {
    window.fell = 0
    window.beam = new Set()
    window.drawn = new Set()
    new MutationObserver(() => {
        window.fell += document.querySelectorAll('.falling').length
        window.beam.add(document.querySelector('[data-beam]').dataset.beam)
        window.drawn.add([...document.querySelectorAll('[data-slot="A1"] .loop')].at(-1).getAttribute('transform'))
    }).observe(document.getElementById('machine'), { attributes: true, childList: true, subtree: true })
    const told = document.querySelector('[data-told]')
    window.told = []
    new MutationObserver(() => window.told.push(told.textContent)).observe(told, { childList: true })
}"""
"""Has the page note what lasts for a few frames only, so that no look from outside can come too late."""


def test_a_press_turns_a_coil_and_an_item_lands_in_the_tray(
    open_page: OpenPage, kiosk: KioskProcess, glass: str
) -> None:
    in_ledger = counted(kiosk, "A1")
    page = open_page(viewport=LAPTOP, reduced_motion="no-preference")
    complaints = watch(page)
    page.goto(glass)
    slot = page.locator('[data-slot="A1"]')
    before = int(slot.locator("[data-count]").inner_text())
    page.evaluate(REMEMBER)
    page.get_by_role("button", name="Press the naloxone button").click()
    assert until(lambda: page.evaluate("window.told.includes('A1 turns.')"))
    assert until(lambda: page.evaluate("window.told.includes('An item fell from A1.')"))
    assert until(lambda: page.evaluate("window.fell > 0 && window.beam.has('drop beam broken')"))
    expect(slot.locator("[data-count]")).to_have_text(str(before - 1))
    assert page.evaluate("window.drawn.size") > 1
    assert until(lambda: counted(kiosk, "A1") == in_ledger - 1)
    take = page.get_by_role("button", name="Take 1 item")
    expect(take).to_be_enabled()
    take.click()
    expect(page.get_by_role("button", name="The tray is empty")).to_be_disabled()
    assert complaints == []


def test_a_slot_is_asked_for_at_the_keypad_and_a_refused_press_is_heard(
    open_page: OpenPage, kiosk: KioskProcess, glass: str, axe: Callable[[Page], None]
) -> None:
    """Whoever presses meanwhile hears that it is not yet; the page tells it in words too."""
    page = open_page(viewport=LAPTOP)
    complaints = watch(page)
    page.goto(glass)
    before = counted(kiosk, "A1") + counted(kiosk, "A2")
    for key in ("Key A", "Key 1", "Key hash"):
        page.get_by_role("button", name=key, exact=True).click()
    expect(page.get_by_role("status")).to_have_text(re.compile(r"A\d turns\."))
    page.get_by_role("button", name="Press the strips button").click()
    expect(page.get_by_role("list", name="What was heard")).to_contain_text("beep")
    assert until(lambda: not kiosk.client.state().busy, 60.0)
    assert counted(kiosk, "A1") + counted(kiosk, "A2") == before - 1
    axe(page)
    assert complaints == []


def test_a_fault_is_tried_by_turning_its_slot(open_page: OpenPage, kiosk: KioskProcess, glass: str) -> None:
    """Without asking for anything: which coil a press turns is for the kiosk to say."""
    assert until(lambda: not kiosk.client.state().busy, 60.0)
    page = open_page(viewport=LAPTOP)
    page.goto(f"{glass}/#slot-A2")
    card, label = page.locator("#slot-A2"), page.locator('[data-slot="A2"]')
    fault = card.get_by_role("switch", name="Items are wedged")
    fault.check()
    expect(label).to_contain_text("wedged")
    before = counted(kiosk, "A2")
    card.get_by_role("button", name="Turn this slot").click()
    expect(page.get_by_role("status")).to_have_text("A2 turns.")
    assert until(lambda: not kiosk.client.state().busy, 60.0)
    assert kiosk.client.events(1).events[0].kind == "tested"
    assert counted(kiosk, "A2") == before
    fault.uncheck()
    expect(label).not_to_contain_text("wedged")


def test_a_fault_is_switched_on_and_off_by_keyboard(
    open_page: OpenPage, glass: str, axe: Callable[[Page], None]
) -> None:
    page = open_page(viewport=LAPTOP)
    page.goto(glass)
    page.get_by_role("link", name="A2").first.focus()
    page.keyboard.press("Enter")
    switch = page.get_by_role("switch", name="The motor is unplugged")
    switch.focus()
    page.keyboard.press("Space")
    expect(page.locator('[data-slot="A2"]')).to_contain_text("unplugged")
    expect(switch).to_be_checked()
    axe(page)
    page.keyboard.press("Space")
    expect(page.locator('[data-slot="A2"]')).not_to_contain_text("unplugged")


def test_a_slot_is_filled_through_the_door(open_page: OpenPage, glass: str, axe: Callable[[Page], None]) -> None:
    page = open_page(color_scheme="dark")
    page.goto(f"{glass}/#slot-B1")
    take = page.get_by_role("button", name="Take one out")
    expect(take).to_be_disabled()
    page.get_by_role("button", name="Open the door").click()
    axe(page)
    for left in (8, 7):
        take.click()
        expect(page.get_by_role("status")).to_have_text(f"B1 has {left} items now.")
    page.get_by_role("button", name="Put one in").click()
    expect(page.get_by_role("status")).to_have_text("B1 has 8 items now.")
    page.get_by_role("button", name="Fill B1").click()
    expect(page.get_by_text("9 of 9 inside").last).to_be_visible()
    page.get_by_role("button", name="Close the door").click()
    expect(take).to_be_disabled()


def test_without_scripts_it_is_pressed_and_broken_all_the_same(open_page: OpenPage, glass: str) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(glass)
    page.get_by_role("button", name="Press the strips button").click()
    page.goto(f"{glass}/#slot-A2")
    page.locator("#slot-A2").get_by_label("Two items fall together").check()
    page.locator("#slot-A2").get_by_role("button", name="Set these").click()
    expect(page.locator('[data-slot="A2"]')).to_contain_text("two fall")
    page.locator("#slot-A2").get_by_label("Two items fall together").uncheck()
    page.locator("#slot-A2").get_by_role("button", name="Set these").click()
    expect(page.locator('[data-slot="A2"]')).not_to_contain_text("two fall")
    expect(page.locator("#slot-A2").get_by_label("Two items fall together")).not_to_be_checked()
    for _ in range(60):
        page.get_by_role("link", name="Look again").click()
        if "Take" in page.locator("[data-tray]").inner_text():
            break
        page.wait_for_timeout(250)
    page.get_by_role("button", name="Take 1 item").click()
    expect(page.get_by_text("The tray is empty").first).to_be_visible()


def test_nothing_is_drawn_in_motion_for_those_who_asked_for_stillness(open_page: OpenPage, glass: str) -> None:
    page = open_page(viewport=LAPTOP, reduced_motion="reduce")
    page.goto(glass)
    page.evaluate(REMEMBER)
    page.get_by_role("button", name="Press the naloxone button").click()
    page.get_by_role("button", name=re.compile(r"Take \d items?")).click()
    assert page.evaluate("window.fell") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [SMALL_PHONE, PHONE, KIOSK_SCREEN, LAPTOP], ids=["360", "390", "800", "1280"])
def test_it_fits_and_can_be_read(
    open_page: OpenPage, glass: str, axe: Callable[[Page], None], viewport: dict[str, int], scheme: str
) -> None:
    fits(open_page(viewport=viewport, color_scheme=scheme), glass, viewport, axe)


def fits(page: Page, address: str, viewport: dict[str, int], axe: Callable[[Page], None]) -> None:
    """Prove that a page fits its screen, has no small targets, and that nobody complains."""
    complaints = watch(page)
    page.goto(address)
    expect(page.locator("html.js")).to_be_attached()
    page.wait_for_function("document.fonts.status === 'loaded'")
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    small = page.evaluate(
        "(px) => [...document.querySelectorAll('button, nav a, .switch')].filter(e => e.offsetParent)"
        ".filter(e => e.offsetHeight < px || e.offsetWidth < px).map(e => e.textContent)",
        SMALLEST_PX,
    )
    assert small == []
    axe(page)
    assert complaints == []


def test_it_tells_when_the_power_goes_and_when_it_is_back(open_page: OpenPage, kiosk: KioskProcess, glass: str) -> None:
    page = open_page()
    page.goto(glass)
    page.get_by_role("button", name="Pull the plug in the next turn").click()
    expect(page.get_by_role("status")).to_have_text("The power goes in the next turn.")
    page.get_by_role("button", name="Press the naloxone button").click()
    expect(page.get_by_role("status")).to_have_text("The machine has no power. Waiting for it to come back.")
    kiosk.kill()
    kiosk.start()
    expect(page.get_by_role("status")).to_have_text("The machine is back.")
    assert sum(slot.unresolved for slot in kiosk.client.stock().slots) == 1


# --- Lockers --------------------------------------------------------------------------------------------------------


@pytest.fixture
def lockers(tmp_path: Path) -> Iterator[tuple[Wall, str]]:
    """A wall of lockers whose time passes when the test says so, and the address of its glass."""
    with wall(tmp_path, "lock_board_8a") as running:
        server = serve(running.world, running.config, 0)
        yield running, server.address
        server.stop()


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_a_locker_opens_and_is_emptied_and_closed(
    open_page: OpenPage, lockers: tuple[Wall, str], axe: Callable[[Page], None], motion: str
) -> None:
    running, address = lockers
    page = open_page(viewport=LAPTOP, reduced_motion=motion)
    complaints = watch(page)
    page.goto(address)
    told, locker = page.get_by_role("status"), page.locator('[data-slot="A3"]')
    expect(told).to_have_text("All lockers are closed.")
    assert running.turn("A3") is Turn.UNLOCKED
    expect(told).to_have_text("A3 is open.")
    expect(locker).to_have_class(re.compile("opened"))
    axe(page)
    assert running.until(lambda: not running.world.inside("A3"))
    expect(told).to_have_text("Somebody took 1 item out of A3.")
    assert running.until(lambda: not running.locker("A3").opened)
    expect(told).to_have_text("A3 is closed and empty.")
    expect(locker).to_contain_text("empty")
    expect(locker).not_to_have_class(re.compile("opened"))
    assert complaints == []


def test_lockers_and_boards_are_broken_by_keyboard(open_page: OpenPage, lockers: tuple[Wall, str]) -> None:
    running, address = lockers
    page = open_page()
    page.goto(address)
    page.get_by_role("link", name="A2").first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("switch", name="The bolt is stuck").focus()
    page.keyboard.press("Space")
    expect(page.locator('[data-slot="A2"]')).to_contain_text("bolt stuck")
    assert running.turn("A2") is Turn.NOT_STARTED
    expect(page.get_by_role("status")).to_have_text("The bolt of A2 was pulled.")
    switch = page.get_by_role("switch", name="The board has no power")
    switch.focus()
    page.keyboard.press("Space")
    expect(switch).to_be_checked()
    assert until(lambda: running.turn("A1") is Turn.ABSENT)
    page.keyboard.press("Space")
    expect(switch).not_to_be_checked()


def test_a_locker_is_filled_with_the_key_without_scripts(open_page: OpenPage, lockers: tuple[Wall, str]) -> None:
    running, address = lockers
    running.world.take_out("A16", 1)
    page = open_page(java_script_enabled=False)
    page.goto(f"{address}/#slot-A16")
    page.get_by_role("button", name="Open A16 with the key").click()
    expect(page.locator('[data-slot="A16"]')).to_contain_text("open")
    page.locator("#slot-A16").get_by_role("button", name="Put one in").click()
    page.get_by_role("button", name="Close A16").click()
    expect(page.locator('[data-slot="A16"]')).to_contain_text("full")
    page.locator("#others").get_by_label("The serial cable is pulled").check()
    page.locator("#others").get_by_role("button", name="Set these").click()
    expect(page.locator("#others").get_by_label("The serial cable is pulled")).to_be_checked()
    assert running.turn("A16") is Turn.ABSENT


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [SMALL_PHONE, KIOSK_SCREEN, LAPTOP], ids=["360", "800", "1280"])
def test_lockers_fit_and_can_be_read(
    open_page: OpenPage, lockers: tuple[Wall, str], axe: Callable[[Page], None], viewport: dict[str, int], scheme: str
) -> None:
    running, address = lockers
    running.locker("A2").set_open(True)
    running.world.set_fault(Fault.DOOR_LEFT_OPEN, True, "A3")
    fits(open_page(viewport=viewport, color_scheme=scheme), address, viewport, axe)
