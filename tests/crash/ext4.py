"""Real power cuts: kiosks live on an ext4 file system that forgets, at one moment, what was not yet on its disk."""

from __future__ import annotations

import mmap
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from tests.crash.bugs import BUGS
from tests.crash.findings import Findings
from tests.crash.kiosk_core import config
from tests.crash.lives import Life, Lives
from tests.crash.promises import Promise, broken, recover
from tests.crash.truth import Truth
from tests.crash.volume import Volume

WORKERS = 2

STARTING = 0.2
"""The share of kiosks whose power is cut while they start."""

START_S = 0.05
"""How long after its beginning at most a start is cut, in seconds. It takes 0.03."""

LIFE_S = 0.1
"""How long others serve at most before their power is cut, in seconds. A vend takes 1 to 5 ms."""

PATIENCE_S = 15.0
"""How long a start may take on a busy machine, in seconds."""

CUTS_EACH = 20
"""So many cuts are made on one file system before a new one is made."""

CUT_S = 5.0
"""How long one cut may take on a busy machine, in seconds; it takes 0.1."""


PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
"""Where programs for root are found, also by somebody who is not."""


class PrivilegeError(Exception):
    """Neither root nor sudo without a password, or a program that is not there."""


def privileged() -> list[str]:
    """Return what to put before a command that needs root. Raises PrivilegeError with what to do."""
    missing = [program for program in ("mkfs.ext4", "mount", "unshare") if shutil.which(program, path=PATH) is None]
    if missing:
        raise PrivilegeError(f"Real power cuts need {', '.join(missing)}: install e2fsprogs, mount and util-linux.")
    if os.geteuid() == 0:
        return []
    if subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0:
        return ["sudo", "-n"]
    raise PrivilegeError(
        "Real power cuts mount a file system: run the tests as root, or allow sudo without a password."
    )


def apart(module: str) -> list[str]:
    """Return how to run a module that may mount; when it ends, all that it started and mounted is gone as well."""
    namespaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
    return [*privileged(), *namespaces, sys.executable, "-B", "-m", module]


def cut(cuts: int, seed: int, bug: str, scratch: Path, *, until: Promise | None = None) -> Findings:
    """Cut a living kiosk's power so often, on two file systems at a time; leave when the promise `until` is broken.

    Each worker has its own namespaces of mounts and processes: when it ends, for whatever reason, the kernel ends
    what it started and unmounts what it mounted.
    """

    def part(number: int) -> Findings:
        order = Order(f"{seed}.{number}", cuts // WORKERS, bug, str(scratch), until)
        done = subprocess.run(
            [*apart("tests.crash.ext4"), msgspec.json.encode(order).decode()],
            capture_output=True,
            check=False,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PATH": PATH},
            timeout=20 + CUT_S * order.cuts,
        )
        assert done.returncode == 0, done.stderr.decode()
        return msgspec.json.decode(done.stdout, type=Findings)

    with ThreadPoolExecutor(WORKERS) as pool:
        return sum(pool.map(part, range(WORKERS)), Findings())


class Order(msgspec.Struct, frozen=True):
    """What one worker has to do."""

    seed: str
    cuts: int
    bug: str
    scratch: str
    until: Promise | None


def main(order: Order) -> Findings:
    """Make the cuts of one worker."""
    found = Findings()
    with tempfile.TemporaryDirectory(dir=order.scratch) as name:
        lives = Lives(Path(name) / "errors")
        try:
            while found.states < order.cuts and order.until not in found.broken:
                with Volume(Path(name)) as volume:
                    bench = Bench(volume, lives, Path(name), order.bug)
                    for _ in range(min(CUTS_EACH, order.cuts - found.states)):
                        one = bench.cut(f"{order.seed}/{found.states}")
                        found += one
                        if one.violations:
                            break  # what one cut broke is not held against the next one
        finally:
            lives.close()
    return found


class Bench:
    """One file system on which kiosks live, one after the other, with what is true in the physical world."""

    def __init__(self, volume: Volume, lives: Lives, outside: Path, bug: str) -> None:
        self._volume = volume
        self._lives = lives
        self._marks, self._power = outside / "marks", outside / "power"
        self._bug = bug
        self._truth = Truth(inside={slot.id: 0 for slot in config().slots})

    def cut(self, seed: str) -> Findings:
        """Let a kiosk live, cut its power at a random moment, start it again, and judge what it then knows."""
        self._live(seed)
        marks = self._marks.read_bytes()
        self._truth.read(marks)
        facts = recover(self._volume.root, self._truth.again(), BUGS[self._bug])
        found = Findings()
        kind = "serving" if b"asked" in marks else "starting"
        found.judged(kind, f"ext4 seed {seed!r}, bug {self._bug!r}", broken(facts, self._truth))
        self._truth.settle(facts.staff)
        return found

    def _live(self, seed: str) -> None:
        self._marks.write_bytes(b"")
        self._power.write_bytes(b"\1")
        life = Life(
            folder=str(self._volume.root),
            marks=str(self._marks),
            power=str(self._power),
            seed=seed,
            bug=self._bug,
            inside=self._truth.inside,
            waited_s=self._truth.aged_s,
        )
        self._lives.begin(life)
        self._wait(random.Random(seed))
        with self._power.open("r+b") as file, mmap.mmap(file.fileno(), 1) as power:
            power[0] = 0
            self._volume.cut()
        self._lives.end()
        self._volume.unmount()
        self._volume.mount()

    def _wait(self, chance: random.Random) -> None:
        """Let a random time pass: from the start, or from the first request on."""
        if chance.random() < STARTING:
            time.sleep(chance.uniform(0, START_S))
            return
        give_up = time.monotonic() + PATIENCE_S
        while b"asked" not in self._marks.read_bytes() and time.monotonic() < give_up:
            time.sleep(0.002)
        time.sleep(chance.uniform(0, LIFE_S))


if __name__ == "__main__":
    sys.stdout.write(msgspec.json.encode(main(msgspec.json.decode(sys.argv[1], type=Order))).decode())
