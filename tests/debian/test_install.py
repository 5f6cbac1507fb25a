"""docs/install.md is followed to the letter on a fresh Debian, and its systemd then looks after the kiosk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.debian.conftest import machine
from tests.debian.installed import KIOSK, install, wait_for_another
from tests.debian.machine import Machine
from tests.debian.root import NEWCOMER

UNITS = {"kiosk": 1.0, "kiosk-admin-web": 1.5}
"""The most that each may leave exposed, on systemd's scale of 0 to 10."""

SLOW = """
import sys, time

class Slow:
    after, left = {after!r}, 140

    def find_spec(self, name, *_):
        if name == self.after:
            self.after = ""
        if not self.after and self.left:
            self.left -= 1
            time.sleep({seconds})

if "outputs-off" not in sys.orig_argv:
    sys.meta_path.insert(0, Slow())
"""
"""A machine that takes so many seconds to find each of many modules from the one that is named on."""

SLOW_UNIT = """
[Service]
Environment=PYTHONPATH=/opt/slow
TimeoutStartSec=15s
"""
LAST = {"kiosk": "kiosk.daemon", "kiosk-admin-web": "admin_web.app"}
"""What each imports once it has told systemd that it starts."""


@pytest.fixture(scope="module")
def installed(suite: str, evidence: Any) -> Iterator[Machine]:
    """A machine on which the page's commands were typed, each as it is written, by somebody who may use sudo."""
    with machine(suite) as running:
        evidence.count("install_commands_typed", install(running))
        yield running


def shown(machine: Machine, unit: str, *properties: str) -> list[str]:
    """Return what systemd says of a unit."""
    names = " ".join(f"--property={name}" for name in properties)
    said = dict(line.partition("=")[::2] for line in machine.run(f"systemctl show {unit} {names}").splitlines())
    return [said[name] for name in properties]


def test_the_page_leaves_a_kiosk_that_works(installed: Machine) -> None:
    for unit in UNITS:
        assert shown(installed, unit, "ActiveState", "NRestarts", "UnitFileState") == ["active", "0", "enabled"]
    assert re.search(r"^pins +simulator$", installed.run(f"{KIOSK} status"), re.MULTILINE)
    assert "Done. Take it from the tray." in installed.run(f"{KIOSK} vend NAL-4 --yes")
    assert "control --reload\ntrigger\n" in installed.run("cat /run/udevadm-was-told")
    assert installed.run("ls -l kiosk/wiring.svg", user=NEWCOMER)
    assert installed.run("git -C kiosk status --short | grep -vE 'kiosk.toml|wiring.svg' || true", user=NEWCOMER) == ""
    assert installed.run("command -v cc gcc clang swig || true") == ""


def test_lgpio_is_there_where_it_has_a_wheel_and_gpiod_everywhere(installed: Machine, suite: str) -> None:
    installed.run("/opt/kiosk/venv/bin/python -c 'import gpiod'")
    told = installed.run("cd /tmp; /opt/kiosk/venv/bin/python -c 'import lgpio' 2>&1 | tail -n 1")
    assert told == ("" if suite == "bookworm" else "ModuleNotFoundError: No module named 'lgpio'\n")


def test_the_staff_pages_answer_and_cannot_read_the_ledger(installed: Machine) -> None:
    ask = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8443/claim').read().decode())"
    assert "Make the first sign-in" in installed.run(f'/opt/kiosk/venv/bin/python -c "{ask}"')
    installed.run(f"{KIOSK} stock", user="kiosk-admin-web")
    assert "Permission denied" in installed.run("ls /var/lib/kiosk 2>&1 || true", user="kiosk-admin-web")
    assert "run this with sudo" in installed.run(f"{KIOSK} stock 2>&1 || true", user="nobody")


@pytest.mark.parametrize(("unit", "most"), UNITS.items())
def test_little_is_exposed_under_this_systemd(installed: Machine, unit: str, most: float) -> None:
    told = installed.run(f"systemd-analyze security --no-pager {unit} | tail -n 1")
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", told)
    assert found, told
    assert float(found[1]) <= most + (0.2 if unit == "kiosk" else 0)  # with ports.conf, which the page has installed


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("how", ["KILL", "STOP"])
def test_what_is_killed_or_hangs_is_started_anew(installed: Machine, unit: str, how: str, evidence: Any) -> None:
    before = installed.run(f"{KIOSK} stock")
    (process,) = shown(installed, unit, "MainPID")
    installed.run(f"kill -{how} {process}")
    wait_for_another(installed, unit, process)
    assert installed.run(f"{KIOSK} stock") == before
    evidence.count("units_started_anew")


@pytest.fixture(params=UNITS)
def slowed(installed: Machine, request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of a unit that is slow, or hangs, once `slow` says how; afterwards it is as it was."""
    unit: str = request.param
    installed.run(
        f"mkdir -p /opt/slow /etc/systemd/system/{unit}.service.d; "
        f"echo '{SLOW_UNIT}' >/etc/systemd/system/{unit}.service.d/slow.conf; systemctl daemon-reload"
    )
    yield unit
    installed.run(
        f"rm -r /opt/slow /etc/systemd/system/{unit}.service.d/slow.conf; systemctl daemon-reload; "
        f"systemctl restart {unit}"
    )


def slow(machine: Machine, unit: str, seconds: float) -> None:
    (machine.root / "opt/slow/sitecustomize.py").write_text(SLOW.format(after=LAST[unit], seconds=seconds))


def test_a_start_that_gets_on_is_waited_for(installed: Machine, slowed: str, evidence: Any) -> None:
    """Twice as long as the unit gives it, by systemd's own clock."""
    slow(installed, slowed, 0.25)
    installed.run(f"systemctl restart {slowed}", timeout_s=600)
    begun, ended, result = shown(
        installed, slowed, "ExecMainStartTimestampMonotonic", "ActiveEnterTimestampMonotonic", "Result"
    )
    assert result == "success"
    assert int(ended) - int(begun) > 2 * 15_000_000
    evidence.count("slow_starts")


def test_a_start_that_hangs_is_ended(installed: Machine, slowed: str) -> None:
    slow(installed, slowed, 3600)
    assert "a timeout was exceeded" in installed.run(f"systemctl restart {slowed} 2>&1 || true", timeout_s=600)
