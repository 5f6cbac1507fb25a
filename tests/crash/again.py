"""Make one cut again: `python -m tests.crash.again SEED ROUNDS BUG CUT`, as a violation tells it.

Prints what each model of loss breaks at this cut, after the marks and operations that came before it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.crash.recording import MARKS, build, record
from tests.crash.replay import Cutter

BEFORE = 20
"""So many operations before the cut are shown."""


def main(seed: int, rounds: int, bug: str, cut: int) -> None:
    """Record the same life and cut it at the same place."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        (folder / "kiosk").mkdir()
        recording = record(build(folder), folder / "kiosk", seed, rounds, bug)
        for number in range(max(0, cut - BEFORE), cut + 1):
            done = recording.operations[number]
            mark = done.data.decode().strip() if done.name == MARKS else f"offset={done.offset} bytes={len(done.data)}"
            sys.stdout.write(f"{number} {done.kind} {done.name or 'folder'} {mark}\n")
        found = Cutter(recording, folder / "state").cut(range(cut, cut + 1))
    sys.stdout.write("".join(f"{example}\n" for example in found.examples))
    sys.stdout.write(f"{found.states} states, {found.violations} violations\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
