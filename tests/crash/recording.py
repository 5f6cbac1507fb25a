"""What a program did to the files of one folder, in order, as recorder.c wrote it down."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HEAD = struct.Struct("<c3xIQQ")
"""recorder.c's `struct record`: kind, size of the name, offset, size of the data."""

MARKS = "marks"
"""The file by which a workload tells what is physically true. No loss of power takes it back."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One call that changed a file or the folder, or made a change durable.

    `kind` is C (create), W (write), T (truncate), G (grow), S (sync), U (unlink) or R (rename). `name` is relative
    to the folder; a sync of the empty name is one of the folder itself. `data` is what was written, or the new name.
    """

    kind: str
    name: str
    offset: int
    data: bytes


@dataclass(frozen=True)
class Recording:
    """A workload as it was recorded: how to make it again, and what it did."""

    seed: int
    rounds: int
    bug: str
    operations: tuple[Operation, ...]


def build(folder: Path) -> Path:
    """Compile the recorder into `folder`; return the library to preload."""
    assert shutil.which("gcc"), "The recorder of power cuts is written in C: install gcc."
    library = folder / "recorder.so"
    source = Path(__file__).with_name("recorder.c")
    subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", library, source, "-ldl"], check=True)
    return library


def record(recorder: Path, folder: Path, seed: int, rounds: int, bug: str) -> Recording:
    """Run the workload in `folder` under the recorder. The folder must be empty, and its path as the kernel has it."""
    log = folder.with_suffix(".log")
    environment = {**os.environ, "LD_PRELOAD": str(recorder), "RECORD_FOLDER": str(folder), "RECORD_LOG": str(log)}
    command = [sys.executable, "-m", "tests.crash.workload", str(folder), str(seed), str(rounds), bug]
    subprocess.run(command, check=True, env=environment, cwd=Path(__file__).parents[2])
    operations = tuple(parse(log.read_bytes()))
    log.unlink()
    return Recording(seed, rounds, bug, operations)


def parse(log: bytes) -> list[Operation]:
    """Read a recorder's log. SQLite's shared memory is left out: it is no file that outlives a power cut."""
    operations, at = [], 0
    while at < len(log):
        kind, name_size, offset, data_size = HEAD.unpack_from(log, at)
        name_end = at + HEAD.size + name_size
        name, data = log[at + HEAD.size : name_end].decode(), log[name_end : name_end + data_size]
        at = name_end + data_size
        if not name.endswith("-shm"):
            operations.append(Operation(kind.decode(), name, offset, data))
    return operations
