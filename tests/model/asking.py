"""How somebody asks the kiosk for an item, and what must be true of every answer."""

from __future__ import annotations

import datetime

from kiosk.clock import day
from kiosk.dispense import words
from kiosk.dispense.rules.policy import VISIT_GAP_S
from kiosk.dispense.service.vending import FALLEN
from kiosk.model import Purpose, Refusal, RefusalCode, RefusedError, Vend, VendRequest, VendState
from tests.model import promises
from tests.model.life import LIMIT, SLOTS
from tests.model.living import Living
from tests.model.world import Fate, Sight


class Asking(Living):
    """A kiosk that is asked for items."""

    def submit(self, request: VendRequest) -> bool:
        """Ask, and say whether it was taken on; a refusal must be right."""
        try:
            self.kiosk.service.vend(request)
        except RefusedError as refused:
            self.check_refusal(request, refused.refusal)
            return False
        return True

    def check_refusal(self, request: VendRequest, said: Refusal) -> None:
        sku = request.sku or SLOTS[str(request.slot)]
        assert sku != "NAL", f"Naloxone was refused: {said}"
        if said.code is RefusalCode.LIMIT:
            assert self.used(sku) >= LIMIT, "A visit's allowance was used up by what never came out"
        elif said.code is RefusalCode.HIDDEN:
            assert sku in self.truth.hidden
        else:
            assert (said.code, self.world.door_open) == (RefusalCode.DOOR_OPEN, True), said

    def used(self, sku: str) -> int:
        """Return how much this visit took of a product."""
        taken = [at for at, other in self.taken if other == sku]
        if not taken or self.world.clock.now_s - taken[-1] >= VISIT_GAP_S:
            self.taken = [(at, other) for at, other in self.taken if other != sku]
            return 0
        return len(taken)

    def serve(self, request: VendRequest, fates: list[Fate]) -> Vend | None:
        """Have the vend thread carry out a request, and check how it ended; None if power went meanwhile."""
        before = {slot.slot: slot for slot in self.kiosk.service.stock().slots}
        sku = request.sku or SLOTS[str(request.slot)]
        good = {slot for slot in SLOTS if SLOTS[slot] == sku and self.world.lot_queues[slot].gives}
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
        if self.disk.silence.durable is not None:
            self.unwritten.add(request.id)
        if vend.attempts and vend.message != words.NO_LEDGER:
            self.truth.answered[request.id] = vend.attempts
        if vend.outcome in FALLEN and request.purpose is Purpose.VISITOR:
            self.used(sku)
            self.taken.append((self.world.clock.now_s, sku))

    def past(self, lot: str) -> bool:
        """Say whether a lot is past its date, really or by the best date that the kiosk knows."""
        date, judged = promises.expiry(lot), self.kiosk.service.calendar.today()
        return date is not None and date < max(day(self.world.clock.true_hour), judged)

    def today(self) -> datetime.date:
        hour = max(self.truth.trusted_hour, self.world.clock.true_hour if self.world.clock.is_set else 0)
        return day(hour)

    def vend(self, request: VendRequest, fates: list[Fate]) -> Vend | None:
        self.asked.append(request)
        self.started = self.world.life
        if not self.do(lambda: self.submit(request)) or self.world.life != self.started:
            return None
        return self.serve(request, fates)
