"""A folder on a disk that takes no time: what a test says of a disk is true of it, and not of the computer's."""

from __future__ import annotations

from pathlib import Path

FAST = Path("/dev/shm")
"""Memory that is a folder: what is written there is written in no time, and nothing of it wears a disk."""


def scratch(folder: Path) -> Path:
    """Return where to lay things out: the memory folder, or `folder` where there is none."""
    return FAST if FAST.is_dir() else folder
