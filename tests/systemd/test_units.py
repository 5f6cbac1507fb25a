"""systemd accepts the units, and what they leave exposed stays below the limits."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.ext4 import privileged

SYSTEMD = Path(__file__).parent.parent.parent / "systemd"
PROGRAMS = "/opt/kiosk/venv/bin"
UNITS = {"kiosk.service": 1.0, "kiosk-admin-web.service": 1.5}
"""The most that each may leave exposed, on systemd's scale of 0 to 10."""


def text(unit: str) -> str:
    return (SYSTEMD / unit).read_text()


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_understands_every_line(unit: str, tmp_path: Path) -> None:
    programs = re.findall(rf"{PROGRAMS}/([\w-]+)", text(unit))
    assert programs
    for name in programs:
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / unit).write_text(text(unit).replace(PROGRAMS, str(tmp_path)))
    command = ["systemd-analyze", "verify", "--man=no", str(tmp_path / unit)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    complaints = [line for line in done.stderr.splitlines() if unit in line]
    assert (done.returncode, complaints) == (0, [])


def exposure(unit: Path) -> float:
    """Return what systemd says of a unit, with the drop-ins that lie beside it."""
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert found, done.stderr
    return float(found[1])


@pytest.mark.parametrize(("unit", "most"), UNITS.items())
def test_little_is_exposed(unit: str, most: float, tmp_path: Path) -> None:
    (tmp_path / unit).write_text(text(unit))
    assert exposure(tmp_path / unit) <= most


def test_a_serial_board_exposes_little_more(tmp_path: Path) -> None:
    (tmp_path / "kiosk.service").write_text(text("kiosk.service"))
    bare = exposure(tmp_path / "kiosk.service")
    (tmp_path / "kiosk.service.d").mkdir()
    (tmp_path / "kiosk.service.d/ports.conf").write_text(text("kiosk.service.d/ports.conf"))
    assert bare < exposure(tmp_path / "kiosk.service") <= 1.2


def test_every_group_that_a_unit_names_is_made() -> None:
    made = set(re.findall(r"^[gu] (\S+)", text("sysusers.d/kiosk.conf"), re.MULTILINE))
    for unit in (*UNITS, "kiosk.service.d/ports.conf"):
        for line in re.findall(r"^SupplementaryGroups=(.*)$", text(unit), re.MULTILINE):
            assert set(line.split()) <= made, unit


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("line", ["Type=notify", "Restart=always", "StartLimitIntervalSec=0"])
def test_it_is_always_started_again(unit: str, line: str) -> None:
    assert line in text(unit).splitlines()
    assert re.search(r"^WatchdogSec=\d+s$", text(unit), re.MULTILINE)


def test_the_motors_are_turned_off_whatever_happened() -> None:
    assert re.search(r"^ExecStopPost=-\S+/kiosk outputs-off ", text("kiosk.service"), re.MULTILINE)


def test_lgpio_finds_a_folder_for_its_fifo() -> None:
    lines = text("kiosk.service").splitlines()
    assert {"RuntimeDirectory=kiosk", "WorkingDirectory=/run/kiosk"} <= set(lines)


def test_the_staff_pages_reach_the_socket_but_not_the_ledger() -> None:
    assert "SupplementaryGroups=kiosk" in text("kiosk-admin-web.service").splitlines()
    assert "StateDirectoryMode=0700" in text("kiosk.service").splitlines()


@pytest.fixture
def computer(tmp_path: Path) -> Iterator[Path]:
    """The root of a computer on which our files lie where systemd looks for them."""
    root = tmp_path / "computer"
    for kind in ("sysusers", "tmpfiles"):
        (root / f"etc/{kind}.d").mkdir(parents=True)
        (root / f"etc/{kind}.d/kiosk.conf").write_text(text(f"{kind}.d/kiosk.conf"))
    # What root makes in somebody else's folder could be led astray, so systemd-tmpfiles refuses that.
    subprocess.run([*privileged(), "chown", "-R", "root:root", str(root)], check=True)
    yield root
    subprocess.run([*privileged(), "rm", "-r", str(root)], check=True)  # some of it belongs to the kiosk's users


def test_users_and_folders_are_made_as_written(computer: Path) -> None:
    for command in (["systemd-sysusers"], ["systemd-tmpfiles", "--create", "kiosk.conf"]):
        command.insert(1, f"--root={computer}")
        subprocess.run([*privileged(), *command], capture_output=True, text=True, timeout=60, check=True)
    passwd = (computer / "etc/passwd").read_text()
    group = (computer / "etc/group").read_text()
    assert re.search(r"^kiosk:", passwd, re.MULTILINE)
    assert re.search(r"^kiosk:.*:kiosk-admin-web$", group, re.MULTILINE)
    assert re.search(r"^gpio:", group, re.MULTILINE)
    assert (computer / "etc/kiosk/telemetry").stat().st_mode & 0o777 == 0o500
