"""Ten thousand bad frames and more from a Modbus board: never a wrong belief, a second motion, a motor left on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.hardware.api import Turn
from kiosk.simulator.faults import Fault
from tests.conftest import Evidence
from tests.serial.modbus_rig import Rig, rig, violations
from tests.serial.noise import Kind, Noise, Step, scripts

ENOUGH = 10_000
FOREIGN = [
    bytes.fromhex(frame)
    for frame in (
        "01 05 00 00 FF 00 8C 3A",  # relay 1 is on
        "01 05 00 02 00 00 6C 0A",  # relay 3 is off
        "01 05 02 02 00 28 6D AC",  # a pulse of 4 s on relay 3
        "01 0F 00 00 00 08 54 0D",  # all are switched
        "01 01 01 00 51 88",  # all relays are off
        "01 01 01 FF 11 C8",  # all relays are on
        "01 02 01 00 A1 88",  # no coil is at home
        "01 02 01 12 21 85",  # both coils are at home
        "01 85 02 C3 51",  # refused
        "01 82 01 81 60",  # refused
    )
]
KINDS = (*Kind, *[Kind.UNCHANGED] * 6)
HEARD = (
    *[Kind.UNCHANGED] * 12,
    *(Kind.DROPPED, Kind.FLIPPED, Kind.SUBSTITUTED, Kind.TRUNCATED, Kind.BEHEADED, Kind.PRECEDED, Kind.FOLLOWED),
)
"""What can become of a request: two wires lose and spoil it, but they do not say it again later."""
FAULTS = (None, None, Fault.MOTOR_MISSING, Fault.STALL, Fault.HOME_STUCK)


def turned(running: Rig, slot: str, fault: Fault | None) -> list[str]:
    """Turn a slot and judge what is said of it."""
    before, began = running.truth(slot), running.clock.monotonic()
    ended = running.turn(slot)
    took_s = running.clock.monotonic() - began
    found = ["it is still on"] if running.on() else []
    running.clock.sleep(0.2)  # it coasts
    after = running.truth(slot)
    found += violations(ended, before, after, fault)
    if took_s > running.motors[slot].limit_s:
        found.append(f"it took {took_s:.1f} s")
    return [f"{slot} {ended}: {what} ({fault}; {before}, then {after})" for what in found]


def disturbed(running: Rig, fault: Fault | None, slots: Sequence[str]) -> list[str]:
    """Turn slots while the line is disturbed, then once when it is not; return what went wrong."""
    if fault:
        running.world.set_fault(fault, True, "A1")
    found = [what for slot in slots for what in turned(running, slot, fault)]
    running.line.mangle = running.requests = None
    if fault:
        running.world.set_fault(fault, False, "A1")
    running.clock.sleep(8.0)  # what is still under way arrives, and the board is found
    found += ["a motor was left on"] if running.on() else []
    return found if works(running, slots[-1]) else [*found, f"{slots[-1]} does not work again"]


def works(running: Rig, slot: str) -> bool:
    """Say whether a slot turns on a clean line, in two turns if it stands just past home; fill all."""
    worked = any(running.turn(slot) in (Turn.COMPLETED, Turn.HOMED) for _ in range(2))
    for name in running.motors:
        coil = running.coil(name)
        running.world.put_in(name, coil.entry.capacity - coil.count)
    return worked


def test_bad_frames(tmp_path: Path, evidence: Evidence) -> None:
    evidence.count("serial_violations", 0)
    bad = 0
    with rig(tmp_path) as running:

        @settings(max_examples=20, suppress_health_check=list(HealthCheck))
        @given(
            answers=scripts(KINDS),
            requests=scripts(HEARD),
            fault=st.sampled_from(FAULTS),
            slots=st.lists(st.sampled_from(["A1", "A2"]), min_size=8, max_size=20),
        )
        def disturb(answers: list[Step], requests: list[Step], fault: Fault | None, slots: list[str]) -> None:
            nonlocal bad
            if bad >= ENOUGH:
                return
            noises = [Noise(evidence, "modbus", script, FOREIGN) for script in (answers, requests)]
            running.line.mangle, running.requests = noises
            found = disturbed(running, fault, slots)
            bad += sum(noise.bad for noise in noises)
            evidence.count("serial_violations", len(found))
            assert not found

        while bad < ENOUGH:
            disturb()
