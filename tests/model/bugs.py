"""Seeded bugs: mistakes that would break a promise, put in from outside. The model must find each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, ClassVar

from msgspec.structs import replace

from kiosk.dispense.ledger import Intent, Unrecorded
from kiosk.dispense.recording.entry import Entry
from kiosk.dispense.recording.storage import Storage
from kiosk.dispense.rules.bounds import Change
from kiosk.dispense.rules.vend_steps import Finish
from kiosk.dispense.service.requests import Order
from kiosk.dispense.service.vend_thread import Service
from kiosk.dispense.service.vending import FALLEN
from kiosk.errors import HardwareError
from kiosk.hardware.api import Turn
from kiosk.model import Outcome, SlotStock, Vend
from tests.model.world import World


class Bug:
    """No bug: the kiosk as it is."""

    shows_by: ClassVar[tuple[str, ...]] = ()
    """A rare bug names the rules of the model by which it shows, so that it is soon met; else any may happen."""

    def opening(self, storage: Storage, world: World) -> None:
        """Spoil the records before the service opens them."""

    def serving(self, service: Service, world: World) -> None:
        """Spoil the service before it serves."""


SOUND = Bug()


class MotorBeforeIntent(Bug):
    """The motor runs first, and is then written down."""

    def serving(self, service: Service, world: World) -> None:
        record, turn = service._recorder.begin, world.turn

        def begin(request: Any, slot: str, *rest: Any, **more: Any) -> Any:
            with suppress(HardwareError):
                turn(slot, lambda: None)
            vars(world)["turn"] = lambda *_: vars(world).pop("turn") and Turn.COMPLETED
            return record(request, slot, *rest, **more)

        vars(service._recorder)["begin"] = begin


class RetryOnBoot(Bug):
    """What power interrupted is done again."""

    def opening(self, storage: Storage, world: World) -> None:
        vends = storage.ledger.vends
        recover = vends.recover

        def again() -> list[str]:
            for request, slot in vends._file.db.execute("SELECT request, slot FROM vend WHERE state = 'intent'"):
                world.asked_by(request, [])
                with suppress(HardwareError):
                    world.turn(slot, lambda: None)
            return recover()

        vars(vends)["recover"] = again


class Verdicts(Bug):
    """What a vend came to is told otherwise to the ledger."""

    def __init__(self, twist: Callable[[Finish], Finish]) -> None:
        self._twist = twist

    def opening(self, storage: Storage, world: World) -> None:
        del world
        vends = storage.ledger.vends
        record = vends.outcome

        def outcome(intent: Intent, verdict: Finish, hanging: Sequence[str] = ()) -> None:
            record(intent, self._twist(verdict), hanging)

        vars(vends)["outcome"] = outcome


def _assumed_jam(verdict: Finish) -> Finish:
    """No drop was seen, so nothing fell: whether anybody could see is not asked."""
    return verdict if verdict.certain or verdict.drops else Finish(Outcome.JAMMED, certain=True, drops=0)


def _one_drop(verdict: Finish) -> Finish:
    """A vend lets one item fall, never two."""
    return Finish(verdict.outcome, verdict.certain, min(verdict.drops, 1))


class CertainAfterUndo(Bug):
    """A visit that is taken back leaves no doubt."""

    def opening(self, storage: Storage, world: World) -> None:
        del world
        restocks = storage.ledger.restocks
        take_back = restocks._take_back

        def undo(slot: str, *rest: Any) -> None:
            take_back(slot, *rest)
            restocks._file.move(slot, "undo", Change(0, -restocks._file.bounds(slot).unresolved))

        vars(restocks)["_take_back"] = undo


class MergedTwice(Bug):
    """What waited for the ledger is taken over, and once more as if it had been another attempt."""

    def opening(self, storage: Storage, world: World) -> None:
        del world
        vends = storage.ledger.vends
        take_over = vends._take_over

        def twice(made: Unrecorded) -> None:
            take_over(made)
            take_over(replace(made, attempt=made.attempt + 100))

        vars(vends)["_take_over"] = twice


class NoJournal(Bug):
    """What the ledger cannot take is held in memory only."""

    shows_by = ("emergency", "disk_fails", "bad_night", "power_goes_soon", "restart", "disk_is_mended")

    def opening(self, storage: Storage, world: World) -> None:
        del world
        vars(storage.journal)["append"] = lambda _: None


class StraysIgnored(Bug):
    """What falls outside a vend is none of the kiosk's."""

    shows_by = ("visitor", "emergency", "test_turn", "lets_go", "beam", "motor", "time_passes", "restart")

    def serving(self, service: Service, world: World) -> None:
        del world
        vars(service._vending)["account_strays"] = lambda: False


class FailureUsesUp(Bug):
    """A vend that failed counts as taken."""

    shows_by = ("visitor", "press", "motor", "beam", "time_passes")

    def serving(self, service: Service, world: World) -> None:
        del world
        answer = service._answer

        def tell(order: Order, vend: Vend) -> None:
            if vend.outcome not in FALLEN:
                service.admission.took(order)
            answer(order, vend)

        vars(service)["_answer"] = tell


class LocksIgnored(Bug):
    """What lies in front is not asked when a coil is chosen."""

    shows_by = ("visitor", "emergency", "press", "visit", "recall", "lift", "time_passes", "clock")

    def serving(self, service: Service, world: World) -> None:
        del world

        fit = service._vending._choose

        def choose(order: Any, product: Any) -> list[SlotStock]:
            if order.request.slot is not None:
                return fit(order, product)
            return [slot for slot in service.stock().slots if slot.sku == product.sku]

        vars(service._vending)["_choose"] = choose


class OneCoilOnly(Bug):
    """When a coil gives nothing, no other one is tried."""

    def serving(self, service: Service, world: World) -> None:
        del world
        choose = service._vending._choose
        vars(service._vending)["_choose"] = lambda order, product: choose(order, product)[:1]


class Forgets(Bug):
    """What was not written in time is given up on, and nobody thinks of it any more."""

    def serving(self, service: Service, world: World) -> None:
        del world

        def give_up(entry: Entry, *, hold: bool) -> bool:
            del hold
            assert entry.job is not None
            entry.job.cancel()
            return True

        vars(service._recorder)["_give_up"] = give_up


BUGS: dict[str, Bug] = {
    "motor before intent": MotorBeforeIntent(),
    "retry on boot": RetryOnBoot(),
    "assumed jam": Verdicts(_assumed_jam),
    "one drop at most": Verdicts(_one_drop),
    "certain after undo": CertainAfterUndo(),
    "merged twice": MergedTwice(),
    "no journal": NoJournal(),
    "strays ignored": StraysIgnored(),
    "failure uses up the allowance": FailureUsesUp(),
    "locks ignored": LocksIgnored(),
    "one coil only": OneCoilOnly(),
    "gives up waiting, then forgets": Forgets(),
}
