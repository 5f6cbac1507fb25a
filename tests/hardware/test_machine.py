"""What the daemon makes of a configuration: every part opened or told, none silently left out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from kiosk.config import Config, Part
from kiosk.hardware import registry
from kiosk.hardware.machine import Machine
from kiosk.hardware.pins import open_board
from tests.hardware.machine import config, options


def opened(chosen: Config) -> Machine:
    return Machine.open(chosen, open_board(chosen))


@pytest.fixture
def plain(tmp_path: Path) -> Config:
    return config(tmp_path)


@pytest.fixture
def machine(plain: Config) -> Iterator[Machine]:
    made = opened(plain)
    yield made
    made.close()


def test_every_part_finds_its_place(machine: Machine) -> None:
    assert list(machine.motors) == ["A1", "A2"]
    assert machine.beam is not None
    assert machine.door is not None
    assert [len(found) for found in (machine.meters, machine.buttons, machine.lights)] == [1, 1, 1]
    assert machine.broken == {}
    assert machine.longest_turn_s() >= 5.0


def test_a_second_drop_sensor_is_told_and_not_used(plain: Config) -> None:
    second = Part(name="beam 2", driver="drop_beam", options=options("sensor", "drop_beam", pin=22))
    made = opened(replace(plain, sensors=(*plain.sensors, second)))
    assert made.broken == {
        "beam 2": "beam 2 is not used: a kiosk has one drop sensor and one door. Remove it from [[sensors]]."
    }
    registry.open_driver("sensor", "drop_beam", "again", second.options, made.board).close()  # its pin is free
    made.close()


def test_a_slot_whose_pin_is_taken_is_told_and_the_others_work(plain: Config) -> None:
    first, second = plain.slots
    made = opened(replace(plain, slots=(first, replace(second, options=first.options))))
    assert list(made.motors) == ["A1"]
    assert made.broken["A2"].startswith("A2 cannot be used: GPIO 5 ")
    assert made.motor("A2").advice() == made.broken["A2"]
    made.close()


def test_a_driver_that_fails_as_no_driver_should_stops_no_other(
    plain: Config, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    opens = registry.open_driver

    def open_driver(kind: str, driver: str, name: str, chosen: Any, board: Any) -> Any:
        if name == "air":
            raise ZeroDivisionError
        return opens(kind, driver, name, chosen, board)

    monkeypatch.setattr(registry, "open_driver", open_driver)
    made = opened(plain)
    assert list(made.motors) == ["A1", "A2"]
    assert "its driver thermometer failed (ZeroDivisionError())" in made.broken["air"]
    assert "part=air" in caplog.text
    made.close()


class Stubborn:
    """A light that cannot be switched off."""

    def __init__(self, closed: list[str]) -> None:
        self.closed = closed

    def close(self) -> None:
        from kiosk.errors import HardwareError

        self.closed.append("stubborn")
        raise HardwareError("GPIO 21 does not work.")


def test_a_part_that_cannot_be_closed_keeps_no_other_on(machine: Machine, caplog: pytest.LogCaptureFixture) -> None:
    closed: list[str] = []
    machine.controllers["first"] = Stubborn(closed)  # type: ignore[assignment]
    machine.close()
    assert closed == ["stubborn"]
    assert "could not be closed: GPIO 21 does not work." in caplog.text
    with pytest.raises(Exception, match="given back already"):
        machine.motors["A1"].turn(lambda: None)
