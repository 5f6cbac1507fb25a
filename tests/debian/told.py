"""What a person who waits is told: each step when it begins, and what a long one prints."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

LOOK_S = 0.5


def tell(step: str) -> None:
    """Say what is done now."""
    print(f"\n    {step}", end=" ", flush=True)


def follow(file: Path, process: subprocess.Popen[bytes], timeout_s: float) -> None:
    """Show what a process writes into a file, until it ends or the time is over."""
    give_up = time.monotonic() + timeout_s
    with file.open(errors="replace") as news:
        ended = False
        while not ended:
            ended = process.poll() is not None or time.monotonic() > give_up
            sys.stdout.write(news.read())
            sys.stdout.flush()
            time.sleep(0 if ended else LOOK_S)
