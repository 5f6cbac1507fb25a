"""The kiosk daemon on one screen: what starts in which order, and what stops in reverse.

Each step of `start` registers its own undoing, so that a failure in the middle stops what was started.
"""

from __future__ import annotations

import logging
import math
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from kiosk import sdnotify, threads
from kiosk.clock import HOURS_A_DAY
from kiosk.config import Config
from kiosk.config.keys import load_key
from kiosk.control.routes import create_app
from kiosk.control.server import ControlServer
from kiosk.control.staff_codes import AdminCodes
from kiosk.dispense.cover import Cover
from kiosk.dispense.recording.storage import CHANGED, Storage
from kiosk.dispense.service.vend_thread import Service
from kiosk.dispense.status import Status
from kiosk.dispense.temperature.sensors import Sensors
from kiosk.dispense.visitor_inputs import VisitorInputs
from kiosk.errors import KioskError
from kiosk.hardware.api import (
    Board,
    Selector,
)
from kiosk.hardware.machine import Machine
from kiosk.hardware.pins import open_board
from kiosk.model import Fault, FaultKind, Purpose, VendRequest, new_request_id
from kiosk.sole import hold
from kiosk.telemetry.carry_out import Orders
from kiosk.telemetry.ledger_source import LedgerSource
from kiosk.telemetry.publisher import Publisher
from kiosk.timekeeper import Timekeeper

if TYPE_CHECKING:
    from kiosk.dispense.codes.anonymous_codes import Codes

log = logging.getLogger(__name__)
T = TypeVar("T")

LOOK_S = 60.0
"""How often faults are looked for that are logged when an hour begins, in seconds."""

BEAT_S = 1.0
"""How often the main thread looks after the others, in seconds."""

STUCK_S = 9.0
"""The vend thread proves progress at each step. The longest of our own, watching for a silent motor, takes 8 s."""
OPEN_S = 2.0
"""So long the rest waits for the ledger at a start, in seconds; the buttons give out naloxone before and meanwhile."""

STOP_S = 30.0
"""A vend that is under way at a stop is let finish, for so many seconds and at least one turn of the slowest motor."""

END_S = 20
"""How long all but that vend may take to stop, in seconds; then the kernel ends what something still holds up."""

MARGIN_S = 2.0
"""So much longer than the slowest motor may take for a turn."""


class Daemon:
    """The running kiosk. `start` returns when it serves; `run` stays until a signal; `stop` undoes `start`."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self.faults: list[Fault] = []
        """What is wrong with the kiosk as a whole."""
        self.hangs = False
        """Whether a disk that does not answer kept files from being closed at the stop: the process must be cut off."""
        self._undo = ExitStack()
        self._stop = threading.Event()
        self._seen: Sequence[Fault] | None = None
        self._look_at = float("-inf")
        self._looking: threading.Thread | None = None

    def note_mistakes(self, path: Path, mistakes: Sequence[str]) -> None:
        """Tell staff that a configuration could not be used, and the last settings that worked are."""
        for mistake in mistakes:
            log.error("A mistake in the configuration: %s", mistake)
        told = f"{path.name} has mistakes, so the kiosk runs with the last settings that worked: {mistakes[0]}"
        text = f"{told} See all of them with: kiosk check-config {path}"
        self.faults.append(Fault(where=path.name, kind=FaultKind.SETTINGS, text=text))

    def obey_signals(self) -> None:
        """Take SIGTERM and SIGINT as the order to stop, from now on; `run` then returns, also if it begins later."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)

    def _end(self, *_: object) -> None:
        if not self._stop.is_set():
            signal.alarm(math.ceil(STOP_S) + END_S)  # SIGALRM ends a process whatever its threads do.
        self._stop.set()

    def start(self) -> None:
        """Start every part, the emergency path first. Raises KioskError when the kiosk cannot work at all."""
        config, undo = self._config, self._undo
        for folder in dict.fromkeys(Path(path).resolve() for path in (config.paths.state, config.paths.runtime)):
            self._be_alone(folder)
        board = open_board(config)
        sdnotify.step()
        self.machine = Machine.open(config, board)
        undo.callback(self.machine.close)

        storage = Storage.of(Path(config.paths.state), board.clock)
        undo.callback(self._close_records, storage)
        self._run_beside(Cover([Path(config.paths.state) / name for name in CHANGED]))
        storage.start()
        self.service = Service(config, self.machine, storage, board.clock)
        undo.callback(self.service.finish)
        sdnotify.step()
        vend_thread = threads.start("vend", self.service.run, shares_core=True)
        undo.callback(vend_thread.join, max(STOP_S, self.machine.longest_turn_s() + MARGIN_S))
        undo.callback(self.service.stop)
        self._listen_to_visitors()
        self.service.admission.codes = self._optional("codes", self._open_codes)
        self._run_beside(Timekeeper(board.clock, Path(config.paths.runtime), self.service.calendar.known_hour))
        if not self.service.opened_within(OPEN_S):
            log.warning("The ledger is not open yet: the disk does not answer.")
        sensors = Sensors(self.machine.meters, board.clock, self._feel)
        self._run_beside(sensors)

        self.status = Status(config, self.machine, self.service, sensors, self.faults)
        source = LedgerSource(config, self.service, storage.reader, self.status)
        self.telemetry = Publisher(
            config.telemetry, config.privacy, config.kiosk.id, source, board.clock, execute=Orders(self.service.changes)
        )
        self.status.link = self.telemetry.link
        self.status.telemetry_fault = self.telemetry.fault
        self.service.on_events = self.telemetry.wake

        app = create_app(self.service, storage.reader, self.status, AdminCodes())
        control = ControlServer(app, Path(config.paths.runtime) / "control.sock")
        self._optional("control socket", lambda: self._run_beside(control))
        self._undo.callback(self.service.requests.activity.end)
        self._optional("telemetry", lambda: self._run_beside(self.telemetry))
        self._optional("glass", lambda: self._show_glass(board))

    def run(self) -> None:
        """Look after the kiosk until it is told to stop; feed systemd's watchdog only while vends can progress."""
        sdnotify.ready()
        log.info("The kiosk is ready: id=%s slots=%d", self._config.kiosk.id, len(self._config.slots))
        stuck_s = max(STUCK_S, self.machine.longest_turn_s() + MARGIN_S)
        hour, day = 0, self.machine.board.clock.stamp().hour // HOURS_A_DAY
        while not self._stop.wait(BEAT_S):
            if self.service.progressed_within(stuck_s):
                sdnotify.watchdog()
            else:
                sdnotify.status("Vends do not get on, so the watchdog is not fed: systemd starts the kiosk anew.")
            if not self.telemetry.alive():
                log.critical("The telemetry thread ended, so the process ends too: systemd starts it again.")
                threads.end_process()
            if self.machine.board.clock.stamp().hour // HOURS_A_DAY != day:
                day = self.machine.board.clock.stamp().hour // HOURS_A_DAY
                threads.start("check", self.service.check)
            if self.service.damaged and not self.service.busy:
                log.critical("The ledger is damaged, so the process ends: the next start sets it aside.")
                threads.end_process()
            hour = self._tell_faults(hour)
        sdnotify.stopping()
        signal.alarm(math.ceil(max(STOP_S, self.machine.longest_turn_s() + MARGIN_S)) + END_S)

    def stop(self) -> None:
        """Stop everything in reverse order; motors are off and the ledger is closed afterwards."""
        self._undo.close()

    def _close_records(self, storage: Storage) -> None:
        self.hangs = not storage.close()

    def _be_alone(self, folder: Path) -> None:
        """Raise RunningError beside another daemon, before any pin is touched. A folder that fails stops nobody."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._undo.callback(hold(folder))
        except OSError as error:
            log.warning("Nobody can tell whether another kiosk runs: folder=%s why=%s", folder, error)

    def _listen_to_visitors(self) -> None:
        visitor_inputs = VisitorInputs(self.service, self._config, self.machine.board.clock)
        for part in self._config.inputs:
            if button := self.machine.buttons.get(part.name):
                button.on_press(lambda sku=part.product: visitor_inputs.press(sku))  # type: ignore[misc]
        for keypad in self.machine.keypads.values():
            keypad.on_entry(visitor_inputs.enter)
        for controller in self.machine.controllers.values():
            if isinstance(controller, Selector):
                controller.on_select(visitor_inputs.select)
        if self.machine.beam is not None:
            self.machine.beam.on_stray(self.service.stray)

    def _feel(self, celsius: float | None) -> None:
        """Hand on how warm it is inside: to the heaters, and to the ledger's watch over what heat spoils."""
        for climate in self.machine.climates.values():
            climate.regulate(celsius)
        self.service.feel(celsius)

    def _optional(self, name: str, start: Callable[[], T]) -> T | None:
        """Start something that naloxone can come out without; a failure is told to staff and stops nothing."""
        try:
            return start()
        except (KioskError, OSError) as error:
            log.error("Something could not be started: what=%s why=%s", name, error)  # noqa: TRY400 - it is expected
            text = f"The {name} could not be started: {error}"
            self.faults.append(Fault(where=name, kind=FaultKind.SERVICE, text=text))
            return None

    def _open_codes(self) -> Codes | None:
        """Return what makes and checks anonymous codes, if the programme has them; its words cost some memory."""
        settings = self._config.codes
        if not settings.enabled:
            return None
        from kiosk.dispense.codes.anonymous_codes import Codes

        key = load_key(settings.key_file)
        return Codes(key, settings.period, settings.issue_every_s, time.monotonic)

    def _run_beside(self, part: ControlServer | Cover | Publisher | Sensors | Timekeeper) -> None:
        part.start()
        self._undo.callback(part.stop)

    def _tell_faults(self, last: int) -> int:
        """Log the faults once an hour: the moment of a fault would tell when somebody was here.

        They are those of a moment at which nobody was: an item that drops just now is unresolved. A thread of its own
        looks for them: the ledger's disk is asked as well.
        """
        if time.monotonic() >= self._look_at and not (self._looking and self._looking.is_alive()):
            self._look_at = time.monotonic() + LOOK_S
            self._looking = threads.start("faults", self._look_for_faults)
        hour = self.machine.board.clock.stamp().hour
        if hour == last or self._seen is None:
            return last
        for fault in self._seen:
            log.warning("A fault waits for staff: where=%s text=%s", fault.where, fault.text)
        return hour

    def _look_for_faults(self) -> None:
        quiet = not self.service.busy
        seen = self.status.now().faults
        if quiet and not self.service.busy:
            self._seen = seen

    def _show_glass(self, board: Board) -> None:
        """Serve the page that shows a simulated machine, where there is one and a port for it."""
        world, port = getattr(board, "world", None), self._config.simulator.glass_port
        if world is None or not port:
            return
        from kiosk.simulator import glass

        def turn(slot: str) -> None:
            self.service.vend(VendRequest(id=new_request_id(), slot=slot, purpose=Purpose.TEST))

        self._undo.callback(glass.serve(world, self._config, port, turn).stop)
