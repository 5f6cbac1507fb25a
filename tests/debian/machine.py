"""A Debian that has booted in a container: its own systemd on this computer's kernel and network."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.debian.root import APART, NEWCOMER, PROXIES
from tests.debian.told import follow, tell

BOOT_S = 120.0
"""A boot takes 3 s; a busy computer may need so many."""
OFF_S = 30.0

LOOK_S = 0.1
SWITCH_OFF = signal.SIGRTMIN + 4
"""What a systemd that is the first process takes as the order to switch off (systemd(1))."""
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LOOPS = [Path("/dev/loop-control"), *(Path(f"/dev/loop{number}") for number in range(8))]
"""What it takes to mount a file system in a file."""


class Machine:
    """The machine at `root`, running from `with` on and switched off at its end."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._console = root.parent / f"{root.name}.console"
        self._nspawn: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        tell(f"Starting a fresh {self.root.name}")
        binds = [f"--bind={loop}" for loop in LOOPS if loop.exists()]
        with self._console.open("wb") as console:
            self._nspawn = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *APART, "systemd-nspawn", "--quiet", "--register=no", "--keep-unit",
                 "--resolv-conf=replace-host", "--console=read-only", "--boot", *binds,
                 f"--directory={self.root}", f"--machine=kiosk-{os.getpid()}"],
                env=os.environ | {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
                stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True,
            )  # fmt: skip
        try:
            self.until("systemctl is-system-running | grep -E 'running|degraded'", BOOT_S)
        except BaseException:
            self._off(signal.SIGKILL)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._off(SWITCH_OFF)

    def run(self, script: str, *, user: str = "root", timeout_s: float = 300.0, kept: Path | None = None) -> str:
        """Run lines of bash in it, as `user` and in their home; return all that they print. Fails if they do.

        With a file `kept` it shows what they print while they do, and leaves it there.
        """
        done = self._bash(script, user, timeout_s, kept)
        assert done.returncode == 0, f"{user}: {script}\nended with {done.returncode} and said:\n{done.stdout[-6000:]}"
        return done.stdout

    def until(self, script: str, timeout_s: float = 60.0) -> str:
        """Run lines of bash as root until they succeed, and return what they print."""
        give_up = time.monotonic() + timeout_s
        while True:
            done = self._bash(script, "root", timeout_s)
            if done.returncode == 0:
                return done.stdout
            assert time.monotonic() < give_up, f"Not within {timeout_s:g} s: {script}\nIt said:\n{done.stdout[-3000:]}"
            time.sleep(LOOK_S)

    def _bash(
        self, script: str, user: str, timeout_s: float, kept: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        if (leader := self._leader()) is None:
            return subprocess.CompletedProcess([], 1, f"It has not booted: {self._console.read_text()}")
        home = {"root": "/root", NEWCOMER: f"/home/{NEWCOMER}"}.get(user, "/")
        known = {name: os.environ[name] for name in PROXIES if name in os.environ}
        settings = known | {"HOME": home, "USER": user, "LOGNAME": user, "PATH": PATH, "LANG": "C.UTF-8"}
        environment = [f"{name}={value}" for name, value in settings.items()]
        command = [
            *("nsenter", f"--target={leader}", "--mount", "--uts", "--ipc", "--pid", "--cgroup", "--root", "--wdns=/"),
            *("setpriv", f"--bounding-set={_allowed(leader)}", "env", "-i", *environment),
            *("runuser", "-u", user, "--", "bash", "-c", f"cd {home}\n{script}"),
        ]
        said = kept or self.root.parent / "said"
        with said.open("wb") as printed:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=printed, stderr=printed)
        try:
            if kept:
                follow(kept, process, timeout_s)
            code = process.wait(timeout_s)
        finally:
            process.kill()
            process.wait()
        return subprocess.CompletedProcess(command, code, said.read_text(errors="replace"))

    def _leader(self) -> int | None:
        """Return its first process, once it has one."""
        assert self._nspawn is not None
        try:
            below = [child for nspawn in _children(self._nspawn.pid) for child in _children(nspawn)]
            return next(child for child in below if Path(f"/proc/{child}/comm").read_text() == "systemd\n")
        except (OSError, StopIteration):
            assert self._nspawn.poll() is None, f"It ended: {self._console.read_text()}"
            return None

    def _off(self, order: int) -> None:
        nspawn = self._nspawn
        if nspawn is None or nspawn.poll() is not None:
            return
        try:
            # A test that was given up may have left something that does not end.
            for number in (order, signal.SIGKILL):
                if (leader := self._leader()) is not None:
                    os.kill(leader, number)
                    with suppress(subprocess.TimeoutExpired):
                        nspawn.wait(OFF_S)
                        return
        finally:
            nspawn.kill()
            nspawn.wait()


def _children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def _allowed(leader: int) -> str:
    """Return the capabilities that the machine's own root has: whoever enters it must not set this computer's clock."""
    found = re.search(r"^CapBnd:\s+(\w+)$", Path(f"/proc/{leader}/status").read_text(), re.MULTILINE)
    assert found
    return ",".join(["-all", *(f"+cap_{number}" for number in range(64) if int(found[1], 16) >> number & 1)])
