"""A line each way on a real kernel: levels, edges, and what is said when something is wrong."""

from __future__ import annotations

import subprocess
import sys
import time

import gpiod
import pytest
from gpiod.line import Direction

from kiosk.errors import HardwareError
from kiosk.hardware.shared.gpio_lines import InputLine, OutputLine
from tests.children import child
from tests.kernel.chip import Chip
from tests.kernel.rig import Board, Rig
from tests.kernel.waiting import until


@pytest.mark.parametrize("active_low", [False, True])
def test_an_output_drives_its_level(rig: Rig, active_low: bool) -> None:
    line = OutputLine(rig.board, 5, active_low=active_low)
    line.on()
    assert rig.chip.level(5) == (not active_low)
    line.off()
    assert rig.chip.level(5) == active_low
    line.close()
    line.close()
    assert [write.level for write in rig.chip.writes(5)][:3] == [active_low, not active_low, active_low]


@pytest.mark.parametrize("active_low", [False, True])
def test_an_input_is_held_inactive_by_its_resistor_and_reports_edges_in_time(rig: Rig, active_low: bool) -> None:
    edges: list[tuple[float, bool]] = []
    line = InputLine(rig.board, 6, active_low=active_low, changed=lambda at, active: edges.append((at, active)))
    assert rig.chip.level(6) == active_low
    assert not line.active()
    before = time.monotonic()
    rig.chip.pull(6, not active_low)
    after = time.monotonic()
    assert line.active()
    rig.chip.pull(6, active_low)
    assert until(lambda: len(edges) == 2)
    assert [active for _, active in edges] == [True, False]
    assert before <= edges[0][0] <= after
    line.close()
    rig.chip.pull(6, not active_low)
    time.sleep(0.05)
    assert len(edges) == 2


def test_edges_of_many_pins_come_in_order(rig: Rig) -> None:
    edges: list[tuple[float, int]] = []
    lines = [
        InputLine(rig.board, pin, active_low=True, changed=lambda at, _active, pin=pin: edges.append((at, pin)))  # type: ignore[misc]
        for pin in (5, 6, 12, 13)
    ]
    order = [5, 12, 13, 6, 12, 5, 6, 13]
    for count, pin in enumerate(order):
        rig.chip.pull(pin, order[:count].count(pin))
        time.sleep(0.005)
    assert until(lambda: len(edges) == len(order))
    assert [pin for _, pin in sorted(edges)] == order
    for line in lines:
        line.close()


def test_a_listener_that_raises_is_told_and_edges_go_on(rig: Rig) -> None:
    """Below `InputLine`, which lets nothing through: whoever uses gpiozero itself cannot end the edges either."""
    from gpiozero import DigitalInputDevice

    class Listener:
        calls = 0

        def fail(self) -> None:
            Listener.calls += 1
            raise ValueError("no")

    listener = Listener()
    device = DigitalInputDevice(6, pull_up=True, pin_factory=rig.board.pin_factory)
    device.when_activated = listener.fail
    for level in (0, 1, 0):
        rig.chip.pull(6, level)
        time.sleep(0.005)
    assert until(lambda: Listener.calls == 2)
    device.close()
    assert "GPIO 6: an edge was lost" in rig.board.fault()


def test_a_line_held_by_another_program_is_told_and_works_once_it_is_free(rig: Rig) -> None:
    held = gpiod.request_lines("/dev/gpiochip0", {5: gpiod.LineSettings(direction=Direction.INPUT)}, consumer="another")
    with pytest.raises(HardwareError, match=r"^GPIO 5 is held by another program .* stop it, start the kiosk\.$"):
        OutputLine(rig.board, 5, active_low=False)
    with pytest.raises(HardwareError, match=r"^GPIO 5 is held by another program"):
        InputLine(rig.board, 5, active_low=False, changed=lambda *_: None)
    held.release()
    line = OutputLine(rig.board, 5, active_low=False)
    line.on()
    assert rig.chip.level(5) == 1
    line.close()


def test_what_is_closed_can_be_opened_again_and_is_free_for_others(rig: Rig) -> None:
    for active_low in (False, True):
        OutputLine(rig.board, 5, active_low=active_low).close()
        InputLine(rig.board, 5, active_low=active_low, changed=lambda *_: None).close()
    rig.board.close()
    rig.board.close()
    with gpiod.request_lines("/dev/gpiochip0", {5: gpiod.LineSettings(direction=Direction.INPUT)}):
        pass
    rig.board = rig.open_board()
    line = OutputLine(rig.board, 5, active_low=False)
    line.on()
    assert rig.chip.level(5) == 1
    line.close()


def test_the_thread_of_gpiod_is_watched(chip: Chip) -> None:
    with Rig(chip, "gpiod") as rig:
        assert rig.board.fault() is None
        rig.board.pin_factory.edges.stop()
        assert rig.board.fault() == "The pins no longer report: their thread has ended. Restart the kiosk."


def test_a_computer_without_the_headers_chip_is_told(chip: Chip, monkeypatch: pytest.MonkeyPatch) -> None:
    from kiosk.hardware.pins import gpiod as pins

    monkeypatch.setattr(pins, "LABELS", ("another",))
    with pytest.raises(HardwareError, match=r"^The GPIO pins cannot be opened \(none of .* group gpio, and check that"):
        Board("gpiod")


def test_gpiod_refuses_pwm_in_words(chip: Chip) -> None:
    from gpiozero import PWMOutputDevice

    with Rig(chip, "gpiod") as rig, pytest.raises(HardwareError, match=r"^GPIO 12 .* Install lgpio as "):
        PWMOutputDevice(12, pin_factory=rig.board.pin_factory)


CHOOSE = """
import logging, sys
logging.basicConfig(level="INFO", format="%(message)s", stream=sys.stdout)
if sys.argv[1] == "without":
    sys.modules["lgpio"] = None
from kiosk.errors import HardwareError
from tests.kernel.rig import Board
with Board("auto") as board:
    board.open("signal", "gpio_light", pin=20)
    try:
        board.open("motor", "gpio_servo", pin=5)
    except HardwareError as error:
        print(error)
"""


def chosen(lgpio: str) -> list[str]:
    """Return what a kiosk says that chooses its pins itself, in a process of its own."""
    command = [sys.executable, "-c", CHOOSE, lgpio]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def test_without_lgpio_the_pins_are_gpiods_and_only_servos_miss_it(chip: Chip) -> None:
    why, taken, servo = chosen("without")
    assert why.startswith("The next pins are tried: not=lgpio why=The pins lgpio are not installed")
    assert taken == "The pins are open: pins=gpiod"
    assert servo == (
        "GPIO 5 cannot make the pulses that a servo needs: these pins are driven by gpiod. Install lgpio as "
        'docs/install.md says, and set hardware.pins = "auto".'
    )


@pytest.mark.lgpio
def test_lgpio_is_taken_where_it_is_installed(chip: Chip) -> None:
    assert chosen("with") == ["The pins are open: pins=lgpio"]


KILL = """
import os, threading, time
import lgpio
from kiosk.hardware.pins.lgpio import LgpioBoard
from kiosk.config import Hardware
from kiosk.clock import Clock

board = LgpioBoard(Hardware(pins="lgpio"), Clock())
pin = board.pin_factory.pin(6)
print(board.fault())
def fail(*_): raise ValueError("no")
threading.excepthook = lambda *_: None
lgpio.gpio_claim_alert(board.pin_factory._handle, 6, lgpio.BOTH_EDGES)
callback = lgpio.callback(board.pin_factory._handle, 6, lgpio.BOTH_EDGES, fail)
print("pull", flush=True)
input()
lgpio._notify_thread.join(5)
print(board.fault(), flush=True)
os._exit(0)
"""


@pytest.mark.lgpio
def test_the_death_of_lgpios_callback_thread_is_told(chip: Chip) -> None:
    """In a process of its own: it cannot be started again."""
    chip.pull(6, 0)
    command = [sys.executable, "-c", KILL]
    with child(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(2)] == ["None\n", "pull\n"]
        chip.pull(6, 1)
        said, _ = process.communicate("\n", timeout=60)
    assert said == "The pins no longer report: their callback thread has ended. Restart the kiosk.\n"
