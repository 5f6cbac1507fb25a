"""What set-up says when it cannot: one clear sentence, and a status that stops make."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PLAIN_TOOLS = ("bash", "cat", "dirname", "env", "grep", "head", "id", "mkdir", "sha256sum", "tail")

PINNED = re.compile(r"^(\S+?)==(\S+)((?: ; [^\\\n]*)? \\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE)
LOCKS = tuple(sorted(path.name for path in ROOT.glob("requirements*.lock")))


def cloned(folder: Path) -> Path:
    """Lay the files that set-up needs into a folder of their own."""
    for name in ("pyproject.toml", *LOCKS):
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "tools", folder / "tools")
    (folder / "bin").mkdir()
    for tool in PLAIN_TOOLS:
        (folder / "bin" / tool).symlink_to(shutil.which(tool) or "")
    return folder


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    return cloned(tmp_path)


@pytest.fixture(scope="module")
def emptied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone whose environment was made and into which nothing could be installed yet."""
    clone = cloned(tmp_path_factory.mktemp("emptied"))
    subprocess.run([sys.executable, "-m", "venv", str(clone / ".venv")], timeout=120, check=True)
    return clone


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


@pytest.mark.parametrize(
    ("why", "remedy"),
    [
        ("E: Sub-process /usr/bin/dpkg returned an error code (1)", "see above why."),
        ("Temporary failure in name resolution", "see above why. The network seems to be the cause: check it, then"),
    ],
)
def test_a_failing_apt_is_told_and_the_network_blamed_only_where_it_is_the_cause(
    clone: Path, why: str, remedy: str
) -> None:
    for tool in ("apt-get", "sudo"):
        (clone / "bin" / tool).write_text(f"#!/bin/sh\necho '{why}' >&2\nexit 100\n")
        (clone / "bin" / tool).chmod(0o755)
    done = set_up(clone, "run")
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"Could not install the Debian packages python3 python3-venv: {remedy}")
    assert "network" not in last or "name resolution" in why
    assert why in done.stderr


@pytest.mark.parametrize(
    ("settings", "blamed"),
    [
        ({"PIP_NO_INDEX": "1"}, False),
        ({"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1"}, True),
    ],
    ids=["no package", "no network"],
)
def test_pip_failing_is_told_and_the_network_blamed_only_where_it_is_the_cause(
    emptied: Path, settings: dict[str, str], blamed: bool
) -> None:
    done = set_up(emptied, "run", KIOSK_PYTHON=sys.executable, PIP_CONFIG_FILE=os.devnull, **settings)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("Could not install the Python packages (the whole log is build/setup.log): see above why.")
    assert ("network" in last) == blamed
    assert not list((emptied / ".venv").glob("setup-*"))


def test_nothing_asks_for_a_compiler(emptied: Path) -> None:
    """A package without a wheel ends the set-up with its name."""
    (emptied / "requirements-run.lock").write_text("only-as-source==1.0 --hash=sha256:" + "0" * 64 + "\n")
    folder = emptied / "packages"
    folder.mkdir()
    (folder / "only-as-source-1.0.tar.gz").write_bytes(b"")
    done = set_up(
        emptied, "run", KIOSK_PYTHON=sys.executable, PIP_CONFIG_FILE=os.devnull, PIP_NO_INDEX="1",
        PIP_FIND_LINKS=str(folder),
    )  # fmt: skip
    assert done.returncode == 1
    assert "No matching distribution found for only-as-source==1.0" in done.stderr


def test_an_old_python_is_refused_in_words(clone: Path) -> None:
    command = [str(clone / "bin" / "bash"), "-c", ". tools/python.sh; find_python"]
    environment = {"PATH": str(clone / "bin"), "KIOSK_PYTHON": "/bin/false"}
    done = subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("The kiosk needs Python 3.11, 3.12 or 3.13 on a 64-bit system.")


def test_make_lists_what_there_is() -> None:
    done = subprocess.run(["make", "-C", str(ROOT)], capture_output=True, text=True, timeout=30, check=True)
    for target in ("help", "run", "test", "test-long", "test-os", "lint", "bench"):
        assert f"make {target} " in done.stdout


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_exact_versions_with_hashes_and_no_place_to_fetch_from(name: str) -> None:
    text = (ROOT / name).read_text()
    packages = PINNED.findall(text)
    assert len(packages) > 35
    assert "".join(f"{package}=={version}{rest}" for package, version, rest in packages) == text.partition("\n")[2]
    # What an environment on Python 3.12 or later does not bring along by itself, and some packages ask for.
    assert {"setuptools", "pip"} <= {package for package, _, _ in packages}


def test_what_runs_is_what_was_tested() -> None:
    tested = (ROOT / "requirements-test.lock").read_text()
    for name in LOCKS:
        for package in re.findall(r"^\S+==[^\s;]+", (ROOT / name).read_text(), re.MULTILINE):
            assert f"\n{package} " in tested, name
