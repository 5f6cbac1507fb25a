"""`kiosk selftest` against a real daemon whose machine is broken on order."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from kiosk.model import Outcome
from kiosk.simulator.faults import Fault
from tests.cli.other_machines import CONTROLLED, LANES, LOCKERS, TAMPER, choose_when_asked, open_when_asked
from tests.daemon.kiosk_here import Kiosk


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    """A daemon in this process, so that its machine can be broken."""
    running = Kiosk(tmp_path)
    yield running
    running.daemon.stop()


def command(folder: Path, *arguments: str) -> list[str]:
    socket = str(folder / "run" / "control.sock")
    return [sys.executable, "-m", "kiosk", "selftest", "--yes", "--socket", socket, *arguments]


def selftest(folder: Path, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Run it; `typed` is what a person answers, line by line."""
    return subprocess.run(
        command(folder, *arguments), capture_output=True, text=True, input=typed, timeout=60, check=False
    )


def rows(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """Return the row of each slot, without its name; what goes on below it is put at its end."""
    heading, *lines = done.stdout.splitlines()
    assert heading.split() == ["slot", "product", "result", "what", "to", "check"]
    found: dict[str, str] = {}
    for line in lines:
        first, *others = line.split()
        if line.startswith(" "):
            found[list(found)[-1]] += " " + line.strip()
        elif line[2:4] == "  ":
            found[first] = " ".join(others)
    return found


def within_80_columns(done: subprocess.CompletedProcess[str]) -> bool:
    """Say whether every line of the table fits a terminal."""
    table = [line for line in done.stdout.splitlines() if line[2:4] == "  " or line.startswith("slot")]
    assert len(table) >= 2
    return all(len(line) <= 80 for line in table)


def document(done: subprocess.CompletedProcess[str]) -> Any:
    return json.loads(done.stdout)


def test_a_sound_machine_passes(kiosk: Kiosk, tmp_path: Path) -> None:
    done = selftest(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert rows(done) == {
        "A1": "Naloxone nose spray an item fell",
        "A2": "Naloxone nose spray an item fell",
        "B1": "Fentanyl test strips an item fell",
    }
    assert done.stdout.splitlines()[-1] == "Everything answers."
    assert "\x1b" not in done.stdout + done.stderr, "nobody watches, so nothing is drawn over"


@pytest.mark.parametrize(
    ("fault", "result", "advice"),
    [
        (Fault.MOTOR_MISSING, "it did not move", "check the motor plug"),
        (Fault.STALL, "nothing fell", "come home"),
        (Fault.JAM, "nothing fell", "clear the coil, then test it again"),
    ],
)
def test_what_is_wrong_with_a_slot_and_what_to_check(
    kiosk: Kiosk, tmp_path: Path, fault: Fault, result: str, advice: str
) -> None:
    """The others are tried all the same."""
    kiosk.world.set_fault(fault, True, "A2")
    done = selftest(tmp_path)
    found = rows(done)
    assert done.returncode == 1
    assert result in found["A2"]
    assert advice in found["A2"]
    assert not found["A2"].partition(result)[2].strip().startswith("A2"), "its name stands at the row's beginning"
    assert [found[slot].endswith("an item fell") for slot in ("A1", "B1")] == [True, True]
    assert done.stdout.splitlines()[-1] == "Something is wrong: see above what to check."
    assert " ".join(done.stdout.split()).count(advice) == 1, "what to check is told once"
    assert within_80_columns(done)


def test_a_dead_beam_is_told_and_the_count_is_left_to_do(kiosk: Kiosk, tmp_path: Path) -> None:
    kiosk.world.set_fault(Fault.BEAM_DEAD, True)
    done = selftest(tmp_path)
    assert done.returncode == 1
    assert "it gave out, unseen" in rows(done)["A1"]
    assert "drop sensor: " in done.stdout
    assert "Afterwards: A1: 1 item is unresolved. Count this slot." in done.stdout


def test_one_slot_alone(kiosk: Kiosk, tmp_path: Path) -> None:
    kiosk.world.set_fault(Fault.MOTOR_MISSING, True, "A2")
    before = kiosk.world.inside("A1")
    done = selftest(tmp_path, "--slot", "b1")
    assert done.returncode == 0, done.stdout
    assert "B1" in done.stdout
    assert "A1" not in done.stdout
    assert kiosk.world.inside("A1") == before
    missing = selftest(tmp_path, "--slot", "Z9")
    assert (missing.returncode, missing.stderr) == (1, "There is no slot Z9. There is: A1, A2, B1.\n")


def test_json_is_one_document_with_units_outcomes_and_advice(kiosk: Kiosk, tmp_path: Path) -> None:
    kiosk.world.set_fault(Fault.MOTOR_MISSING, True, "A2")
    done = selftest(tmp_path, "--json")
    told = document(done)
    assert (done.returncode, told["passed"]) == (1, False)
    assert [slot["outcome"] for slot in told["slots"]] == ["dispensed", "not_started", "dispensed"]
    assert [slot["passed"] for slot in told["slots"]] == [True, False, True]
    assert "check the motor plug" in told["slots"][1]["advice"]
    assert told["answers"] == []
    assert [reading["unit"] for reading in told["sensors"]] == ["°C"] * len(told["sensors"])
    assert "A2" in done.stderr, "people watch on standard error"


def test_a_person_says_what_came_out(kiosk: Kiosk, tmp_path: Path) -> None:
    """The drop sensor saw items at all three; the person saw none at A2 and did not look at B1."""
    done = selftest(tmp_path, "--guided", "--json", typed="y\nn\nskip\nn\ny\ny\ny\n")
    told = document(done)
    assert [slot["seen"] for slot in told["slots"]] == ["y", "n", "skip"]
    assert [slot["passed"] for slot in told["slots"]] == [True, False, True]
    assert "clean and align it" in told["slots"][1]["advice"]
    assert [answer["passed"] for answer in told["answers"]] == [True] * 4
    assert done.returncode == 1


def test_a_light_that_is_off_and_a_door_that_nobody_notices_are_told(kiosk: Kiosk, tmp_path: Path) -> None:
    """The door was opened, says the person; its contact says nothing of it."""
    done = selftest(tmp_path, "--guided", typed="y\ny\ny\ny\nskip\nskip\nn\n")
    assert done.returncode == 1
    assert "the kiosk did not notice: check the door's contact and its wire" in done.stdout
    assert 'check "status light" and its wire' in done.stdout
    assert "check the wire of" not in done.stdout


def test_a_person_who_goes_away_ends_it(kiosk: Kiosk, tmp_path: Path) -> None:
    """Nothing turns any more once nobody answers."""
    before = kiosk.world.inside("A2")
    done = selftest(tmp_path, "--guided", typed="y\n")
    assert done.returncode == 1
    assert "Aborted!" in done.stderr
    assert kiosk.world.inside("A2") == before - 1
    assert kiosk.world.inside("B1") == 9


def test_progress_is_shown_to_whoever_watches(kiosk: Kiosk, tmp_path: Path) -> None:
    """On a terminal each slot says that it turns, and its row takes the place of that."""
    with ExitStack() as undo:
        watched, terminal = os.openpty()
        undo.callback(os.close, watched)
        with os.fdopen(terminal, "wb") as errors:
            done = subprocess.run(command(tmp_path), stdout=subprocess.PIPE, stderr=errors, timeout=60, check=False)
            shown = os.read(watched, 65536).decode()
    assert done.returncode == 0
    assert [f"\r\x1b[K{slot} turns …\r\x1b[K" in shown for slot in ("A1", "A2", "B1")] == [True] * 3


def test_a_visitor_is_served_first(tmp_path: Path) -> None:
    """It waits for its turn instead of failing."""
    kiosk = Kiosk(tmp_path, speed=4.0)
    try:
        kiosk.world.press("strips")
        done = selftest(tmp_path, "--slot", "A1")
        assert (done.returncode, "an item fell" in done.stdout) == (0, True), done.stdout + done.stderr
    finally:
        kiosk.daemon.stop()


def test_a_machine_that_gives_only_what_a_visitor_chose_is_sound(tmp_path: Path) -> None:
    """Nobody can test its lanes from here, which is no fault of theirs."""
    kiosk = Kiosk(tmp_path, extra=LANES)
    try:
        done = selftest(tmp_path)
        found = rows(done)
        assert done.returncode == 0, done.stdout
        for slot, item in (("M1", 11), ("M2", 12)):
            assert "not tried here" in found[slot]
            assert f"Choose item {item} on the machine's own keypad" in found[slot]
        assert found["A1"].endswith("an item fell")
        assert "Not tried: M1, M2. With --guided" in done.stdout.splitlines()[-1]
        passed = [slot["passed"] for slot in document(selftest(tmp_path, "--json"))["slots"]]
        assert passed == [True, True, True, None, None]
        assert kiosk.client.slot("M1").stock.faults == ()
    finally:
        kiosk.daemon.stop()


def test_with_a_person_at_its_keypad_that_machine_is_tried(tmp_path: Path) -> None:
    kiosk = Kiosk(tmp_path, extra=LANES)
    try:
        given = choose_when_asked(kiosk, command(tmp_path, "--guided", "--slot", "M1"), 11)
        assert (given.returncode, rows(given)["M1"].endswith("an item fell")) == (0, True), given.stdout
        silent = selftest(tmp_path, "--guided", "--slot", "M2", typed="n\n")
        assert (silent.returncode, "did not ask the kiosk" in rows(silent)["M2"]) == (1, True)
    finally:
        kiosk.daemon.stop()


def test_a_locker_that_a_person_saw_open_has_a_bad_contact(tmp_path: Path) -> None:
    kiosk = Kiosk(tmp_path, extra=LOCKERS)
    try:
        kiosk.world.set_fault(Fault.BOLT_STUCK, True, "L1")
        done = selftest(tmp_path, "--guided", "--json", "--slot", "L1", typed="y\n")
        (slot,) = document(done)["slots"]
        assert (slot["outcome"], slot["passed"]) == (Outcome.NOT_STARTED, False)
        assert slot["advice"] == "the door opened, so check its contact and the contact's wire"
        assert "L1: Did its door open?" in done.stderr
        other = document(selftest(tmp_path, "--guided", "--json", "--slot", "L2", typed="n\n"))["slots"][0]
        assert (other["passed"], "the door stayed shut" in other["advice"]) == (False, True)
    finally:
        kiosk.daemon.stop()


def test_a_dead_board_is_told_once(tmp_path: Path) -> None:
    """Each of its slots says that it did not answer; why stands below the table, once."""
    kiosk = Kiosk(tmp_path, extra=CONTROLLED)
    try:
        kiosk.world.set_fault(Fault.BOARD_OFF, True)
        done = selftest(tmp_path)
        assert done.returncode == 1
        said = " ".join(done.stdout.split())
        assert said.count("does not answer at") == 1, done.stdout
        assert all("see relays below. It was not driven" in rows(done)[slot] for slot in ("R1", "R2")), done.stdout
        assert within_80_columns(done)
        assert rows(done)["A1"].endswith("an item fell")
    finally:
        kiosk.daemon.stop()


def test_a_tamper_contact_that_was_opened_for_the_test_is_no_failure(tmp_path: Path) -> None:
    """The kiosk has to notice it; that it tells of it for a day is what it is for."""
    kiosk = Kiosk(tmp_path, extra=TAMPER)
    answers = "y\ny\ny\nskip\ny\ny\ny\ny\n"
    try:
        missed = selftest(tmp_path, "--guided", typed=answers)
        assert (missed.returncode, 'check the tamper contact "back"' in missed.stdout) == (1, True), missed.stdout
        done = open_when_asked(kiosk, command(tmp_path, "--guided"), answers)
        assert done.returncode == 0, done.stdout
        assert "Put it back as it was." in done.stdout
    finally:
        kiosk.daemon.stop()
