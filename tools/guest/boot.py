"""Boot the guest, in software emulation, and run one shell script in it."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

from tools.guest.build import Guest
from tools.guest.errors import GuestError

QEMU = "qemu-system-x86_64"
KERNEL_OPTIONS = "console=ttyS0 quiet loglevel=3 panic=-1 tsc=reliable mitigations=off nokaslr random.trust_cpu=on"
MACHINE = "-machine q35,vmport=off -accel tcg -cpu max -smp 1 -m 768 -nodefaults -no-user-config -display none"
PACE = "shift=1,sleep=off"
"""The guest's clock counts instructions, 2 ns each, and jumps to the next timer when nothing is to do.

So a wait costs no time here, and what is measured there depends on the guest's work alone, not on how busy this
machine is. At 500 million instructions a second it is slower than any Raspberry Pi that the kiosk runs on.
"""
CONSOLE_LINES = 15
LOOK_S = 0.5
"""How often it is looked at whether the guest printed something, in seconds."""


def boot(guest: Guest, share: Path, script: str, silent_s: float) -> int:
    """Run `script` as root in the guest and return its exit status.

    The guest sees all files of this machine, read-only, and `share`, writable, as /run/share. Raises GuestError with
    the last lines of its console when qemu is missing, when it prints nothing for `silent_s` seconds, or ends without
    a status. How long all of it takes depends on how busy this machine is, so that is not limited.
    """
    if not shutil.which(QEMU):
        raise GuestError(f"There is no {QEMU}. Install the package qemu-system-x86.")
    (share / "run.sh").write_text(script)
    status = share / "status"
    status.unlink(missing_ok=True)
    console = share / "console.txt"
    with console.open("wb") as printed:
        machine = subprocess.Popen(
            _command(guest, share), stdin=subprocess.DEVNULL, stdout=printed, stderr=subprocess.STDOUT
        )
        try:
            heard = _watch(machine, console, silent_s)
        finally:
            machine.kill()
            machine.wait()
    if not heard:
        raise GuestError(f"The guest printed nothing for {silent_s:.0f} s.{_last_words(console)}")
    if not status.exists():
        raise GuestError(f"The guest ended before its script did.{_last_words(console)}")
    return int(status.read_text())


def _watch(machine: subprocess.Popen[bytes], console: Path, silent_s: float) -> bool:
    """Wait until the guest has ended; False when it prints nothing for so long."""
    printed, since = 0, time.monotonic()
    while True:
        try:
            machine.wait(LOOK_S)
        except subprocess.TimeoutExpired:
            now, size = time.monotonic(), console.stat().st_size
            if size > printed:
                printed, since = size, now
            elif now - since > silent_s:
                return False
        else:
            return True


def _command(guest: Guest, share: Path) -> list[str]:
    files = "local,security_model=none,multidevs=remap"
    return [
        *("setpriv", "--pdeathsig", "KILL", QEMU),  # it ends with whoever started it, however that ends
        *MACHINE.split(),
        *("-icount", PACE),
        *("-no-reboot", "-serial", "stdio", "-monitor", "none"),
        *("-kernel", str(guest.kernel), "-initrd", str(guest.initrd), "-append", KERNEL_OPTIONS),
        *("-fsdev", f"{files},id=host,path=/,readonly=on", "-device", "virtio-9p-pci,fsdev=host,mount_tag=host"),
        *("-fsdev", f"{files},id=share,path={share}", "-device", "virtio-9p-pci,fsdev=share,mount_tag=share"),
    ]


def _last_words(console: Path) -> str:
    lines = console.read_text(errors="replace").strip().splitlines()[-CONSOLE_LINES:]
    return "\n".join([" Its console said last:", *lines]) if lines else " Its console said nothing."
