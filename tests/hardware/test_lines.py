"""Errors of the pins become sentences with a remedy."""

from __future__ import annotations

import pytest

from kiosk.errors import HardwareError
from kiosk.hardware.shared.gpio_lines import InputLine, OutputLine, _claim
from tests.hardware.machine import Machine


def test_a_busy_line_says_how_to_find_out_who_holds_it() -> None:
    def busy() -> None:
        raise RuntimeError("'GPIO busy'")

    with pytest.raises(HardwareError, match=r"GPIO 5 is held by another program .* `gpioinfo`"):
        _claim(5, busy)


def test_a_pull_that_the_board_fixes_is_a_sentence(rig: Machine) -> None:
    with pytest.raises(HardwareError, match=r"GPIO 2 does not work .* fixed pull"):
        InputLine(rig.board, 2, active_low=False, changed=lambda _at, _active: None)
    InputLine(rig.board, 2, active_low=True, changed=lambda _at, _active: None).close()


def test_an_active_low_output_is_never_on_before_it_is_asked(rig: Machine) -> None:
    levels: list[bool | None] = []
    rig.world._cabinet.wiring.connect(25, levels.append)
    line = OutputLine(rig.board, 25, active_low=True)
    line.on()
    line.close()
    line.close()
    assert levels == [True, False, True, None]


def test_a_line_that_was_given_back_says_so(rig: Machine) -> None:
    line = OutputLine(rig.board, 25, active_low=False)
    line.close()
    assert line.closed
    with pytest.raises(HardwareError, match="GPIO 25 was given back already"):
        line.on()
