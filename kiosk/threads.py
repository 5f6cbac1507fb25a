"""Threads that may not die alone: one that fails ends the process, and systemd starts it anew."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

EXIT_STATUS = 70
"""EX_SOFTWARE of sysexits.h: an internal error."""


def end_process() -> None:
    """End the process at once, without clean-up that a dead thread could block; the kernel closes the rest."""
    logging.shutdown()
    os._exit(EXIT_STATUS)


def start(name: str, target: Callable[[], None], on_death: Callable[[], None] = end_process) -> threading.Thread:
    """Start `target` in a daemon thread called `name`. Returning ends the thread; raising ends the process.

    A process that lost a thread looks alive and does half its work; one that ended is back within a second.
    The traceback is logged first, then `on_death` is called in the dying thread.
    """

    def run() -> None:
        try:
            target()
        except BaseException:  # whatever it is, the thread is lost
            log.critical("thread died, ending the process: name=%s", name, exc_info=True)
            on_death()

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    return thread
