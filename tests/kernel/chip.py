"""The kernel's simulated GPIO chip, set up to look like a Raspberry Pi's header, and a trace of what is written to it.

Inputs are driven by their `pull`, as a switch does it; what an output drives is its `value`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self

CONFIG = Path("/sys/kernel/config/gpio-sim/header")
TRACING = Path("/sys/kernel/tracing")
EVENT = TRACING / "events" / "gpio" / "gpio_value"
LABEL = "pinctrl-bcm2711"
LINES = 54


class Write(NamedTuple):
    """A level that somebody drove an output to, at a moment of the monotonic clock in seconds."""

    at: float
    level: int


class Chip:
    """All lines of the header. A line with nothing on it is held low by a resistor."""

    def __init__(self) -> None:
        bank = CONFIG / "bank0"
        bank.mkdir(parents=True)
        (bank / "num_lines").write_text(str(LINES))
        (bank / "label").write_text(LABEL)
        (CONFIG / "live").write_text("1")
        device, name = (CONFIG / "dev_name").read_text().strip(), (bank / "chip_name").read_text().strip()
        self._lines = Path("/sys/devices/platform") / device / name
        self._files: dict[str, int] = {}
        self._pipes: dict[int, int] = {}
        (TRACING / "trace_clock").write_text("mono")
        (TRACING / "buffer_size_kb").write_text("4096")
        (EVENT / "filter").write_text("get == 0")
        (EVENT / "enable").write_text("1")
        self._base = self._find_base()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in (*self._files.values(), *self._pipes.values()):
            os.close(file)
        for instance in (TRACING / "instances").iterdir():
            instance.rmdir()
        (EVENT / "enable").write_text("0")
        (CONFIG / "live").write_text("0")
        (CONFIG / "bank0").rmdir()
        CONFIG.rmdir()

    def pull(self, line: int, level: int | bool) -> None:
        """Pull a line high or low, as a switch or a resistor on the header does."""
        os.pwrite(self._file(line, "pull"), b"pull-up" if level else b"pull-down", 0)

    def level(self, line: int) -> int:
        """Return the level on a line now, whoever drives it."""
        return int(os.pread(self._file(line, "value"), 8, 0))

    def forget(self) -> None:
        """Empty the trace."""
        (TRACING / "trace").write_text("")

    def writes(self, line: int) -> list[Write]:
        """Return every level that the line was driven to since `forget`, in order."""
        return [write for number, write in _traced() if number == self._base + line]

    def rises(self, line: int) -> Callable[[], int]:
        """Return what tells each time how often the line was driven high since the last time."""
        if line not in self._pipes:
            own = TRACING / "instances" / f"rises-{line}"
            own.mkdir()
            event = own / "events" / "gpio" / "gpio_value"
            (event / "filter").write_text(f"get == 0 && value == 1 && gpio == {self._base + line}")
            (event / "enable").write_text("1")
            self._pipes[line] = os.open(own / "trace_pipe", os.O_RDONLY | os.O_NONBLOCK)
        pipe = self._pipes[line]
        _read_all(pipe)
        return lambda: _read_all(pipe).count(b"gpio_value")

    def _file(self, line: int, name: str) -> int:
        key = f"sim_gpio{line}/{name}"
        if key not in self._files:
            self._files[key] = os.open(self._lines / key, os.O_RDWR if name == "pull" else os.O_RDONLY)
        return self._files[key]

    def _find_base(self) -> int:
        """Return the kernel's number of the chip's first line, which the trace counts from."""
        import gpiod
        from gpiod.line import Direction

        self.forget()
        output = gpiod.LineSettings(direction=Direction.OUTPUT)
        with gpiod.request_lines(f"/dev/{self._lines.name}", {LINES - 1: output}):
            return _traced()[-1][0] - (LINES - 1)


def _read_all(pipe: int) -> bytes:
    found = b""
    with suppress(BlockingIOError):
        while read := os.read(pipe, 65536):
            found += read
    return found


def _traced() -> list[tuple[int, Write]]:
    found = []
    for line in (TRACING / "trace").read_text().splitlines():
        before, is_event, after = line.partition(": gpio_value: ")
        if is_event:
            number, _, level = after.split()
            found.append((int(number), Write(float(before.split()[-1]), int(level))))
    return found
