"""How the kiosk is: every fault in a plain sentence, every reading, for staff and for telemetry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from kiosk import __version__
from kiosk.config import Config
from kiosk.dispense.ledger import Doubt
from kiosk.dispense.service.vend_thread import Service
from kiosk.dispense.temperature.sensors import SILENT, Sensors
from kiosk.hardware.machine import Machine
from kiosk.model import ClockState, Fault, FaultKind, KioskState, Link

DOUBTS = {
    Doubt.NEW: (FaultKind.UNCOUNTED, "Nobody has counted yet what is inside: count every slot."),
    Doubt.LOST: (
        FaultKind.LEDGER_LOST,
        (
            "The ledger was damaged or lost, and begun anew: count every slot. Recalls, hidden products and products "
            "that were changed on the spot are forgotten: enter them again."
        ),
    ),
    Doubt.BEHIND: (
        FaultKind.LEDGER_BEHIND,
        (
            "The ledger is older than it was: its latest changes are lost, or a backup was put back. Count every slot. "
            "Recalls, hidden products and products that were changed since then are forgotten: enter them again."
        ),
    ),
}

DOOR_OPEN = "The door is open: close it. Only naloxone comes out until then."

UNTRUSTED = (
    "Nobody has told the kiosk the date since power came back: expiry dates are judged by {:%d %b %Y}. "
    "Check the date on the staff pages, or give the kiosk a network for a minute."
)


class Status:
    """Gathers the state of all parts, anew at each call. None that takes its time is waited for."""

    def __init__(
        self, config: Config, machine: Machine, service: Service, sensors: Sensors, others: Sequence[Fault] = ()
    ) -> None:
        """Prepare. `others` are faults that nobody here can see."""
        self._kiosk = config.kiosk
        self._machine = machine
        self._service = service
        self._sensors = sensors
        self._others = others
        self.link: Callable[[], Link] = lambda: Link(text="Telemetry has not started.", connected=False, pending=0)
        """Tells where telemetry stands."""
        self.telemetry_fault: Callable[[], str | None] = lambda: None
        """Tells what is wrong with the broker, if anything is."""

    def now(self) -> KioskState:
        """Return the whole kiosk at a glance. May be called from any thread."""
        door = self._machine.door
        return KioskState(
            kiosk=self._kiosk.id,
            site=self._kiosk.site,
            busy=self._service.busy,
            door_open=None if door is None else door.is_open(),
            readings=self._sensors.readings,
            faults=tuple(self._faults()),
            telemetry=self.link(),
            software=__version__,
            clock=self._clock(),
            pins=self._machine.board.pins,
            parts=self._machine.listed,
        )

    def _clock(self) -> ClockState:
        clock = self._machine.board.clock
        return ClockState(shown=clock.local_date(), judged=self._service.calendar.today(), trusted=clock.synced())

    def _faults(self) -> Iterator[Fault]:
        """Give the faults in the order of their worth: what stops everything first."""
        service = self._service
        yield from _fault("ledger", FaultKind.LEDGER, service.ledger_fault)
        if doubt := service.doubt:
            kind, text = DOUBTS[doubt]
            yield Fault(where="ledger", kind=kind, text=text)
        yield from self._others
        yield from _fault("pins", FaultKind.PART, self._machine.board.fault())
        yield from _fault("telemetry", FaultKind.TELEMETRY, self.telemetry_fault())
        for slot in service.mistrusted:
            text = f"{slot}: the ledger's sums do not agree. Count this slot, then look for a failing disk."
            yield Fault(where=slot, kind=FaultKind.SUMS, text=text)
        for name, said in self._of_parts():
            yield from _fault(name, FaultKind.PART, said)
        if (door := self._machine.door) and door.is_open():
            yield Fault(where="door", kind=FaultKind.DOOR_OPEN, text=DOOR_OPEN)
        if not self._machine.board.clock.synced():
            yield Fault(where="clock", kind=FaultKind.CLOCK, text=UNTRUSTED.format(service.calendar.today()))
        for stock in service.stock().slots:
            yield from stock.faults

    def _of_parts(self) -> Iterator[tuple[str, str | None]]:
        """Give what the parts themselves say, what gives out before what only tells."""
        machine = self._machine
        if machine.beam is not None:
            yield "drop sensor", machine.beam.fault()
        yield from machine.broken.items()
        for table in (machine.controllers, machine.motors, machine.buttons, machine.keypads, machine.climates):
            for name, part in table.items():
                yield name, part.fault()
        if machine.door is not None:
            yield "door", machine.door.fault()
        for name, alert in machine.alerts.items():
            yield name, alert.alert()
        if silent := self._sensors.silent:
            yield silent, SILENT.format(silent)
        for reading in self._sensors.readings:
            if reading.name not in machine.alerts:  # an alert says it itself, and why
                yield reading.name, reading.text if reading.value is None else None


def _fault(where: str, kind: FaultKind, text: str | None) -> Iterator[Fault]:
    """Give the fault that a sentence tells, if there is one."""
    if text:
        yield Fault(where=where, kind=kind, text=text)
