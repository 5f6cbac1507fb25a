"""Cut the power at every operation of a recording, under every model of loss, and look at what is left."""

from __future__ import annotations

import os
import random
import tempfile
from collections import OrderedDict
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from kiosk.model import VendRequest
from tests.crash.bugs import BUGS
from tests.crash.disk import Disk, Files
from tests.crash.findings import Findings
from tests.crash.promises import Facts, Promise, broken, recover
from tests.crash.recording import MARKS, Recording
from tests.crash.truth import Truth
from tests.kit.quick_disk import scratch

State = tuple[tuple[VendRequest, ...], tuple[tuple[str, bytes], ...]]
"""What a start depends on: the requests that are asked again, and every file."""

REMEMBERED = 100
"""So many different states of the disk are known by heart; the same one often follows again within a few cuts."""

WORKERS = 2


def replay(recordings: Iterable[Recording], folder: Path, *, until: Promise | None = None, every: int = 1) -> Findings:
    """Cut every recording at each operation, on both cores. `folder` is used where there is no memory folder.

    Of a seeded bug less is asked: `every` 5 cuts at each fifth operation only, and each half of a recording is left
    when the promise `until` is broken.
    """
    jobs = [(recording, part, scratch(folder), until, every) for recording in recordings for part in range(WORKERS)]
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        return sum(pool.map(_replay_part, *zip(*jobs, strict=True)), Findings())


def _replay_part(recording: Recording, part: int, where: Path, until: Promise | None, every: int) -> Findings:
    """Cut at every operation of one half of a recording."""
    size = -(-len(recording.operations) // WORKERS)
    with tempfile.TemporaryDirectory(dir=where) as folder:
        cutter = Cutter(recording, Path(folder) / "kiosk")
        return cutter.cut(range(part * size, (part + 1) * size, every), until)


class Cutter:
    """Replays one recording and starts the kiosk in `folder` on what each cut leaves."""

    def __init__(self, recording: Recording, folder: Path) -> None:
        self._recording = recording
        self._folder = folder
        self._known: OrderedDict[State, Facts] = OrderedDict()
        self._found = Findings()
        self.truth = Truth()
        self.disk = Disk()

    def cut(self, wanted: range, until: Promise | None = None) -> Findings:
        """Run the operations in order and cut after each of those that are `wanted`, until a promise is broken."""
        for number, operation in enumerate(self._recording.operations[: wanted.stop]):
            if operation.name == MARKS:
                self.truth.read(operation.data)
            else:
                self.disk.run(operation)
            if number in wanted:
                self._look(number)
            if until in self._found.broken:
                break
        return self._found

    def _look(self, number: int) -> None:
        chance = random.Random(f"{self._recording.seed}/{number}")
        for model, files in self.disk.states(chance):
            self._found.judged(model, self._where(number), broken(self._facts(files), self.truth))

    def _where(self, number: int) -> str:
        done = self._recording.operations[number]
        what = f"{done.kind} {done.name or 'folder'} offset={done.offset} bytes={len(done.data)}"
        life = self._recording
        return f"seed {life.seed}, rounds {life.rounds}, bug {life.bug!r}, cut {number} after {what}"

    def _facts(self, files: Files) -> Facts:
        """Start the kiosk on these files, unless the same was seen a moment ago."""
        key = self.truth.again(), tuple(files.items())
        if key not in self._known:
            self._found.unique += 1
            self._lay_out(files)
            self._known[key] = recover(self._folder, key[0], BUGS[self._recording.bug])
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return self._known[key]

    def _lay_out(self, files: Files) -> None:
        """Make the folder what it was. Files are written over, because making memory anew takes longer."""
        self._folder.mkdir(exist_ok=True)
        for path in self._folder.iterdir():
            if path.name not in files:
                path.unlink()
        for name, content in files.items():
            file = os.open(self._folder / name, os.O_RDWR | os.O_CREAT)
            os.write(file, content)
            os.ftruncate(file, len(content))
            os.close(file)
