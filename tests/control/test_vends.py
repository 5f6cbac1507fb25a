"""Vends and restocks through the control API of a real daemon on a simulated machine."""

from __future__ import annotations

import datetime
import socket
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import msgspec
import pytest

from kiosk.control.client import Client
from kiosk.errors import BusyError, ConflictError, DaemonAwayError, NotFoundError, RequestError
from kiosk.model import (
    Availability,
    Outcome,
    Purpose,
    RefusalCode,
    RefusedError,
    Stage,
    VendRequest,
    VendState,
    new_request_id,
)
from kiosk.simulator.world import inside, motions
from tests.hardware.machine import until
from tests.kiosk_process import KioskProcess
from tests.stocking import counted, visit


def on_hand(kiosk: KioskProcess) -> dict[str, int]:
    return {slot.slot: slot.on_hand for slot in kiosk.client.stock().slots}


def test_a_vend_gives_out_one_item_and_counts_it(kiosk: KioskProcess) -> None:
    """What the count says left is what really left."""
    before, inside_before = on_hand(kiosk), inside(kiosk.state)
    done = kiosk.vend(sku="STRIP")
    assert (done.outcome, done.slot) == (Outcome.DISPENSED, "B1")
    assert done.message == "Done. Take it from the tray."
    assert on_hand(kiosk)["B1"] == before["B1"] - 1
    assert inside(kiosk.state)["B1"] == inside_before["B1"] - 1


def test_the_count_is_honest_while_the_coil_turns(kiosk: KioskProcess) -> None:
    """Asked again and again during a vend, the stock never promises more than is inside."""
    request = VendRequest(id=new_request_id(), sku="NAL")
    kiosk.client.vend(request)
    unresolved = 0
    while kiosk.client.wait_vend(request.id, 0).state is not VendState.DONE:
        for slot in kiosk.client.stock().slots:
            unresolved += slot.unresolved
            assert slot.on_hand <= inside(kiosk.state)[slot.slot]
    assert unresolved > 0


def test_a_double_tap_is_one_vend(kiosk: KioskProcess) -> None:
    """The same id, twice at once and once more afterwards, moves one motor once."""
    before = motions(kiosk.state)
    request = VendRequest(id=new_request_id(), sku="NAL")
    with ThreadPoolExecutor(2) as pool:
        taken = list(pool.map(kiosk.client.vend, [request, request]))
    done = kiosk.wait(request.id)
    assert {vend.id for vend in taken} == {request.id}
    assert kiosk.client.vend(request) == done
    assert sum(motions(kiosk.state).values()) == sum(before.values()) + 1


def test_one_vend_at_a_time(tmp_path: Path) -> None:
    """A second request is told busy at once; naloxone asked for meanwhile waits and comes next, for two people."""
    kiosk = KioskProcess(tmp_path, speed=0.5)
    kiosk.start()
    kiosk.fill()
    first = VendRequest(id=new_request_id(), slot="B1")
    kiosk.client.vend(first)
    while kiosk.client.wait_vend(first.id, 0).state is VendState.WAITING:
        pass  # who has not begun yet gives way to naloxone where the computer is that busy
    with pytest.raises(BusyError, match="Press again when it is done"):
        kiosk.client.vend(VendRequest(id=new_request_id(), sku="STRIP"))
    two = [VendRequest(id=new_request_id(), sku="NAL") for _ in range(2)]
    for emergency in two:
        assert kiosk.client.vend(emergency).message == "Yours is next. It takes a few seconds."
    with pytest.raises(BusyError, match="Two are on their way"):
        kiosk.client.vend(VendRequest(id=new_request_id(), sku="NAL"))
    for request in (first, *two):
        assert kiosk.wait(request.id).outcome is Outcome.DISPENSED
    assert kiosk.stop() == 0


def test_a_screen_follows_a_request_that_it_did_not_make(kiosk: KioskProcess) -> None:
    """Each answer comes when there is something new, and names nobody."""
    now = kiosk.client.now()
    kiosk.client.vend(VendRequest(id=new_request_id(), slot="B1"))
    shown = [now]
    while shown[-1].stage is not Stage.OVER or shown[-1].version == now.version:
        shown.append(kiosk.client.now(shown[-1].version, 20))
    assert [one.stage for one in shown][-2:] == [Stage.TURNING, Stage.OVER]
    assert (shown[-1].sku, shown[-1].slot, shown[-1].outcome) == ("STRIP", "B1", Outcome.DISPENSED)
    assert {"id", "code", "request"}.isdisjoint(shown[-1].__struct_fields__)


def test_the_menu_and_what_was_used_are_told(kiosk: KioskProcess) -> None:
    menu = {item.sku: item for item in kiosk.client.menu().items}
    assert menu["NAL"].availability is Availability.IN
    assert (menu["NAL"].name, menu["NAL"].essential) == ("Naloxone nose spray", True)
    clock = kiosk.client.state().clock
    assert clock is not None
    today = clock.judged
    before = sum(row.given for row in kiosk.client.usage(today - datetime.timedelta(days=1), today).rows)
    assert kiosk.vend(slot="A1").outcome is Outcome.DISPENSED
    usage = kiosk.client.usage(today - datetime.timedelta(days=1), today)
    assert sum(row.given for row in usage.rows) == before + 1
    assert (usage.first, usage.last) == (today - datetime.timedelta(days=1), today)


def test_whoever_says_that_the_visit_is_over_leaves_no_limit_to_the_next(kiosk: KioskProcess) -> None:
    def take_many() -> None:
        for _ in range(9):
            kiosk.vend(sku="STRIP")

    with pytest.raises(RefusedError) as told:
        take_many()
    assert told.value.refusal.code is RefusalCode.LIMIT
    assert {item.sku: item.refusal for item in kiosk.client.menu().items}["STRIP"] is RefusalCode.LIMIT
    kiosk.client.end_visit()

    def may_be_had() -> bool:
        kiosk.client.end_visit()
        return {item.sku: item.refusal for item in kiosk.client.menu().items}["STRIP"] is None

    assert until(may_be_had), "once whoever took the last one may have stepped away"
    assert kiosk.vend(sku="STRIP").outcome is Outcome.DISPENSED


def test_whoever_needs_an_answer_gets_it_beside_all_who_wait(tmp_path: Path) -> None:
    """Ten wait for a vend and ten to save something: the state is told, and says that the vend is still under way."""
    slow = KioskProcess(tmp_path, speed=0.1)
    slow.start()
    slow.fill()
    line = counted(slow.client.slot("B1").stock, 4)
    request = VendRequest(id=new_request_id(), sku="NAL")
    slow.client.vend(request)
    with ExitStack() as waiting, ThreadPoolExecutor(10) as pool:
        for _ in range(10):
            asking = waiting.enter_context(socket.socket(socket.AF_UNIX))
            asking.connect(str(slow.socket))
            asking.sendall(f"GET /v1/vends/{request.id}?wait_s=30 HTTP/1.1\r\nHost: kiosk\r\n\r\n".encode())
        saves = [pool.submit(slow.client.restock, visit(line)) for _ in range(10)]
        refused = [save.exception() for save in islice(as_completed(saves), 7)]
        busy = slow.client.state().busy
        slow.kill()
    assert {type(error) for error in refused} == {BusyError}
    assert busy


def test_a_limit_holds_for_a_visit(kiosk: KioskProcess) -> None:
    """The fourth of an item with a limit of three is refused, with the wait; naloxone never is."""
    taken = 0
    with pytest.raises(RefusedError, match=r"The next one comes in [0-9]+ seconds") as told:  # noqa: PT012
        while taken < 4:
            taken += kiosk.vend(sku="STRIP").outcome is Outcome.DISPENSED
    assert taken <= 3
    assert told.value.refusal.code is RefusalCode.LIMIT
    assert 0 < (told.value.refusal.wait_s or 0) <= 60
    for _ in range(4):
        assert kiosk.vend(sku="NAL").outcome is Outcome.DISPENSED


def test_every_code_of_a_refusal_is_documented() -> None:
    """A program that asks must know all that it may be told."""
    table = (Path(__file__).parents[2] / "docs" / "control.md").read_text()
    assert [code for code in RefusalCode if f"`{code}`" not in table] == []


def test_an_id_is_for_one_request(kiosk: KioskProcess) -> None:
    """An id that was used for something else is refused."""
    done = kiosk.vend(slot="A1")
    for other in ({"slot": "A2"}, {"sku": "NAL"}, {"slot": "A1", "purpose": Purpose.TEST}):
        with pytest.raises(ConflictError, match="another request"):
            kiosk.client.vend(msgspec.convert({"id": done.id} | other, VendRequest))


def test_a_test_turn_is_for_staff(kiosk: KioskProcess) -> None:
    """It turns the slot once and says what fell, as a test."""
    request = VendRequest(id=new_request_id(), slot="A2", purpose=Purpose.TEST)
    kiosk.client.vend(request)
    assert kiosk.wait(request.id).message == "A2 turned and an item fell. It was counted as taken out."
    assert kiosk.client.events(1).events[0].kind == "tested"


def test_restock_counts_and_fills(kiosk: KioskProcess) -> None:
    """Drift is told, the lot is listed behind what was there, and a repeated call is the same visit."""
    slot = kiosk.client.slot("A1").stock
    request = visit(counted(slot, slot.on_hand - 1, added=2, lot="L42", funder="county"))
    done = kiosk.client.restock(request)
    assert [(line.drift, line.on_hand) for line in done.lines] == [(-1, slot.on_hand + 1)]
    assert kiosk.client.restock(request) == done
    detail = kiosk.client.slot("A1")
    assert (detail.stock.lots[-1].lot, detail.stock.lots[-1].quantity) == ("L42", 2)
    assert (detail.drifts[0].found, detail.drifts[0].drift) == (slot.on_hand - 1, -1)
    assert [event.text for event in detail.events[:3]] == [
        "Put in: 2.",
        "The count was -1 against what was expected.",
        f"Counted: {slot.on_hand - 1}.",
    ]
    with pytest.raises(ConflictError, match="A1 changed while you counted"):
        kiosk.client.restock(visit(counted(slot)))
    assert kiosk.client.undo_restock(request.id).undone
    undone = kiosk.client.slot("A1").stock
    assert (undone.on_hand, undone.unresolved) == (slot.on_hand, 1)
    assert kiosk.client.restocks(2).restocks[0].undone
    kiosk.client.restock(visit(counted(kiosk.client.slot("A1").stock, slot.on_hand)))


@pytest.mark.parametrize(("found", "added"), [(41, 0), (20, 21)])
def test_more_than_fits_is_refused(kiosk: KioskProcess, found: int, added: int) -> None:
    """The sentence names the slot and what it holds."""
    with pytest.raises(RequestError, match="A1 holds 40"):
        kiosk.client.restock(visit(counted(kiosk.client.slot("A1").stock, found, added=added)))


def test_what_is_not_there(kiosk: KioskProcess) -> None:
    """Unknown slots, products and vends are told by name."""
    for ask in (
        lambda: kiosk.client.slot("Z9"),
        lambda: kiosk.vend(slot="Z9"),
        lambda: kiosk.vend(sku="nothing"),
        lambda: kiosk.client.wait_vend("no-such-vend", 0),
    ):
        with pytest.raises(NotFoundError):
            ask()
    with pytest.raises(DaemonAwayError, match="does not answer"):
        Client(str(kiosk.folder / "nobody.sock")).state()


def test_admin_codes_work_once(kiosk: KioskProcess) -> None:
    """A code opens one sign-in; wrong tries take it from nobody."""
    first = kiosk.client.make_admin_code()
    kiosk.client.redeem_admin_code(first.code.lower().replace("-", " "))
    with pytest.raises(RequestError, match="wrong, used or too old"):
        kiosk.client.redeem_admin_code(first.code)
    second = kiosk.client.make_admin_code()
    for _ in range(20):
        with pytest.raises(RequestError):
            kiosk.client.redeem_admin_code("AAAAA-AAAAA")
    kiosk.client.redeem_admin_code(second.code)


def test_events_page_backwards(kiosk: KioskProcess) -> None:
    """Newest first, without gaps between pages, and nothing finer than the hour."""
    first = kiosk.client.events(3).events
    older = kiosk.client.events(3, before=first[-1].seq).events
    seqs = [event.seq for event in first + older]
    assert seqs == sorted(seqs, reverse=True)
    assert all(event.hour.endswith(":00Z") for event in first)


def test_the_state_in_sentences(kiosk: KioskProcess) -> None:
    """A healthy kiosk has no faults, once somebody vouched for its clock, and says where telemetry stands."""
    clock = kiosk.client.state().clock
    assert clock is not None
    with pytest.raises(ConflictError):
        kiosk.client.confirm_date(clock.shown - datetime.timedelta(days=1))
    kiosk.client.confirm_date(clock.shown)
    state = kiosk.client.state()
    assert state.clock is not None
    assert state.clock.trusted
    assert (state.faults, state.door_open, state.busy) == ((), False, False)
    assert state.telemetry.text.startswith("No broker is configured: ")
    assert kiosk.client.stock().slots[0].faults == ()
