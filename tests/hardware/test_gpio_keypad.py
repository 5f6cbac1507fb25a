"""A keypad matrix on pins: whole texts, no ghosts, no shorts, and a stuck key that is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kiosk.errors import HardwareError
from kiosk.simulator.faults import Fault
from tests.hardware.bench import Bench, bench

ROWS, COLUMNS = (12, 13, 16, 17), (20, 21, 22)


class Rig:
    """A keypad and somebody at it, who waits for nothing but what the keypad itself shows."""

    def __init__(self, made: Bench) -> None:
        self.bench, self.body = made, made.body
        self.pad: Any = made.open()
        self.texts: list[str] = []
        self.pad.on_entry(self.texts.append)
        assert self.bench.until(self.body.waits)

    def scanned(self, scans: int = 6) -> None:
        """Wait until the keys were scanned so many times more."""
        enough = self.body.strobes + scans * len(ROWS)
        assert self.bench.until(lambda: self.body.strobes >= enough)

    def hold(self, keys: str) -> None:
        for key in keys:
            self.body.hold(key)
        self.scanned()

    def let_go(self, keys: str) -> None:
        for key in keys:
            self.body.let_go(key)
        assert self.bench.until(self.body.waits)

    def press(self, keys: str) -> None:
        for key in keys:
            self.hold(key)
            self.let_go(key)


@contextmanager
def keypad(state: Path, **settings: Any) -> Iterator[Rig]:
    wired = {"row_pins": ROWS, "column_pins": COLUMNS}
    with bench(state, "input", "gpio_keypad", **wired | settings) as made:
        running = Rig(made)
        try:
            yield running
        finally:
            running.pad.close()
            assert not running.body.shorted


def test_every_key_is_told_once_and_a_text_ends_with_its_key(tmp_path: Path) -> None:
    with keypad(tmp_path, entry_s=60) as it:
        it.press("1234567890#")
        assert it.texts == ["1234567890"]
        it.press("98*12#")
        assert it.texts == ["1234567890", "12"]
        assert it.pad.fault() is None


def test_a_length_ends_a_text(tmp_path: Path) -> None:
    with keypad(tmp_path, length=2) as it:
        it.press("1234")
        assert it.texts == ["12", "34"]


@pytest.mark.parametrize("held", [False, True])
def test_a_pause_ends_a_text_also_while_the_last_key_is_held(tmp_path: Path, held: bool) -> None:
    with keypad(tmp_path, entry_s=1.0) as it:
        it.hold("7")
        if not held:
            it.let_go("7")
        assert it.bench.until(lambda: it.texts == ["7"])
        it.let_go("7")
        assert it.texts == ["7"]


def test_sixteen_keys(tmp_path: Path) -> None:
    with keypad(tmp_path, column_pins=(20, 21, 22, 23), entry_s=60) as it:
        it.press("A1D#")
        assert it.texts == ["A1D"]


def test_other_keys(tmp_path: Path) -> None:
    with keypad(tmp_path, keys=("12", "34", "#*"), row_pins=ROWS[:3], column_pins=COLUMNS[:2]) as it:
        it.body._rows = it.body._rows[:3]
        it.press("41#")
        assert it.texts == ["41"]


def test_three_keys_of_a_rectangle_type_no_fourth(tmp_path: Path) -> None:
    with keypad(tmp_path, entry_s=60) as it:
        it.hold("1")
        it.hold("2")
        it.hold("4")
        it.scanned(10)
        it.let_go("124")
        it.press("#")
        assert it.texts == ["12"]


def test_all_keys_at_once_short_nothing_and_the_next_text_is_whole(tmp_path: Path) -> None:
    with keypad(tmp_path, entry_s=60) as it:
        with it.bench.world._cabinet.timeline.lock:
            for key in "1234567890*#":
                it.body.hold(key)
        it.scanned(10)
        assert it.texts == []
        it.let_go("1234567890*#")
        it.press("*5#")
        assert it.texts[-1] == "5"


def test_a_stuck_key_is_told_and_the_others_still_work(tmp_path: Path) -> None:
    with keypad(tmp_path, entry_s=1.0) as it:
        it.bench.world.set_fault(Fault.KEY_STUCK, True)
        assert it.bench.until(lambda: it.pad.fault() is not None, 60)
        assert "key 8 is stuck" in it.pad.fault()
        it.scanned(50)
        assert it.pad._wake.qsize() <= 1, "a key that is stuck for days must not fill the memory"
        assert it.texts == ["8"]
        it.body.hold("1")
        it.scanned()
        it.body.let_go("1")
        assert it.bench.until(lambda: it.texts == ["8", "1"])
        it.bench.world.set_fault(Fault.KEY_STUCK, False)
        assert it.bench.until(it.body.waits)
        assert it.bench.until(lambda: it.pad.fault() is None)


@pytest.mark.parametrize("keys", ["5", "57", "124"])
def test_keys_that_are_down_at_the_start_type_nothing(tmp_path: Path, keys: str) -> None:
    with bench(tmp_path, "input", "gpio_keypad", row_pins=ROWS, column_pins=COLUMNS) as made:
        for key in keys:
            made.body.hold(key)
        made.pass_s(0.1)
        it = Rig.__new__(Rig)
        it.bench, it.body, it.texts = made, made.body, []
        it.pad = made.open()
        it.pad.on_entry(it.texts.append)
        it.scanned(10)
        it.let_go(keys)
        it.press("9#")
        assert it.texts == ["9"]
        assert it.pad.fault() is None
        it.pad.close()


def test_nothing_is_scanned_while_nobody_types(tmp_path: Path) -> None:
    with keypad(tmp_path) as it:
        it.press("1#")
        strobes = it.body.strobes
        it.bench.pass_s(2.0)
        assert it.body.strobes == strobes


@pytest.mark.parametrize(
    "keys", [("12", "34"), ("123", "456", "789"), ("12", "34", "56", "78"), ()], ids=["both", "rows", "columns", "none"]
)
def test_rows_and_columns_without_keys_are_refused(tmp_path: Path, keys: tuple[str, ...]) -> None:
    with (
        bench(tmp_path, "input", "gpio_keypad", row_pins=ROWS, column_pins=COLUMNS, keys=keys) as made,
        pytest.raises(HardwareError, match="more rows or columns than keys"),
    ):
        made.open()


def test_a_pin_that_fails_is_told(tmp_path: Path) -> None:
    with keypad(tmp_path) as it:
        it.pad._rows[1].close()
        it.body.hold("1")
        assert it.bench.until(lambda: it.pad.fault() is not None, 60)
        assert "cannot be read. GPIO 13 was given back" in it.pad.fault()


def test_pins_that_work_again_type_again(tmp_path: Path) -> None:
    with keypad(tmp_path, entry_s=60) as it:
        pin = it.bench.board.pin_factory.pin(ROWS[1])
        pin._info = pin._info._replace(pull="down")  # what it then refuses is to be pulled up
        it.body.hold("1")
        assert it.bench.until(lambda: "GPIO 13" in (it.pad.fault() or ""))
        it.body.let_go("1")
        pin._info = pin._info._replace(pull="")
        it.press("2#")
        assert it.texts == ["2"]
        assert it.pad.fault() is None


def test_what_is_typed_is_told(tmp_path: Path) -> None:
    with keypad(tmp_path, entry_s=60) as it:
        it.body.type("47#")
        assert it.bench.until(lambda: it.texts == ["47"])
