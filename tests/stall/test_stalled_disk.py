"""A disk that does not answer, for a tenth of a second or for ever, whatever meets it: naloxone waits for no disk."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec

from tests.conftest import Evidence
from tests.stall.disk import StallingDisk
from tests.stall.pressing import MEETS, Press, Said

KIOSKS = 8
"""So many are tried beside each other: most of what they do is to wait."""

PRESSES = 24
"""So often naloxone is asked for at each, beside everything that meets the disk, and a few times more."""

WITHIN_S = 0.5
"""From the press to the motor, in seconds."""

START_S = 3.0
"""From the start to the motor, in seconds."""

SLOWER = 4.0
"""So many times what the slowest press with a disk that is well takes comes on top: so busy is this computer."""

TURNS = 8
"""So often at most one thread waits for another from the press to the motor, and each time for the processor too."""

GIVE_UP_S = 240.0

LINE = msgspec.json.Decoder(Press | Said)


def kiosks(library: Path, folder: Path, number: int, presses: int) -> Iterator[tuple[list[Press], list[str]]]:
    """Run so many beside each other; give each one's presses, and what was not right."""
    with ExitStack() as stack:
        running = [
            stack.enter_context(_started(library, folder / f"kiosk{seed}", seed, presses)) for seed in range(number)
        ]
        for process in running:
            stack.callback(process.kill)
        for process in running:
            said, errors = process.communicate(timeout=GIVE_UP_S)
            lines = [LINE.decode(line) for line in said.splitlines()]
            ended = [line for line in lines if isinstance(line, Said)]
            assert ended, errors.decode()
            yield [line for line in lines if isinstance(line, Press)], ended[0].wrong


def _started(library: Path, folder: Path, seed: int, presses: int) -> subprocess.Popen[bytes]:
    folder.mkdir()
    environment = StallingDisk(folder / "control").environment(library, folder / "state")
    command = [sys.executable, "-m", "tests.stall.pressing", str(folder), str(seed), str(presses)]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )


def late(presses: Sequence[Press]) -> list[Press]:
    """Return the presses after which the motor was on too late, or only when the disk answered."""
    slowest = max(press.latency_s or 0.0 for press in presses if press.met == "nothing")
    return [
        press
        for press in presses
        if press.met != "nothing"
        and (
            press.latency_s is None
            or not press.stalled
            or press.latency_s
            > (START_S if press.met == "start" else WITHIN_S) + SLOWER * slowest + TURNS * press.starved_s
        )
    ]


def test_naloxone_waits_for_no_disk(library: Path, quick: Path, evidence: Evidence) -> None:
    """During a start, an intent, an outcome, a checkpoint and all else: on in time, shown at once, written once."""
    presses: list[Press] = []
    for pressed, wrong in kiosks(library, quick, KIOSKS, PRESSES):
        assert wrong == []
        assert {"start", "for ever"} <= {press.met for press in pressed}
        evidence.count("stalled_disk_presses", sum(press.met != "nothing" for press in pressed))
        evidence.count("late_naloxone", len(late(pressed)))
        assert late(pressed) == []
        presses += pressed
    for meets in MEETS:
        assert any(press.met == meets.__name__ for press in presses)
    usual = statistics.median(press.latency_s or 0.0 for press in presses if press.met == "nothing")
    assert min(press.latency_s or 0.0 for press in presses if press.met != "nothing") > usual, (
        "the disk was never silent"
    )
