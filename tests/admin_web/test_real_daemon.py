"""The staff pages before the real daemon on a simulated machine: what is typed is what its ledger says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from admin_web.app import close, create_app
from admin_web.settings import Settings
from kiosk.control.client import Client
from kiosk.model import RestockLine, RestockRequest, SinceCount
from tests.admin_web.test_more import form_for
from tests.admin_web.visitor import PASSWORD, Visitor, hidden, words
from tests.kiosk_process import KioskProcess

LOT = {"added-0-quantity": "4", "added-0-lot": "72-680 LL", "added-0-year": "2031", "added-0-month": "8"}
KIT = {"added-1-quantity": "2", "added-1-lot": "K-2", "added-1-parts-0-name": "Atomiser", "added-1-parts-0-lot": "AT99"}


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[KioskProcess]:
    process = KioskProcess(tmp_path)
    process.start()
    yield process
    assert process.stop() == 0, process.log.read_text()


@pytest.fixture
def app(tmp_path: Path, kiosk: KioskProcess) -> Iterator[Flask]:
    settings = Settings(control_socket=str(kiosk.socket), state=tmp_path / "admin", https=False, daemon_timeout_s=30)
    made = create_app(settings)
    yield made
    close(made)


@pytest.fixture
def staff(app: Flask, kiosk: KioskProcess) -> Visitor:
    visitor = Visitor(app)
    code = kiosk.client.make_admin_code().code
    assert visitor.send("/claim", code=code, name="Sam", password=PASSWORD, again=PASSWORD).status_code == 303
    return visitor


def start(staff: Visitor) -> None:
    assert staff.post("/visit", **hidden(staff.open("/").text)).location == "/visit/slots/A1"


def test_a_visit_survives_power_cuts_and_is_recorded_once(staff: Visitor, kiosk: KioskProcess) -> None:
    start(staff)
    staff.send("/visit/slots/A1", found="0", **LOT, **KIT)
    kiosk.kill()
    kiosk.start()
    staff.send("/visit/slots/B1", found="0", **{"added-0-quantity": "6"})
    form = hidden(staff.open("/visit/check").text)
    first = staff.post("/visit/check", **form)
    kiosk.kill()
    kiosk.start()
    assert staff.post("/visit/check", **form).location == first.location
    assert "A1: You counted 0" in staff.read(first.location)
    stock = {slot.slot: slot for slot in kiosk.client.stock().slots}
    assert (stock["A1"].on_hand, stock["A1"].unresolved, stock["B1"].on_hand) == (6, 0, 6)
    assert [(lot.lot, lot.quantity) for lot in stock["A1"].lots] == [("72-680 LL", 4), ("K-2", 2)]
    assert "Atomiser: lot AT99" in staff.read("/slots/A1/coil")


def test_an_item_that_comes_out_meanwhile_is_taken_off(staff: Visitor, kiosk: KioskProcess) -> None:
    kiosk.fill()
    start(staff)
    staff.send("/visit/slots/A1", found="9")
    staff.send("/visit/slots/B1", found="9")
    kiosk.vend(slot="A1")
    assert "Came out since 1, taken off already Now 8 of 9" in staff.read("/visit/check")
    told = staff.read(staff.send("/visit/check").location)
    assert "A1: You counted 9, as expected. Nothing put in. One came out since. Now 8." in told
    assert [(slot.on_hand, slot.unresolved) for slot in kiosk.client.stock().slots] == [(8, 0), (9, 0), (9, 0)]


def test_a_second_press_meets_the_first_at_work(staff: Visitor, kiosk: KioskProcess, app: Flask) -> None:
    """What the first has just saved is no doubt for the second: both lead to what was saved."""
    kiosk.fill()
    start(staff)
    staff.send("/visit/slots/A1", found="9")
    form = hidden(staff.open("/visit/check").text)
    line = RestockLine(slot="A1", as_of=kiosk.client.slot("A1").stock.version, found=9)

    class Overtaken(Client):
        """Asks what came of the count only when the first press has saved the visit."""

        def since(self, slot: str, as_of: int) -> SinceCount:
            self.restock(RestockRequest(id=form["visit"], lines=(line,)))
            return super().since(slot, as_of)

    app.extensions["kiosk_client"] = Overtaken(str(kiosk.socket))
    second = staff.post("/visit/check", **form)
    assert second.status_code == 303
    assert "A1: You counted 9, as expected." in staff.read(second.location)


def test_a_visit_is_taken_back_unless_a_slot_was_counted_since(staff: Visitor, kiosk: KioskProcess) -> None:
    kiosk.fill()
    done = staff.send("/slots/A1", found="6").location.partition("?")[0]
    staff.send(f"{done}/undo")
    assert "This visit was taken back" in staff.read(done)
    held = kiosk.client.slot("A1").stock
    assert (held.on_hand, held.on_hand + held.unresolved) == (6, 9)
    done = staff.send("/slots/A1", found="9").location.partition("?")[0]
    staff.send("/slots/A1", found="9")
    assert staff.send(f"{done}/undo").status_code == 409


def test_a_recalled_part_locks_its_kit_until_it_is_taken_out_or_lifted(staff: Visitor, kiosk: KioskProcess) -> None:
    assert staff.send("/slots/A1", found="0", **LOT, **KIT).status_code == 303
    assert "A1 2 items" in staff.read("/recalls/new?lot=at-99&sku=")
    form = hidden(staff.open("/recalls/new?lot=at-99&sku=").text)
    recall = staff.post("/recalls/new", **form).location
    assert "Locked: 2 items in A1." in staff.read(recall)
    assert "Recall: take out 2" in staff.read("/")
    assert "Take out 2" not in staff.read("/slots/A1")
    refused = staff.send("/slots/A2", found="0", **KIT)
    assert refused.status_code == 422
    assert "is recalled. Do not put it in" in words(refused.text)
    held = kiosk.client.slot("A1").stock
    row = {"removed-0-quantity": "2", "removed-0-reason": "recalled", "removed-0-lot": str(held.lots[1].id)}
    assert "Took out 2." in staff.read(staff.send("/slots/A1", found="6", **row).location)
    assert kiosk.client.slot("A1").stock.locked == 0
    staff.send(recall.partition("?")[0] + "/lift")
    assert "Recalls so far Lot at-99, any product over" in staff.read("/recalls")


def test_a_slot_gets_another_product_and_back_again_by_undo(staff: Visitor, kiosk: KioskProcess) -> None:
    kiosk.fill()
    answer = staff.send("/slots/A2/product", found="9", sku="STRIP", reason="other", **{"added-0-quantity": "3"})
    assert answer.status_code == 303
    held = kiosk.client.slot("A2").stock
    assert (held.sku, held.on_hand) == ("STRIP", 3)
    staff.send(answer.location.partition("?")[0] + "/undo")
    assert kiosk.client.slot("A2").stock.sku == "NAL"


def test_a_product_leaves_the_menu_and_comes_back(staff: Visitor, kiosk: KioskProcess) -> None:
    for hides in (True, False):
        staff.post("/menu", **form_for(staff.open("/menu").text, "STRIP"))
        assert kiosk.client.slot("B1").stock.hidden is hides


def test_every_page_opens_on_a_new_kiosk(staff: Visitor, app: Flask) -> None:
    start(staff)
    paths = [str(rule) for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments]
    for path in {*paths, "/slots/A1", "/slots/A1/coil", "/slots/A1/product"}:
        answer = staff.open(path)
        assert answer.status_code in {200, 204, 422}, (path, words(answer.text))
    refused = staff.send("/code")
    assert refused.status_code == 409
    assert "This kiosk gives out no codes" in words(refused.text)
