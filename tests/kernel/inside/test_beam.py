"""A pulse of 5 ms on the drop beam is never lost."""

from __future__ import annotations

import time
from typing import Any

from tests.kernel.rig import Rig

RECEIVER = 16
PULSE_S = 0.005
PULSES = {"lgpio": 1000, "gpiod": 200}


def test_no_pulse_of_5_ms_is_lost(rig: Rig, evidence: Any) -> None:
    rig.chip.pull(RECEIVER, 1)
    beam = rig.open("sensor", "drop_beam", pin=RECEIVER, merge_s=0)
    rig.chip.pull(RECEIVER, 1)
    rig.clock.sleep(0.05)
    strays: list[float] = []
    beam.on_stray(lambda: strays.append(time.monotonic()))
    beam.watch()
    sent = PULSES[rig.backend]
    lengths = []
    for _ in range(sent):
        began = time.monotonic()
        rig.chip.pull(RECEIVER, 0)
        time.sleep(PULSE_S)
        rig.chip.pull(RECEIVER, 1)
        lengths.append(time.monotonic() - began)
        time.sleep(PULSE_S)
    until = time.monotonic() + 2
    while beam.seen() < sent and time.monotonic() < until:
        time.sleep(0.01)
    evidence.count("beam_pulses", sent)
    evidence.count("beam_pulses_lost", sent - beam.seen())
    assert beam.seen() == len(strays) == sent
    assert PULSE_S <= sorted(lengths)[sent // 2] < 2 * PULSE_S
    assert beam.fault() is None
    assert rig.board.fault() is None
