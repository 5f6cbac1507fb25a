"""How much memory a process takes, as the kernel counts it."""

from __future__ import annotations

import re
from pathlib import Path

GROWTH_MIB = 20
"""So much may an attacked process grow."""


def forget_peak(pid: int) -> None:
    """Let the peak begin anew at what the process takes now (man 5 proc, clear_refs)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak_mib(pid: int) -> float:
    """Return the most that the process has taken since then, in MiB."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) / 1024
