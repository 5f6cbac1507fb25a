"""A disk that does not answer for a while, or ever again: stall.c, and the switch by which a test works it."""

from __future__ import annotations

import mmap
import os
import shutil
import struct
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

CONTROL = struct.Struct("iiii")
"""stall.c's `struct control`: syncs, writes, reads, waiting."""

SWITCHES = struct.Struct("iii")
"""What of it is set here."""

LOOK_S = 0.001

REACHED_S = 30.0
"""How long a busy machine may take until something meets the disk, in seconds."""


def build(folder: Path) -> Path:
    """Compile the stall into `folder`; return the library to preload."""
    assert shutil.which("gcc"), "The disk that does not answer is written in C: install gcc."
    library = folder / "stall.so"
    source = Path(__file__).with_name("stall.c")
    subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", library, source, "-ldl"], check=True)
    return library


class StallingDisk:
    """The switch of a process's disk. It lies in `control`, outside of what stalls."""

    def __init__(self, control: Path) -> None:
        self.control = control
        if not control.exists():
            control.write_bytes(bytes(CONTROL.size))
        with control.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), CONTROL.size)

    def environment(self, library: Path, folder: Path) -> Mapping[str, str]:
        """Return what a process needs whose disk, below `folder`, is switched here."""
        return os.environ | {
            "LD_PRELOAD": str(library),
            "STALL_FOLDER": str(folder.resolve()),
            "STALL_CONTROL": str(self.control),
        }

    def stall(self, *, writes: bool = False, reads: bool = False) -> None:
        """Have no sync come back from now on, nor any write, nor what SQLite reads."""
        SWITCHES.pack_into(self._map, 0, 1, writes, reads)

    def answer(self) -> None:
        """Have everything come back that waits."""
        SWITCHES.pack_into(self._map, 0, 0, 0, 0)

    @property
    def stalled(self) -> bool:
        """Whether the disk does not answer."""
        return bool(CONTROL.unpack_from(self._map)[0])

    @property
    def waiting(self) -> int:
        """How many calls wait for it now."""
        return int(CONTROL.unpack_from(self._map)[3])

    def wait_for_call(self) -> None:
        """Wait until something meets the stalled disk."""
        give_up = time.monotonic() + REACHED_S
        while not self.waiting:
            assert time.monotonic() < give_up, "nothing ever met the disk"
            time.sleep(LOOK_S)

    @contextmanager
    def silent(self, *, writes: bool = False) -> Iterator[None]:
        """Have it not answer for a while."""
        self.stall(writes=writes)
        try:
            yield
        finally:
            self.answer()
