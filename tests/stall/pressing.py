"""`python -m tests.stall.pressing FOLDER SEED PRESSES`: a kiosk on a disk that does not answer, and who presses there.

The process stands on stall.c. It writes one line of JSON for each press for naloxone, and at last what was not right.
"""

from __future__ import annotations

import os
import random
import sqlite3
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from kiosk.config import load
from kiosk.daemon import Daemon
from kiosk.dispense import words
from kiosk.errors import KioskError
from kiosk.hardware import registry
from kiosk.model import HideRequest, Purpose, Vend, VendRequest, new_request_id
from kiosk.simulator.world import World
from tests.kiosk_process import KioskProcess
from tests.stall.disk import StallingDisk

SPEED = 50.0
CAPACITY = 150
NALOXONE_PINS, STRIPS_PIN = (2, 4), 6

SECONDS = (0.1, 0.1, 0.2, 0.2, 0.4, 1.2)
"""How long the disk does not answer; some stalls last until the vend is over."""

HEALTHY_EVERY = 4
"""Every so many presses the disk is well: what such a press takes is what this computer takes."""

FEEL_S = 0.002

PATIENCE_S = 30.0
"""How long a busy machine may take for anything, in seconds, before it is called not to happen."""


class Press(msgspec.Struct, tag=True):
    """One press for naloxone: what waited for the disk, and how long the motor took to be on; None if it never was.

    `stalled` is whether the disk was still silent when the motor was on. `starved_s` is by how much this computer was
    late, at worst meanwhile, to run a thread that wanted nothing but to run.
    """

    met: str
    latency_s: float | None
    stalled: bool
    starved_s: float


class Said(msgspec.Struct, tag=True):
    """The last line: what was not right."""

    wrong: list[str]


class Kiosk:
    """The daemon in this process, its motors watched."""

    def __init__(self, folder: Path, disk: StallingDisk) -> None:
        self.disk = disk
        process = KioskProcess(folder, speed=SPEED, capacity=CAPACITY)
        self.state = process.state
        self.fill = process.fill
        self.config = load(process.config, registry)
        self.daemon = Daemon(self.config)
        self.presses = 0
        self.energised: list[tuple[int, float, bool]] = []
        """Each time that a motor was switched on: its pin, when, and whether the disk was silent."""
        self.on_energised: Callable[[], None] = lambda: None
        self.wrong: list[str] = []
        self._starved_s = 0.0
        threading.Thread(target=self._feel, daemon=True).start()

    def _feel(self) -> None:
        """Find out again and again how late this computer is to run a thread."""
        while True:
            due = time.monotonic() + FEEL_S
            time.sleep(FEEL_S)
            self._starved_s = max(self._starved_s, time.monotonic() - due)

    def start(self) -> None:
        """Start in good order."""
        self.daemon = Daemon(self.config)
        self.daemon.start()
        self.watch()

    def stop(self) -> None:
        """Stop in good order."""
        self.daemon.stop()
        self.check(not self.daemon.hangs, "a stop hung on a disk that is well")

    def watch(self) -> None:
        """Watch the motors' pins, as soon as there are any."""
        for number in (*NALOXONE_PINS, STRIPS_PIN):
            _probe(self.world.pin_factory.pin(number), lambda number=number: self._note(number))  # type: ignore[misc]

    def _note(self, number: int) -> None:
        self.energised.append((number, time.monotonic(), self.disk.stalled))
        if number in NALOXONE_PINS:
            self.on_energised()

    def listens(self) -> bool:
        """Say whether the button does something."""
        return self.daemon.machine.buttons["naloxone"]._pressed is not None  # type: ignore[attr-defined]

    @property
    def world(self) -> World:
        world: World = self.daemon.machine.board.world  # type: ignore[attr-defined]
        return world

    @property
    def service(self) -> Any:
        return self.daemon.service

    def press(self, met: str, ask: Callable[[], object] | None = None) -> Press:
        """Press for naloxone, or `ask` for it, and wait for a motor."""
        self.presses += 1
        self._starved_s = 0.0
        seen, began = len(self.energised), time.monotonic()
        if ask is None:
            self.world.press("naloxone")
        else:
            ask()
        eventually(lambda: any(pin in NALOXONE_PINS for pin, *_ in self.energised[seen:]))
        for pin, at, stalled in self.energised[seen:]:
            if pin in NALOXONE_PINS:
                return Press(met, at - began, stalled, self._starved_s)
        return Press(met, None, self.disk.stalled, self._starved_s)

    def rest(self) -> None:
        """Wait until the machine is at rest, and hold what it says against what is inside."""
        self.check(eventually(lambda: not self.service.busy), "it never came to rest")
        self.check(eventually(lambda: not self.world.snapshot().falling), "something falls for ever")
        for slot in self.service.stock().slots:
            inside = self.world.inside(slot.slot)
            honest = slot.on_hand <= inside <= slot.on_hand + slot.unresolved
            self.check(honest, f"{slot.slot} holds {inside}, not {slot.on_hand}+{slot.unresolved}")

    def recover(self) -> None:
        """Wait until all that was held is written, and then every count is exact."""
        self.disk.answer()
        self.rest()
        written = self.service._recorder.later(lambda: None)
        self.check(written.ended(PATIENCE_S), "the writer never came through")
        self.check(self.service._recorder.unrecorded() == [], "something is owed to the ledger for ever")
        self.check(self.service.ledger_fault is None, f"staff are told: {self.service.ledger_fault}")
        for slot in self.service.stock().slots:
            inside = self.world.inside(slot.slot)
            self.check(
                slot.unresolved == 0 and slot.on_hand == inside, f"{slot.slot} holds {inside}, not {slot.on_hand}"
            )

    def check(self, right: bool, else_said: str) -> None:
        if not right:
            self.wrong.append(else_said)

    def examine(self) -> None:
        """Look into the file, which nobody has open any more: every press is in it once."""
        with closing(sqlite3.connect(self.state / "ledger.db")) as db:
            whole = db.execute("PRAGMA integrity_check").fetchone()
            self.check(whole == ("ok",), f"the ledger is {whole}")
            sums = "SELECT slot, sum(on_hand), sum(unresolved) FROM movement GROUP BY slot ORDER BY slot"
            stock = "SELECT slot, on_hand, unresolved FROM stock ORDER BY slot"
            self.check(db.execute(sums).fetchall() == db.execute(stock).fetchall(), "the sums do not agree")
            given = "SELECT count(DISTINCT request) FROM vend WHERE state = 'dispensed' AND sku = 'NAL'"
            served = db.execute(given).fetchone()[0]
            self.check(served == self.presses, f"{served} of {self.presses} presses are in the ledger")
            (unended,) = db.execute("SELECT count(*) FROM vend WHERE state = 'intent'").fetchone()
            self.check(unended == 0, f"{unended} vends stay open")
        self.check(b"HRJ1" not in (self.state / "journal.bin").read_bytes(), "the journal is not empty")


# -- what meets the disk when it falls silent --------------------------------------------------------------------------


def intent(kiosk: Kiosk) -> Press:
    """The press itself."""
    kiosk.disk.stall()
    return kiosk.press("intent")


def write(kiosk: Kiosk) -> Press:
    """The press itself, on a disk that takes no write at all."""
    kiosk.disk.stall(writes=True)
    return kiosk.press("write")


def outcome(kiosk: Kiosk) -> Press:
    """The outcome of a vend that began in good order, and then somebody else presses."""
    kiosk.on_energised = kiosk.disk.stall
    first = kiosk.press("nothing")
    kiosk.on_energised = lambda: None
    kiosk.check(first.latency_s is not None, "a press with a disk that is well led to nothing")
    kiosk.disk.wait_for_call()
    kiosk.rest()
    return kiosk.press("outcome")


def checkpoint(kiosk: Kiosk) -> Press:
    """The write-ahead log is being folded in."""
    kiosk.disk.stall()
    kiosk.service._write(lambda: kiosk.service._ledger.relieve(0.0))
    kiosk.disk.wait_for_call()
    return kiosk.press("checkpoint")


def chore(kiosk: Kiosk) -> Press:
    """The kiosk writes something down for itself."""
    kiosk.disk.stall()
    kiosk.service._write(kiosk.service._ledger.prove)
    kiosk.disk.wait_for_call()
    return kiosk.press("chore")


def staff(kiosk: Kiosk) -> Press:
    """Somebody changes something, who is told what is known."""
    kiosk.disk.stall()
    hidden = HideRequest(sku="STRIP", hidden=not any(slot.hidden for slot in kiosk.service.stock().slots))

    def change() -> None:
        try:
            kiosk.service.changes.hide(hidden)
        except KioskError as error:
            kiosk.check("disk does not answer" in str(error), f"staff are told: {error}")

    threading.Thread(target=change, daemon=True).start()
    kiosk.disk.wait_for_call()
    return kiosk.press("staff")


def question(kiosk: Kiosk) -> Press:
    """Somebody asks what was written, who is told that the disk does not answer, and somebody else by the API."""
    kiosk.disk.stall(writes=True, reads=True)

    def ask() -> None:
        try:
            kiosk.service._reader.shortage()
        except KioskError as error:
            kiosk.check("disk does not answer" in str(error), f"who asks is told: {error}")

    threading.Thread(target=ask, daemon=True).start()
    kiosk.disk.wait_for_call()
    return kiosk.press("question", lambda: kiosk.service.vend(VendRequest(id=new_request_id(), sku="NAL")))


def ordinary(kiosk: Kiosk) -> Press:
    """Something that can wait was asked for before: it stays inside, and makes nobody wait."""
    return _overtaken(kiosk, VendRequest(id=new_request_id(), slot="B1", purpose=Purpose.VISITOR), "ordinary")


def trial(kiosk: Kiosk) -> Press:
    """Staff try a coil, of naloxone even."""
    return _overtaken(kiosk, VendRequest(id=new_request_id(), slot="A1", purpose=Purpose.TEST), "trial")


def _overtaken(kiosk: Kiosk, request: VendRequest, met: str) -> Press:
    for slot in kiosk.service.stock().slots:
        if slot.hidden:
            kiosk.service.changes.hide(HideRequest(sku=slot.sku, hidden=False))
    kiosk.disk.stall()
    kiosk.service.vend(request)
    kiosk.disk.wait_for_call()
    seen = len(kiosk.energised)
    pressed = kiosk.press(met)
    vend: Vend = kiosk.service.find(request.id, PATIENCE_S)
    moved = {pin for pin, *_ in kiosk.energised[seen:]}
    kiosk.check(len(moved) == 1 and STRIPS_PIN not in moved, f"{met}: {moved} moved")
    kiosk.check((vend.message, vend.attempts) == (words.NO_LEDGER, ()), f"{met}: {vend}")
    return pressed


MEETS = (intent, write, outcome, checkpoint, chore, staff, question, ordinary, trial)


def start(kiosk: Kiosk) -> Iterator[Press]:
    """Start on a disk that does not answer, and press before it does."""
    kiosk.disk.stall()
    kiosk.daemon = Daemon(kiosk.config)
    began = time.monotonic()
    starting = threading.Thread(target=kiosk.daemon.start)
    starting.start()
    eventually(lambda: hasattr(kiosk.daemon, "service"))
    kiosk.watch()
    eventually(kiosk.listens)
    pressed = kiosk.press("start")
    if pressed.latency_s is not None:
        pressed.latency_s = time.monotonic() - began
    yield pressed
    starting.join(PATIENCE_S)
    kiosk.check(not starting.is_alive(), "the start hangs")
    kiosk.rest()
    yield kiosk.press("after the start")
    kiosk.rest()
    kiosk.check(kiosk.disk.waiting > 0, "nothing met the disk at the start")
    told = [fault.text for fault in kiosk.daemon.status.now().faults if fault.where == "ledger"]
    kiosk.check(bool(told), "staff are told nothing")


def stalls(kiosk: Kiosk, seed: int, presses: int) -> Iterator[Press]:
    """Press beside everything that meets the disk, for as long as it is silent."""
    chance = random.Random(seed)
    for number in range(presses):
        if number % HEALTHY_EVERY == 0:
            yield kiosk.press("nothing")
            kiosk.rest()
        pressed = MEETS[(number + seed) % len(MEETS)](kiosk)
        yield pressed
        lasts_s = chance.choice((*SECONDS, None))
        if lasts_s is None:
            kiosk.rest()
        else:
            time.sleep(max(0.0, lasts_s - (pressed.latency_s or 0.0)))
        kiosk.recover()


def for_ever(kiosk: Kiosk) -> Iterator[Press]:
    """Press while the disk is silent for ever, and stop."""
    kiosk.disk.stall()
    for _ in range(2):
        yield kiosk.press("for ever")
        kiosk.rest()
    kiosk.daemon.stop()
    kiosk.check(kiosk.daemon.hangs, "nobody noticed at the stop that the disk hangs")


@contextmanager
def reported(kiosk: Kiosk) -> Iterator[None]:
    """Write the last line, whatever happens, and end the process."""
    try:
        yield
    except Exception:  # noqa: BLE001 - whatever it is, the test tells it
        kiosk.wrong.append(traceback.format_exc())
    write_line(Said(kiosk.wrong))
    os._exit(0)  # as the command does: the disk holds a thread for ever


def write_line(line: Press | Said) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.buffer.flush()


def eventually(true: Callable[[], bool]) -> bool:
    """Wait until something is true; say whether it ever was."""
    give_up = time.monotonic() + PATIENCE_S
    while not true():
        if time.monotonic() > give_up:
            return False
        time.sleep(0.001)
    return True


def _probe(pin: Any, energised: Callable[[], None]) -> None:
    set_state = pin._set_state

    def watched(level: bool) -> None:
        if level:
            energised()
        set_state(level)

    pin._set_state = watched


def main(folder: Path, seed: int, presses: int) -> None:
    kiosk = Kiosk(folder, StallingDisk(folder / "control"))
    with reported(kiosk):
        kiosk.start()
        kiosk.fill()
        for press in stalls(kiosk, seed, presses):
            write_line(press)
        kiosk.stop()
        for press in start(kiosk):
            write_line(press)
        kiosk.recover()
        kiosk.stop()
        kiosk.examine()
        kiosk.start()
        for press in for_ever(kiosk):
            write_line(press)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
