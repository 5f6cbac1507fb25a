"""Heat, codes and recalls on the running daemon, from a sensor or a person to the shelf."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.config.keys import save_new_key
from kiosk.errors import ConflictError, RequestError
from kiosk.model import Decision, HideRequest, Lock, Outcome, RecallRequest, VendRequest, new_request_id
from tests.daemon.kiosk_here import Kiosk, eventually
from tests.kiosk_process import PRODUCTS
from tests.stocking import counted, visit

IN_A_HURRY = 400.0
"""Half an hour of the machine's own time in less than five seconds."""

WATCHED = PRODUCTS.replace("essential = true", "essential = true\ntemperature_c = [15, 25]\nexcursion_c = [4, 40]")
THERMOMETER = """
[[sensors]]
name = "inside air"
driver = "thermometer"
"""


@pytest.fixture
def warm(tmp_path: Path) -> Iterator[Kiosk]:
    kiosk = Kiosk(tmp_path, speed=IN_A_HURRY, products=WATCHED, extra=THERMOMETER)
    yield kiosk
    kiosk.daemon.stop()


def test_from_the_thermometer_to_a_decision(warm: Kiosk) -> None:
    """Too hot for any time at all: told at once, to be decided when it is over, and naloxone still comes out."""
    warm.world.set_temperature(45.0)
    assert eventually(lambda: bool(warm.client.excursions().excursions))
    (one,) = warm.client.excursions().excursions
    assert (one.sku, one.lots, one.ended) == ("NAL", ("L-A1", "L-A2"), None)
    with pytest.raises(ConflictError, match="still out of range"):
        warm.client.review_excursion(one.id, Decision.REMOVE)
    assert warm.vend("NAL").warning is None
    warm.world.set_temperature(20.0)
    assert eventually(lambda: warm.client.excursions().excursions[0].ended is not None)
    decided = warm.client.review_excursion(one.id, Decision.REMOVE)
    assert (decided.decision, decided.peak_c) == (Decision.REMOVE, 45.0)
    slots = {slot.slot: slot for slot in warm.client.stock().slots}
    assert slots["A1"].lots[0].locked is Lock.SPOILED
    assert not slots["B1"].locked
    done = warm.vend("NAL")
    assert done.outcome is Outcome.DISPENSED
    assert done.warning is not None
    with pytest.raises(ConflictError, match="before you"):
        warm.client.review_excursion(one.id, Decision.ACCEPT)


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Kiosk]:
    """A kiosk whose strips take a code."""
    save_new_key(tmp_path / "codes.key")
    products = PRODUCTS.replace("limit_per_visit = 3", "limit_per_code = 1")
    codes = f'[codes]\nenabled = true\nkey_file = "{tmp_path}/codes.key"\n'
    kiosk = Kiosk(tmp_path, products=products, extra=codes)
    yield kiosk
    kiosk.daemon.stop()


def test_a_code_is_made_used_and_used_up(shared: Kiosk) -> None:
    """At the kiosk itself, with nobody's name; one vend that fails costs nothing."""
    code = shared.client.new_code()
    assert len(code.code.split()) == 4
    with pytest.raises(RequestError, match="Ask for yours in"):
        shared.client.new_code()
    with pytest.raises(RequestError, match="needs a code"):
        shared.vend("STRIP")
    request = VendRequest(id=new_request_id(), sku="STRIP", code=code.code)
    shared.client.vend(request)
    assert shared.client.wait_vend(request.id, 30).outcome is Outcome.DISPENSED
    with pytest.raises(RequestError, match="has had its share"):
        shared.client.vend(VendRequest(id=new_request_id(), sku="STRIP", code=code.code))
    assert shared.vend("NAL").outcome is Outcome.DISPENSED


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    running = Kiosk(tmp_path)
    yield running
    running.daemon.stop()


def test_a_recall_locks_at_once_and_lifted_it_is_over(kiosk: Kiosk) -> None:
    """From the control API to the coil; the stock shows it apart."""
    made = kiosk.client.recall(RecallRequest(id=new_request_id(), lot="l b1"))
    assert (made.slots, made.quantity) == (("B1",), 9)
    assert "recalled or spoiled items are in front and block this coil" in kiosk.faults()
    assert kiosk.vend("STRIP").outcome is None
    assert kiosk.client.recalls().recalls == (made,)
    assert kiosk.client.lift_recall(made.id).lifted
    assert kiosk.vend("STRIP").outcome is Outcome.DISPENSED


def test_off_the_menu_and_back(kiosk: Kiosk) -> None:
    """The answer is the stock as it is then."""
    hidden = kiosk.client.hide(HideRequest(sku="STRIP", hidden=True))
    assert [slot.slot for slot in hidden.slots if slot.hidden] == ["B1"]
    with pytest.raises(RequestError, match="not given out here"):
        kiosk.vend("STRIP")
    shown = kiosk.client.hide(HideRequest(sku="STRIP", hidden=False))
    assert not any(slot.hidden for slot in shown.slots)


def test_what_was_missing_is_told(kiosk: Kiosk) -> None:
    """By product and hour, as soon as somebody asked in vain."""
    kiosk.world.take_out("B1", 9)
    kiosk.client.restock(visit(counted(kiosk.client.slot("B1").stock, 0)))
    kiosk.vend("STRIP")
    kiosk.vend("STRIP")
    (demand,) = kiosk.client.shortage().demand
    assert (demand.sku, demand.unmet, demand.when.endswith(":00Z")) == ("STRIP", 2, True)
