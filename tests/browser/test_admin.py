"""The staff pages in a real browser, served by the real process: claim, count, fill, test, and by keyboard alone."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Page, expect

from kiosk.model import ClockState, Decision, Drift, Lock, Recall
from tests.admin_web.fake_coil import HOUR
from tests.admin_web.fake_daemon import BLOCKED_BEAM, CODE, TODAY, FakeDaemon
from tests.admin_web.fake_desk import a_shortage, an_excursion
from tests.browser.conftest import LAPTOP, PHONE, SMALL_PHONE, OpenPage
from tests.children import child
from tests.kiosk_process import KioskProcess

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
    with served(daemon.path, tmp_path / "state") as address:
        yield address


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[KioskProcess]:
    """The real daemon on a simulated machine, with every slot full."""
    process = KioskProcess(tmp_path)
    process.start()
    process.fill()
    yield process
    assert process.stop() == 0, process.log.read_text()


@contextmanager
def served(socket: Path, state: Path) -> Iterator[str]:
    """Serve the staff pages as their own process; gives the address."""
    command = [sys.executable, "-m", "admin_web", "--socket", str(socket), "--state", str(state)]
    with child([*command, "--port", "0"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        told = re.search(r"http://\S+", process.stdout.readline())
        assert told
        yield told[0].rstrip("/")
        process.terminate()


def claim(page: Page, site: str, code: str = CODE, place: str = "Lake Street") -> None:
    """Make the first sign-in, from the front door."""
    page.goto(site)
    page.get_by_label("One-time code").fill(code)
    page.get_by_label("Your name").fill("Sam")
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("New password once more").fill(PASSWORD)
    page.get_by_role("button", name="Make my sign-in").click()
    expect(page.get_by_role("heading", name=place)).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts on", "scripts off"])
def test_claim_count_fill_and_see_it(open_page: OpenPage, site: str, daemon: FakeDaemon, scripts: bool) -> None:
    page = open_page(java_script_enabled=scripts)
    claim(page, site)
    page.get_by_role("link", name="A1 Naloxone 5 of 9").click()
    page.get_by_label("How many are inside now?").fill("4")
    first = page.get_by_role("group", name="Put in, lot 1")
    first.get_by_label("How many did you put in?").fill("3")
    first.get_by_label("Lot", exact=True).fill("72680LL")
    first.get_by_label("Year").fill("2028")
    first.get_by_label("Month").fill("8")
    page.get_by_text("Add another lot").first.click()
    second = page.get_by_role("group", name="Put in, lot 2")
    second.get_by_label("How many did you put in?").fill("2")
    second.get_by_label("Lot", exact=True).fill("K-2")
    page.get_by_role("button", name="Save A1").dblclick()
    expect(page.get_by_text("You counted 4, we expected 5. One is missing. Put in 5. Now 9.")).to_be_visible()
    page.get_by_role("link", name="Today").first.click()
    expect(page.get_by_role("link", name="A1 Naloxone 9 of 9")).to_be_visible()
    assert len(daemon.restocks) == 1


def test_a_restock_visit_by_keyboard_alone(open_page: OpenPage, site: str, daemon: FakeDaemon) -> None:
    page = open_page(viewport=LAPTOP, java_script_enabled=False)
    claim(page, site)
    page.get_by_role("button", name="Start a visit").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Slot 1 of 10")).to_be_visible()
    page.get_by_label("How many are inside now?").focus()
    page.keyboard.type("4")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Slot 2 of 10")).to_be_visible()
    page.get_by_role("link", name="Check and save").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("One is missing")).to_be_visible()
    page.get_by_role("button", name="Save 1 slot").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Saved")).to_be_visible()
    page.get_by_role("link", name="Undo this visit").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("What undo means")).to_be_visible()
    page.get_by_role("button", name="Undo this visit").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("This visit was taken back.")).to_be_visible()
    assert daemon.slots["A1"].unresolved == 1


def test_a_recall_from_lot_to_job(open_page: OpenPage, site: str) -> None:
    page = open_page(java_script_enabled=False)
    claim(page, site)
    page.get_by_role("link", name="More").click()
    page.get_by_role("link", name="Recall a lot").click()
    page.get_by_label("Lot", exact=True).fill("72680 ll")
    page.get_by_label("Which product?").select_option("Socks")
    page.get_by_label("Lot", exact=True).press("Enter")
    expect(page.get_by_role("heading", name="Lock lot 72680 ll?")).to_be_visible()
    page.get_by_role("button", name="Lock it").dblclick()
    expect(page.get_by_text("Locked: 4 items in B3. Take them out.")).to_be_visible()
    page.get_by_role("link", name="Today").first.click()
    page.get_by_role("link", name="Recall: take out 4").click()
    expect(page.get_by_text("Lot 72680LL is recalled: take out all of it.")).to_be_visible()


def test_a_visit_to_the_real_kiosk_while_somebody_takes_an_item(
    open_page: OpenPage, kiosk: KioskProcess, tmp_path: Path
) -> None:
    with served(kiosk.socket, tmp_path / "admin") as site:
        page = open_page(viewport=SMALL_PHONE, java_script_enabled=False)
        claim(page, site, kiosk.client.make_admin_code().code, "Test Street")
        page.get_by_role("button", name="Start a visit").click()
        page.get_by_label("How many are inside now?").fill("9")
        page.get_by_role("button", name="Next: A2").click()
        kiosk.vend(slot="A1")
        page.get_by_label("How many are inside now?").fill("7")
        page.get_by_role("group", name="Put in, lot 1").get_by_label("How many did you put in?").fill("1")
        page.get_by_role("button", name="Next: B1").click()
        page.get_by_role("link", name="Check and save").click()
        expect(page.get_by_text("1, taken off already")).to_be_visible()
        page.get_by_role("button", name="Save 2 slots").dblclick()
        expect(page.get_by_text("You counted 7, we expected 9. 2 are missing. Put in 1. Now 8.")).to_be_visible()
        page.get_by_role("link", name="Undo this visit").click()
        page.get_by_role("button", name="Undo this visit").click()
        expect(page.get_by_text("This visit was taken back.")).to_be_visible()
        page.get_by_role("link", name="Today").click()
        expect(page.get_by_role("link", name="A2 count Naloxone nose spray 8 to 9 of 9")).to_be_visible()


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
    daemon.faults = [BLOCKED_BEAM]
    daemon.clock = ClockState(shown=TODAY, judged=TODAY, trusted=False)

    def check() -> None:
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url
        assert too_small(page) == [], page.url

    page.goto(site)
    check()
    claim(page, site)
    check()
    for path in look_at(daemon):
        page.goto(site + path)
        page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
        check()
    check_a_visit(page, site, daemon, check)
    page.goto(f"{site}/slots/A1")
    page.get_by_label("Lot", exact=True).first.fill("72680LL")
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


def look_at(daemon: FakeDaemon) -> list[str]:
    """Fill the daemon with something of everything; return the pages that show it."""
    daemon.desk.excursions = [an_excursion(3), an_excursion(2, ended=None), an_excursion(1, decision=Decision.ACCEPT)]
    daemon.desk.shortage = a_shortage(30)
    lots = daemon.slots["A1"].lots
    old = msgspec.structs.replace(lots[0], id=9, quantity=2, lot="OLD-1", expired=True, locked=Lock.RECALLED)
    daemon.change("A1", lots=(old, msgspec.structs.replace(lots[0], quantity=3)))
    daemon.drifts["A1"] = [Drift(hour=HOUR, found=4, drift=-1), Drift(hour=HOUR, found=5, drift=0)]
    recall = Recall(id="recall-1", lot="OLD-1", sku=None, hour=HOUR, slots=("A1",), quantity=2)
    daemon.desk.recalls = [recall, msgspec.structs.replace(recall, id="recall-2", lifted=True)]
    slots = ["/slots/A1", "/slots/B2", "/slots/A1/coil", "/slots/A3/test", "/slots/B3/product"]
    recalls = ["/recalls", "/recalls/new?lot=OLD-1", "/recalls/new?lot=", "/recalls/recall-1", "/recalls/recall-1/lift"]
    heat = ["/excursions", "/excursions/3", "/excursions/2", "/excursions/3/accept", "/excursions/3/remove"]
    more = ["/more", "/menu", "/code", "/date", "/account"]
    rest = ["/missing", "/restock", "/events", "/events?before=9", "/nowhere"]
    return ["/", *slots, *recalls, *heat, *more, *rest]


def check_a_visit(page: Page, site: str, daemon: FakeDaemon, check: Callable[[], None]) -> None:
    """Walk a visit from its start to its undoing, and check every page on the way."""
    page.goto(site)
    page.get_by_role("button", name="Start a visit").click()
    check()
    page.get_by_label("How many are inside now?").fill("4")
    page.get_by_role("button", name="Next: A2").click()
    page.get_by_label("How many are inside now?").fill("99")
    page.get_by_role("button", name="Next: A3").click()
    check()
    for path in ("/restock", "/visit/check", "/visit/throw-away"):
        page.goto(site + path)
        check()
    page.goto(f"{site}/visit/slots/A2")
    page.get_by_role("button", name="Leave A2 out").click()
    check()
    daemon.stop()
    page.get_by_role("button", name="Save 1 slot").click()
    check()
    daemon.start()
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_role("heading", name="Saved")).to_be_visible()
    check()
    page.get_by_role("link", name="Undo this visit").click()
    check()
    page.get_by_role("button", name="Undo this visit").click()
    check()
    page.goto(f"{site}/restock")
    check()


def too_small(page: Page) -> list[str]:
    """Return what can be pressed and is lower or narrower than a thumb needs; links within a sentence may be."""
    found: list[str] = page.evaluate(
        """least => [...document.querySelectorAll('a, button, summary, select, input:not([type=hidden])')]
            .filter(e => !e.closest('p:not(.after)') && !e.closest('.skip') && e.checkVisibility())
            .filter(e => !(e.type === 'checkbox'))
            .filter(e => { const r = e.getBoundingClientRect(); return r.height < least || r.width < least })
            .map(e => e.outerHTML.slice(0, 120))""",
        SMALLEST_PX,
    )
    return found
