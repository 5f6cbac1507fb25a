"""Sees to it that only one process works with a folder: two daemons would count twice and fight for the motors."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from kiosk.errors import RunningError


def hold(folder: Path) -> Callable[[], None]:
    """Hold a folder until what is returned is called, or until this process ends in whichever way.

    The kernel's lock (flock) is on the folder itself: nothing is written, so that a full disk is no matter, and a
    killed process leaves nothing behind. Raises RunningError when another process holds the folder, FileNotFoundError
    when there is none, and OSError when it cannot be held for another reason.
    """
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(file)
        if isinstance(error, BlockingIOError):
            raise RunningError(
                f"Another kiosk works with {folder} already, and two would fight for the motors. Stop that one first."
            ) from error
        raise
    return lambda: os.close(file)
