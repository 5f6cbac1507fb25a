"""Seeded bugs: the five mistakes that a power cut would punish, put in from outside at the seams of the ledger."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from kiosk.dispense.ledger import Intent, Ledger, Unrecorded
from kiosk.dispense.rules.vend_steps import Finish
from kiosk.hardware.machine import Machine
from kiosk.model import Outcome
from tests.crash.world import Beam, CoilMotor


class Bug:
    """No bug: the daemon as it is."""

    def starting(self, ledger: Ledger, machine: Machine) -> None:
        """Spoil the ledger before it is opened."""

    def started(self, ledger: Ledger) -> None:
        """Spoil the open ledger."""


SOUND = Bug()


class SynchronousNormal(Bug):
    """A commit is not synced: what was acknowledged lies in memory."""

    def started(self, ledger: Ledger) -> None:
        database(ledger).execute("PRAGMA synchronous=NORMAL")


class JournalDelete(Bug):
    """Python's default: a commit is the unlinking of a journal, which nobody syncs."""

    def started(self, ledger: Ledger) -> None:
        mode = database(ledger).execute("PRAGMA journal_mode=DELETE").fetchone()
        assert mode == ("delete",), mode


class MotorBeforeIntent(Bug):
    """The motor runs first, and is then written down."""

    def starting(self, ledger: Ledger, machine: Machine) -> None:
        record = ledger.vends.intent

        def intent(made: Unrecorded) -> Intent:
            moved = _move_ahead(machine, made.slot)
            try:
                return record(made)
            finally:
                moved()

        ledger.vends.intent = intent  # type: ignore[method-assign]


class RetryOnBoot(Bug):
    """What power interrupted is done again."""

    def starting(self, ledger: Ledger, machine: Machine) -> None:
        recover = ledger.vends.recover

        def retry() -> list[str]:
            rows = database(ledger).execute("SELECT request, slot FROM vend WHERE state = 'intent'").fetchall()
            for request, slot in rows:
                motor = machine.motors[slot]
                assert isinstance(motor, CoilMotor)
                motor.world.request = request
                motor.move()
            return recover()

        ledger.vends.recover = retry  # type: ignore[method-assign]


class AssumedJam(Bug):
    """No drop was seen, so nothing fell: whether the beam could see at all is not asked."""

    def starting(self, ledger: Ledger, machine: Machine) -> None:
        del machine  # it needs no motor
        record = ledger.vends.outcome

        def outcome(intent: Intent, verdict: Finish, hanging: Any = ()) -> None:
            if not verdict.certain and not verdict.drops:
                verdict = Finish(Outcome.JAMMED, certain=True, drops=0)
            record(intent, verdict, hanging)

        ledger.vends.outcome = outcome  # type: ignore[method-assign]


BUGS: dict[str, Bug] = {
    "none": SOUND,
    "synchronous NORMAL": SynchronousNormal(),
    "journal_mode DELETE": JournalDelete(),
    "motor before intent": MotorBeforeIntent(),
    "retry on boot": RetryOnBoot(),
    "assumed jam": AssumedJam(),
}


def database(ledger: Ledger) -> sqlite3.Connection:
    """Return the ledger's write connection, for settings that the daemon never changes."""
    return ledger._file.db


def _move_ahead(machine: Machine, slot: str) -> Callable[[], None]:
    """Move a coil now. What is returned makes its next motion one that only tells what the beam saw of this one."""
    motor, beam = machine.motors[slot], machine.beam
    assert isinstance(motor, CoilMotor)
    assert isinstance(beam, Beam)
    world = motor.world
    beam.watch()
    motor.move()
    scene, seen = world.scene, world.seen

    def told() -> None:
        del vars(motor)["move"]
        motor.nudges = 0
        world.seen += seen

    def moved() -> None:
        world.scenes.insert(0, scene)
        vars(motor)["move"] = told

    return moved
