"""Machines beside the kiosk's own coils: one with a keypad of its own, lockers, and coils behind a relay board."""

from __future__ import annotations

import subprocess

from tests.daemon.kiosk_here import Kiosk
from tests.serial.mdb import until


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


def choose_when_asked(kiosk: Kiosk, command: list[str], item: int) -> subprocess.CompletedProcess[str]:
    """Run a self-test; once it asks for it, choose `item` at the machine's keypad, wait for it, and answer yes."""
    machine = kiosk.world.part("machine")
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as running:
        assert running.stderr is not None
        asked = ""
        while "Did the item come out?" not in asked:
            asked += running.stderr.read(1)
        assert f"Choose item {item} on the machine's own keypad" in asked
        assert until(lambda: machine.choose(item))
        out, errors = running.communicate("y\n", timeout=60)
    return subprocess.CompletedProcess(command, running.returncode, out, asked + errors)
