"""A USB keypad as the kernel shows it: read, kept to ourselves, and found again after its plug was pulled."""

from __future__ import annotations

import fcntl
import os
import queue
import select
from pathlib import Path

import pytest

from kiosk.hardware.shared.keys.evdev import EVIOCGRAB
from tests.kernel.chip import Chip
from tests.kernel.keyboard import Keyboard
from tests.kernel.rig import Board
from tests.kernel.waiting import until


@pytest.fixture
def link(tmp_path: Path) -> Path:
    """The stable name that udev would give it."""
    return tmp_path / "usb-A_keypad-event-kbd"


def test_it_is_ours_alone_and_is_found_again_after_its_plug_was_pulled(chip: Chip, link: Path) -> None:
    texts: queue.SimpleQueue[str] = queue.SimpleQueue()
    with Board("gpiod") as board, Keyboard(link) as keyboard:
        keypad = board.open("input", "usb_keypad", device=str(link))
        keypad.on_entry(texts.put)
        assert until(lambda: "it is not plugged in" in (keypad.fault() or ""))
        for text in ("01 4006381-Ab", "42"):
            another = os.open(keyboard.plug_in(), os.O_RDONLY | os.O_NONBLOCK)
            assert until(lambda: keypad.fault() is None)
            keyboard.type(text)
            assert texts.get(timeout=5) == text
            assert select.select([another], [], [], 0.1)[0] == []
            keyboard.pull_out()
            assert until(lambda: keypad.fault() is not None)
            os.close(another)


def test_one_that_another_program_holds_is_told_and_works_once_it_is_free(chip: Chip, link: Path) -> None:
    with Board("gpiod") as board, Keyboard(link) as keyboard:
        another = os.open(keyboard.plug_in(), os.O_RDONLY)
        fcntl.ioctl(another, EVIOCGRAB, 1)
        keypad = board.open("input", "usb_keypad", device=str(link))
        assert until(lambda: "another program holds it" in (keypad.fault() or ""))
        os.close(another)
        assert until(lambda: keypad.fault() is None)
