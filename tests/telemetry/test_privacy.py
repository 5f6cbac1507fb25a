"""What leaves the kiosk, looked at as somebody would who wants to know who came when."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.model import EventKind, Fault, FaultKind, KioskState, Link, OutboxRow, Reading, SlotStock, Stock
from kiosk.telemetry import messages
from kiosk.telemetry.release import Cadence

KEYS = {
    "ev": {"v", "e", "s", "k", "slot", "sku", "lot", "funder", "qty", "ts", "clock_ok", "boot"},
    "state": {"v", "e", "s", "ts", "clock_ok", "slots", "faults", "door", "temperature_c", "dropped"},
    "slots": {"slot", "sku", "on_hand", "unresolved", "capacity", "par", "fault", "locked"},
    "status": {"v", "e", "online", "software"},
    "meta": {"v", "site", "products"},
    "products": {"sku", "name", "pictogram", "essential", "description"},
}
HOUR = re.compile(r"\d{4}-\d\d-\d\dT\d\d:00Z")
FINER = re.compile(r"\d\d:(?!00Z)\d\d|\d{10,}\.?\d*")

times = st.datetimes().map(lambda moment: moment.isoformat() + "Z")
anything = st.one_of(st.text(max_size=80), times)


def row(kind: EventKind, hour: str) -> OutboxRow:
    return OutboxRow(
        epoch="e1",
        seq=1,
        kind=kind,
        slot="A1",
        sku="NAL-4",
        lot=None,
        funder=None,
        quantity=-1,
        hour=hour,
        clock_ok=True,
        boot=1,
    )


def kiosk_state(value: float | None, text: str, where: str = "beam") -> KioskState:
    return KioskState(
        kiosk="north-1",
        site="Harbour Street",
        busy=True,
        door_open=None,
        readings=(Reading(name="inside", text=text, value=value, unit="°C"),),
        faults=tuple(Fault(where=where, kind=FaultKind.PART, text=said) for said in (text, "again")),
        telemetry=Link(text=text, connected=True, pending=4),
        software="0.1.0",
    )


def stock(text: str) -> Stock:
    slot = SlotStock(
        slot="A1",
        sku="NAL-4",
        product=text,
        pictogram="naloxone",
        essential=True,
        capacity=9,
        par=3,
        on_hand=5,
        unresolved=1,
        jams=2,
        version=812,
        faults=(Fault(where="A1", kind=FaultKind.FAILED, text=text),),
    )
    return Stock(slots=(slot,))


def state_of(value: float | None, text: str, hour: str = "2026-11-22T05:41:07Z") -> dict[str, Any]:
    document = messages.state(
        "e1", 8, hour=hour, clock_ok=True, stock=stock(text), kiosk=kiosk_state(value, text), dropped=0
    )
    return json.loads(messages.encode(document))  # type: ignore[no-any-return]


@given(kind=anything, hour=anything)
def test_an_event_carries_only_what_is_allowed_and_no_finer_time_than_the_hour(kind: str, hour: str) -> None:
    payload = messages.encode(messages.event(row(EventKind.of(kind), hour)))
    event = json.loads(payload)
    assert event.keys() == KEYS["ev"]
    assert event["ts"] is None or HOUR.fullmatch(event["ts"])
    assert re.fullmatch(r"[a-z][a-z0-9_]{0,31}", event["k"])
    assert not FINER.search(payload.decode())


@given(text=anything, hour=anything, value=st.one_of(st.none(), st.floats()))
def test_the_state_carries_no_sentence_and_no_finer_time_than_the_hour(
    text: str, hour: str, value: float | None
) -> None:
    state = state_of(value, text, hour)
    assert state.keys() == KEYS["state"]
    assert all(slot.keys() == KEYS["slots"] for slot in state["slots"])
    assert state["ts"] is None or HOUR.fullmatch(state["ts"])
    assert state["faults"] == ["beam"]
    assert state["temperature_c"] is None or (state["temperature_c"] * 2).is_integer()
    assert not FINER.search(json.dumps({key: state[key] for key in state.keys() - {"temperature_c"}}))


def test_status_and_meta_carry_only_what_is_allowed() -> None:
    product = messages.ProductInfo(sku="NAL-4", name="Naloxone", pictogram="naloxone", essential=True)
    status = json.loads(messages.encode(messages.status("e1", True, "0.1.0")))
    meta = json.loads(messages.encode(messages.site_info("Harbour Street", [product])))
    assert status.keys() == KEYS["status"]
    assert meta.keys() == KEYS["meta"]
    assert meta["products"][0].keys() == KEYS["products"]


@pytest.mark.parametrize(
    ("measured", "told"),
    [(21.3, 21.5), (21.2, 21.0), (-0.3, -0.5), (None, None), (float("nan"), None), (1e308 * 10, None)],
)
def test_the_temperature_is_rounded(measured: float | None, told: float | None) -> None:
    assert state_of(measured, "")["temperature_c"] == told


class TestCadence:
    """Events leave at moments that no visit can shift."""

    def test_one_release_a_period_wherever_the_process_starts(self) -> None:
        grids = set()
        for start in (0.0, 17.0, 3599.0, 1_800_000_123.4):
            cadence = Cadence(3600, "north-1", start)
            moments = [second for second in range(int(start) + 1, int(start) + 7201) if cadence.due(second)]
            assert len(moments) == 2
            assert moments[1] - moments[0] == 3600
            grids.add(moments[0] % 3600)
        assert len(grids) == 1, "a restart does not move the grid"

    def test_kiosks_do_not_all_speak_at_once_but_all_when_an_hour_has_begun(self) -> None:
        """In the middle of an hour a release would tell what was before it and what after."""
        now = 1800.0
        first = {round(now + Cadence(3600, f"kiosk-{number}", now).wait_s(now), 1) for number in range(50)}
        assert len(first) > 30
        assert all(3600.0 <= moment <= 3620.0 for moment in first)

    @given(now=st.floats(0, 4e9), period=st.integers(1, 86400))
    def test_the_wait_ends_at_the_release(self, now: float, period: int) -> None:
        cadence = Cadence(period, "north-1", now)
        wait = cadence.wait_s(now)
        assert 0 <= wait <= period + 1e-6
        assert cadence.due(now + wait + 1e-3)

    def test_a_clock_that_was_set_back_still_releases(self) -> None:
        cadence = Cadence(3600, "north-1", 1_800_000_000)
        assert cadence.due(5.0)
        assert not cadence.due(6.0)
