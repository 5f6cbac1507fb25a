"""What the staff pages need to know before they start."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """Where the daemon answers, where the sign-ins are kept, and whether the browser comes over HTTPS.

    `daemon_timeout_s` bounds each question to the daemon, so that a hung daemon never holds every thread of the
    server. `now` is the wall clock in seconds; tests move it.
    """

    control_socket: str
    state: Path
    https: bool
    daemon_timeout_s: float = 5.0
    now: Callable[[], float] = time.time
