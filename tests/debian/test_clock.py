"""Who vouches for the clock of an installed kiosk, whose unit may neither set it nor ask the kernel about it."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.debian.conftest import machine
from tests.debian.installed import KIOSK, PYTHON, install, wait_for_another
from tests.debian.machine import Machine
from tests.debian.root import NEWCOMER

DATE_PAGE = Path(__file__).parents[2] / "admin_web" / "templates" / "date.html"

IN_STEP, NOT_IN_STEP = "0", "EPERM"
KERNEL = """
[Service]
SystemCallFilter=
SystemCallFilter=~adjtimex:{answer} clock_adjtime:{answer}
"""
"""Answers systemd-timedated in the kernel's place. 0 is a clock that something keeps in step, without an error."""

CONFIRM = """
from kiosk.control.client import Client
kiosk = Client("/run/kiosk/control.sock")
kiosk.confirm_date(kiosk.state().clock.shown)
"""
"""What the staff pages do when somebody presses "This is today's date"."""

KEEPER = """
[Service]
ExecStart=sleep infinity
[Install]
WantedBy=multi-user.target
"""
"""Stands for the service that sets the clock from the network. The real one does not start in a container."""


@pytest.fixture(scope="module")
def installed(suite: str) -> Iterator[Machine]:
    with machine(suite) as running:
        install(running)
        yield running


@pytest.fixture(autouse=True)
def started(installed: Machine) -> None:
    """Nobody has vouched since the machine was switched on, and the kiosk has asked."""
    installed.run("systemctl stop kiosk")
    kernel_says(installed, NOT_IN_STEP)
    installed.run("systemctl start kiosk")
    installed.until("systemctl is-active systemd-timedated")  # which nothing but a question starts
    assert not clock(installed)["trusted"]


def kernel_says(machine: Machine, answer: str) -> None:
    drop_in = machine.root / "etc/systemd/system/systemd-timedated.service.d/kernel.conf"
    drop_in.parent.mkdir(exist_ok=True)
    drop_in.write_text(KERNEL.format(answer=answer))
    machine.run("systemctl daemon-reload; systemctl stop systemd-timedated")


def clock(machine: Machine) -> dict[str, Any]:
    """Return what the kiosk says of its clock; while it is not to be trusted, staff are told to check it."""
    state = json.loads(machine.run(f"{KIOSK} status --json"))
    assert any(fault["where"] == "clock" for fault in state["faults"]) != state["clock"]["trusted"]
    found: dict[str, Any] = state["clock"]
    return found


def kill(machine: Machine) -> None:
    process = machine.run("systemctl show --property=MainPID --value kiosk").strip()
    machine.run(f"kill -KILL {process}")
    wait_for_another(machine, "kiosk", process)


def test_the_kernels_word_is_believed(installed: Machine) -> None:
    kernel_says(installed, IN_STEP)
    installed.until(f"{KIOSK} status --json | grep -E '\"trusted\": *true'")
    kernel_says(installed, NOT_IN_STEP)  # as it does hours after its network went away
    kill(installed)
    assert clock(installed)["trusted"]


def test_a_persons_word_outlives_a_kill_that_follows_it(installed: Machine) -> None:
    installed.run(f"{PYTHON} -c '{CONFIRM}'", user="kiosk-admin-web")
    kill(installed)
    assert clock(installed)["trusted"]


def test_a_machine_that_cannot_tell_only_asks_a_person(installed: Machine) -> None:
    installed.run("systemctl mask --now systemd-timedated; systemctl restart kiosk")
    try:
        assert not clock(installed)["trusted"]
        assert "Done. Take it from the tray." in installed.run(f"{KIOSK} vend NAL-4 --yes")
        installed.run(f"{PYTHON} -c '{CONFIRM}'", user="kiosk-admin-web")
        assert clock(installed)["trusted"]
    finally:
        installed.run("systemctl unmask systemd-timedated")


def test_the_date_pages_commands_need_nothing_but_a_clock_that_may_be_set(installed: Machine) -> None:
    """A container has none; what else could stand in their way is asked before."""
    stop, set_, start = (
        html.unescape(line) for line in re.findall(r'<code class="line">(.*?)</code>', DATE_PAGE.read_text())
    )
    (installed.root / "etc/systemd/system/keeper.service").write_text(KEEPER)
    (installed.root / "etc/systemd/ntp-units.d").mkdir(exist_ok=True)
    (installed.root / "etc/systemd/ntp-units.d/10-keeper.list").write_text("keeper.service\n")
    installed.run("systemctl daemon-reload; systemctl enable --now keeper; systemctl stop systemd-timedated")
    assert "Automatic time synchronization is enabled" in installed.run(f"{set_} 2>&1 || true", user=NEWCOMER)
    installed.run(stop, user=NEWCOMER)
    assert installed.run(f"{set_} 2>&1 || true", user=NEWCOMER) == "Failed to set time: Access denied\n"
    installed.run(start, user=NEWCOMER)
    installed.run("systemctl is-active keeper && systemctl is-enabled keeper")
