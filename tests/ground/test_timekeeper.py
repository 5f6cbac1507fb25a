"""Who vouches for the clock, asked of files like the kernel's, and of the kernel of the machine that runs the test."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk import timekeeper
from kiosk.clock import HOUR_S, Clock
from kiosk.timekeeper import Timekeeper, kernel_in_step, real_time_clock_says

NOW_H = 20_000 * 24
NOW_S = float(NOW_H * HOUR_S)
STA_UNSYNC = 0x0040


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(synchronized=tmp_path / "nothing-here", wall=lambda: NOW_S)


@pytest.fixture
def keeper(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Timekeeper]:
    """Make timekeepers on a machine whose kernel is in step with nothing and that has no real-time clock."""
    monkeypatch.setattr(timekeeper, "kernel_in_step", lambda: False)
    monkeypatch.setattr(timekeeper, "REAL_TIME_CLOCKS", tmp_path)
    return lambda: Timekeeper(clock, tmp_path, lambda: NOW_H)


def test_nobody_vouches_and_nothing_is_noted(keeper: Callable[[], Timekeeper], clock: Clock, tmp_path: Path) -> None:
    assert not keeper().look()
    assert not clock.synced()
    assert list(tmp_path.iterdir()) == []


def test_a_persons_word_holds_until_the_machine_is_switched_off(
    keeper: Callable[[], Timekeeper], clock: Clock, tmp_path: Path
) -> None:
    """The note outlives the daemon; the next boot has another id, and the note then says nothing."""
    keeper()
    clock.vouch()
    assert clock.synced()
    clock.vouched, clock._look_again = False, 0.0  # killed as soon as it has answered the person
    assert not clock.synced()
    assert keeper().look()
    assert clock.synced()
    (tmp_path / "clock").write_text("0b5ce1e6-0000-0000-0000-000000000000")
    clock.vouched, clock._look_again = False, 0.0
    assert not keeper().look()


def test_a_folder_that_cannot_be_written_changes_nothing(clock: Clock, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    keeper = Timekeeper(clock, tmp_path / "file", lambda: NOW_H)
    clock.vouch()
    assert keeper.look()


def test_the_kernels_answer_is_its_own() -> None:
    """The call changes nothing, and says what the kernel's own status bits say."""
    buffer = ctypes.create_string_buffer(timekeeper.TIMEX_BYTES)
    ctypes.CDLL(None).adjtimex(buffer)
    # After `modes`: offset, freq, maxerror and esterror, each a long, and then the status.
    status = ctypes.c_int.from_buffer(buffer, 5 * ctypes.sizeof(ctypes.c_long)).value
    assert kernel_in_step() == (not status & STA_UNSYNC)


def rtc(folder: Path, *, shows: float | str, set_kernel: str = "1", name: str = "rtc0") -> Path:
    """Make the files that the kernel shows for a real-time clock."""
    device = folder / "class-rtc" / name
    device.mkdir(parents=True)
    (device / "hctosys").write_text(f"{set_kernel}\n")
    (device / "since_epoch").write_text(f"{shows if isinstance(shows, str) else int(shows)}\n")
    return device.parent


@pytest.mark.parametrize("shows", [NOW_S, NOW_S - 60, NOW_S + 60])
def test_a_real_time_clock_from_which_the_kernel_was_set(shows: float, tmp_path: Path) -> None:
    assert real_time_clock_says(NOW_S, NOW_H - 1, rtc(tmp_path, shows=shows))


@pytest.mark.parametrize(
    ("shows", "set_kernel", "known_hour"),
    [
        (NOW_S, "0", NOW_H - 1),  # the kernel's time is not from it
        (0.0, "1", NOW_H - 1),  # its battery was empty
        (NOW_S, "1", NOW_H + 1),  # it shows a time that is surely past
        (NOW_S + 3600, "1", NOW_H - 1),  # somebody set the kernel by hand since
        ("", "1", NOW_H - 1),
        ("Invalid argument", "1", NOW_H - 1),
    ],
)
def test_a_real_time_clock_that_vouches_for_nothing(
    shows: float | str, set_kernel: str, known_hour: int, tmp_path: Path
) -> None:
    assert not real_time_clock_says(NOW_S, known_hour, rtc(tmp_path, shows=shows, set_kernel=set_kernel))


def test_of_several_the_one_that_set_the_kernel_counts(tmp_path: Path) -> None:
    rtc(tmp_path, shows=0, set_kernel="0")
    assert real_time_clock_says(NOW_S, NOW_H - 1, rtc(tmp_path, shows=NOW_S, name="rtc1"))
    assert not real_time_clock_says(NOW_S, NOW_H - 1, tmp_path / "none-at-all")
