"""What a configuration connects: each pin's wire, and each port or controller with what hangs on it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from kiosk.config import Config, Options, Part, Slot
from kiosk.config.part_rules import marked
from kiosk.wiring.header import HEADER
from kiosk.wiring.paper import Use, tried

UNUSED = Use("")
"""A pin that its driver could not claim on paper: which way it goes is not known."""


class Wire(NamedTuple):
    """One pin and what it is connected to. `role` says which of the part's wires it is; a single one has none.

    `direction` is `output`, `input` or `both` as the Pi sees it, `active` the level that stands for on or pressed
    (`high`, `low`), `pull` the resistor inside the Pi (`up`, `down`). What is not known is empty.
    """

    header: int
    gpio: int
    part: str
    role: str
    direction: str
    active: str
    pull: str

    @property
    def label(self) -> str:
        """What stands at the wire's end."""
        return f"{self.part} {self.role}".strip()


class Branch(NamedTuple):
    """A part that hangs on a controller, and where there: `relay 1, input 1`."""

    part: str
    place: str


class Hub(NamedTuple):
    """A controller or a part with a port of its own; `device` is empty for one that hangs on pins."""

    name: str
    driver: str
    device: str
    branches: tuple[Branch, ...] = ()


class Plan(NamedTuple):
    """All wires, in the order of the header, and all hubs, in the order of the configuration.

    `refused` has a sentence about each part that its driver would not open like this: it will not work.
    """

    wires: tuple[Wire, ...]
    hubs: tuple[Hub, ...]
    refused: tuple[str, ...] = ()

    def free(self) -> list[int]:
        """Return the GPIO numbers that nothing is connected to."""
        return sorted(set(HEADER) - {wire.gpio for wire in self.wires})


def plan(config: Config) -> Plan:
    """Return what a loaded configuration connects."""
    trial = tried(config)
    wires = [wire for _, entry in config.parts() for wire in _wires(entry, trial.uses)]
    return Plan(tuple(sorted([*wires, *_buses(config)])), tuple(_hubs(config)), trial.refused)


def _marked(options: Options, title: str) -> list[tuple[str, Any]]:
    """Return path and value of every option, at any depth, whose type has that title."""
    found = marked("", msgspec.to_builtins(options), type(options), title)
    return [(path, value) for path, value, _ in found]


def _wires(entry: Part | Slot, used: dict[int, Use]) -> Iterator[Wire]:
    for path, gpio in _marked(entry.options, "pin"):
        use = used.get(gpio, UNUSED)
        active = {"up": "low", "down": "high"}.get(use.pull, "") or _said_active(entry.options, path)
        yield Wire(HEADER[gpio], gpio, entry.name, _role(path), use.direction, active, use.pull)


def _buses(config: Config) -> Iterator[Wire]:
    """Give the wires of the kernel's buses, one to all the parts on it. A simulated bus has none."""
    if config.hardware.pins == "simulator":
        return
    sharing: dict[tuple[int, str], list[str]] = {}
    for _, entry in config.parts():
        for gpio, role in entry.options.bus_pins().items():
            sharing.setdefault((gpio, role), []).append(entry.name)
    for (gpio, role), names in sharing.items():
        yield Wire(HEADER[gpio], gpio, ", ".join(names), role, "both", "", "")


def _role(path: str) -> str:
    """Return `.motor_pin` as `motor`, `.row_pins[0]` as `row 1`, `.pin` as nothing."""
    words = re.sub(r"_?pins?\b", "", path.removeprefix("."))
    words = re.sub(r"\[(\d+)\]", lambda found: f" {int(found[1]) + 1}", words)
    return re.sub(r"[._ ]+", " ", words).strip()


def _said_active(options: Options, path: str) -> str:
    """Return the level that stands for on, where an option says so: `motor_active_low` for `left_motor_pin`."""
    role = re.match(r"\.(\w*?)_?pins?\b", path)
    words = role[1].split("_") if role and role[1] else []
    for first in range(len(words) + 1):
        said = getattr(options, "_".join([*words[first:], "active_low"]), None)
        if said is not None:
            return "low" if said else "high"
    return ""


def _hubs(config: Config) -> Iterator[Hub]:
    hanging: dict[str, list[Branch]] = {}
    for _, entry in config.parts():
        for _, controller in _marked(entry.options, "controller"):
            hanging.setdefault(controller, []).append(Branch(entry.name, _place(entry.options)))
    for _, entry in config.parts():
        devices = [device for _, device in _marked(entry.options, "device")]
        branches = hanging.get(entry.name, ()) if entry in config.controllers else ()
        if devices or branches:
            yield Hub(entry.name, entry.driver, ", ".join(devices), tuple(branches))


def _place(options: Options) -> str:
    """Return where on its controller a part is, by the settings that no other part may share."""
    names = dict.fromkeys(name for claim in options.claims for name in claim if name != "controller")
    places = ((name, getattr(options, name)) for name in names)
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in places if value is not None)
