"""The model: visitors, staff, parts that fail, disks that fill and power that goes, in any order."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from kiosk.dispense.service.vending import FALLEN
from kiosk.model import Decision, HideRequest, Purpose, RecallRequest, VendRequest
from tests.model import promises, visits
from tests.model.asking import Asking
from tests.model.life import SLOTS
from tests.model.living import TALLY
from tests.model.power import Trouble
from tests.model.world import Drive, Fate, Sight

DAY_S = 86400.0

SKUS = st.sampled_from(["NAL", "STRIP", "SOAP"])
ANY_SLOT = st.sampled_from(list(SLOTS))
FATES = st.lists(st.sampled_from(Fate), max_size=3)
CUTS = st.lists(st.integers(0, 45), min_size=1, max_size=3)
CODES = st.sampled_from(["N2", "N3", "S3", "S4", "PUMP9", "W1"])


class Model(Asking):
    """One kiosk over several lives. Each rule is something that people, things or power do to it."""

    def __init__(self) -> None:
        super().__init__()
        self.visited: list[visits.Visit] = []

    # -- visitors --------------------------------------------------------------------------------------------------

    @rule(sku=SKUS, fates=FATES, times=st.integers(1, 3))
    def visitor(self, sku: str, fates: list[Fate], times: int) -> None:
        """Somebody takes something, and perhaps more of it."""
        for _ in range(times):
            TALLY["vends"] += 1
            self.vend(VendRequest(id=self.new_id("vend"), sku=sku), fates)

    @rule(fates=FATES)
    def emergency(self, fates: list[Fate]) -> None:
        """Somebody presses for naloxone until it is there, which with a beam that works is once."""
        tries = sum(slot.on_hand for slot in self.kiosk.service.stock().slots if slot.essential) + len(SLOTS)
        for press in range(tries):
            good = [slot for slot in SLOTS if SLOTS[slot] == "NAL" and self.world.lot_queues[slot].gives]
            request = VendRequest(id=self.new_id("help"), sku="NAL")
            life = self.world.life
            self.vend(request, fates if press == 0 else [])
            if not good or self.world.fallen(request.id) or self.world.life != life:
                return
        raise AssertionError(f"No naloxone after {tries} presses")

    @rule(slot=ANY_SLOT, fates=FATES)
    def test_turn(self, slot: str, fates: list[Fate]) -> None:
        """Staff try a coil."""
        self.vend(VendRequest(id=self.new_id("test"), slot=slot, purpose=Purpose.TEST), fates)

    @rule(data=st.data())
    @precondition(lambda self: self.asked)
    def again(self, data: st.DataObject) -> None:
        """The same request comes again, as from a phone that lost the answer."""
        request = data.draw(st.sampled_from(self.asked[-6:]))
        if request.id in self.truth.forgotten:
            return
        if request.id in self.truth.answered:
            vend = self.do(lambda: self.kiosk.service.vend(request))
            told = self.truth.answered[request.id]
            assert vend is None or self.kiosk.waits or vend.attempts == told, vend
            return
        motions = dict(self.world.motions)
        self.started = self.world.life
        if self.do(lambda: self.submit(request)) and self.kiosk.service.busy:
            self.serve(request, [])
        moved = {name for name, _ in self.world.motions.keys() - motions.keys()}
        assert request.id not in {name for name, _ in motions} or request.id not in moved

    @rule(sku=SKUS, fates=FATES)
    def press(self, sku: str, fates: list[Fate]) -> None:
        """Somebody presses a button."""
        self.kiosk.service.press(VendRequest(id=self.new_id("pressed"), sku=sku))
        self.world.asked_by(self.new_id("press"), fates)
        self.truth.forgotten.add(self.world.request)
        if self.kiosk.service.busy:
            self.do(self.step)
            self.taken = [] if self.world.life != self.started else self.taken
            if self.world.life == self.started:
                self.pressed(sku)

    @rule(fates=FATES)
    def two_people(self, fates: list[Fate]) -> None:
        """Two press for naloxone at once: one is served after the other, unless the power goes."""
        for _ in range(2):
            assert self.kiosk.service.press(VendRequest(id=self.new_id("pressed"), sku="NAL"))
        life = self.world.life
        for _ in range(2):
            if self.world.life == life:
                assert self.kiosk.service.busy
                self.world.asked_by(self.new_id("press"), fates)
                self.truth.forgotten.add(self.world.request)
                self.do(self.step)
        assert not self.kiosk.service.busy

    def pressed(self, sku: str) -> None:
        """Count what a press took: the ledger's newest vend tells."""
        vend = next(reversed(self.kiosk.service.requests._vends.values()))
        if vend.outcome in FALLEN:
            self.used(sku)
            self.taken.append((self.world.clock.now_s, sku))

    # -- parts -----------------------------------------------------------------------------------------------------

    @rule(slot=ANY_SLOT, drive=st.sampled_from(Drive), jammed=st.booleans())
    def motor(self, slot: str, drive: Drive, jammed: bool) -> None:
        """A motor fails or is mended; a coil is blocked."""
        self.world.lot_queues[slot].drive, self.world.lot_queues[slot].jammed = drive, jammed

    @rule(sight=st.sampled_from(Sight))
    def beam(self, sight: Sight) -> None:
        """The beam fails or is mended; the kiosk has it proven now and then."""
        self.world.sight = sight

    @rule(is_open=st.booleans())
    def door(self, is_open: bool) -> None:
        self.world.door_open = is_open

    def loose(self) -> list[str]:
        """Return the slots in which something hangs whose fall the beam would see."""
        sees = self.world.sight in (Sight.GOOD, Sight.UNPROVEN)
        return [slot for slot, coil in self.world.lot_queues.items() if coil.hanging and sees]

    @rule(data=st.data())
    @precondition(lambda self: self.loose())
    def lets_go(self, data: st.DataObject) -> None:
        """An item that hung falls on its own, and the beam sees it."""
        self.world.asked_by("", [])
        self.world.fall(data.draw(st.sampled_from(self.loose())), extra=True)
        self.world.stray()
        self.do(self.kiosk.rest)
        if not self.kiosk.kept_strays():
            # Neither file took it, so it is in memory until the disk is mended; power may go before that.
            self.truth.excuse(self.world.unnoticed)
        self.world.unnoticed.clear()

    # -- staff -----------------------------------------------------------------------------------------------------

    @initialize(data=st.data(), steps=st.integers(0, 900))
    def first_visit(self, data: st.DataObject, steps: int) -> None:
        """Staff fill the new kiosk. Its power will not last long."""
        self.power.plan([steps])
        visits.truthful(self, data.draw(visits.plans(list(SLOTS), fill=True)))

    @rule(data=st.data(), slots=st.lists(ANY_SLOT, min_size=1, max_size=3, unique=True))
    def visit(self, data: st.DataObject, slots: list[str]) -> None:
        """Staff count, take out, put in and put in order."""
        visits.truthful(self, data.draw(visits.plans(slots)))

    @rule(data=st.data(), slots=st.lists(ANY_SLOT, min_size=1, max_size=2, unique=True))
    def mistaken_visit(self, data: st.DataObject, slots: list[str]) -> None:
        """Staff write down what is not so."""
        visits.untruthful(self, data.draw(visits.plans(slots)), data.draw(st.integers(0, 6)))

    @rule(data=st.data())
    @precondition(lambda self: self.visited)
    def undo(self, data: st.DataObject) -> None:
        """Staff take back a visit."""
        visits.undo(self, data.draw(st.sampled_from(self.visited[-3:])))

    @rule(code=CODES)
    def recall(self, code: str) -> None:
        """A lot is called back; the order is repeated until it is confirmed."""
        request = RecallRequest(id=self.new_id("recall"), lot=code)
        if self.insist(lambda: self.kiosk.service.changes.recall(request)):
            self.truth.recalls[request.id] = code

    @rule(data=st.data())
    @precondition(lambda self: self.truth.recalls)
    def lift(self, data: st.DataObject) -> None:
        """A recall is over."""
        recall = data.draw(st.sampled_from(sorted(self.truth.recalls)))
        if self.insist(lambda: self.kiosk.service.changes.lift(recall)):
            del self.truth.recalls[recall]

    @rule(sku=SKUS, hidden=st.booleans())
    def hide(self, sku: str, hidden: bool) -> None:
        """A product is taken off the menu, or put back on."""
        request = HideRequest(sku=sku, hidden=hidden)

        def hide() -> bool:
            self.kiosk.service.changes.hide(request)
            return True

        if self.insist(hide):
            (self.truth.hidden.add if hidden else self.truth.hidden.discard)(sku)

    @rule(decision=st.sampled_from(Decision))
    def excursions(self, decision: Decision) -> None:
        """It gets far too hot for a while, and staff decide about it."""
        for celsius, seconds in ((45.0, 60.0), *((20.0, 299.0) for _ in range(8))):
            self.kiosk.service.feel(celsius)
            self.world.clock.sleep(seconds)
            self.do(self.kiosk.rest)
        for (number,) in self.kiosk.rows("SELECT id FROM excursion WHERE ended IS NOT NULL AND decision IS NULL"):
            self.insist(lambda number=number: self.kiosk.service.changes.review(number, decision))  # type: ignore[misc]
        list(promises.keep_spoiled(self.kiosk, self.world))

    # -- time, power, disk -----------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([30.0, 61.0, 3600.0, 2 * DAY_S, 9 * DAY_S]))
    def time_passes(self, seconds: float) -> None:
        """Nobody comes; the kiosk does what can wait. A broken disk is not left alone for days."""
        if seconds > DAY_S:
            self.disk.fail(None)
            self.do(self.answer)
            self.world.clock.sleep(61.0)
            self.do(self.kiosk.rest)
            self.promises_hold()
        self.world.clock.sleep(seconds)
        if seconds > DAY_S:
            self.truth.forgotten |= {request.id for request in self.asked}
            self.aged = True
        self.do(self.kiosk.rest)
        self.look()

    @rule(error_days=st.sampled_from([None, None, -3000, -1, 1, 900]))
    def clock(self, error_days: int | None) -> None:
        """The clock is set from the network, or is wrong and says so."""
        clock = self.world.clock
        clock.is_set, clock.error_s = error_days is None, (error_days or 0) * DAY_S
        self.do(self.kiosk.rest)

    @rule()
    def restart(self) -> None:
        """The daemon is stopped and started in good order."""
        self.do(self.answer)
        life, self.life = self.kiosk, None
        self.do(life.close)
        self.disk.forget()
        self.boot()

    @rule(steps=CUTS)
    def power_goes_soon(self, steps: list[int]) -> None:
        """The power is about to go, and again while the kiosk starts."""
        self.power.plan(steps)

    @rule(trouble=st.sampled_from(Trouble), after=st.integers(0, 12))
    def disk_fails(self, trouble: Trouble, after: int) -> None:
        """The disk fills up or turns read-only, now or in the middle of what comes next."""
        self.disk.fail(trouble, after)

    @rule(durable=st.booleans())
    def disk_falls_silent(self, durable: bool) -> None:
        """Nothing that is to be made durable comes back from now on, whether it is durable or not."""
        self.disk.silence.fall(durable=durable)

    @rule()
    def disk_answers(self) -> None:
        """What waited for it is written."""
        self.do(self.answer)

    @rule(durable=st.booleans(), fates=FATES, presses=st.integers(1, 3), steps=st.none() | st.integers(0, 30))
    def bad_hour(self, durable: bool, fates: list[Fate], presses: int, steps: int | None) -> None:
        """The disk falls silent, somebody needs naloxone and gets it, and the disk answers, or the power goes."""
        self.disk.silence.fall(durable=durable)
        for _ in range(presses):
            self.vend(VendRequest(id=self.new_id("help"), sku="NAL"), fates)
        if steps is not None:
            self.power.plan([steps])
        self.do(self.answer)

    @rule()
    def disk_is_mended(self) -> None:
        self.disk.fail(None)

    @rule(trouble=st.sampled_from(Trouble), steps=st.integers(0, 8))
    def bad_night(self, trouble: Trouble, steps: int) -> None:
        """The disk fails, somebody needs naloxone, and then the power goes."""
        self.disk.fail(trouble)
        self.emergency([])
        self.power.plan([steps])
        self.do(self.kiosk.rest)
        self.disk.fail(None)
        self.world.clock.sleep(61.0)
        self.do(self.kiosk.rest)

    @rule()
    def file_breaks(self) -> None:
        """The power goes, and the first blocks of the ledger are gone with it."""
        self.disk.fail(None)
        self.do(self.answer)
        self._after_cut()
        TALLY["cuts"] -= 1
        (self.folder / "ledger.db-wal").unlink(missing_ok=True)
        with (self.folder / "ledger.db").open("r+b") as file:
            file.write(b"\xff" * 4096)
        self.truth.lost()
        self.truth.forgotten |= {request for request, _ in self.world.motions}
        self.visited.clear()
        self.boot()
