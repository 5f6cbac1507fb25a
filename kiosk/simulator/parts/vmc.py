"""A whole vending machine at the far end of a serial line: it polls, drives its lanes on order, and tells what it did.

It is as strict as the protocol says and no stricter: it takes an order whose number is not the last one for a new one,
says everything five times if nobody acknowledges it, and then gives up.
"""

from __future__ import annotations

from collections import deque

from kiosk.hardware.shared.protocol.vmc_frames import ACK, POLL, Command, Decoder, Packet, after, frame
from kiosk.simulator.cabinet import Cabinet, Entry, Part
from kiosk.simulator.faults import Fault
from kiosk.simulator.line import Line
from kiosk.simulator.parts.vmc_lane import Body as Lane
from kiosk.simulator.vmc_drive import Drive, Says, is_turning

EVERY_S = 0.2
WAITS_S = 0.1
MOST_SENT = 5
"""Polls, and patience (2., Communication Rules)."""
NORMAL, NO_SUCH, MOTOR_FAULT, GIVEN_UP = 0x01, 0x03, 0x17, 0xFF


class Body(Part):
    """A machine. Tests may set `drive.blind` and the like, `states` and `line.mangle`."""

    accepts = Line.accepts | {Fault.BOARD_OFF}

    def __init__(self, name: str, entry: Entry, cabinet: Cabinet) -> None:
        super().__init__(name, entry, cabinet)
        self.lanes: dict[int, Lane] = {}
        """Its lanes by their selections; each enters itself."""
        self.states: dict[int, int] = {}
        """What it answers when asked for a selection, if not what is true: SOLD_OUT, for one."""
        self.health = 0
        self.drive = Drive(cabinet, self._tell)
        self._decoder = Decoder()
        self._life = 0
        self._on = False
        cabinet.on_power.append(self._power_changed)
        self.line = Line(cabinet, self.options.port, self._heard)
        self._power_changed(cabinet.timeline.now())

    def fault_changed(self) -> None:
        self.line.set_faults(self.faults)
        self._power_changed(self.cabinet.timeline.now())

    def close(self) -> None:
        self.line.close()

    # -- power --------------------------------------------------------------------------------------------------------

    def _power_changed(self, at: float) -> None:
        on = self.cabinet.powered and Fault.BOARD_OFF not in self.faults
        if on == self._on:
            return
        self._on = on
        self._life += 1
        self._number, self._last_order = 1, 0
        self._outbox: deque[tuple[int, bytes]] = deque([(Command.SYNC, b"")])
        self._in_flight: bytes | None = None
        self._sent = 0
        self._decoder.clear()
        if on:
            self._next(at, EVERY_S)
        else:
            self.drive.stop()

    def _next(self, at: float, after_s: float) -> None:
        life = self._life
        self.cabinet.timeline.at(at + after_s, lambda when: self._speak(when) if life == self._life else None)

    # -- what it says -------------------------------------------------------------------------------------------------

    def _tell(self, says: Says, selection: int, _at: float) -> None:
        self._outbox.append((Command.STATUS, bytes([says]) + selection.to_bytes(2, "big")))

    def _speak(self, at: float) -> None:
        """Say the next thing, or what was not acknowledged again, or poll."""
        if self._sent == MOST_SENT:
            self._outbox.popleft()  # nobody listens; its number was not acknowledged, so the next frame bears it
            self._in_flight, self._sent = None, 0
        if self._outbox:
            command, text = self._outbox[0]
            self._in_flight = frame(command, bytes([self._number]) + text)
            self._sent += 1
            self.line.say(self._in_flight)
            self._next(at, WAITS_S)
        else:
            self.line.say(POLL)
            self._next(at, EVERY_S)

    # -- what it hears ------------------------------------------------------------------------------------------------

    def _heard(self, data: bytes, at: float) -> None:
        if not self._on:
            return
        for packet in self._decoder.feed(data, at):
            if packet.command == Command.ACK:
                self._acknowledged()
            elif packet.body:
                self.line.say(ACK)
                self._order(packet, at)

    def _acknowledged(self) -> None:
        if self._in_flight is not None:
            self._outbox.popleft()
            self._in_flight, self._sent = None, 0
            self._number = after(self._number)

    def _order(self, packet: Packet, at: float) -> None:
        if packet.number == self._last_order:
            return  # it was said again, as our acknowledgement was lost
        self._last_order = packet.number
        text = packet.body[1:]
        selection = int.from_bytes(text[-2:], "big")
        if packet.command == Command.CHECK and len(text) == 2:
            state = bytes([self._state(selection, at)])
            self._outbox.append((Command.STATE, state + text))
        elif packet.command == Command.BUY and len(text) == 2:
            self._begin(selection, drop_sensor=True, elevator=False, at=at)
        elif packet.command == Command.DRIVE and len(text) == 4:
            self._begin(selection, drop_sensor=bool(text[0]), elevator=bool(text[1]), at=at)
        elif packet.command == Command.ASK_HEALTH:
            self._outbox.append((Command.HEALTH, bytes([self.health])))

    def _state(self, selection: int, at: float) -> int:
        lane = self.lanes.get(selection)
        if selection in self.states:
            return self.states[selection]
        if lane is None:
            return NO_SUCH
        driven = self.drive.job is not None and self.drive.job.lane is lane
        return MOTOR_FAULT if is_turning(lane, at) and not driven else NORMAL

    def _begin(self, selection: int, *, drop_sensor: bool, elevator: bool, at: float) -> None:
        lane = self.lanes.get(selection)
        if lane is None or self.drive.job is not None:
            says = Says.NO_MOTOR if lane is None else GIVEN_UP
            self._outbox.append((Command.STATUS, bytes([says]) + selection.to_bytes(2, "big")))
        else:
            self.drive.begin(lane, selection, drop_sensor=drop_sensor, elevator=elevator, at=at)
