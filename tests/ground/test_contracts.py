"""The contracts of pyproject.toml about who imports whom: they hold, and each of these breaks one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

PLANTS = {
    "a rule reaches a driver": ("kiosk/dispense/rules/choose.py", "kiosk.hardware.drivers.motor.gpio_spiral"),
    "a rule reaches the simulated machine": ("kiosk/dispense/rules/choose.py", "kiosk.simulator.world"),
    "a driver reaches the simulated machine": ("kiosk/hardware/drivers/motor/gpio_spiral.py", "kiosk.simulator.world"),
    "the ledger reaches the vend thread": ("kiosk/dispense/ledger/totals.py", "kiosk.dispense.service.vend_thread"),
    "what is pure reaches a file": ("kiosk/telemetry/release.py", "sqlite3"),
    "a fact reaches a file": ("kiosk/model/vend.py", "pathlib"),
    "a new package has no place": ("kiosk/helpers/__init__.py", "kiosk.daemon"),
    "staff pages reach the ledger": ("admin_web/words.py", "kiosk.dispense.ledger"),
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what the contracts are about."""
    for folder in ("kiosk", "admin_web", "tools"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "static"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def broken(tree: Path) -> list[str]:
    """Return the contracts that are broken."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=tree, env={"PYTHONPATH": str(tree)}, capture_output=True, text=True, check=False)
    assert "Contracts:" in done.stdout, done.stdout + done.stderr
    return [line.removesuffix(" BROKEN") for line in done.stdout.splitlines() if line.endswith(" BROKEN")]


def test_they_hold(tree: Path) -> None:
    assert broken(tree) == []


@pytest.mark.parametrize("plant", PLANTS)
def test_what_they_forbid_breaks_one(tree: Path, plant: str) -> None:
    path, imported = PLANTS[plant]
    (tree / path).parent.mkdir(exist_ok=True)
    with (tree / path).open("a") as file:
        file.write(f"\nimport {imported}\n")
    assert broken(tree)
