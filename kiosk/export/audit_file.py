"""What the kiosk says in the vending trade's audit file: totals, what is inside, and what waits for a person. Pure.

There is no person and no time finer than the hour in it. What each line says is explained in docs/evadts.md.
"""

from __future__ import annotations

import datetime
import zlib
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from kiosk.clock import HOUR_S
from kiosk.export.evadts import Segment, framed
from kiosk.model import CONTENT_FAULTS, Audit, FaultKind, KioskState, SlotStock, SlotTotals, Stock

MODEL = "harm-reduction kiosk"

Line: TypeAlias = tuple[str, tuple[str | int, ...]]
"""The name of a line, and its fields."""

NAME_LENGTH = 20
"""Names are cut at so many characters: old readers have no room for more."""

PLACES = {"door": "EGS", "drop sensor": "EJL", "ledger": "ECO", "pins": "ECD"}
"""Event codes: door open, product delivery detector, non-volatile memory, control board."""

MOTOR, PRODUCT, TEMPERATURE_SENSOR, OTHER = "EJB", "ELZ", "EC1C", "ECZ"
"""Event codes: dispense motor, unlisted fault of a product, temperature sensor, unlisted fault of the machine."""


def audit_file(audit: Audit, stock: Stock, state: KioskState, hour: int) -> bytes:
    """Return the audit file. `hour` is now, in hours since 1970 (UTC): the only time that is in it."""
    segments = [Segment(name, tuple(map(str, fields))) for name, fields in _body(audit, stock, state, hour)]
    return framed(_sender(state.kiosk), segments)


def _sender(kiosk: str) -> str:
    """Return the ten characters that name the sender: three for the maker, seven for the machine, here from its id."""
    return f"HRK{zlib.crc32(kiosk.encode()) % 10**7:07d}"


def _body(audit: Audit, stock: Stock, state: KioskState, hour: int) -> Iterator[Line]:
    date, time = _when(hour)
    yield "ID1", (state.kiosk, MODEL, state.software, state.site[:NAME_LENGTH], "", state.kiosk)
    # Everything is free: no decimals, and ISO 4217's code for "no currency".
    yield "ID4", (0, 999, "XXX")
    yield "ID5", (date, time)
    yield "CB1", (state.kiosk, MODEL, state.software)
    # Machine totals have the value first; there is none.
    tested, given = sum(slot.tested for slot in audit.slots), sum(map(_given, audit.slots))
    yield "VA1", (0, 0, 0, 0)
    yield "VA2", (0, tested, 0, tested)
    yield "VA3", (0, given, 0, given)
    yield from _selections(audit, stock)
    for code in sorted(set(_now_wrong(stock, state))):
        yield "EA1", (code, date, time)
    for code, times in sorted(_failures(audit.slots)):
        yield "EA2", (code, times, times)


def _selections(audit: Audit, stock: Stock) -> Iterator[Line]:
    """Give the lines of each selection: product, paid vends (none ever), test vends, free vends, sold out.

    Counts stand there since the beginning and since the last reset, which never was: twice the same.
    """
    totals = {slot.slot: slot for slot in audit.slots}
    asked_in_vain = {product.sku: product.sold_out for product in audit.products}
    for slot in stock.slots:
        so_far = totals.get(slot.slot, SlotTotals(slot=slot.slot))
        tested, given, holds = so_far.tested, _given(so_far), slot.capacity
        yield "PA1", (slot.slot, 0, slot.product[:NAME_LENGTH], holds, holds, 1, 0, slot.on_hand, slot.par)
        yield "PA2", (0, 0, 0, 0)
        yield "PA3", (tested, 0, tested, 0)
        yield "PA4", (given, 0, given, 0)
        # Visitors ask for a product, not for a selection: its first one has the number, so that the sum is right.
        yield "PA5", ("", "", asked_in_vain.pop(slot.sku, 0))


def _given(slot: SlotTotals) -> int:
    """Return how many items came out: those seen to fall, and those whose coil turned unseen."""
    return slot.given + slot.presumed


def _failures(slots: Iterable[SlotTotals]) -> Iterator[tuple[str, int]]:
    """Give the event code of each thing that went wrong, and how often it did."""
    for slot in slots:
        codes = {"EJB": slot.not_started, "ELA": slot.jammed, "ELZ": slot.unknown}
        yield from ((f"{code}_{slot.slot}", times) for code, times in codes.items() if times)


def _now_wrong(stock: Stock, state: KioskState) -> Iterator[str]:
    """Give the event code of each fault that waits for a person now."""
    slots = {slot.slot: slot for slot in stock.slots}
    meters = {reading.name for reading in state.readings}
    for fault in state.faults:
        if fault.where in slots:
            yield f"{_of_slot(slots[fault.where], fault.kind)}_{fault.where}"
        elif fault.where in meters:
            yield TEMPERATURE_SENSOR
        else:
            yield PLACES.get(fault.where, OTHER)


def _of_slot(slot: SlotStock, kind: FaultKind) -> str:
    """Return what is wrong with a slot: what is in it, such as a recalled lot, or else what turns it."""
    return PRODUCT if kind in CONTENT_FAULTS and not slot.jams else MOTOR


def _when(hour: int) -> tuple[str, str]:
    """Return date and time as the standard writes them, YYMMDD and HHMM, of a whole hour."""
    then = datetime.datetime.fromtimestamp(hour * HOUR_S, datetime.UTC)
    return f"{then:%y%m%d}", f"{then:%H}00"
