"""What set-up says when it cannot: one clear sentence, and a status that stops make."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PLAIN_TOOLS = ("bash", "cat", "dirname", "env", "head", "id", "mkdir", "sha256sum", "tail")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The files that set-up needs, in a folder of their own."""
    for name in ("pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    (tmp_path / "bin").mkdir()
    for tool in PLAIN_TOOLS:
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool) or "")
    return tmp_path


def set_up(clone: Path, purpose: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(clone / "bin" / "bash"), "tools/setup.sh", purpose],
        cwd=clone,
        env={"PATH": str(clone / "bin"), "HOME": str(clone), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_without_apt_it_names_what_to_install(clone: Path) -> None:
    done = set_up(clone, "run")
    assert done.returncode == 1
    assert done.stderr == (
        "Please install these, then try again: python3 python3-venv. (This machine has no apt-get to do it with.)\n"
    )


def test_a_failing_apt_is_told_with_what_to_check(clone: Path) -> None:
    for tool in ("apt-get", "sudo"):
        (clone / "bin" / tool).write_text("#!/bin/sh\nexit 100\n")
        (clone / "bin" / tool).chmod(0o755)
    done = set_up(clone, "run")
    assert done.returncode == 1
    assert "Could not install: python3 python3-venv. Check the network" in done.stderr


def test_without_the_network_pip_failing_is_told(clone: Path) -> None:
    done = set_up(clone, "run", KIOSK_PYTHON=sys.executable, PIP_NO_INDEX="1", PIP_CONFIG_FILE=os.devnull)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("Could not install the Python packages: see above")
    assert not list((clone / ".venv").glob("setup-*"))


def test_an_old_python_is_refused_in_words(clone: Path) -> None:
    command = [str(clone / "bin" / "bash"), "-c", ". tools/python.sh; find_python"]
    environment = {"PATH": str(clone / "bin"), "KIOSK_PYTHON": "/bin/false"}
    done = subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("The kiosk needs Python 3.11, 3.12 or 3.13.")


def test_make_lists_what_there_is() -> None:
    done = subprocess.run(["make", "-C", str(ROOT)], capture_output=True, text=True, timeout=30, check=True)
    for target in ("help", "run", "test", "test-long", "lint", "bench"):
        assert f"make {target} " in done.stdout


def test_the_lock_names_exact_versions_only() -> None:
    lines = [line for line in (ROOT / "requirements.lock").read_text().splitlines() if not line.startswith("#")]
    assert len(lines) > 40
    assert all(line.count("==") == 1 for line in lines)
