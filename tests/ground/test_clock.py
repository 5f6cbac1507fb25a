"""Time as it is stored: whole hours, of which no two together tell more than one."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk import clock as time
from kiosk.clock import HOUR_S, Clock, Stamp, day, label

NOON = 20_000 * 24 + 12


@pytest.fixture
def wall() -> list[float]:
    """The wall clock's seconds since 1970, to be set by hand."""
    return [float(NOON * HOUR_S)]


@pytest.fixture
def clock(tmp_path: Path, wall: list[float]) -> Clock:
    return Clock(synchronized=tmp_path / "synchronized", wall=lambda: wall[0])


def test_an_hour_is_all_that_is_told(clock: Clock, wall: list[float]) -> None:
    """From its first to its last second it is the same hour, as a number and as text."""
    first = clock.stamp()
    wall[0] += HOUR_S - 0.001
    assert clock.stamp() == first
    assert (first.hour, clock.hour()) == (NOON, label(NOON))
    wall[0] += 0.001
    assert clock.stamp().hour == NOON + 1


def test_hours_up_change_only_with_the_hour(clock: Clock, wall: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    """Within an hour of the wall the machine's own hours do not move: else the two would tell minutes."""
    up = [7]
    monkeypatch.setattr(time, "_hours_up", lambda: up[0])
    stamps = []
    for minute in range(0, 180, 10):
        wall[0] = NOON * HOUR_S + minute * 60
        up[0] = 7 + (minute + 25) // 60
        stamps.append(clock.stamp())
    assert {(stamp.hour, stamp.up_h) for stamp in stamps} == {(NOON, 7), (NOON + 1, 8), (NOON + 2, 9)}


def test_the_machines_own_hours_are_real() -> None:
    """They count from the start of the machine, on a clock that goes on while it sleeps."""
    up_s = float(Path("/proc/uptime").read_text().split()[0])
    assert abs(Clock().stamp().up_h - up_s / HOUR_S) <= 1.1


def test_synchronized_is_looked_up_now_and_then(tmp_path: Path, clock: Clock) -> None:
    """Systemd's mark makes the clock trusted; a look every ten seconds is enough, and costs a press nothing."""
    assert clock.stamp() == Stamp(NOON, clock.stamp().up_h, synced=False)
    (tmp_path / "synchronized").touch()
    assert not clock.synced()
    clock._look_again = 0.0
    assert clock.synced()


def test_a_clock_in_a_hurry() -> None:
    """Seconds pass `speed` times as fast, waits included, and it never goes back."""
    fast = Clock(speed=1000.0)
    before = fast.monotonic()
    fast.sleep(2.0)
    fast.sleep(-5.0)
    assert 2.0 <= fast.monotonic() - before < 1000.0


@given(st.integers(0, 2_000_000))
def test_labels_and_days_are_whole(hour: int) -> None:
    """An hour is told as text that ends at the hour; 24 of them are a day."""
    assert label(hour).endswith(":00Z")
    assert datetime.datetime.fromisoformat(label(hour)).timestamp() == hour * HOUR_S
    assert day(hour).isoformat() == label(hour)[:10]
    assert (day(hour) - datetime.date(1970, 1, 1)).days == hour // 24
