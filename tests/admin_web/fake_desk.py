"""Recalls, excursions, the menu, shortage and codes of the daemon at the far end."""

from __future__ import annotations

import datetime
from typing import Any, Protocol

import msgspec

from kiosk.model import (
    CoilLot,
    Decision,
    Demand,
    Excursion,
    Excursions,
    HideRequest,
    Lock,
    Outage,
    Recall,
    RecallRequest,
    Recalls,
    ReviewRequest,
    Shortage,
    SlotStock,
    Stock,
    VisitorCode,
)
from tests.admin_web.fake_coil import HOUR


class RefusalError(Exception):
    """What the daemon answers instead: a status, a code and a sentence."""


class World(Protocol):
    """What the desk needs of the daemon."""

    slots: dict[str, SlotStock]

    def change(self, slot: str, **facts: Any) -> None: ...


def an_excursion(number: int = 1, **more: Any) -> Excursion:
    facts: dict[str, Any] = {
        "sku": "NAL-4", "product": "Naloxone", "began": "2026-11-20T12:00Z", "ended": "2026-11-20T15:00Z",
        "minutes": 205, "peak_c": 43.5, "kinetic_c": 31.2, "slots": ("A1", "A2"), "lots": ("72680LL",),
        "text": "It was above 40 °C for 3 hours 25 minutes, at most 43.5 °C.",
    }  # fmt: skip
    return Excursion(id=number, **{**facts, **more})


class FakeDesk:
    """Stateful answers; change `excursions`, `shortage`, `codes_on` between requests."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.recalls: list[Recall] = []
        self.excursions: list[Excursion] = []
        self.shortage = Shortage(demand=(), outages=())
        self.codes_on = True
        self.broken = False
        """Refuse to tell about excursions, as while the disk fails."""
        self.always_hidden: set[str] = set()

    def answer(self, method: str, parts: list[str], body: bytes) -> tuple[int, Any]:
        match method, parts:
            case "GET", ["recalls"]:
                return 200, Recalls(recalls=tuple(self.recalls))
            case "POST", ["recalls"]:
                return 200, self._recall(msgspec.json.decode(body, type=RecallRequest))
            case "POST", ["recalls", recall, "lift"]:
                return 200, self._lift(recall)
            case "GET", ["excursions"] if self.broken:
                raise RefusalError(503, "ledger", "The ledger could not be read.")
            case "GET", ["excursions"]:
                return 200, Excursions(excursions=tuple(self.excursions))
            case "POST", ["excursions", number, "review"]:
                return 200, self._review(int(number), msgspec.json.decode(body, type=ReviewRequest).decision)
            case "POST", ["hidden"]:
                return 200, self._hide(msgspec.json.decode(body, type=HideRequest))
            case "GET", ["shortage"]:
                return 200, self.shortage
            case "POST", ["codes"]:
                return 200, self._code()
        raise RefusalError(404, "not_found", "There is no such path.")

    def _recall(self, request: RecallRequest) -> Recall:
        for known in self.recalls:
            if known.id == request.id:
                return known
        slots, quantity = [], 0
        for slot in list(self.world.slots.values()):
            met = [lot for lot in slot.lots if request.sku in {None, slot.sku} and _is(lot, request.lot)]
            if met:
                slots.append(slot.slot)
                quantity += sum(lot.quantity for lot in met)
                self._lock(slot, request.lot, Lock.RECALLED)
        made = Recall(id=request.id, lot=request.lot, sku=request.sku, hour=HOUR, slots=tuple(slots), quantity=quantity)
        self.recalls.insert(0, made)
        return made

    def _lift(self, recall: str) -> Recall:
        for number, known in enumerate(self.recalls):
            if known.id == recall:
                for slot in known.slots:
                    self._lock(self.world.slots[slot], known.lot, None)
                self.recalls[number] = msgspec.structs.replace(known, lifted=True)
                return self.recalls[number]
        raise RefusalError(404, "not_found", "This kiosk knows no such recall.")

    def _review(self, number: int, decision: Decision) -> Excursion:
        for place, known in enumerate(self.excursions):
            if known.id == number:
                if known.ended is None:
                    raise RefusalError(409, "conflict", "It is still out of range. Decide when it is over.")
                if known.decision not in {None, decision}:
                    raise RefusalError(409, "conflict", "Somebody decided about it already.")
                if decision is Decision.REMOVE:
                    for slot in known.slots:
                        for lot in known.lots:
                            self._lock(self.world.slots[slot], lot, Lock.SPOILED)
                self.excursions[place] = msgspec.structs.replace(known, decision=decision)
                return self.excursions[place]
        raise RefusalError(404, "not_found", "This kiosk knows no such excursion.")

    def _lock(self, slot: SlotStock, lot: str, lock: Lock | None) -> None:
        lots = tuple(msgspec.structs.replace(each, locked=lock) if _is(each, lot) else each for each in slot.lots)
        self.world.change(slot.slot, lots=lots, version=slot.version)

    def _hide(self, request: HideRequest) -> Stock:
        mine = [slot for slot in self.world.slots.values() if slot.sku == request.sku]
        if not mine:
            raise RefusalError(404, "not_found", f"This kiosk has no product {request.sku}.")
        for slot in mine:
            self.world.change(
                slot.slot, hidden=request.hidden or request.sku in self.always_hidden, version=slot.version
            )
        return Stock(slots=tuple(self.world.slots.values()))

    def _code(self) -> VisitorCode:
        if not self.codes_on:
            raise RefusalError(400, "refused", "Codes are off at this kiosk. Nobody needs one.")
        return VisitorCode(code="maple otter lamp", until=datetime.date(2026, 11, 30))


def a_shortage(days: int) -> Shortage:
    first = datetime.date(2026, 11, 22)
    dates = [first - datetime.timedelta(days=number) for number in range(days)]
    return Shortage(
        demand=tuple(Demand(when=f"{date}T03:00Z" if not n else str(date), sku="NAL-4", unmet=2)
                     for n, date in enumerate(dates)),
        outages=tuple(Outage(day=date, sku="SHARP", minutes=240) for date in dates),
    )  # fmt: skip


def _is(lot: CoilLot, printed: str) -> bool:
    return _plain(printed) in {_plain(text) for text in (lot.lot, *(part.lot for part in lot.parts)) if text}


def _plain(text: str) -> str:
    return text.upper().replace(" ", "").replace("-", "")
