"""`python -m tests.crash.lives`: starts kiosks quickly, one at a time, each in a process that can be cut off.

A line of JSON on standard input starts one (see Life); a line `null` kills it and is answered with its exit status.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import traceback
from pathlib import Path

import msgspec

from tests.crash.bugs import BUGS
from tests.crash.kiosk_core import Core, config
from tests.crash.workload import Workload
from tests.crash.world import PoweredMarks, World

LOG_BYTES = 2 << 20
"""The size of the ledger's log on a real file system: as in a kiosk, it is not full before power fails."""


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """A kiosk that lives in `folder` until its power is cut. `marks` and `power` lie outside of what is lost."""

    folder: str
    marks: str
    power: str
    seed: str
    bug: str
    inside: dict[str, int]
    waited_s: float


def live(life: Life) -> None:
    """Start, have everything counted, and serve for as long as there is power."""
    marks = PoweredMarks(Path(life.marks), Path(life.power))
    try:
        world = World(marks, life.waited_s)
        for slot, items in life.inside.items():
            world.put(slot, items)
        folder = Path(life.folder)
        work = Workload(Core(folder, world, BUGS[life.bug], LOG_BYTES), folder, life.seed)
        while True:
            work.round()
    except Exception:  # noqa: BLE001 - whatever a lost disk raises; with power on it is a defect
        if marks.powered():
            traceback.print_exc()
            os._exit(1)
        os._exit(0)


class Lives:
    """The process that starts kiosks, from outside. `errors` gets what they have to say."""

    def __init__(self, errors: Path) -> None:
        self._errors = errors
        with errors.open("wb") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-B", "-m", "tests.crash.lives"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
            )

    def begin(self, life: Life) -> None:
        """Start a kiosk."""
        self._order(life)

    def end(self) -> None:
        """Kill it. Raises AssertionError when it had ended of something else than the loss of its power."""
        self._order(None)
        assert self._process.stdout is not None
        status = int(self._process.stdout.readline() or -1)
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, self._errors.read_text()

    def _order(self, life: Life | None) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(life) + b"\n")
        self._process.stdin.flush()

    def close(self) -> None:
        """End the process. A kiosk that still lives ends with the PID namespace of both."""
        self._process.kill()
        self._process.communicate()


def main() -> None:
    """Start a life at each order; the next order ends it."""
    config()
    child = 0
    for line in sys.stdin.buffer:
        order = msgspec.json.decode(line, type=Life | None)
        if order is not None:
            child = os.fork()
            if child == 0:
                live(order)
        else:
            os.kill(child, signal.SIGKILL)
            sys.stdout.write(f"{os.waitpid(child, 0)[1]}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
