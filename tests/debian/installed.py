"""A kiosk that was installed as docs/install.md says, under the systemd of its machine."""

from __future__ import annotations

from tests.debian.machine import Machine
from tests.debian.page import INSTALL, commands
from tests.debian.root import NEWCOMER
from tests.debian.told import tell

PYTHON = "/opt/kiosk/venv/bin/python"
KIOSK = "/opt/kiosk/venv/bin/kiosk"


def install(machine: Machine) -> int:
    """Type the page's commands, each as it is written, as somebody who may use sudo; return how many there were."""
    commanded, ports, lgpio, _backup = commands(INSTALL)
    assert "python3-lgpio" in " ".join(lgpio)  # which only Raspberry Pi OS has
    machine.run("git clone --quiet /srv/kiosk.bundle kiosk", user=NEWCOMER)
    machine.run("cp kiosk/examples/simulated.toml kiosk/kiosk.toml", user=NEWCOMER)
    for command in (*commanded, *ports):
        tell(f"$ {command}")
        machine.run(f"set -euo pipefail\ncd kiosk\n{command}", user=NEWCOMER)
    return len(commanded) + len(ports)


def wait_for_another(machine: Machine, unit: str, process: str) -> str:
    """Wait until systemd has started the unit anew; return its process."""
    return machine.until(
        f"pid=$(systemctl show --property=MainPID --value {unit}); systemctl is-active --quiet {unit} && "
        f'[ "$pid" != {process} ] && [ "$pid" != 0 ] && echo $pid',
        240,
    ).strip()
