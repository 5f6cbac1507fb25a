"""The simulated machine as a whole: what people, pages and tests may see of it and do to it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kiosk.clock import Clock
from kiosk.config import Config
from kiosk.errors import HardwareError, NotFoundError
from kiosk.simulator.cabinet import Cabinet, Entry, Part
from kiosk.simulator.faults import Fault
from kiosk.simulator.parts import button, buzzer, door, drop_beam, gpio_light, interior_light, thermometer
from kiosk.simulator.slot_body import Compartment, kept_as
from kiosk.simulator.snapshot import CoilSeen, FallingSeen, LockerSeen, PartSeen, WorldSnapshot
from kiosk.simulator.store import Store, read
from kiosk.simulator.timeline_clock import TimelineClock

STATE_FILE = "simulated-world.json"
SYS_DIRECTORY = "simulated-sys"
DRAWN = drop_beam.Body.accepts | door.Body.accepts | button.Body.accepts | {Fault.HEAT}
"""Faults that the machine's picture has switches for."""
DEV_DIRECTORY = "simulated-dev"
LIGHTS = (gpio_light.Body, buzzer.Body, interior_light.Body)
"""What visitors see lit, or hear."""


class World:
    """A simulated machine. Everything may be called from any thread."""

    def __init__(self, cabinet: Cabinet, parts: list[Part]) -> None:
        self._cabinet = cabinet
        self._parts = parts
        self._slots = {part.name: part for part in parts if isinstance(part, Compartment)}
        self._buttons = {part.name: part for part in parts if isinstance(part, button.Body)}
        self.clock: Clock = TimelineClock(cabinet.timeline)
        kept = cabinet.store.get("tray", int)
        cabinet.tray = sum(slot.dropped for slot in self._slots.values()) - (kept or 0)

    @classmethod
    def from_config(cls, config: Config, keep: bool = True, flows: bool = True) -> World:
        """Build the machine of a configuration, with the contents it was left with; at first, every slot full.

        With `keep=False` nothing is read from or written to `paths.state` but the kernel's files. Unless time `flows`
        it passes only while somebody waits for it, and then at once: nothing depends on the computer. Raises
        HardwareError if a driver has no counterpart here.
        """
        state = Path(config.paths.state)
        store = Store(state / STATE_FILE if keep else None)
        roots = state / SYS_DIRECTORY, state / DEV_DIRECTORY
        cabinet = Cabinet(config.simulator.speed, config.simulator.seed, store, *roots, flows=flows)
        others = (*config.sensors, *config.inputs, *config.signals, *config.climate)
        entries: list[Any] = [*config.controllers, *config.slots, *others]
        with cabinet.timeline.lock:
            return cls(cabinet, [_build(entry, cabinet) for entry in entries])

    @property
    def pin_factory(self) -> Any:
        """The gpiozero factory of the pins that lead into this machine."""
        return self._cabinet.wiring.factory

    @property
    def sys_root(self) -> Path:
        """The directory that stands for /sys."""
        return self._cabinet.sys_root

    @property
    def dev_root(self) -> Path:
        """The directory that stands for /dev."""
        return self._cabinet.dev_root

    def part(self, name: str) -> Any:
        """Return the simulated part that kiosk.toml calls `name`, to do to it what only it can have done.

        Raises NotFoundError.
        """
        for part in self._parts:
            if part.name == name:
                return part
        raise NotFoundError(f"This machine has no {name}. There are: {', '.join(part.name for part in self._parts)}.")

    def snapshot(self) -> WorldSnapshot:
        """Return what can be seen at this moment."""
        with self._cabinet.timeline.lock:
            at = self._cabinet.timeline.now()
            slots = [slot.seen(at) for slot in self._slots.values()]
            return WorldSnapshot(
                coils=tuple(slot for slot in slots if isinstance(slot, CoilSeen)),
                lockers=tuple(slot for slot in slots if isinstance(slot, LockerSeen)),
                others=tuple(
                    PartSeen(name=part.name, faults=part.ordered_faults(), accepts=tuple(sorted(part.accepts - DRAWN)))
                    for part in self._parts
                    if part.accepts - DRAWN and not isinstance(part, Compartment)
                ),
                keypads=tuple(part.name for part in self._parts if hasattr(part, "type")),
                falling=tuple(
                    FallingSeen(slot=item.slot, progress=min(1.0, (at - item.left) / (item.lands - item.left)))
                    for item in self._cabinet.falling
                ),
                tray=self._cabinet.tray,
                beam=next((part.seen() for part in self._parts if isinstance(part, drop_beam.Body)), None),
                door_open=next((part.is_open() for part in self._parts if isinstance(part, door.Body)), None),
                temperature=next((p.temperature_c() for p in self._parts if isinstance(p, thermometer.Body)), None),
                buttons=tuple(part.seen() for part in self._buttons.values()),
                lights=tuple(part.seen() for part in self._parts if isinstance(part, LIGHTS)),
                faults=tuple(sorted({fault for part in self._parts for fault in part.faults})),
                powered=self._cabinet.powered,
                speed=self._cabinet.timeline.speed,
            )

    def inside(self, slot: str) -> int:
        """Return how many items really are in a slot. Raises NotFoundError."""
        return self._slot(slot).count

    def motions(self, slot: str) -> int:
        """Return how many times a slot's motor was ever switched on. Raises NotFoundError."""
        return self._slot(slot).motions

    def ran_s(self, slot: str) -> float:
        """Return how many machine seconds a slot's motor had its pin on the last time. Raises NotFoundError."""
        return self._slot(slot).ran_s

    def press(self, name: str, seconds: float = 0.2) -> None:
        """Press a button now and let go after `seconds` of the machine's time. Raises NotFoundError."""
        if name not in self._buttons:
            raise NotFoundError(f'There is no button "{name}". There are: {", ".join(self._buttons) or "none"}.')
        with self._cabinet.timeline.lock:
            self._buttons[name].press(seconds, self._cabinet.timeline.now())

    def type(self, name: str, text: str) -> None:
        """Type a text at a keypad, or hold up to a reader what says so.

        Raises NotFoundError if there is none called `name`, ValueError if it has no such key.
        """
        self._type(name, "type", text)

    def press_key(self, name: str, key: str) -> None:
        """Press one key of a keypad, `Enter` where it has one. Raises NotFoundError and ValueError as `type` does."""
        self._type(name, "press_key", key)

    def _type(self, name: str, how: str, text: str) -> None:
        typed = getattr(self.part(name), how, None)
        if typed is None:
            raise NotFoundError(f"Nothing can be typed at {name}.")
        try:
            typed(text)
        except KeyError as error:
            raise ValueError(f"{name} has no key for {error}. Type something else.") from error

    def set_fault(self, fault: Fault | str, on: bool, slot: str | None = None) -> None:
        """Order a fault, or end it: on the slot, sensor or button called `slot`, or wherever it can be.

        Raises NotFoundError if this machine has nothing that could have the fault, or no such slot.
        """
        fault = Fault(fault)
        parts = [part for part in self._parts if fault in part.accepts and slot in (None, part.name)]
        if not parts:
            raise NotFoundError(f'"{fault.label}" cannot happen to {slot or "this machine"}. Choose another part.')
        with self._cabinet.timeline.lock:
            for part in parts:
                part.set_fault(fault, on)

    def set_door(self, opened: bool) -> None:
        """Open or close the door, if there is one."""
        with self._cabinet.timeline.lock:
            for part in self._parts:
                if isinstance(part, door.Body):
                    part.set_open(opened, self._cabinet.timeline.now())

    def set_temperature(self, celsius: float) -> None:
        """Make it that warm or cold inside, in °C."""
        with self._cabinet.timeline.lock:
            for part in self._parts:
                if isinstance(part, thermometer.Body):
                    part.set_temperature(celsius)

    def put_in(self, slot: str, number: int) -> None:
        """Put items into a slot, behind the others. Raises NotFoundError, or ValueError if there is no room."""
        with self._cabinet.timeline.lock:
            self._slot(slot).put_in(number)

    def take_out(self, slot: str, number: int) -> None:
        """Take the hindmost items out of a slot. Raises NotFoundError, or ValueError if there are not that many."""
        with self._cabinet.timeline.lock:
            self._slot(slot).take_out(number)

    def empty_tray(self) -> int:
        """Take everything out of the tray and return how much that was."""
        with self._cabinet.timeline.lock:
            taken, self._cabinet.tray = self._cabinet.tray, 0
            ever = sum(slot.dropped for slot in self._slots.values()) - len(self._cabinet.falling)
            self._cabinet.store.put("tray", ever)
            return taken

    def cut_power_at(self, after_s: float, then: Callable[[], None]) -> None:
        """Cut the power `after_s` (machine seconds) after the next motor is switched on, then call `then`.

        All motors lose their power first and the contents are kept, so `then` may kill the process. With
        `after_s` 0 it happens before the pin's write returns.
        """
        with self._cabinet.timeline.lock:
            self._cabinet.order_power_cut(after_s, then)

    def restore_power(self) -> None:
        """Give the motors their power back."""
        with self._cabinet.timeline.lock:
            self._cabinet.power(True, self._cabinet.timeline.now())

    def running(self) -> bool:
        """Say whether the machine's time can still pass."""
        return self._cabinet.timeline.alive()

    def close(self) -> None:
        """Give every pin back, which leaves all motors off, and stop. May be called twice."""
        self.pin_factory.close()
        for part in self._parts:
            part.close()
        self._cabinet.timeline.close()
        self._cabinet.store.close()

    def _slot(self, slot: str) -> Compartment:
        if slot not in self._slots:
            raise NotFoundError(f"There is no slot {slot}. There are: {', '.join(self._slots)}.")
        return self._slots[slot]


def inside(state: str | Path) -> dict[str, int]:
    """Return how many items really are in each slot of the machine kept in the directory `state`."""
    return {slot: len(kept["items"]) for slot, kept in _kept_slots(state).items()}


def motions(state: str | Path) -> dict[str, int]:
    """Return how often each motor of the machine kept in the directory `state` was switched on."""
    return {slot: kept["motions"] for slot, kept in _kept_slots(state).items()}


def _kept_slots(state: str | Path) -> dict[str, Any]:
    parts = read(Path(state) / STATE_FILE)
    prefix = kept_as("")
    return {part.removeprefix(prefix): kept for part, kept in parts.items() if part.startswith(prefix)}


def _build(entry: Entry, cabinet: Cabinet) -> Part:
    try:
        module = importlib.import_module(f"kiosk.simulator.parts.{entry.driver}")
    except ModuleNotFoundError as error:
        raise HardwareError(
            f'The simulated machine has no counterpart for the driver "{entry.driver}". Choose another driver.'
        ) from error
    part: Part = module.Body(entry.name, entry, cabinet)
    cabinet.parts[entry.name] = part
    return part
