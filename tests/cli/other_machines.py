"""Machines beside the kiosk's own coils: one with a keypad of its own, lockers, and coils behind a relay board."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

from kiosk.simulator.faults import Fault
from tests.children import child
from tests.daemon.kiosk_here import Kiosk
from tests.hardware.machine import until


def _slot(name: str, driver: str, options: str) -> str:
    return f"""
[[slots]]
id = "{name}"
product = "STRIP"
capacity = 1
driver = "{driver}"
options = {{ {options} }}
"""


LANES = """
[[controllers]]
name = "machine"
driver = "qibixx_mdb"
options = { port = "serial/by-id/usb-Qibixx_MDB", drop_sensor = true, answer_s = 60.0, vend_s = 20 }
""" + "".join(_slot(f"M{n}", "mdb_item", f'controller = "machine", item = 1{n}, price = "0.1{n}"') for n in (1, 2))

LOCKERS = "".join(_slot(f"L{n}", "gpio_solenoid", f"pin = 2{n}, feedback_pin = 1{n + 5}") for n in (1, 2))

CONTROLLED = """
[[controllers]]
name = "relays"
driver = "modbus_relays"
options = { port = "serial/by-id/usb-relays", relays = 8, inputs = 8 }
""" + "".join(_slot(f"R{n}", "modbus_coil", f'controller = "relays", relay = {n}, input = {n}') for n in (1, 2))

TAMPER = """
[[sensors]]
name = "back"
driver = "tamper"
options = { pin = 20 }
"""


def choose_when_asked(kiosk: Kiosk, command: list[str], item: int) -> subprocess.CompletedProcess[str]:
    """Run a self-test; once it asks for it, choose `item` at the machine's keypad, wait for it, and answer yes."""
    machine = kiosk.world.part("machine")

    def choose(asked: str) -> None:
        assert f"Choose item {item} on the machine's own keypad" in asked
        assert until(lambda: machine.choose(item))

    return _when_asked(command, "Did the item come out?", choose, "", "y\n")


def open_when_asked(kiosk: Kiosk, command: list[str], answers: str) -> subprocess.CompletedProcess[str]:
    """Run a self-test with these answers; once it asks for it, open the tamper contact for as long as it lasts."""

    def tamper(_asked: str) -> None:
        kiosk.world.set_fault(Fault.TAMPERED, True)
        assert until(lambda: "back" in kiosk.faults())

    lines = answers.splitlines(keepends=True)
    return _when_asked(command, "Open the tamper contact", tamper, "".join(lines[:4]), "".join(lines[4:]))


def _when_asked(
    command: list[str], question: str, act: Callable[[str], None], before: str, after: str
) -> subprocess.CompletedProcess[str]:
    """Run a self-test, answer with `before`, act once it puts `question`, and answer with `after`."""
    pipe = subprocess.PIPE
    with child(command, stdin=pipe, stdout=pipe, stderr=pipe) as running:
        assert running.stderr is not None
        assert running.stdin is not None
        running.stdin.write(before)
        running.stdin.flush()
        asked = ""
        while question not in asked:
            piece = running.stderr.read(1)
            assert piece, f"It ended before it asked: {asked}"
            asked += piece
        act(asked)
        out, errors = running.communicate(after, timeout=60)
    return subprocess.CompletedProcess(command, running.returncode, out, asked + errors)
