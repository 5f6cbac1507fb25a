"""Files look changed all the time, nothing of them changes, and nobody waits for it."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from socket import AF_UNIX, socket

import pytest

from kiosk.dispense import cover
from kiosk.dispense.cover import NEVER_S, Cover, hide_reading, touch

PATIENCE_S = 20.0


def until(condition: Callable[[], bool], what: str) -> None:
    give_up = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < give_up, what
        time.sleep(0.01)


def test_a_touch_is_noted_like_a_write(tmp_path: Path) -> None:
    """Both times are the same, as after a write; the content is as it was, and it was last read in the year 2100."""
    file = tmp_path / "file"
    file.write_bytes(b"content")
    before = file.stat()
    while file.stat().st_mtime_ns == before.st_mtime_ns:
        touch(file)
    after = file.stat()
    assert after.st_mtime_ns == after.st_ctime_ns
    assert (after.st_size, after.st_ino) == (before.st_size, before.st_ino)
    assert after.st_atime == NEVER_S
    assert file.read_bytes() == b"content"


def test_reading_is_not_noted_any_more(tmp_path: Path) -> None:
    """Neither of a file that changed since, nor of a socket; nothing else about them is noted either."""
    file = tmp_path / "file"
    file.write_bytes(b"content")
    written = file.stat().st_mtime_ns
    hide_reading(file)
    assert (file.stat().st_atime, file.stat().st_mtime_ns) == (NEVER_S, written)
    file.write_bytes(b"changed")
    file.read_bytes()
    assert file.stat().st_atime == NEVER_S
    with closing(socket(AF_UNIX)) as server, closing(socket(AF_UNIX)) as client:
        server.bind(str(tmp_path / "socket"))
        server.listen()
        hide_reading(tmp_path / "socket")
        client.connect(str(tmp_path / "socket"))
    assert (tmp_path / "socket").stat().st_atime == NEVER_S


def test_what_is_not_there_is_an_error_and_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="away"):
        touch(tmp_path / "away")
    assert not (tmp_path / "away").exists()


def test_every_file_is_touched_by_itself(tmp_path: Path) -> None:
    """Also when one of them is missing, for good or for a while."""
    touched: Counter[str] = Counter()

    def count(path: Path) -> None:
        touched[path.name] += 1
        if path.name == "away":
            raise FileNotFoundError(path)

    going = Cover([tmp_path / "one", tmp_path / "away", tmp_path / "other"], count)
    going.start()
    until(lambda: len(touched) == 3 and touched.total() > 10, "every file is touched")
    going.stop()
    done = touched.total()
    time.sleep(5 * cover.EVERY_S)
    assert touched.total() == done


def test_a_disk_that_does_not_answer_holds_up_nobody(tmp_path: Path) -> None:
    """A touch that never ends keeps its own thread, and no stop waits for it for ever."""
    hangs, answer = threading.Event(), threading.Event()

    def hang(_: Path) -> None:
        hangs.set()
        answer.wait()

    going = Cover([tmp_path], hang)
    going.start()
    assert hangs.wait(PATIENCE_S)
    try:
        going.stop()
        assert not answer.is_set()
    finally:
        answer.set()


def test_moments_say_nothing_and_their_number_neither() -> None:
    """A long look: gaps of all lengths, and in some spans many times as many as in others."""
    now, gaps = [0.0], list[float]()
    spans: Counter[int] = Counter()
    source = cover.random_gaps(random.Random(1), lambda: now[0])
    while now[0] < 2000.0:
        gaps.append(next(source))
        now[0] += gaps[-1]
        spans[int(now[0] // 5)] += 1
    few, many = (sorted(spans[span] for span in range(400))[at] for at in (40, 360))
    assert many > 4 * few > 0
    assert min(gaps) < cover.EVERY_S / 100 < 20 * cover.EVERY_S < max(gaps)
