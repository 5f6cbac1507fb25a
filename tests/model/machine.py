"""The model: visitors, staff, parts that fail, disks that fill and power that goes, in any order."""

from __future__ import annotations

import datetime
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kiosk.clock import day
from kiosk.dispense import words
from kiosk.dispense.policy import VISIT_GAP_S, Reason, Refusal
from kiosk.dispense.vending import FALLEN
from kiosk.errors import LedgerError, RequestError
from kiosk.model import Decision, HideRequest, Purpose, RecallRequest, Vend, VendRequest, VendState
from tests.model import promises, visits
from tests.model.bugs import SOUND, Bug
from tests.model.life import LIMIT, SLOTS, Life, copy
from tests.model.power import Disk, Power, PowerCut, Trouble, wired
from tests.model.promises import Truth
from tests.model.world import Drive, Fate, Sight, World

T = TypeVar("T")

ROOM = Path("/dev/shm") if Path("/dev/shm").is_dir() else Path(tempfile.gettempdir())  # noqa: S108
TALLY: Counter[str] = Counter()
"""What was tried."""

LIMITED = words.refused(Refusal(reason=Reason.LIMIT))
HIDDEN = words.refused(Refusal(reason=Reason.HIDDEN))
DAY_S = 86400.0

SKUS = st.sampled_from(["NAL", "STRIP", "SOAP"])
ANY_SLOT = st.sampled_from(list(SLOTS))
FATES = st.lists(st.sampled_from(Fate), max_size=3)
CUTS = st.lists(st.integers(0, 45), min_size=1, max_size=3)
CODES = st.sampled_from(["N2", "N3", "S3", "S4", "PUMP9", "W1"])


class Model(RuleBasedStateMachine):
    """One kiosk over several lives. Each rule is something that people, things or power do to it."""

    bug: Bug = SOUND

    def __init__(self) -> None:
        super().__init__()
        self.room = Path(tempfile.mkdtemp(prefix="kiosk-model-", dir=ROOM))
        self.power = Power()
        self.disk = Disk(self.power)
        self.world = World(list(SLOTS), self.power)
        self.world.moved = self.look
        self.truth = Truth()
        self.asked: list[VendRequest] = []
        self.taken: list[tuple[float, str]] = []
        self.visited: list[visits.Visit] = []
        self.number = 0
        self.life: Life | None = None
        self.folder = self.room / "life0"
        self.folder.mkdir()
        self._wires = ExitStack()
        self._wires.enter_context(wired(self.disk))
        self.started = 0
        self.aged = False
        self.boot()

    # -- lives -----------------------------------------------------------------------------------------------------

    @property
    def kiosk(self) -> Life:
        assert self.life is not None
        return self.life

    def boot(self) -> None:
        """Start the kiosk, as often as the power lets it not get through."""
        while True:
            self.world.life += 1
            try:
                self.life = Life(self.folder, self.world, self.disk, self.bug)
            except PowerCut:
                self._after_cut()
                continue
            self.taken = []
            return

    def do(self, act: Callable[[], T]) -> T | None:
        """Do something with the kiosk; if the power goes, start the kiosk again and return None."""
        try:
            return act()
        except PowerCut:
            self._after_cut()
            self.boot()
            self.check_answers()
            return None

    def _after_cut(self) -> None:
        """Leave to the next life what a killed process leaves on its disk."""
        TALLY["cuts"] += 1
        self.truth.excuse(self.world.unnoticed)
        next_folder = self.room / f"life{self.world.life}"
        copy(self.folder, next_folder)
        self._bury()
        shutil.rmtree(self.folder)
        self.folder = next_folder
        self.power.restore()

    def _bury(self) -> None:
        if self.life is not None:
            self.life.look_away()
            self.life = None
        self.disk.forget()

    def look(self) -> None:
        """Check what the kiosk says right now."""
        if self.life is not None:
            promises.look(self.life, self.world, self.truth)

    def check_answers(self) -> None:
        """What somebody was told before the power went is still so."""
        if self.kiosk.waits:
            return
        for request, attempts in self.truth.answered.items():
            if request not in self.truth.forgotten:
                kept = self.kiosk.service.find(request).attempts
                assert kept == attempts, f"{request} ended as {attempts}, and reads {kept}"

    @invariant()
    def promises_hold(self) -> None:
        """Hold everything that is told and written against the truth."""
        self.look()
        if self.disk.trouble is None and not self.kiosk.waits and self.kiosk.records.ledger.is_open:
            promises.examine(self.kiosk, self.truth)
            promises.moved_with_intent(self.world, self.truth)

    def teardown(self) -> None:
        try:
            if self.life is not None:
                self._bury()
        finally:
            self._wires.close()
            shutil.rmtree(self.room)
            TALLY["cases"] += 1

    # -- visitors --------------------------------------------------------------------------------------------------

    def new_id(self, kind: str) -> str:
        self.number += 1
        return f"{kind}-{self.number:06}"

    def submit(self, request: VendRequest) -> bool:
        """Ask, and say whether it was taken on; a refusal must be right."""
        try:
            self.kiosk.service.vend(request)
        except RequestError as refused:
            self.check_refusal(request, str(refused))
            return False
        return True

    def check_refusal(self, request: VendRequest, said: str) -> None:
        sku = request.sku or SLOTS[str(request.slot)]
        assert sku != "NAL", f"Naloxone was refused: {said}"
        if said == LIMITED:
            assert self.used(sku) >= LIMIT, "A visit's allowance was used up by what never came out"
        elif said == HIDDEN:
            assert sku in self.truth.hidden
        else:
            assert (said, self.world.door_open) == (words.DOOR_OPEN, True), said

    def used(self, sku: str) -> int:
        """Return how much this visit took of a product."""
        now = self.world.clock.now_s
        if not self.taken or now - self.taken[-1][0] > VISIT_GAP_S:
            self.taken = []
        return sum(other == sku for _, other in self.taken)

    def serve(self, request: VendRequest, fates: list[Fate]) -> Vend | None:
        """Have the vend thread carry out a request, and check how it ended; None if power went meanwhile."""
        before = {slot.slot: slot for slot in self.kiosk.service.stock().slots}
        sku = request.sku or SLOTS[str(request.slot)]
        good = {slot for slot in SLOTS if SLOTS[slot] == sku and self.world.coils[slot].gives}
        proven = self.world.sight is Sight.GOOD
        today = self.today()
        self.world.asked_by(request.id, fates)
        self.do(self.step)
        for fall in self.world.fallen(request.id) if request.purpose is Purpose.VISITOR else ():
            why = promises.unfit(fall, before[fall.slot], self.truth, today)
            assert not why, f"{fall} came out although it is {why}"
        if self.world.life != self.started or self.life is None:
            return None
        vend = self.kiosk.service.find(request.id)
        assert vend.state is VendState.DONE, vend
        self.note_end(request, vend, sku)
        wanted = [fall for fall in self.world.fallen(request.id) if not fall.extra]
        assert len(wanted) <= 1 or not proven, f"{wanted} came out for one request"
        if sku == "NAL" and request.slot is None and proven and self.world.sight is Sight.GOOD:
            assert wanted or good <= self.world.unlucky, f"{good} could have given naloxone: {vend}"
        return vend

    def step(self) -> None:
        """Carry out one request, and take notice of all that fell."""
        self.started = self.world.life
        self.kiosk.service.step(0)
        self.world.unnoticed.clear()
        self.look()

    def note_end(self, request: VendRequest, vend: Vend, sku: str) -> None:
        if vend.attempts and vend.message != words.NO_LEDGER:
            self.truth.answered[request.id] = vend.attempts
        if vend.outcome in FALLEN and request.purpose is Purpose.VISITOR:
            self.used(sku)
            self.taken.append((self.world.clock.now_s, sku))

    def past(self, lot: str) -> bool:
        """Say whether a lot really is past its date."""
        date = promises.expiry(lot)
        return date is not None and date < day(self.world.clock.true_hour)

    def today(self) -> datetime.date:
        hour = max(self.truth.trusted_hour, self.world.clock.true_hour if self.world.clock.is_set else 0)
        return day(hour)

    def vend(self, request: VendRequest, fates: list[Fate]) -> Vend | None:
        self.asked.append(request)
        self.started = self.world.life
        if not self.do(lambda: self.submit(request)) or self.world.life != self.started:
            return None
        return self.serve(request, fates)

    @rule(sku=SKUS, fates=FATES)
    def visitor(self, sku: str, fates: list[Fate]) -> None:
        """Somebody takes something."""
        TALLY["vends"] += 1
        self.vend(VendRequest(id=self.new_id("vend"), sku=sku), fates)

    @rule(fates=FATES)
    def emergency(self, fates: list[Fate]) -> None:
        """Somebody presses for naloxone until it is there, which with a beam that works is once."""
        tries = sum(slot.on_hand for slot in self.kiosk.service.stock().slots if slot.essential) + len(SLOTS)
        for press in range(tries):
            good = [slot for slot in SLOTS if SLOTS[slot] == "NAL" and self.world.coils[slot].gives]
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
            assert vend is None or vend.attempts == self.truth.answered[request.id], vend
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
        self.kiosk.service.press(sku)
        self.world.asked_by(self.new_id("press"), fates)
        self.truth.forgotten.add(self.world.request)
        if self.kiosk.service.busy:
            self.do(self.step)
            self.taken = [] if self.world.life != self.started else self.taken
            if self.world.life == self.started:
                self.pressed(sku)

    def pressed(self, sku: str) -> None:
        """Count what a press took: the ledger's newest vend tells."""
        vend = next(reversed(self.kiosk.service._desk._vends.values()))
        if vend.outcome in FALLEN:
            self.used(sku)
            self.taken.append((self.world.clock.now_s, sku))

    # -- parts -----------------------------------------------------------------------------------------------------

    @rule(slot=ANY_SLOT, drive=st.sampled_from(Drive), jammed=st.booleans())
    def motor(self, slot: str, drive: Drive, jammed: bool) -> None:
        """A motor fails or is mended; a coil is blocked."""
        self.world.coils[slot].drive, self.world.coils[slot].jammed = drive, jammed

    @rule(sight=st.sampled_from(Sight))
    def beam(self, sight: Sight) -> None:
        """The beam fails or is mended; the kiosk has it proven now and then."""
        self.world.sight = sight

    @rule(is_open=st.booleans())
    def door(self, is_open: bool) -> None:
        self.world.door_open = is_open

    @rule(slot=ANY_SLOT)
    def lets_go(self, slot: str) -> None:
        """An item that hung falls on its own, and the beam sees it."""
        if self.world.coils[slot].hanging and self.world.sight in (Sight.GOOD, Sight.UNPROVEN):
            self.world.asked_by("", [])
            self.world.fall(slot, extra=True)
            self.world.stray()
            self.do(self.kiosk.rest)
            self.world.unnoticed.clear()

    # -- staff -----------------------------------------------------------------------------------------------------

    @initialize(data=st.data())
    def first_visit(self, data: st.DataObject) -> None:
        """Staff fill the new kiosk."""
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
        if self.insist(lambda: self.kiosk.service.staff.recall(request)):
            self.truth.recalls[request.id] = code

    @rule(data=st.data())
    @precondition(lambda self: self.truth.recalls)
    def lift(self, data: st.DataObject) -> None:
        """A recall is over."""
        recall = data.draw(st.sampled_from(sorted(self.truth.recalls)))
        if self.insist(lambda: self.kiosk.service.staff.lift(recall)):
            del self.truth.recalls[recall]

    @rule(sku=SKUS, hidden=st.booleans())
    def hide(self, sku: str, hidden: bool) -> None:
        """A product is taken off the menu, or put back on."""
        request = HideRequest(sku=sku, hidden=hidden)
        if self.insist(lambda: self.kiosk.service.staff.hide(request) or True):
            (self.truth.hidden.add if hidden else self.truth.hidden.discard)(sku)

    def insist(self, change: Callable[[], T]) -> T | None:
        """Ask for a change by staff until it is answered; None while the disk fails."""
        while True:
            life = self.world.life
            try:
                done = self.do(lambda: self.kiosk.ask(change))
            except LedgerError:
                assert self.disk.trouble is not None
                return None
            if self.world.life == life:
                return done

    @rule(data=st.data(), decision=st.sampled_from(Decision))
    def heat(self, data: st.DataObject, decision: Decision) -> None:
        """It gets far too hot for a while, and staff decide about it."""
        for celsius, seconds in ((45.0, 60.0), *((20.0, 299.0) for _ in range(8))):
            self.kiosk.service.feel(celsius)
            self.world.clock.sleep(seconds)
            self.do(self.kiosk.rest)
        for told in self.insist(lambda: self.kiosk.service.staff.excursions()) or ():
            if told.ended is not None and told.decision is None:
                number = told.id
                self.insist(lambda number=number: self.kiosk.service.staff.review(number, decision))  # type: ignore[misc]
        list(promises.keep_spoiled(self.kiosk, self.world))

    # -- time, power, disk -----------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([30.0, 61.0, 3600.0, 2 * DAY_S, 9 * DAY_S]))
    def time_passes(self, seconds: float) -> None:
        """Nobody comes; the kiosk does what can wait."""
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
        life, self.life = self.kiosk, None
        self.do(lambda: life.close())
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

    @rule()
    def disk_is_mended(self) -> None:
        self.disk.fail(None)

    @rule()
    def file_breaks(self) -> None:
        """The power goes, and the first blocks of the ledger are gone with it."""
        self.disk.fail(None)
        self._after_cut()
        TALLY["cuts"] -= 1
        for name in ("ledger.db-wal",):
            (self.folder / name).unlink(missing_ok=True)
        with (self.folder / "ledger.db").open("r+b") as file:
            file.write(b"\xff" * 4096)
        self.truth.lost()
        self.truth.forgotten |= {request for request, _ in self.world.motions}
        self.visited.clear()
        self.boot()


