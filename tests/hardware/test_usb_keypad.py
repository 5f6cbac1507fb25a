"""Keypads, scanners and readers that type: the kernel's events become whole texts, and a pulled plug is told."""

from __future__ import annotations

import logging
import os
import random
import string
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.hardware.shared.keys.codes import character, presses
from kiosk.hardware.shared.keys.entry import KeyboardEntry
from kiosk.hardware.shared.keys.evdev import EVENT
from kiosk.simulator.faults import Fault
from kiosk.simulator.parts.usb_keypad import ENTER, SHIFT
from tests.conftest import Evidence
from tests.hardware.bench import Bench, bench
from tests.hardware.machine import until

DEVICE = "input/by-id/usb-Keys_4711-event-kbd"
BACKSPACE, ESCAPE, SEVEN, EIGHT = 14, 1, 8, 9
TYPEABLE = string.digits + string.ascii_letters + " -_+*/.,:;#$%&()=?!'\"\\<>@[]^`{|}~"


class Rig:
    def __init__(self, made: Bench) -> None:
        self.bench, self.body = made, made.body
        self.pad: Any = made.open()
        self.texts: list[str] = []
        self.pad.on_entry(self.texts.append)
        assert until(lambda: self.pad.fault() is None)

    def tap(self, *codes: int) -> None:
        for code in codes:
            self.body.key(code, True)
            self.body.key(code, False)


@contextmanager
def keypad(state: Path) -> Iterator[Rig]:
    with bench(state, "input", "usb_keypad", device=DEVICE) as made:
        running = Rig(made)
        try:
            yield running
        finally:
            running.pad.close()


def test_whatever_keys_can_type_arrives(tmp_path: Path) -> None:
    with keypad(tmp_path) as it:
        for text in (TYPEABLE, "4006381333931", "01 0400638133393 17", "Apple-7 tiger"):
            it.body.type(text)
            assert until(lambda: bool(it.texts))
            assert it.texts.pop() == text
        assert it.pad.fault() is None


def test_the_keys_of_a_number_pad_type_the_same(tmp_path: Path) -> None:
    with keypad(tmp_path) as it:
        it.tap(79, 80, 81, 82, 74, 96)  # 1, 2, 3, 0, minus, enter
        assert until(lambda: it.texts == ["1230-"])


def test_every_character_is_on_one_key(tmp_path: Path) -> None:
    for letter in TYPEABLE:
        ((code, shifted),) = presses(letter)
        assert character(code, shifted) == letter
    with pytest.raises(KeyError):
        presses("€")


def test_corrections(tmp_path: Path) -> None:
    with keypad(tmp_path) as it:
        it.tap(SEVEN, SEVEN, BACKSPACE, EIGHT, ENTER)
        it.tap(SEVEN, ESCAPE, EIGHT, ENTER)
        it.tap(BACKSPACE, ENTER)
        assert until(lambda: len(it.texts) == 2)
        assert it.texts == ["78", "8"]


def test_a_key_that_is_held_types_once(tmp_path: Path) -> None:
    with keypad(tmp_path) as it:
        it.body.key(SEVEN, True)
        for _ in range(20):
            it.body.repeat(SEVEN)
        it.body.key(SEVEN, False)
        it.tap(ENTER)
        assert until(lambda: it.texts == ["7"])


def test_more_than_a_hundred_characters_are_dropped(tmp_path: Path) -> None:
    with keypad(tmp_path) as it:
        it.body.type("1" * 250)
        it.body.type("2")
        assert until(lambda: len(it.texts) == 2)
        assert it.texts == ["1" * 100, "2"]


def test_what_nobody_ended_is_left_to_nobody(tmp_path: Path) -> None:
    with keypad(tmp_path) as it:
        it.body.type("12", end=False)
        assert until(lambda: it.pad._entry._entry._text == "12")
        it.bench.pass_s(31)
        it.body.type("3")
        assert until(lambda: it.texts == ["3"])


def test_half_a_text_is_dropped_when_events_were_lost(tmp_path: Path) -> None:
    with keypad(tmp_path) as it:
        it.body.key(SHIFT, True)
        it.body.type("12", end=False)
        it.body.lose_events()
        it.body.type("34")
        assert until(lambda: it.texts == ["34"])


def test_a_pulled_plug_is_told_and_it_is_found_again_within_five_seconds(tmp_path: Path, evidence: Evidence) -> None:
    with keypad(tmp_path) as it:
        for _ in range(2):
            it.body.type("12", end=False)
            assert until(lambda: it.pad._entry._entry._text == "12")
            it.bench.world.set_fault(Fault.UNPLUGGED, True)
            assert until(lambda: it.pad.fault() is not None)
            assert "Check its cable; it is found again by itself." in it.pad.fault()
            it.bench.world.set_fault(Fault.UNPLUGGED, False)
            began = time.monotonic()
            assert until(lambda: it.pad.fault() is None)
            assert time.monotonic() - began < 5
            it.body.type("34")
            assert until(lambda: it.texts == ["34"])
            it.texts.clear()
            evidence.count("cable_pulls")


def test_one_that_is_plugged_in_later_is_found(tmp_path: Path) -> None:
    with bench(tmp_path, "input", "usb_keypad", device=DEVICE) as made:
        made.world.set_fault(Fault.UNPLUGGED, True)
        pad = made.open()
        assert until(lambda: "it is not plugged in" in (pad.fault() or ""))
        made.world.set_fault(Fault.UNPLUGGED, False)
        assert until(lambda: pad.fault() is None)
        pad.close()
        pad.close()


@pytest.mark.parametrize("there", [True, False])
def test_waiting_costs_nothing(tmp_path: Path, there: bool) -> None:
    with keypad(tmp_path) as it:
        it.bench.world.set_fault(Fault.UNPLUGGED, not there)
        assert until(lambda: (it.pad.fault() is None) == there)
        began = time.process_time()
        time.sleep(0.5)
        assert time.process_time() - began < 0.25


def test_a_stuck_key_is_told(tmp_path: Path) -> None:
    with keypad(tmp_path) as it:
        it.bench.world.set_fault(Fault.KEY_STUCK, True)
        assert until(lambda: bool(it.pad._entry.down))
        assert it.pad.fault() is None
        it.bench.pass_s(31)
        assert "a key is stuck" in it.pad.fault()
        it.bench.world.set_fault(Fault.KEY_STUCK, False)
        assert until(lambda: it.pad.fault() is None)


def test_a_path_that_is_no_device_is_told(tmp_path: Path) -> None:
    with bench(tmp_path, "input", "usb_keypad", device=DEVICE) as made:
        made.world.set_fault(Fault.UNPLUGGED, True)
        (made.board.dev_root / DEVICE).mkdir(parents=True)
        pad = made.open()
        assert until(lambda: "it is no input device" in (pad.fault() or ""))
        pad.close()


def test_nothing_that_is_typed_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with keypad(tmp_path) as it:
        it.body.type("5522")
        assert until(lambda: it.texts == ["5522"])
        it.bench.world.set_fault(Fault.UNPLUGGED, True)
        assert until(lambda: it.pad.fault() is not None)
        assert "5522" not in caplog.text + str(it.pad.fault()) + repr(it.pad)


def test_bytes_that_are_no_events_harm_nothing(tmp_path: Path, evidence: Evidence) -> None:
    chance = random.Random(4)
    with keypad(tmp_path) as it:
        for _ in range(200):
            junk = chance.randbytes(EVENT.size * chance.randint(1, 20))
            with it.bench.world._cabinet.timeline.lock:
                os.write(it.body._file, junk)
        it.body.lose_events()
        assert until(lambda: not it.pad._entry.down)
        it.texts.clear()
        it.body.type("12")
        assert until(lambda: it.texts == ["12"])
        evidence.count("input_junk_events", 200)


@given(st.lists(st.tuples(st.integers(0, 255), st.booleans()), max_size=60))
def test_any_keys_in_any_order_give_texts_of_typeable_characters(keys: list[tuple[int, bool]]) -> None:
    entry = KeyboardEntry(30.0)
    texts = [text for code, down in keys if (text := entry.event(code, down, 0.0))]
    assert all(set(text) <= set(TYPEABLE) for text in texts)
