"""The thread that reads the sensors, on files as the kernel has them: nobody else waits for one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kiosk.dispense.temperature import sensors
from kiosk.dispense.temperature.sensors import Sensors
from tests.hardware.bench import Bench, bench
from tests.hardware.wire import Wire

PATIENCE_S = 30.0


def eventually(seen: Callable[[], bool]) -> bool:
    give_up = time.monotonic() + PATIENCE_S
    while not seen() and time.monotonic() < give_up:
        time.sleep(0.01)
    return seen()


def celsius(air: Sensors) -> list[float | None]:
    return [reading.value for reading in air.readings]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path, "sensor", "thermometer") as made:
        made.world.set_temperature(21.5)
        yield made


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sensors that are read often and soon given up on."""
    monkeypatch.setattr(sensors, "LOOK_S", 0.01)
    monkeypatch.setattr(sensors, "FIRST_S", 0.1)
    monkeypatch.setattr(sensors, "SILENT_S", 0.1)


def test_what_they_say_is_kept_and_the_first_is_waited_for(made: Bench) -> None:
    """Whoever looks right after a start sees a temperature, and it is felt inside."""
    felt: list[float | None] = []
    air = Sensors({"air": made.open()}, made.board.clock, felt.append)
    assert air.readings == ()
    air.start()
    assert celsius(air) == [21.5]
    assert eventually(lambda: felt[:1] == [21.5])
    air.stop()


@pytest.mark.usefixtures("hasty")
def test_one_that_does_not_answer_is_told_and_nothing_old_is_shown(made: Bench) -> None:
    wire = Wire(made.board.sys_root)
    air = Sensors({"air": made.open()}, made.board.clock, lambda _celsius: None)
    air.start()
    assert celsius(air) == [21.5]
    wire.cut()
    assert eventually(lambda: air.silent == "air")
    assert celsius(air) == []
    wire.mend(18_000)
    assert eventually(lambda: celsius(air) == [18.0])
    assert air.silent is None
    air.stop()
