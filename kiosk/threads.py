"""Threads that may not die alone: one that fails ends the process, and systemd starts it anew."""

from __future__ import annotations

import logging
import os
import random
import threading
from collections.abc import Callable
from contextlib import suppress

log = logging.getLogger(__name__)

EXIT_STATUS = 70
"""EX_SOFTWARE of sysexits.h: an internal error."""


SHARED_CORE = random.choice(sorted(os.sched_getaffinity(0)))  # noqa: S311 - no secret
"""The core of the processor on which all threads run that were started to share one. Any will do; two kiosks on a
developer's machine should not both want the first."""


def end_process() -> None:
    """End the process at once, without clean-up that a dead thread could block; the kernel closes the rest."""
    logging.shutdown()
    os._exit(EXIT_STATUS)


def start(
    name: str, target: Callable[[], None], on_death: Callable[[], None] = end_process, *, shares_core: bool = False
) -> threading.Thread:
    """Start `target` in a daemon thread called `name`. Returning ends the thread; raising ends the process.

    A process that lost a thread looks alive and does half its work; one that ended is back within a second.
    The traceback is logged first, then `on_death` is called in the dying thread.

    Threads of which one waits while the other works should share a core: it turns from one to the other in a few
    microseconds, while another core first has to be woken up. Where that is not allowed they run anywhere.
    """

    def run() -> None:
        try:
            if shares_core:
                with suppress(OSError):
                    os.sched_setaffinity(0, {SHARED_CORE})  # 0 is the calling thread, not the process
            target()
        except BaseException:  # whatever it is, the thread is lost
            log.critical("thread died, ending the process: name=%s", name, exc_info=True)
            on_death()

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    return thread
