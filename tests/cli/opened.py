"""The machine of any configuration, opened on a simulated machine in the test's own process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec.structs import replace

from kiosk.config import Config, load
from kiosk.hardware import registry
from kiosk.hardware.machine import Machine
from kiosk.hardware.pins import open_board


@contextmanager
def opened(path: Path, folder: Path) -> Iterator[tuple[Config, Machine]]:
    """Open everything that the file names, with its state in `folder`; close it at the end."""
    config = load(path, registry)
    config = replace(
        config,
        hardware=replace(config.hardware, pins="simulator"),
        paths=replace(config.paths, state=str(folder), runtime=str(folder)),
    )
    machine = Machine.open(config, open_board(config))
    try:
        yield config, machine
    finally:
        machine.close()
