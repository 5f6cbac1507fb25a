"""What must hold between the options of parts: pins, ports and channels have one owner, controllers are there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import msgspec

from kiosk.config.settings import Hardware, Options
from kiosk.config.validate import Validator
from kiosk.config.words import Kind, Table, as_toml, first, is_table, item_of, suggest, unwrap

TAKEN = {
    "pin": "GPIO {value} is already used by {owner}. Give each its own pin.",
    "device": "{value} is already used by {owner}. Each needs a port of its own.",
}
"""What is said of something that two settings name, for each title that such settings have."""


class Fitted(NamedTuple):
    """A part whose driver is known: its path in the file, its sound table, and its driver's options."""

    path: str
    part: Table
    kind: type[Options]

    @property
    def options(self) -> Table:
        """The sound options."""
        options: Table = self.part["options"]
        return options

    @property
    def options_path(self) -> str:
        """The path of the options."""
        return f"{self.path}.options"


Hubs = Mapping[str, Fitted | None]
"""The controllers by their names; None for one whose own driver is not known, which is a mistake told already."""


def check_parts(validator: Validator, parts: Sequence[Fitted], config: Table) -> None:
    """Note every mistake that shows only between parts."""
    hardware = config.get("hardware", {})
    pins, supply_a = hardware.get("pins", Hardware().pins), hardware.get("max_current_a")
    for title, sentence in TAKEN.items():
        _check_owners(validator, parts, title, sentence)
    _check_claims(validator, parts)
    _check_buses(validator, parts, pins)
    hubs = {part["name"]: None for part in config.get("controllers", ()) if "name" in part}
    hubs |= {hub.part["name"]: hub for hub in parts if hub.path.startswith("controllers[") and "name" in hub.part}
    for fitted in parts:
        _check_controller(validator, fitted, hubs)
        _check_within(validator, fitted, hubs)
        _check_pins(validator, fitted, pins)
        _check_current(validator, fitted, supply_a)
        _check_product(validator, fitted)


def marked(path: str, options: Table, kind: type[Options], title: str) -> Iterator[tuple[str, Any, Kind]]:
    """Give path, value and type of every setting in `options`, at any depth, whose type has that title."""
    for field in msgspec.structs.fields(kind):
        yield from _marked_in(f"{path}.{field.name}", options.get(field.name), field.type, title)


def _marked_in(path: str, value: object, kind: Kind, title: str) -> Iterator[tuple[str, Any, Kind]]:
    if isinstance(value, list | tuple):
        for index, element in enumerate(value):
            yield from _marked_in(f"{path}[{index}]", element, item_of(kind), title)
    elif is_table(kind) and isinstance(value, dict):
        yield from marked(path, value, unwrap(kind)[0], title)
    elif value is not None and first(unwrap(kind)[1], "title") == title:
        yield path, value, kind


def _check_owners(validator: Validator, parts: Sequence[Fitted], title: str, sentence: str) -> None:
    owners: dict[object, str] = {}
    for fitted in parts:
        for path, value, _ in marked(fitted.options_path, fitted.options, fitted.kind, title):
            owner = owners.setdefault(value, path)
            if owner != path:
                validator.note(path, sentence.format(value=as_toml(value), owner=owner))


def _check_claims(validator: Validator, parts: Sequence[Fitted]) -> None:
    owners: dict[object, str] = {}
    for fitted in parts:
        for names in fitted.kind.claims:
            values = tuple(fitted.options.get(name) for name in names)
            if None in values:
                continue
            path = f"{fitted.options_path}.{names[-1]}"
            owner = owners.setdefault((names, values), fitted.path)
            if owner != fitted.path:
                said = ", ".join(f"{name} {as_toml(value)}" for name, value in zip(names, values, strict=True))
                validator.note(path, f"{said} is already used by {owner}. Give each its own.")


def _check_buses(validator: Validator, parts: Sequence[Fitted], pins: str) -> None:
    """Note each part on a pin that the kernel needs for a bus. Parts may share a bus; a simulated one has no pins."""
    buses: dict[int, tuple[str, str]] = {}
    for fitted in parts if pins != "simulator" else ():
        with suppress(msgspec.ValidationError):  # unsound or missing options are told already
            for pin, wire in msgspec.convert(fitted.options, fitted.kind).bus_pins().items():
                told, owner = buses.setdefault(pin, (wire, fitted.path))
                if told != wire:
                    sentence = f"GPIO {pin} cannot be {wire}: it is {told} of {owner}. Give each bus its own pins."
                    validator.note(fitted.options_path, sentence)
    for fitted in parts:
        for path, pin, _ in marked(fitted.options_path, fitted.options, fitted.kind, "pin"):
            if pin in buses:
                wire, owner = buses[pin]
                validator.note(path, f"GPIO {pin} is {wire}, which {owner} is read by. Give this part another pin.")


def _check_controller(validator: Validator, fitted: Fitted, hubs: Hubs) -> None:
    for path, name, kind in marked(fitted.options_path, fitted.options, fitted.kind, "controller"):
        if name not in hubs:
            validator.note(path, f"no controller is called {as_toml(name)}.{suggest(name, hubs)}")
            continue
        fits: tuple[str, ...] = first(unwrap(kind)[1], "extra")["drivers"]
        hub = hubs[name]
        if hub is not None and hub.part["driver"] not in fits:
            driver, fitting = hub.part["driver"], " or ".join(fits)
            validator.note(
                path, f"{as_toml(name)} has the driver {driver}. Name a controller whose driver is {fitting}."
            )


def _check_within(validator: Validator, fitted: Fitted, hubs: Hubs) -> None:
    name = fitted.options.get("controller")
    hub = hubs.get(name) if name is not None else None
    if hub is None:
        return
    for option, bound in fitted.kind.within:
        number, most = fitted.options.get(option), hub.options.get(bound)
        if isinstance(most, list | tuple):
            most = len(most)
        if number is not None and most is not None and number > most:
            validator.note(
                f"{fitted.options_path}.{option}",
                f"{number} is not there: {as_toml(name)} has {bound} 1 to {most}. Choose one of these, or correct "
                f"{hub.options_path}.{bound}.",
            )


def _check_pins(validator: Validator, fitted: Fitted, pins: str) -> None:
    fits = fitted.kind.needs_pins
    if fits and pins not in ("auto", *fits):  # what auto comes to is known only where it runs
        validator.note(
            f"{fitted.path}.driver",
            f"{fitted.part['driver']} does not work with hardware.pins = {as_toml(pins)}. Set hardware.pins = "
            f"{' or '.join(map(as_toml, fits))}, or choose another driver.",
        )


def _check_current(validator: Validator, fitted: Fitted, supply_a: float | None) -> None:
    needed = fitted.options.get("current_a")
    if needed is not None and supply_a is not None and needed > supply_a:
        validator.note(
            f"{fitted.options_path}.current_a",
            f"{needed:g} A is more than the supply gives, hardware.max_current_a = {supply_a:g}. It could never move.",
        )


def _check_product(validator: Validator, fitted: Fitted) -> None:
    if "product" not in fitted.part or not fitted.path.startswith("inputs"):
        return
    given = fitted.part["product"] is not None
    if fitted.kind.asks_for_product and not given:
        validator.note(f"{fitted.path}.product", "is missing. Add the sku of the product that comes out.")
    elif given and not fitted.kind.asks_for_product:
        validator.note(f"{fitted.path}.product", f"is of no use: {fitted.part['driver']} gives texts. Remove it.")
