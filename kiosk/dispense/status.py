"""How the kiosk is: every fault in a plain sentence, every reading, for staff and for telemetry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from kiosk import __version__
from kiosk.config import Config
from kiosk.dispense.ledger import Doubt
from kiosk.dispense.parts import Parts
from kiosk.dispense.service import Service
from kiosk.hardware.api import Asked
from kiosk.model import ClockState, Fault, KioskState, Link, MachinePart

DOUBTS = {
    Doubt.NEW: "Nobody has counted yet what is inside: count every slot.",
    Doubt.LOST: (
        "The ledger was damaged or lost, and begun anew: count every slot. Recalls, hidden products and products that "
        "were changed on the spot are forgotten: enter them again."
    ),
    Doubt.BEHIND: (
        "The ledger is older than it was: its latest changes are lost, or a backup was put back. Count every slot. "
        "Recalls, hidden products and products that were changed since then are forgotten: enter them again."
    ),
}

UNTRUSTED = (
    "Nobody has told the kiosk the date since power came back: expiry dates are judged by {:%d %b %Y}. "
    "Check the date on the staff pages, or give the kiosk a network for a minute."
)


class Status:
    """Gathers the state of all parts, anew at each call."""

    def __init__(self, config: Config, parts: Parts, service: Service, others: Sequence[tuple[str, str]] = ()) -> None:
        """Prepare. `others` are faults that nobody here can see: where, and a sentence for staff."""
        self._kiosk = config.kiosk
        self._parts = parts
        self._service = service
        self._others = others
        self._listed = tuple(listed(config, parts))
        self.link: Callable[[], Link] = lambda: Link(text="Telemetry has not started.", connected=False, pending=0)
        """Tells where telemetry stands."""
        self.telemetry_fault: Callable[[], str | None] = lambda: None
        """Tells what is wrong with the broker, if anything is."""

    def now(self) -> KioskState:
        """Return the whole kiosk at a glance. May be called from any thread."""
        door = self._parts.door
        return KioskState(
            kiosk=self._kiosk.id,
            site=self._kiosk.site,
            busy=self._service.busy,
            door_open=None if door is None else door.is_open(),
            readings=tuple(meter.read() for meter in self._parts.meters),
            faults=tuple(self._faults()),
            telemetry=self.link(),
            software=__version__,
            clock=self._clock(),
            pins=self._parts.board.pins,
            parts=self._listed,
        )

    def _clock(self) -> ClockState:
        clock = self._parts.board.clock
        return ClockState(shown=clock.local_date(), judged=self._service.calendar.today(), trusted=clock.synced())

    def _faults(self) -> Iterator[Fault]:
        """Give the faults in the order of their worth: what stops everything first."""
        for where, text in self._sentences():
            if text:
                yield Fault(where=where, text=text)

    def _sentences(self) -> Iterator[tuple[str, str | None]]:
        parts = self._parts
        yield "ledger", self._service.ledger_fault
        doubt = self._service.doubt
        yield "ledger", DOUBTS[doubt] if doubt else None
        yield from self._others
        yield "pins", parts.board.fault()
        yield "telemetry", self.telemetry_fault()
        for slot in self._service.mistrusted:
            yield slot, f"{slot}: the ledger's sums do not agree. Count this slot, then look for a failing disk."
        yield from self._of_parts()
        yield "clock", None if self._parts.board.clock.synced() else UNTRUSTED.format(self._service.calendar.today())
        for stock in self._service.stock().slots:
            for text in stock.faults:
                yield stock.slot, text

    def _of_parts(self) -> Iterator[tuple[str, str | None]]:
        """Give what the parts themselves say, what gives out before what only tells."""
        parts = self._parts
        if parts.beam is not None:
            yield "drop sensor", parts.beam.fault()
        yield from parts.broken.items()
        for name, part in (parts.controllers | parts.motors | parts.buttons | parts.keypads | parts.climates).items():
            yield name, part.fault()
        if parts.door is not None:
            yield "door", parts.door.fault()
            if parts.door.is_open():
                yield "door", "The door is open: close it. Only naloxone comes out until then."
        for name, alert in parts.alerts.items():
            yield name, alert.alert()
        for meter in parts.meters:
            reading = meter.read()
            if reading.name not in parts.alerts:  # an alert says it itself, and why
                yield reading.name, reading.text if reading.value is None else None


def listed(config: Config, parts: Parts) -> Iterator[MachinePart]:
    """Name every part that could be opened, in the order of the configuration."""
    for slot in config.slots:
        if motor := parts.motors.get(slot.id):
            kind = "lock" if slot.id in parts.lockers else "motor"
            yield MachinePart(kind=kind, driver=slot.driver, name=slot.id, visitor_only=isinstance(motor, Asked))
    tables = {
        "controller": config.controllers,
        "sensor": config.sensors,
        "input": config.inputs,
        "light": config.lights,
        "output": config.outputs,
    }
    for kind, entries in tables.items():
        for entry in entries:
            if entry.name not in parts.broken:
                yield MachinePart(kind=kind, driver=entry.driver, name=entry.name)
