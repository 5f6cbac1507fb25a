"""A whole kiosk in a process of its own, on a computer whose disk, clock and neighbours can be broken."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import date
from pathlib import Path

from kiosk.clock import Clock
from kiosk.config import keep, load_or_last_good
from kiosk.control.client import Client
from kiosk.daemon import Daemon
from kiosk.dispense.ledger.store import connect_reader
from kiosk.errors import DaemonAwayError
from kiosk.hardware import registry
from kiosk.model import Added, RestockLine, RestockRequest, Stock, new_request_id
from kiosk.simulator import world as simulated
from kiosk.simulator.world import World
from tests.broker.mosquitto import Mosquitto
from tests.kit.toml import a_part, a_product, a_slot, kiosk_toml
from tests.ports import spare_port
from tests.stocking import known

SPEED = 50.0

SETTLE_SPEED = 5000.0
"""So fast the machine lives while it has nothing to do but to notice that it was repaired."""

WORKS_S = 8.0
"""A coil is home within 5 s, and an item falls in less than 1 s; in seconds of the machine's time."""

FAILS_S = 25.0
"""So much longer it takes for a coil that fails first: 5 s to come home, and up to 3.5 s for each of four looks."""

COMPUTER_S = 2.0
"""What the computer may take besides, in real seconds: these do not pass faster when the machine hurries."""

CAPACITY = 9

PARTS = (
    a_product(
        "NAL",
        "Naloxone nose spray",
        pictogram="naloxone",
        essential=True,
        temperature_c=[15, 25],
        excursion_c=[4, 40],
    ),
    a_product("STRIP", "Fentanyl test strips", limit_per_visit=3),
    a_slot("A1", options={"motor_pin": 2, "home_pin": 3}),
    a_slot("A2", options={"motor_pin": 4, "home_pin": 5}),
    a_slot("B1", "STRIP", options={"motor_pin": 6, "home_pin": 7}),
    a_part("sensors", "drop beam", "drop_beam", options={"pin": 8, "emitter_pin": 9}),
    a_part("sensors", "thermometer", "thermometer"),
    a_part("inputs", "naloxone", "button", product="NAL", options={"pin": 11}),
    a_part("signals", "status light", "gpio_light", options={"pin": 13}),
)


class Computer:
    """The computer's clock, where the daemon reads it: when it was set, and how far it is off."""

    def __init__(self, folder: Path) -> None:
        self._synchronized = folder / "synchronized"
        self._synchronized.touch()
        self._off_s = 0.0
        Clock.__init__.__defaults__ = (1.0, self._synchronized, lambda: time.time() + self._off_s)

    def set_clock(self, year: int) -> None:
        """Have the clock wrong, and say that nothing has set it."""
        self._synchronized.unlink(missing_ok=True)
        self._off_s = (date(year, 1, 1) - date(1970, 1, 1)).days * 86400.0 - time.time()

    def mend_clock(self) -> None:
        """Set it from the network."""
        self._off_s = 0.0
        self._synchronized.touch()


class Kiosk:
    """The daemon with its machine and its neighbours. `disk` is where its files are; the machine's metal is not on it.

    Use it in a process of its own: it changes where every simulated machine and every clock of the process are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "disk" / "state"
        self.ledger = self.state / "ledger.db"
        self.config = folder / "kiosk.toml"
        self.last_good = self.state / "last-good.toml"
        self.socket = folder / "run" / "control.sock"
        self.broker = Mosquitto(folder)
        self.broker_port = self.broker.port
        self.glass_port = spare_port()
        self.computer = Computer(folder)
        self.client = Client(str(self.socket), timeout_s=1.0)
        self.held = ExitStack()
        """What a failure holds on to until it is mended."""
        self.presses = 0
        self.admin_status: int | None = None
        """How the staff pages' process ended."""
        self.daemon: Daemon | None = None
        simulated.STATE_FILE = str(folder / "metal.json")
        simulated.SYS_DIRECTORY = str(folder / "sys")
        self.write_config()

    def write_config(self) -> None:
        """Write kiosk.toml, a good one."""
        text = kiosk_toml(
            *PARTS,
            name=f"kiosk-{os.getpid()}",
            simulator={"speed": SPEED, "glass_port": self.glass_port},
            privacy={"release_s": 0},
            paths={"state": self.state, "runtime": self.folder / "run"},
            telemetry={"host": "127.0.0.1", "port": self.broker_port, "tls": False},
        )
        self.config.write_text(text)

    def start(self) -> None:
        """Start the daemon as `kiosk run --last-good` does."""
        loaded = load_or_last_good(self.config, self.last_good, registry)
        self.daemon = Daemon(loaded.config)
        if loaded.mistakes:
            self.daemon.note_mistakes(self.config, loaded.mistakes)
        self.daemon.start()
        if not loaded.mistakes:
            keep(loaded.text, self.last_good)

    def stop(self) -> None:
        """Stop it."""
        if self.daemon is not None:
            self.daemon.stop()
            self.daemon = None

    def restart(self) -> None:
        """Stop and start it, as systemd does."""
        self.stop()
        self.start()

    def close(self) -> None:
        """Stop everything."""
        self.stop()
        self.held.close()
        self.broker.kill()

    @property
    def running(self) -> Daemon:
        """The daemon, which is running."""
        assert self.daemon is not None
        return self.daemon

    @property
    def world(self) -> World:
        """The machine."""
        world: World = self.running.machine.board.world  # type: ignore[attr-defined]
        return world

    def fill(self) -> None:
        """Count every slot full, as the simulated machine is when new. A1 holds what expires first."""
        patient = Client(str(self.socket))
        expiry = {"A1": date(2040, 1, 31), "A2": date(2041, 1, 31), "B1": date(2042, 1, 31)}
        lines = tuple(
            RestockLine(
                slot=slot.slot,
                as_of=slot.version,
                found=0,
                added=(Added(quantity=CAPACITY, lot=f"LOT-{slot.slot}", expiry=expiry[slot.slot]),),
            )
            for slot in known(patient).slots
        )
        patient.restock(RestockRequest(id=new_request_id(), lines=lines))

    # -- what is true, and what is said ----------------------------------------------------------------------------

    def dropped(self) -> int:
        """Return how many items of naloxone ever fell."""
        return 2 * CAPACITY - self.world.inside("A1") - self.world.inside("A2")

    def stock(self) -> Stock:
        """Return what the kiosk says of its stock: by the control API, or what that would say."""
        try:
            return self.client.stock()
        except DaemonAwayError:
            return self.running.service.stock()

    def lies(self) -> str:
        """Return the slots of which something untrue is said; none if the stock is honest."""
        return " ".join(
            f"{slot.slot} holds {self.world.inside(slot.slot)}, not {slot.on_hand}+{slot.unresolved};"
            for slot in self.stock().slots
            if not slot.on_hand <= self.world.inside(slot.slot) <= slot.on_hand + slot.unresolved
        )

    def settle(self) -> None:
        """Let the machine live quickly until what waits is in the ledger, or until it is clear that none can be."""
        service, clock = self.running.service, self.world.clock
        clock.speed = SETTLE_SPEED
        eventually(lambda: service.damaged or service.ledger_fault is None, "the ledger is written again")
        clock.speed = SPEED
        if service.damaged:  # Daemon.run ends the process then.
            self.restart()

    def press(self, within_s: float) -> bool:
        """Press the naloxone button; say whether naloxone fell in time. Returns when the machine is at rest again.

        `within_s` is in seconds of the machine's time; what the computer may take is added.
        """
        clock, before = self.world.clock, self.dropped()
        within_s += COMPUTER_S * SPEED
        self.presses += 1
        pressed_at = clock.monotonic()
        self.world.press("naloxone")
        while self.dropped() == before and clock.monotonic() - pressed_at < within_s:
            time.sleep(0.002)
        fell = self.dropped() > before
        eventually(lambda: not self.running.service.busy, "the machine comes to rest")
        eventually(lambda: not self.world.snapshot().falling, "everything has landed")
        return fell

    def look_at_ledger(self) -> None:
        """Check ledger.db itself, while nobody has it open: whole, sums right, each attempt once."""
        with closing(connect_reader(self.ledger)) as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            sums = "SELECT slot, sum(on_hand), sum(unresolved) FROM movement GROUP BY slot ORDER BY slot"
            assert db.execute("SELECT count(*) FROM opening").fetchone() == (0,)
            stock = "SELECT slot, on_hand, unresolved FROM stock ORDER BY slot"
            assert db.execute(sums).fetchall() == db.execute(stock).fetchall()
            assert db.execute("SELECT count(*) FROM vend WHERE state = 'intent'").fetchone() == (0,)
            intents = db.execute("SELECT count(*) FROM movement WHERE kind = 'intent'").fetchone()
            assert db.execute("SELECT count(*) FROM vend").fetchone() == intents

    def served(self) -> int:
        """Return how many requests ledger.db says got an item, or probably did."""
        with closing(connect_reader(self.ledger)) as db:
            fell = "SELECT count(DISTINCT request) FROM vend WHERE state IN ('dispensed', 'presumed')"
            return int(db.execute(fell).fetchone()[0])


def eventually(true: Callable[[], bool], what: str, wait_s: float = 60.0) -> None:
    """Wait until something is true; raises AssertionError when it takes too long."""
    give_up = time.monotonic() + wait_s
    while not true():
        assert time.monotonic() < give_up, f"It never came true that {what}."
        time.sleep(0.005)
