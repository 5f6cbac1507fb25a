"""The far end of the control API for these tests: a real HTTP server on a Unix socket, with a memory.

It speaks the bytes that docs/control.md promises, keeps the count and refuses what the daemon refuses, so the
pages and the real client are tested through their real door.
"""

from __future__ import annotations

import datetime
import http.server
import socketserver
import sys
import threading
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from kiosk.model import (
    CELSIUS,
    ClockState,
    ConfirmDate,
    Drift,
    Event,
    EventKind,
    Events,
    Fault,
    FaultKind,
    KioskState,
    Link,
    Outcome,
    Problem,
    Reading,
    RedeemRequest,
    RestockRequest,
    RestockResult,
    Restocks,
    SinceCount,
    SlotDetail,
    SlotStock,
    Stock,
    Vend,
    VendRequest,
    VendState,
)
from tests.admin_web.fake_coil import HOUR, a_slot, drift_of, restocked, settled, uncounted
from tests.admin_web.fake_desk import FakeDesk, RefusalError

CODE = "4821-7730"


def the_wall() -> list[SlotStock]:
    """Ten slots in the order of a configuration, not in the order of the wall."""
    return [
        a_slot("C1", "SHARP", "Sharps box", 4, 0, pictogram="sharps", par=1),
        a_slot("A1", "NAL-4", "Naloxone", 9, 5, pictogram="naloxone"),
        a_slot("A2", "NAL-4", "Naloxone", 9, 2, pictogram="naloxone"),
        a_slot("A3", "STRIP", "Fentanyl test strips", 12, 5, pictogram="strips", jams=2,
               faults=(Fault(where="A3", kind=FaultKind.FAILED, text="A3 failed twice: clear the coil."),)),
        a_slot("A4", "STRIP", "Fentanyl test strips", 12, 11, pictogram="strips"),
        a_slot("B1", "HYG", "Hygiene kit", 6, 6, pictogram="hygiene"),
        a_slot("B2", "HYG", "Hygiene kit", 6, 3, pictogram="hygiene", unresolved=1,
               faults=(Fault(where="B2", kind=FaultKind.UNRESOLVED, text="B2: 1 item is unresolved."),)),
        a_slot("B3", "SOCK", "Socks", 5, 4, pictogram="socks"),
        a_slot("B4", "WOUND", "Wound care", 6, 5, pictogram="wound"),
        a_slot("A10", "STRIP", "Xylazine test strips", 12, 12, pictogram="strips"),
    ]  # fmt: skip


TODAY = datetime.date(2026, 11, 26)

BLOCKED_BEAM = Fault(where="beam", kind=FaultKind.PART, text="The drop sensor is blocked: clean it, then test it.")


class FakeDaemon:
    """Stateful answers; change `slots`, `faults`, `site` and the rest between requests."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.site = "Lake Street"
        self.slots = {slot.slot: slot for slot in the_wall()}
        self.faults: list[Fault] = []
        self.readings: tuple[Reading, ...] = (Reading(name="cabinet", text="19.5 °C", value=19.5, unit=CELSIUS),)
        self.clock = ClockState(shown=TODAY, judged=TODAY, trusted=True)
        self.events: list[Event] = [
            Event(
                seq=n, kind=EventKind.DISPENSED, hour=HOUR, clock_ok=True, quantity=1, text="An item fell.", slot="A1"
            )
            for n in range(1, 46)
        ]
        self.codes = {CODE}
        self.desk = FakeDesk(self)
        self.restocks: dict[str, tuple[RestockRequest, RestockResult]] = {}
        self.restock_calls = 0
        self.before: dict[str, dict[str, SlotStock]] = {}
        self.drifts: dict[str, list[Drift]] = {}
        self.seen: dict[tuple[str, int], SlotStock] = {}
        """Each slot just before an item of it was seen to fall, by the version that it had then."""
        self.vends: dict[str, VendRequest] = {}
        self.busy = False
        self.mute = False
        """Do what is asked and die before the answer."""
        self.turns_left = 1
        self._server: _Server | None = None

    def start(self) -> None:
        self.path.unlink(missing_ok=True)
        self._server = _Server(str(self.path), self)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Go away as a killed daemon does: its socket file stays behind."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def take(self, slot: str) -> None:
        """Let somebody take an item: the front one."""
        held = self.seen[slot, self.slots[slot].version] = self.slots[slot]
        front = msgspec.structs.replace(held.lots[0], quantity=held.lots[0].quantity - 1)
        self.change(slot, on_hand=held.on_hand - 1, lots=(front, *held.lots[1:]))

    def change(self, slot: str, **facts: Any) -> None:
        """Change a slot behind the pages' back."""
        held = self.slots[slot]
        self.slots[slot] = settled(msgspec.structs.replace(held, **{"version": held.version + 1, **facts}))

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: bytes) -> tuple[int, Any]:
        parts = path.strip("/").split("/")[1:]
        match method, parts:
            case "GET", ["state"]:
                return 200, self._state()
            case "GET", ["stock"]:
                return 200, Stock(slots=tuple(self.slots.values()))
            case "GET", ["slots", slot, *more]:
                return 200, self._since(slot, int(query["as_of"][0])) if more else self._detail(slot)
            case "GET", ["events"]:
                return 200, self._events(query)
            case "GET", ["vends", request_id]:
                return 200, self._vend(request_id)
            case "POST", ["vends"]:
                return 202, self._start(msgspec.json.decode(body, type=VendRequest))
            case _, ["restocks", *more]:
                return 200, self._visits(method, more, query, body)
            case "POST", ["clock"]:
                self._confirm_date(msgspec.json.decode(body, type=ConfirmDate))
                return 204, None
            case "POST", ["admin-codes", "redeem"]:
                self._redeem(msgspec.json.decode(body, type=RedeemRequest))
                return 204, None
        return self.desk.answer(method, parts, body)

    def _visits(self, method: str, more: list[str], query: dict[str, list[str]], body: bytes) -> Any:
        match method, more:
            case "GET", []:
                return self._restocks(int(query["limit"][0]))
            case "POST", []:
                return self._restock(msgspec.json.decode(body, type=RestockRequest))
            case "POST", [restock, "undo"]:
                return self._undo(restock)
        raise RefusalError(404, "not_found", "There is no such path.")

    def _state(self) -> KioskState:
        return KioskState(
            kiosk="lake-street-1", site=self.site, busy=self.busy, door_open=False,
            readings=self.readings,
            faults=tuple(self.faults), software="0.1.0", clock=self.clock,
            telemetry=Link(text="Connected to the broker.", connected=True, pending=0),
        )  # fmt: skip

    def _held(self, slot: str) -> SlotStock:
        if slot not in self.slots:
            raise RefusalError(404, "not_found", f"This kiosk has no slot {slot}.")
        return self.slots[slot]

    def _detail(self, slot: str) -> SlotDetail:
        return SlotDetail(
            stock=self._held(slot),
            drifts=tuple(reversed(self.drifts.get(slot, []))),
            events=tuple(e for e in self.events if e.slot == slot)[-3:],
        )

    def _since(self, slot: str, as_of: int) -> SinceCount:
        since = range(as_of, self._held(slot).version)
        if not since or not all((slot, version) in self.seen for version in since):
            return SinceCount(slot=slot, as_of=as_of, certain=False)
        was = self.seen[slot, as_of]
        return SinceCount(
            slot=slot, as_of=as_of, certain=True, left=len(since), on_hand=was.on_hand, unresolved=was.unresolved
        )

    def _events(self, query: dict[str, list[str]]) -> Events:
        limit, before = int(query["limit"][0]), int(query.get("before", ["1000000"])[0])
        newest = sorted((e for e in self.events if e.seq < before), key=lambda e: -e.seq)
        return Events(events=tuple(newest[:limit]))

    def _start(self, request: VendRequest) -> Vend:
        if self.busy:
            raise RefusalError(409, "busy", "One item is dropping now.")
        self._held(request.slot or "")
        self.vends[request.id] = request
        return Vend(id=request.id, state=VendState.TURNING, message="It is turning.", slot=request.slot)

    def _vend(self, request_id: str) -> Vend:
        if request_id not in self.vends:
            raise RefusalError(404, "not_found", "This kiosk knows no such vend.")
        slot = self.vends[request_id].slot
        if self.turns_left:
            self.turns_left -= 1
            return Vend(id=request_id, state=VendState.TURNING, message="It is turning.", slot=slot)
        text = f"{slot} turned and an item fell. It was counted as taken out."
        return Vend(id=request_id, state=VendState.DONE, message=text, outcome=Outcome.DISPENSED, slot=slot)

    def _restock(self, request: RestockRequest) -> RestockResult:
        self.restock_calls += 1
        if request.id in self.restocks:
            first, result = self.restocks[request.id]
            if first != request:
                raise RefusalError(409, "conflict", "That id was used for something else.")
            return result
        products = {slot.sku: slot for slot in self.slots.values()}
        after, done = {}, []
        for line in request.lines:
            held = self._held(line.slot)
            left = 0
            if held.version != line.as_of and line.until == line.as_of:
                since = self._since(line.slot, line.as_of)
                left, held = (since.left, self.seen[line.slot, line.as_of]) if since.certain else (0, held)
            if held.version != line.as_of:
                raise RefusalError(409, "conflict", f"{line.slot} changed since it was counted.")
            try:
                after[line.slot], told = restocked(held, line, products, left, self.slots[line.slot].version)
            except ValueError as error:
                raise RefusalError(400, "refused", str(error)) from error
            done.append(told)
        self.before[request.id] = {line.slot: self.slots[line.slot] for line in request.lines}
        self.slots.update(after)
        for told in done:
            self.drifts.setdefault(told.slot, []).append(drift_of(told))
        result = RestockResult(id=request.id, hour=HOUR, lines=tuple(done))
        self.restocks[request.id] = (request, result)
        return result

    def _restocks(self, limit: int) -> Restocks:
        return Restocks(restocks=tuple(result for _, result in reversed(self.restocks.values()))[:limit])

    def _undo(self, restock: str) -> RestockResult:
        if restock not in self.restocks:
            raise RefusalError(404, "not_found", "This kiosk knows no such visit.")
        request, result = self.restocks[restock]
        if result.undone:
            return result
        before = self.before[restock]
        for slot, held in before.items():
            if self.slots[slot].version != held.version + 1:
                raise RefusalError(409, "conflict", f"{slot} was counted again since. Count it once more instead.")
        self.slots.update({slot: uncounted(held, self.slots[slot]) for slot, held in before.items()})
        self.restocks[restock] = (request, msgspec.structs.replace(result, undone=True))
        return self.restocks[restock][1]

    def _confirm_date(self, request: ConfirmDate) -> None:
        if request.date != self.clock.shown:
            raise RefusalError(409, "conflict", "The kiosk's clock shows another date by now. Look again.")
        self.clock = ClockState(shown=request.date, judged=request.date, trusted=True)

    def _redeem(self, request: RedeemRequest) -> None:
        if request.code not in self.codes:
            raise RefusalError(403, "forbidden", "That code is wrong or used.")
        self.codes.remove(request.code)


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing when the asker has gone away meanwhile; anything else is a mistake in here."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def __init__(self, path: str, world: FakeDaemon) -> None:
        self.world = world
        super().__init__(path, _Handler)


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def address_string(self) -> str:
        return "unix"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def _answer(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        url = urlsplit(self.path)
        try:
            status, told = self.server.world.answer(method, url.path, parse_qs(url.query), body)
        except RefusalError as refusal:
            status, told = refusal.args[0], Problem(error=refusal.args[1], message=refusal.args[2])
        except msgspec.ValidationError as error:
            status, told = 400, Problem(error="malformed", message=str(error))
        if self.server.world.mute and method == "POST":
            self.close_connection = True
            return
        content = b"" if told is None else msgspec.json.encode(told)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)
