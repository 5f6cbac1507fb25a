"""The page on adding a driver is followed to the letter: its files are added, and kiosk.toml names them."""

from __future__ import annotations

import re
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import kiosk.hardware.drivers.motor
import kiosk.simulator.parts
from kiosk.config import load
from kiosk.dispense.service.attempt import attempt
from kiosk.errors import ConfigError
from kiosk.hardware import registry
from kiosk.hardware.api import Motor, Turn
from kiosk.hardware.pins import open_board
from kiosk.simulator.board import SimulatorBoard
from kiosk.model import Outcome
from tests.contract.case import Bench, Case, Tried

PAGE = Path(__file__).parents[2] / "docs" / "adding-a-driver.md"
NAME = "relay_timed"
MOST_LINES = 80

REST = """
[kiosk]
id = "docs"
site = "Docs"
[hardware]
pins = "simulator"
[simulator]
speed = 1000
[paths]
state = "{state}"
[[products]]
sku = "NAL-4"
name = "Naloxone"
[[sensors]]
name = "beam"
driver = "drop_beam"
options = {{ pin = 16, emitter_pin = 17 }}
"""


def blocks(language: str) -> list[str]:
    """Return the page's blocks of code in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture
def added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Add the page's driver and its counterpart, each in a directory beside the others, for one test."""
    packages = (kiosk.hardware.drivers.motor, kiosk.simulator.parts)
    for package, code in zip(packages, blocks("python"), strict=False):
        folder = tmp_path / package.__name__
        folder.mkdir()
        (folder / f"{NAME}.py").write_text(code)
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    yield tmp_path
    for package in packages:
        sys.modules.pop(f"{package.__name__}.{NAME}", None)
        vars(package).pop(NAME, None)


def test_a_driver_is_one_file_of_less_than_eighty_lines() -> None:
    driver = blocks("python")[0]
    assert "class Driver" in driver
    assert len(driver.splitlines()) < MOST_LINES


def test_before_it_is_added_kiosk_toml_may_not_name_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=NAME):
        load(_write(tmp_path), registry)


def test_it_vends(added: Path) -> None:
    config = load(_write(added), registry)
    board = open_board(config)
    assert isinstance(board, SimulatorBoard)
    slot, sensor = config.slots[0], config.sensors[0]
    motor: Motor = registry.open_driver("motor", slot.driver, slot.id, slot.options, board)
    beam = registry.open_driver("sensor", sensor.driver, sensor.name, sensor.options, board)
    beats: list[str] = []
    try:
        assert beam.prove()
        ended = attempt(
            motor, beam, board.clock, nudges=3, started=lambda: beats.append("on"), beat=lambda: beats.append("beat")
        )
        assert ended.outcome is Outcome.DISPENSED
        assert beats[0] == "on"
        assert board.world.inside("A1") == slot.capacity - 1
    finally:
        motor.close()
        beam.close()
        board.close()


def test_it_keeps_the_contract(added: Path) -> None:
    """The essentials of tests/contract, with the case that the page gives."""
    case_file = added / "case.py"
    case_file.write_text(blocks("python")[2])
    case: Case = runpy.run_path(str(case_file))["CASES"][0]
    bench = Bench(Tried("motor", NAME, case), added / "state")
    try:
        assert isinstance(bench.motor, Motor)
        assert bench.at_rest()
        assert bench.motor.turn(lambda: None) is case.gives
        with pytest.raises(ValueError, match="on purpose"):
            bench.motor.turn(_fail)
        assert bench.at_rest()
        assert bench.motor.nudge() is Turn.COMPLETED
        assert bench.at_rest()
    finally:
        bench.close()


def _fail() -> None:
    raise ValueError("on purpose")


def _write(folder: Path) -> Path:
    path = folder / "kiosk.toml"
    path.write_text(REST.format(state=folder / "state") + blocks("toml")[0])
    return path
