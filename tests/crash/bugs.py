"""Seeded bugs: the five mistakes that a power cut would punish, put in from outside at the seams of the ledger."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from kiosk.dispense.ledger import Ledger
from kiosk.dispense.machine import Finish
from kiosk.dispense.parts import Parts
from kiosk.model import Outcome, VendRequest
from tests.crash.world import Beam, CoilMotor


class Bug:
    """No bug: the daemon as it is."""

    def opened(self, ledger: Ledger) -> None:
        """Spoil the ledger that was just opened."""

    def recovering(self, ledger: Ledger, machine: Parts) -> None:
        """Spoil the start, before open vends are closed."""

    def serving(self, ledger: Ledger, machine: Parts) -> None:
        """Spoil the ledger that the service gets."""


SOUND = Bug()


class SynchronousNormal(Bug):
    """A commit is not synced: what was acknowledged lies in memory."""

    def opened(self, ledger: Ledger) -> None:
        database(ledger).execute("PRAGMA synchronous=NORMAL")


class JournalDelete(Bug):
    """Python's default: a commit is the unlinking of a journal, which nobody syncs."""

    def opened(self, ledger: Ledger) -> None:
        mode = database(ledger).execute("PRAGMA journal_mode=DELETE").fetchone()
        assert mode == ("delete",), mode


class MotorBeforeIntent(Bug):
    """The motor runs first, and is then written down."""

    def serving(self, ledger: Ledger, machine: Parts) -> None:
        vends = vends_of(ledger)
        record = vends.intent

        def intent(request: VendRequest, slot: str, *rest: Any, **more: Any) -> Any:
            undo = _move_ahead(machine, slot)
            recorded = record(request, slot, *rest, **more)
            undo()
            return recorded

        vends.intent = intent


class RetryOnBoot(Bug):
    """What power interrupted is done again."""

    def recovering(self, ledger: Ledger, machine: Parts) -> None:
        with closing(database(ledger).execute("SELECT request, slot FROM vend WHERE state = 'intent'")) as rows:
            for request, slot in rows.fetchall():
                motor = machine.motors[slot]
                assert isinstance(motor, CoilMotor)
                motor.world.request = request
                motor.turn(lambda: None)


class AssumedJam(Bug):
    """No drop was seen, so nothing fell: whether the beam could see at all is not asked."""

    def serving(self, ledger: Ledger, machine: Parts) -> None:
        del machine  # it needs no motor of its own
        vends = vends_of(ledger)
        record = vends.outcome

        def outcome(intent: Any, verdict: Finish, *rest: Any, **more: Any) -> None:
            if not verdict.certain and not verdict.drops:
                verdict = Finish(Outcome.JAMMED, certain=True, drops=0)
            record(intent, verdict, *rest, **more)

        vends.outcome = outcome


BUGS: dict[str, Bug] = {
    "none": SOUND,
    "synchronous NORMAL": SynchronousNormal(),
    "journal_mode DELETE": JournalDelete(),
    "motor before intent": MotorBeforeIntent(),
    "retry on boot": RetryOnBoot(),
    "assumed jam": AssumedJam(),
}


def database(ledger: Any) -> Any:
    """Return the ledger's write connection."""
    return ledger._db


def vends_of(ledger: Any) -> Any:
    """Return what records intents and outcomes."""
    return ledger


def _move_ahead(machine: Parts, slot: str) -> Any:
    """Move a coil now; the next time it is asked to move, only what the beam saw is told. Returns what arms that."""
    motor, beam = machine.motors[slot], machine.beam
    assert isinstance(motor, CoilMotor)
    assert isinstance(beam, Beam)
    world = motor.world
    beam.watch()
    motor.move()
    scene, seen = world.scene, world.seen

    def told() -> None:
        del vars(motor)["move"]
        world.seen += seen

    def arm() -> None:
        world.scenes.insert(0, scene)
        vars(motor)["move"] = told

    return arm
