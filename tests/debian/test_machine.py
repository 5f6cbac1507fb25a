"""A fresh machine does nothing to the computer that it is on, and nothing is left of it there."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.debian.conftest import machine, remove
from tests.debian.root import KEPT, PROJECT

END_S = 60.0

START = """
import sys, time
from tests.debian.conftest import machine
with machine(sys.argv[1]) as running:
    print(f"[{running._leader()}]", flush=True)
    time.sleep(3600)
"""


@pytest.mark.parametrize("order", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "SIGKILL"])
def test_it_ends_with_whoever_started_it(suite: str, order: signal.Signals) -> None:
    """Ctrl-C leaves nothing. Who is killed cannot remove the folder: the next run does."""
    before = set(KEPT.glob("machine-*"))
    with subprocess.Popen(
        [sys.executable, "-c", START, suite], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    ) as child:
        try:
            assert child.stdout is not None
            leader = next(found[1] for line in child.stdout if (found := re.search(r"\[(\d+)\]", line)))
            child.send_signal(order)
            child.wait(END_S)
        finally:
            child.kill()
    left = set(KEPT.glob("machine-*")) - before
    for folder in left:
        remove(folder)
    assert bool(left) == (order == signal.SIGKILL)
    give_up = time.monotonic() + END_S
    while Path(f"/proc/{leader}").exists():
        assert time.monotonic() < give_up, "the machine runs on"
        time.sleep(0.1)


def test_its_root_may_not_set_this_computers_clock(suite: str) -> None:
    with machine(suite) as running:
        assert "Operation not permitted" in running.run('date --set "$(date)" 2>&1 || true')
