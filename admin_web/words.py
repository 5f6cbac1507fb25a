"""What the staff pages say about slots, counts and hours. Pure: facts in, sentences out."""

from __future__ import annotations

import datetime

from kiosk.model import (
    CELSIUS,
    CONTENT_FAULTS,
    LOT_FAULTS,
    KioskState,
    Lock,
    Outcome,
    Reading,
    SlotStock,
    Vend,
    VendState,
)

TIMES = {1: "once", 2: "twice"}


def items(count: int) -> str:
    """Return "1 item" or "3 items"."""
    return "1 item" if count == 1 else f"{count} items"


def times(count: int) -> str:
    """Return "once", "twice" or "3 times"."""
    return TIMES.get(count, f"{count} times")


def inside(stock: SlotStock) -> str:
    """Return what is inside as far as it is known: "7", or "3 to 4" while something is unresolved."""
    if stock.unresolved:
        return f"{stock.on_hand} to {stock.on_hand + stock.unresolved}"
    return str(stock.on_hand)


def doubt(stock: SlotStock) -> str:
    """Return the sentence about what is unresolved."""
    return f"Nobody knows whether {items(stock.unresolved)} {'is' if stock.unresolved == 1 else 'are'} still inside."


def sold_out(stock: SlotStock) -> bool:
    """Say whether a slot certainly holds nothing."""
    return stock.on_hand + stock.unresolved == 0


def none_good(stock: SlotStock) -> bool:
    """Say whether a slot holds nothing that should be given out: it is sold out, or all of it is locked or expired."""
    return sold_out(stock) or (bool(stock.lots) and all(lot.locked or lot.expired for lot in stock.lots))


def flag(stock: SlotStock) -> str:
    """Return the one word that a slot wears on the wall, the most urgent; empty when all is well."""
    locks = {lot.locked for lot in stock.lots}
    flags = {
        "jam": bool(stock.jams),
        "recall": Lock.RECALLED in locks,
        "spoiled": Lock.SPOILED in locks,
        "count": bool(stock.unresolved),
        "fault": any(fault.kind not in LOT_FAULTS for fault in stock.faults),
        "sold out": sold_out(stock),
        "expired": stock.front_expired,
        "low": stock.on_hand < stock.par,
        "hidden": stock.hidden,
    }
    return next((word for word, worn in flags.items() if worn), "")


def hangs(slot: str) -> tuple[str, int, str]:
    """Return what sorts a slot's name by where it hangs: A2 before A10 before B1."""
    return slot[:1], len(slot), slot


def rows(slots: tuple[SlotStock, ...]) -> list[tuple[str, list[SlotStock]]]:
    """Group slots as the machine hangs: by row letter from the top, by number from the left."""
    wall: dict[str, list[SlotStock]] = {}
    for slot in sorted(slots, key=lambda slot: hangs(slot.slot)):
        wall.setdefault(slot.slot[:1], []).append(slot)
    return list(wall.items())


def reading(measured: Reading) -> str:
    """Return a temperature as short as it can be: "19.5 °C"; what else is measured by its name: "sharps bin: not full".

    When it failed, that is the sensor's own sentence.
    """
    if measured.value is None:
        return measured.text
    if measured.unit == CELSIUS:
        return f"{measured.value:.1f} {CELSIUS}"
    return f"{measured.name}: {measured.text}"


def at_a_glance(state: KioskState) -> list[str]:
    """Return door, readings and link in a few words each. A door that cannot be told is left to the faults."""
    said = [] if state.door_open is None else ["Door open" if state.door_open else "Door closed"]
    said += [reading(measured) for measured in state.readings]
    return [*said, "online" if state.telemetry.connected else "offline"]


def condition(stock: SlotStock) -> list[tuple[str, str]]:
    """Return how a slot is, as (tone, sentence), without saying how many are expected inside."""
    # The pages tell of lots, and of what is unresolved, in words of their own.
    said = [("urgent", fault.text) for fault in stock.faults if fault.kind not in CONTENT_FAULTS]
    if stock.jams and not said:
        said.append(("urgent", f"It failed {times(stock.jams)}. Clear the coil, then do a test turn."))
    if stock.unresolved:
        said.append(("low", f"{doubt(stock)} Your count settles that."))
    return said or [("ok", "It works.")]


def vend_said(vend: Vend) -> str:
    """Return what became of a test turn, and what to do next."""
    if vend.state is not VendState.DONE:
        turning = vend.state is VendState.TURNING
        return f"{vend.slot or 'The coil'} {'is turning' if turning else 'turns next'}. This takes a few seconds."
    said = vend.message.rstrip(".") + "."
    if vend.outcome in {Outcome.DISPENSED, Outcome.PRESUMED}:
        return said + " Take it out of the tray. If you put it back in, count the slot."
    if vend.outcome is Outcome.UNKNOWN:
        return said
    return said + " Look at the coil before you try again."


def at_field(mistake: str) -> str:
    """Return a mistake's sentence without its field's name, for the place where the name stands above it."""
    said = mistake.partition(": ")[2] or mistake
    return said[:1].upper() + said[1:]


def hour(label: str) -> str:
    """Return an hour label such as 2026-11-22T05:00Z as local words: "Sun 22 Nov, 05:00 to 06:00"."""
    try:
        start = datetime.datetime.strptime(label, "%Y-%m-%dT%H:%MZ").replace(tzinfo=datetime.UTC).astimezone()
    except ValueError:
        return label
    end = start + datetime.timedelta(hours=1)
    return f"{start:%a} {start.day} {start:%b}, {start:%H:%M} to {end:%H:%M}"


def funders(slots: tuple[SlotStock, ...]) -> list[str]:
    """Return who paid for what lies in the slots, to choose from."""
    return sorted({lot.funder for slot in slots for lot in slot.lots if lot.funder})


def duration(minutes: int) -> str:
    """Return minutes as words: "45 minutes", "3 hours 25 minutes"."""
    hours, rest = divmod(minutes, 60)
    said = [f"{hours} hour{'' if hours == 1 else 's'}"] if hours else []
    said += [f"{rest} minute{'' if rest == 1 else 's'}"] if rest or not hours else []
    return " ".join(said)


def in_hours(minutes: int) -> str:
    """Return minutes as hours for a table: "0", "under 1", "4"."""
    return "under 1" if 0 < minutes < 60 else str(round(minutes / 60))


def degrees(celsius: float) -> str:
    """Return a temperature as "31.2 °C"."""
    return f"{celsius:.1f} °C"
