"""A thread that dies ends the process."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading

import pytest

from kiosk import threads


def test_a_thread_that_returns_harms_nobody() -> None:
    done, deaths = threading.Event(), threading.Event()
    threads.start("short", done.set, on_death=deaths.set).join(5)
    assert done.is_set()
    assert not deaths.is_set()


def test_threads_that_share_a_core_leave_the_others_alone() -> None:
    before, cores = os.sched_getaffinity(0), []
    for name in ("vend", "writer"):
        threads.start(name, lambda: cores.append(os.sched_getaffinity(0)), shares_core=True).join(5)
    threads.start("control", lambda: cores.append(os.sched_getaffinity(0))).join(5)
    assert cores == [{threads.SHARED_CORE}, {threads.SHARED_CORE}, before]
    assert os.sched_getaffinity(0) == before


@pytest.mark.parametrize("error", [ValueError("boom"), SystemExit(0), KeyboardInterrupt()])
def test_a_thread_that_raises_is_logged_and_told(error: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    deaths = threading.Event()

    def fail() -> None:
        raise error

    with caplog.at_level(logging.CRITICAL):
        threads.start("sensors", fail, on_death=deaths.set).join(5)
    assert deaths.is_set()
    assert "name=sensors" in caplog.text
    assert type(error).__name__ in caplog.text


def test_by_default_the_process_ends_with_status_70_and_a_traceback() -> None:
    program = (
        "import time; from kiosk import threads\n"
        "def fail(): raise OSError('gone')\n"
        "threads.start('vend', fail); time.sleep(60)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == threads.EXIT_STATUS
    assert "OSError: gone" in ended.stderr
