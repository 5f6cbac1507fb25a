"""A keypad matrix and a converter on a real kernel's pins."""

from __future__ import annotations

import queue
import time

import pytest

from tests.kernel.rig import Rig

ROWS, COLUMN = (12, 13, 16, 17), 20


def test_an_open_drain_line_pulls_or_lets_go_and_never_drives_high(rig: Rig) -> None:
    from kiosk.hardware.shared.keys.open_drain import OpenDrainLine

    rig.chip.pull(12, 1)
    rig.chip.forget()
    line = OpenDrainLine(rig.board, 12)
    assert rig.chip.level(12) == 1
    for _ in range(10):
        line.pull()
        assert rig.chip.level(12) == 0
        line.let_go()
        rig.chip.pull(12, 1)
        assert rig.chip.level(12) == 1
    line.close()
    assert {write.level for write in rig.chip.writes(12)} == {0}


def test_the_keys_of_a_matrix_are_typed_and_no_row_is_ever_driven_high(rig: Rig) -> None:
    """A wire from the column to ground answers every row: all keys of the column, once each."""
    for line in (*ROWS, COLUMN):
        rig.chip.pull(line, 1)
    rig.chip.forget()
    keypad = rig.open("input", "gpio_keypad", row_pins=ROWS, column_pins=(COLUMN,), keys=("1", "2", "3", "#"))
    texts: queue.SimpleQueue[str] = queue.SimpleQueue()
    keypad.on_entry(texts.put)
    rig.chip.pull(COLUMN, 1)
    time.sleep(0.5)
    assert texts.empty()
    for _ in range(3):
        rig.chip.pull(COLUMN, 0)
        assert texts.get(timeout=10) == "123"
        rig.chip.pull(COLUMN, 1)
        time.sleep(0.5)
    assert texts.empty()
    assert keypad.fault() is None
    for row in ROWS:
        assert {write.level for write in rig.chip.writes(row)} == {0}


@pytest.mark.parametrize("converter", ["MCP3008", "MCP3202"])
def test_a_converter_that_is_not_there_is_read_without_a_crash(rig: Rig, converter: str) -> None:
    """Software clocks four pins; nothing answers, and with a zero that is told."""
    pins = {"clock_pin": 11, "mosi_pin": 10, "miso_pin": 9, "select_pin": 8}
    rig.chip.pull(9, 0)
    sensor = rig.open("sensor", "motor_current", adc=converter, v_per_a=0.1, zero_v=1.65, **pins)
    reading = sensor.read()
    assert reading.value is None
    assert "gives nothing" in reading.text
    assert [write.level for write in rig.chip.writes(8)][:2] == [1, 0]
