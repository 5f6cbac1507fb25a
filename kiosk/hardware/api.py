"""What every driver promises. One driver is one file; its module name is the `driver` in kiosk.toml.

A driver module defines `Options` (a `kiosk.config.Options` struct: each option with unit and range) and
`Driver`, built as `Driver(name, options, board)`, where `name` is what kiosk.toml calls the part or slot.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from kiosk.clock import Clock
from kiosk.hardware.supply import Supply
from kiosk.model import Reading


class Turn(enum.StrEnum):
    """How one turn of a motor ended. The motor is off whichever it is."""

    COMPLETED = "completed"
    """It left home and came home again: one whole turn."""
    HOMED = "homed"
    """It stood away from home, as after a power cut, and came home: less than a whole turn."""
    NOT_STARTED = "not_started"
    """It did not leave home in time."""
    NOT_RETURNED = "not_returned"
    """It left home and did not come back in time."""
    ABSENT = "absent"
    """It was not driven at all, because it is missing or must not be driven: nothing moved, for certain."""
    DELIVERED = "delivered"
    """The machine that turned it has a drop sensor of its own, and that saw the item fall."""
    UNLOCKED = "unlocked"
    """A locker was unlocked. Whether its item was taken nobody can see."""


@runtime_checkable
class Motor(Protocol):
    """One coil's motor, or another actuator that gives out one item.

    Guarantees, kept by every driver and tested by tests/contract: the motor is off once the driver is made,
    when `turn` or `nudge` returns or raises, after a time-out, and after `close`.
    """

    drops: bool
    """Whether its items fall past the kiosk's drop sensor. Not so from a locker, nor in a machine with its own."""
    limit_s: float
    """`turn` and `nudge` return or raise within so many seconds, whatever the machine does."""

    def turn(self, started: Callable[[], None]) -> Turn:
        """Give out one item: run to the next home position, or unlock, within the driver's time limits.

        `started` is called once, right after the motor was energised. Raises HardwareError when the
        machine cannot be reached; whether it moved is then not known.
        """
        ...

    def nudge(self) -> Turn:
        """Run on for a quarter turn, for an item that hangs at the edge. ABSENT where that cannot be done."""
        ...

    def advice(self) -> str | None:
        """Say what was wrong with the last motion and what to check, naming plug, wire or board; None if nothing."""
        ...

    def runs_on(self) -> bool:
        """Say whether the coil is seen to turn although nobody turns it: items may fall from it at any time."""
        ...

    def fault(self) -> str | None:
        """Return a sentence for staff if the motor is known to be out of order, such as one that will not stop."""
        ...

    def close(self) -> None:
        """Switch off and give the pins or the port back. May be called twice."""
        ...


@runtime_checkable
class Asked(Protocol):
    """A motor whose machine has asked for a visitor, and waits for an answer: yes by `turn`, no by `decline`."""

    def decline(self) -> None:
        """Say no, if the machine asks for its item now. Never waits."""
        ...


@runtime_checkable
class DropSensor(Protocol):
    """Sees items fall. Counts from the moment `watch` was called until the next call."""

    def watch(self) -> None:
        """Forget what was seen and start to count anew."""
        ...

    def wait(self, timeout_s: float) -> int:
        """Return how many items were seen since `watch`, as soon as it is one, at most after `timeout_s`."""
        ...

    def seen(self) -> int:
        """Return how many items were seen since `watch`."""
        ...

    def on_stray(self, item: Callable[[], None]) -> None:
        """Call `item` for each item seen, also while nobody watches.

        It runs in the callback thread and may only put on a queue; whoever asked decides whether a vend is under way.
        """
        ...

    def prove(self) -> bool:
        """Test the sensor, taking at most 20 ms; True only if it was shown to see, not merely to be quiet.

        What the test itself makes the sensor see is not counted.
        """
        ...

    def proven(self) -> bool:
        """Say at once, without moving anything, whether the last proof held and the sensor is not blocked now."""
        ...

    def fault(self) -> str | None:
        """Return a sentence for staff if the sensor is blocked or dead."""
        ...

    def close(self) -> None:
        """Give the pins back. May be called twice."""
        ...


@runtime_checkable
class Switch(Protocol):
    """A thing that is open or closed, such as the door."""

    def is_open(self) -> bool | None:
        """Say whether it is open; None when it cannot be told."""
        ...

    def fault(self) -> str | None: ...

    def close(self) -> None: ...


@runtime_checkable
class Meter(Protocol):
    """A thing that measures."""

    def read(self) -> Reading:
        """Read now. A sensor that fails says so with `value=None`; an old value is never given again."""
        ...

    def close(self) -> None: ...


@runtime_checkable
class Alert(Protocol):
    """A thing that staff must hear of, such as a tamper switch, lost mains or a full sharps bin.

    A part that measures as well is a `Meter` too.
    """

    def alert(self) -> str | None:
        """Return a sentence for staff while something is wrong, or while that cannot be told."""
        ...

    def close(self) -> None: ...


@runtime_checkable
class Keypad(Protocol):
    """A thing that gives whole texts: a keypad, a barcode scanner, a card reader. It keeps and logs none of them."""

    def on_entry(self, entered: Callable[[str], None]) -> None:
        """Call `entered` with each whole text, at most 100 characters.

        It runs in the part's thread and may only put on a queue.
        """
        ...

    def fault(self) -> str | None:
        """Return a sentence for staff if it cannot be read or a key is stuck."""
        ...

    def close(self) -> None: ...


@runtime_checkable
class Button(Protocol):
    """A thing that a visitor presses."""

    def on_press(self, pressed: Callable[[], None]) -> None:
        """Call `pressed` at each press. It runs in the callback thread and may only put on a queue."""
        ...

    def fault(self) -> str | None:
        """Return a sentence for staff if the button is stuck."""
        ...

    def close(self) -> None: ...


class Signal(enum.StrEnum):
    """What lights and sounds tell a visitor. Five last until the next; three are told once, as the answer to a press.

    After one that is told once, what lasts is told again: so a press that is refused takes nothing from whoever is
    being served.
    """

    READY = "ready"
    """Press."""
    WORKING = "working"
    """It is coming: wait for it."""
    TAKE = "take"
    """It is out: take it."""
    SORRY = "sorry"
    """Nothing came out."""
    HANDS_OUT = "hands_out"
    """The door is open and something is about to turn: hands out."""
    NOTED = "noted"
    """It was heard: yours comes next, or the code that was held up counts for the next press."""
    WAIT = "wait"
    """Not yet: press again in a while."""
    NOT_NOW = "not_now"
    """No: not this one, or not at this hour, or there is no such number."""

    @property
    def lasts(self) -> bool:
        """Whether it is told until the next."""
        return self not in (Signal.NOTED, Signal.WAIT, Signal.NOT_NOW)


@runtime_checkable
class Light(Protocol):
    """A light, or a buzzer, that tells a visitor what the machine is doing."""

    def show(self, signal: Signal, urgent: bool = False) -> None:
        """Show `signal` until the next call, or once if it does not last. Returns at once and never raises.

        What is `urgent` belongs to an emergency or keeps hands whole: nothing may silence it.
        """
        ...

    def close(self) -> None: ...


@runtime_checkable
class Climate(Protocol):
    """A heater or a cooler that is switched by how warm it is inside."""

    def regulate(self, celsius: float | None) -> None:
        """Switch for this temperature, in °C; off while it is not known (None)."""
        ...

    def fault(self) -> str | None:
        """Return a sentence for staff if it cannot be switched."""
        ...

    def close(self) -> None: ...


@runtime_checkable
class Controller(Protocol):
    """A board that works several parts: relays, a wall of locks, a row and column matrix, a whole machine.

    Whatever hangs on a serial line must open without its device, and find it again by itself once it is there.
    """

    def fault(self) -> str | None:
        """Return a sentence for staff if it does not answer."""
        ...

    def close(self) -> None:
        """Switch off all that it works and give pins and port back. May be called twice."""
        ...


@runtime_checkable
class Selector(Protocol):
    """A machine at whose own keypad visitors choose, and that asks us whether it may give out."""

    def on_select(self, selected: Callable[[str], bool]) -> None:
        """Call `selected` with the slot that a visitor chose; False refuses it at once.

        It runs in the machine's thread and may only put on a queue. The slot's motor then says yes by its `turn`.
        """
        ...


class Board(Protocol):
    """What drivers stand on: the pins and the clock. Real and simulated boards look the same from above."""

    @property
    def clock(self) -> Clock: ...

    @property
    def pins(self) -> str:
        """What drives the pins: "lgpio", "gpiod" or "simulator"."""
        ...

    @property
    def pin_factory(self) -> Any:
        """The gpiozero pin factory that every GPIO driver passes on as `pin_factory=`."""
        ...

    @property
    def sys_root(self) -> Path:
        """The directory below which the kernel shows its sensors: /sys, or a simulated one."""
        ...

    @property
    def dev_root(self) -> Path:
        """The directory below which the kernel shows its ports and input devices: /dev, or a simulated one."""
        ...

    def device(self, path: str) -> Path:
        """Return the device file that kiosk.toml calls `path`: below `dev_root` unless it is absolute elsewhere."""
        ...

    @property
    def supply(self) -> Supply:
        """What the motors' power supply gives."""
        ...

    def add(self, name: str, controller: object) -> None:
        """Let drivers find an open controller."""
        ...

    def controller(self, name: str) -> Any:
        """Return the controller that kiosk.toml calls `name`. Raises HardwareError if it could not be opened."""
        ...

    def fault(self) -> str | None:
        """Return a sentence if the pins no longer report, for example when the callback thread died."""
        ...

    def close(self) -> None:
        """Give every pin back, all outputs off."""
        ...
