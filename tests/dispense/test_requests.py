"""Requests one after the other: whose turn it is, what an id stands for, and how long a coil rests."""

from __future__ import annotations

import pytest

from kiosk.dispense import words
from kiosk.dispense.rules.choose import REST_S
from kiosk.errors import BusyError, ConflictError, NotFoundError
from kiosk.hardware.api import Turn
from kiosk.model import Outcome, VendRequest
from tests.crash.world import Scene
from tests.dispense.running import BLIND_JAM, Running
from tests.stocking import counted

DEAD = Scene(turn=Turn.NOT_STARTED, falls=0)


def test_the_same_id_moves_nothing_again(shop: Running) -> None:
    """From memory, and after a restart from the ledger; for another wish the id is refused."""
    done = shop.vend("STRIP", request_id="request-1")
    assert shop.vend("STRIP", request_id="request-1") == done
    shop.restart()
    assert shop.vend("STRIP", request_id="request-1") == done
    assert shop.bounds("B1") == (4, 0)
    for other in ("B1", "B2", "SOCK", "NAL"):
        with pytest.raises(ConflictError, match="another request"):
            shop.vend(other, request_id="request-1")
    with pytest.raises(NotFoundError, match="No vend has the id"):
        shop.service.find("request-2")


def test_an_id_of_a_request_that_is_served_or_got_nothing_is_for_no_other_product(shop: Running) -> None:
    """Also where the ledger knows nothing of it: before its intent, and when nothing was tried."""
    shop.service.vend(VendRequest(id="request-1", sku="STRIP"))
    with pytest.raises(ConflictError):
        shop.service.vend(VendRequest(id="request-1", sku="NAL"))
    shop.idle()
    assert shop.vend("B3", request_id="request-2").attempts == ()
    with pytest.raises(ConflictError):
        shop.vend("NAL", request_id="request-2")


def test_one_at_a_time(shop: Running) -> None:
    """While an item drops others wait, but for the emergency that comes next."""
    shop.put("A1", 3, "N1")
    shop.service.vend(VendRequest(id="request-1", sku="STRIP"))
    assert shop.service.busy
    with pytest.raises(BusyError):
        shop.service.vend(VendRequest(id="request-2", sku="SOCK"))
    assert shop.service.vend(VendRequest(id="request-3", sku="NAL")).message == words.WAITING
    assert shop.press("NAL")
    assert not shop.press("STRIP")
    shop.idle()
    assert not shop.service.busy
    assert [shop.world.inside[slot] for slot in ("A1", "B1", "C1")] == [1, 4, 5]


def test_a_coil_rests_after_two_failures_and_goes_out_after_three(shop: Running) -> None:
    """It is tried again after half an hour; then staff must come. A test that works brings it back."""
    for _ in range(2):
        shop.vend("C1", DEAD)
    assert shop.vend("SOCK").attempts == ()
    shop.clock.pass_h(REST_S / 3600)
    assert shop.vend("SOCK", DEAD).outcome is Outcome.NOT_STARTED
    shop.clock.pass_h(24)
    assert shop.vend("SOCK").attempts == ()
    assert "Only naloxone is still tried here" in shop.slot("C1").faults[0].text
    assert shop.test("C1").message == "C1 turned and an item fell. It was counted as taken out."
    assert (shop.slot("C1").jams, shop.vend("SOCK").outcome) == (0, Outcome.DISPENSED)


def test_the_rest_of_a_coil_outlives_a_start(shop: Running) -> None:
    """No moment is stored: what had failed twice rests anew from the start, and no longer than once."""
    for _ in range(2):
        shop.vend("C1", DEAD)
    shop.clock.pass_h(0.8 * REST_S / 3600)
    shop.restart()
    assert shop.vend("SOCK").attempts == ()
    shop.clock.pass_h(0.9 * REST_S / 3600)
    assert shop.vend("SOCK").attempts == ()
    shop.clock.pass_h(0.2 * REST_S / 3600)
    assert shop.vend("SOCK", BLIND_JAM).outcome is Outcome.PRESUMED
    assert shop.vend("SOCK").outcome is Outcome.DISPENSED


def test_whoever_opens_the_machine_wakes_its_coils(shop: Running) -> None:
    """A count ends the rest, and the row of failures."""
    for _ in range(2):
        shop.vend("C1", DEAD)
    shop.visit(counted(shop.slot("C1")))
    assert shop.vend("SOCK").outcome is Outcome.DISPENSED
