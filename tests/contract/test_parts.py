"""What every driver of a sensor, input, light or output promises. A new driver needs only its case in part_cases."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kiosk.config import parse
from kiosk.config.part_rules import marked
from kiosk.errors import HardwareError
from kiosk.hardware import registry
from kiosk.hardware.api import Alert, Button, Climate, DropSensor, Keypad, Light, Meter, Signal, Switch
from kiosk.hardware.registry import options_type
from kiosk.hardware.shared.gpio_lines import OutputLine
from tests.conftest import Evidence
from tests.contract.part_cases import ALL, CASES, KINDS, Case
from tests.hardware.bench import TABLES, Bench, bench
from tests.hardware.machine import until

PROMISES: dict[str, tuple[type[Any], ...]] = {
    "sensor": (DropSensor, Switch, Meter, Alert),
    "input": (Button, Keypad),
    "signal": (Light,),
    "climate": (Climate,),
}


class Rig:
    """One driver of one case, open."""

    def __init__(self, kind: str, driver: str, case: Case, made: Bench) -> None:
        self.kind, self.driver, self.case, self.bench = kind, driver, case, made
        self.part = made.open()

    def pins(self) -> list[int]:
        """Return the pins of the part's options."""
        kind = options_type(self.kind, self.driver)
        settings = msgspec.to_builtins(kind(**self.case.settings))
        return [pin for _, pin, _ in marked("", settings, kind, "pin")]

    def told(self) -> str | None:
        """Return what staff hear of the part now."""
        if isinstance(self.part, Alert):
            return self.part.alert()
        if isinstance(self.part, Meter):
            reading = self.part.read()
            return reading.text if reading.value is None else None
        sentence: str | None = self.part.fault() if hasattr(self.part, "fault") else None
        return sentence


@pytest.fixture(params=ALL, ids=lambda entry: entry[1])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    kind, driver, case = request.param
    with bench(tmp_path, kind, driver, **case.settings) as made:
        opened = Rig(kind, driver, case, made)
        try:
            yield opened
        finally:
            opened.part.close()


def test_every_driver_has_a_case_and_every_case_a_driver(evidence: Evidence) -> None:
    drivers = {driver for kind in KINDS for driver in registry.names(kind)}
    assert drivers == set(CASES), "tests/contract/part_cases.py says of each driver how it is wired and what can fail"
    evidence.count("drivers_under_contract", len(drivers))


def test_it_keeps_a_promise_of_its_kind_and_has_nothing_to_tell(rig: Rig) -> None:
    assert any(isinstance(rig.part, promise) for promise in PROMISES[rig.kind])
    assert until(lambda: rig.told() is None), rig.told()


def test_its_options_stand_in_a_configuration(rig: Rig) -> None:
    options = ", ".join(f"{name} = {json.dumps(value)}" for name, value in rig.case.settings.items())
    product = 'product = "NAL-4"' if options_type(rig.kind, rig.driver).asks_for_product else ""
    config = parse(
        f"""
        kiosk = {{ id = "one", site = "One" }}
        products = [{{ sku = "NAL-4", name = "Naloxone" }}]
        slots = [{{ id = "A1", product = "NAL-4", capacity = 8, options = {{ motor_pin = 5, home_pin = 6 }} }}]
        [[{TABLES[rig.kind]}]]
        name = "it"
        driver = "{rig.driver}"
        options = {{ {options} }}
        {product}
        """,
        registry,
    )
    (part,) = getattr(config, TABLES[rig.kind])
    assert part.options == options_type(rig.kind, rig.driver)(**rig.case.settings)


def test_it_says_what_it_is_and_what_it_was_written_for(rig: Rig) -> None:
    text = importlib.import_module(f"kiosk.hardware.drivers.{rig.kind}.{rig.driver}").__doc__
    assert text is not None
    assert "\n\n" in text
    assert "Written for" in text.replace("\n", " ")


def test_close_may_be_called_twice_and_gives_everything_back(rig: Rig) -> None:
    rig.part.close()
    rig.part.close()
    rig.part = rig.bench.open()
    assert until(lambda: rig.told() is None), rig.told()


def test_a_pin_that_is_taken_is_told_and_leaves_nothing_claimed(rig: Rig) -> None:
    rig.part.close()
    for taken in rig.pins():
        other = OutputLine(rig.bench.board, taken, active_low=False)
        with pytest.raises(HardwareError):
            rig.bench.open()
        other.close()
    rig.part = rig.bench.open()
    assert until(lambda: rig.told() is None), rig.told()


def test_what_silences_it_is_said_and_no_old_value_is_given(rig: Rig) -> None:
    if not isinstance(rig.part, Meter):
        assert rig.case.silences == ()
        return
    assert rig.part.read().value is not None
    for fault in rig.case.silences:
        rig.bench.world.set_fault(fault, True, "it")
        reading = rig.part.read()
        assert reading.value is None
        assert reading.name == "it"
        assert "it" in reading.text.split(":")[0]
        assert reading.text.endswith(".")
        rig.bench.world.set_fault(fault, False, "it")
        assert rig.part.read().value is not None


def test_what_staff_must_hear_of_is_told_in_a_sentence_that_names_the_part(rig: Rig) -> None:
    for fault in rig.case.warns:
        rig.bench.world.set_fault(fault, True, "it")
        rig.bench.pass_s(rig.case.after_s)
        assert until(lambda: rig.told() is not None), fault
        told = rig.told()
        assert told is not None
        assert " it" in f" {told.split(':')[0]}"
        assert told.endswith(".")
        rig.bench.world.set_fault(fault, False, "it")
        rig.bench.pass_s(rig.case.after_s)


def test_every_fault_that_its_counterpart_can_have_is_tried(rig: Rig) -> None:
    """Faults of a line, of the air and of the beam have tests of their own."""
    tried = {*rig.case.silences, *rig.case.warns}
    others = {"heat", "beam_dead", "door_open", "heater_dead", "tampered"}
    accepts = {fault for fault in rig.bench.body.accepts if not fault.startswith("line_")}
    assert {str(fault) for fault in accepts - tried} <= others | {"beam_blocked", "unplugged"}


def test_a_part_whose_pins_were_taken_away_never_raises(rig: Rig) -> None:
    rig.bench.board.pin_factory.close()
    rig.told()
    if isinstance(rig.part, Meter):
        assert rig.part.read().name == "it"
    if isinstance(rig.part, Light):
        for signal in Signal:
            rig.part.show(signal)
    if isinstance(rig.part, Climate):
        rig.part.regulate(10.0)
        rig.part.regulate(None)
    with suppress(HardwareError):  # a pin that cannot be switched off any more is said
        rig.part.close()


def test_outputs_are_off_when_made_and_after_close(rig: Rig) -> None:
    if rig.kind not in {"signal", "climate"}:
        assert rig.kind in KINDS
        return
    assert not lit(rig.bench.body)
    if isinstance(rig.part, Light):
        for signal in Signal:
            rig.part.show(signal)
    rig.part.close()
    assert not lit(rig.bench.body)


def lit(body: Any) -> bool:
    return bool(body.on)
