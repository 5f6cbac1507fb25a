"""What is said when the guest cannot be built or does not do its work: a failure with a remedy, never silence."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from kiosk.hardware.registry import names
from tests.children import child
from tests.conftest import Evidence
from tests.kernel import session
from tests.kernel.waiting import until
from tests.kernel.wirings import WIRINGS
from tools.guest.boot import boot
from tools.guest.build import Guest
from tools.guest.errors import GuestError
from tools.guest.modules import Modules
from tools.guest.packages import Archive

GUEST = Guest(Path("/nowhere/vmlinuz"), Path("/nowhere/initrd.gz"))


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts programs of the test's own before the machine's."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    def put(name: str, script: str) -> None:
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o700)

    return put


def test_without_qemu_the_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GuestError, match=r"^There is no qemu-system-x86_64\. Install the package qemu-system-x86\.$"):
        boot(GUEST, tmp_path, "true", 5)


def test_a_guest_that_ends_early_is_told_with_its_last_words(tmp_path: Path, program: Any) -> None:
    program("qemu-system-x86_64", "echo Kernel panic")
    with pytest.raises(GuestError, match=r"(?s)^The guest ended before its script did\. .* last:\nKernel panic$"):
        boot(GUEST, tmp_path, "true", 5)


def test_a_guest_that_hangs_is_ended_and_told(tmp_path: Path, program: Any) -> None:
    program("qemu-system-x86_64", "exec sleep 60")
    with pytest.raises(GuestError, match=r"^The guest printed nothing for 1 s\. Its console said nothing\.$"):
        boot(GUEST, tmp_path, "true", 1)


BOOT = """
import sys
from pathlib import Path
from tests.kernel.test_guest import GUEST
from tools.guest.boot import boot
boot(GUEST, Path(sys.argv[1]), "true", 60)
"""


def test_a_guest_does_not_outlive_whoever_booted_it(tmp_path: Path, program: Any) -> None:
    program("qemu-system-x86_64", f"echo $$ >{tmp_path}/pid.new; mv {tmp_path}/pid.new {tmp_path}/pid; exec sleep 60")
    with child([sys.executable, "-c", BOOT, str(tmp_path)]):
        assert until((tmp_path / "pid").exists)
        stat = Path("/proc", (tmp_path / "pid").read_text().strip(), "stat")
        assert stat.exists()
    assert until(lambda: not stat.exists() or ") Z " in stat.read_text())


def test_without_a_debian_archive_apt_is_named(tmp_path: Path, program: Any) -> None:
    program("apt-get", "true")
    with pytest.raises(GuestError, match=r"^apt knows no Debian archive\. .* then try again\.$"):
        Archive(tmp_path / "apt")


def test_an_archive_that_cannot_be_reached_is_told_with_what_to_check(tmp_path: Path, program: Any) -> None:
    program(
        "apt-get",
        '[ "$1" = indextargets ] && echo "Debian|Debian|http://archive.invalid/|" || { echo E: no >&2; exit 9; }',
    )
    with pytest.raises(
        GuestError, match=r"^The kernel for the tests could not be fetched .*E: no\)\. Check the network"
    ):
        Archive(tmp_path / "apt")


def test_a_kernel_without_a_module_is_told(tmp_path: Path) -> None:
    with pytest.raises(GuestError, match=r"^The kernel for the tests has no module virtio_pci\."):
        Modules(tmp_path).write(tmp_path / "modules")


def test_modules_come_after_those_that_they_need(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.guest.modules.WANTED", {"top": "speed=1", "built_in": ""})
    (tmp_path / "modules.builtin").write_text("kernel/built-in.ko\n")
    for name, needs in (("top", "a-b,built_in"), ("a_b", "c"), ("c", ""), ("other", "")):
        (tmp_path / f"{name}.ko").write_bytes(b"\x7fELF\0license=GPL\0depends=" + needs.encode() + b"\0name=x\0")
    Modules(tmp_path).write(tmp_path / "out")
    assert (tmp_path / "out" / "order").read_text() == "c.ko \na_b.ko \ntop.ko speed=1\n"


def test_each_test_is_told_as_it_ended_and_one_that_did_not_run_fails(tmp_path: Path) -> None:
    lines = [
        ["test", "t::good", ""],
        ["test", "t::bad", "In the guest, call: no"],
        ["test", "t::unclean", ""],
        ["test", "t::unclean", "In the guest, teardown: left on"],
        ["count", "beam_pulses", 7],
    ]
    (tmp_path / "results.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    counted = Evidence()
    results = session.Results(session.read_results(tmp_path / "results.jsonl", counted), "It did not run.")
    results.tell("t::good")
    for name, text in (("bad", "In the guest, call: no"), ("unclean", "left on"), ("absent", "It did not run.")):
        with pytest.raises(pytest.fail.Exception, match=text):
            results.tell(f"t::{name}")
    counted.write(tmp_path / "evidence.json")
    assert json.loads((tmp_path / "evidence.json").read_text()) == {"beam_pulses": 7, "kernel_gpio_tests": 3}


def test_every_motor_and_lock_on_pins_is_wired_up_for_the_kernel() -> None:
    on_pins = {name for kind in ("motor", "lock") for name in names(kind) if name.startswith("gpio_")}
    assert on_pins == {wiring.driver for wiring in WIRINGS}
