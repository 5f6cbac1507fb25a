"""The telemetry thread: takes events from the outbox to the broker, and forgets them when somebody else has them."""

from __future__ import annotations

import contextlib
import logging
import queue
import random
import threading
import time
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING

from kiosk.clock import Clock
from kiosk.config import Privacy, Telemetry
from kiosk.errors import KioskError
from kiosk.model import Link
from kiosk.telemetry import messages
from kiosk.telemetry.link import Stage, Standing, blame
from kiosk.telemetry.link_state import LinkState
from kiosk.telemetry.notices import Arrived, Closed, Opened, Published, Refused, Signal, Signals, Stop, Wake
from kiosk.telemetry.pace import Pace, Redial
from kiosk.telemetry.receipts import Receipts
from kiosk.telemetry.report import Report
from kiosk.telemetry.source import Source
from kiosk.telemetry.window import Window

if TYPE_CHECKING:  # paho costs memory; a kiosk without a broker never loads it.
    from kiosk.telemetry.commands import Command, Commands
    from kiosk.telemetry.connection import Connection
    from kiosk.telemetry.session import Session

log = logging.getLogger(__name__)

_GOODBYE_S = 2.0
_READ_ROWS = 100
_HELD_PER_WINDOW = 50
"""Rows that may wait for a collector's receipt, for each row that may be on the wire."""
_HELD_AT_MOST = 2000


class Publisher:
    """Report to one broker, from a thread of its own. Nothing here can fail or delay a vend.

    Real time paces the network; the kiosk's clock, which a simulation may hurry, paces the release of events.
    """

    def __init__(
        self,
        config: Telemetry,
        privacy: Privacy,
        kiosk_id: str,
        source: Source,
        clock: Clock,
        *,
        pace: Pace | None = None,
        chance: random.Random | None = None,
        execute: Callable[[Command], str] | None = None,
    ) -> None:
        """Prepare, without any traffic. `execute` does what a command says; see `telemetry.commands.Commands`.

        It is called in the telemetry thread. Without it, or without a key in the config, no command is taken; a key
        that cannot be read is told by `link`, and raises nothing.
        """
        self.ignored_acks = 0
        """Acks that were malformed or of another epoch."""
        self.rejected = 0
        """Events that the collector will never take; they are forgotten, and counted in the log."""
        self._config = config
        self._kiosk_id = kiosk_id
        self._source = source
        self._clock = clock
        self._pace = pace or Pace()
        self._chance = chance or random.Random()  # noqa: S311 - jitter is no secret
        self._by_collector = config.receipt == "collector"
        self._receipts = Receipts(source, self._pace, time.monotonic())
        self._signals: Signals = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._report = Report(source, kiosk_id, clock, privacy.release_s, self._pace.refresh_s)
        self._state = LinkState(config.host, privacy.release_s, source, self._report)
        self._window = self._new_window()
        self._redial = Redial(self._pace, self._chance)
        self._connection: Connection | None = None
        self._session: Session | None = None
        self._introduce = False
        self._reason = ""
        self._stumble = ""
        self._rest_until = 0.0
        self._ignore_dates = False
        self._commands = self._ready_for_commands(execute)

    def start(self) -> None:
        """Begin to connect and send. Without a host this does nothing. Raises RuntimeError when already started."""
        if not self._config.host:
            return
        if self._thread is not None:
            raise RuntimeError("telemetry was started twice")
        self._thread = threading.Thread(target=self._run, name="telemetry", daemon=True)
        self._state.standing = Standing(stage=Stage.CONNECTING)
        self._thread.start()

    def stop(self) -> None:
        """Say that the kiosk goes offline and close the connection; takes at most 5 s. Safe to call twice."""
        if self._thread is not None and self._thread.is_alive():
            self._signals.put(Stop())
            self._thread.join(2 * _GOODBYE_S + 1)

    def wake(self) -> None:
        """Note that there are new rows, or that the state has changed. Any thread; returns at once."""
        if self._thread is not None:
            self._signals.put(Wake())

    def alive(self) -> bool:
        """Say whether the thread runs as it should: also true when there is no broker, and before the start."""
        return self._thread is None or self._thread.is_alive()

    def fault(self) -> str:
        """Tell staff what the broker did that none may, until a connection holds again. Any thread."""
        return blame(self._config.host, self._redial.misdeed(time.monotonic()))

    def link(self) -> Link:
        """Tell where telemetry stands. Any thread; while the ledger does not answer, by what it told last."""
        return self._state.link()

    def _run(self) -> None:
        while self._turn():
            self._state.standing = self._stand()
        self._say_goodbye()
        self._state.standing = Standing(stage=Stage.STOPPED)

    def _turn(self) -> bool:
        """Handle what came in and do what is due; False when it is time to stop.

        Telemetry must never take the kiosk down: a process that ends for its sake, again and again, would be one
        that gives out no naloxone. So a mistake here is logged, the connection is made anew, and the thread goes on.
        """
        signals = self._collect()
        if any(isinstance(signal, Stop) for signal in signals):
            return False
        try:
            for signal in signals:
                self._handle(signal)
            if time.monotonic() >= self._rest_until:
                self._advance()
                self._stumble = ""
        except KioskError as error:
            self._rest(str(error))
        except Exception as error:
            self._hang_up("telemetry stumbled")
            log.exception("telemetry stumbled")
            self._window = self._new_window()
            self._rest(str(error) or type(error).__name__)
        return True

    def _collect(self) -> list[Signal]:
        """Wait until something happens or falls due; return all that came in."""
        signals: list[Signal] = []
        try:
            signals.append(self._signals.get(timeout=self._wait_s()))
            while True:
                signals.append(self._signals.get_nowait())
        except queue.Empty:
            return signals

    def _wait_s(self) -> float:
        now = time.monotonic()
        if now < self._rest_until:
            return self._rest_until - now
        waits = [self._pace.look_s, self._report.wait_s()]
        if self._connection is None:
            waits.append(self._redial.wait_s(now))
        if (wait := self._receipts.wait_s(now)) is not None:
            waits.append(wait)
        if self._session is not None and (wait := self._session.wait_s(now)) is not None:
            waits.append(wait)
        return max(0.0, min(waits))

    def _handle(self, signal: Signal) -> None:
        """Take in one signal. If that fails, the others are not lost with it."""
        try:
            self._take(signal)
        except KioskError as error:
            self._rest(str(error))

    def _take(self, signal: Signal) -> None:
        """Take in one signal. Those of an old connection mean nothing any more."""
        if isinstance(signal, Wake):
            self._report.changed()
        elif isinstance(signal, Stop) or signal.connection is not self._connection:
            return
        elif isinstance(signal, Opened):
            self._open_session(signal)
        elif isinstance(signal, Closed):
            # Only with a clock that nobody has set are a certificate's dates left out; all else is still checked.
            self._ignore_dates = signal.dates and not self._clock.synced()
            self._hang_up(signal.reason, signal.misdeed)
        elif self._session is not None:
            self._heard(self._session, signal)

    def _heard(self, session: Session, signal: Published | Refused | Arrived) -> None:
        if isinstance(signal, Published):
            seq = session.answered(signal.mid, signal.code, time.monotonic())
            if seq is not None:
                self._receipts.add([seq])
        elif isinstance(signal, Refused):
            self._refused(session, signal.topics)
        else:
            signal.connection.taken(signal)
            if signal.topic == messages.ack_topic(self._kiosk_id):
                self._acknowledge(signal.payload)
            else:
                self._command(session, signal)

    def _refused(self, session: Session, topics: Sequence[str]) -> None:
        session.acks_refused = messages.ack_topic(self._kiosk_id) in topics
        if messages.command_topic(self._kiosk_id, "+") in topics:
            self._state.deaf = (
                f" {self._config.host} does not let it read its commands: check the broker's access rules."
            )

    def _command(self, session: Session, signal: Arrived) -> None:
        """Take a command, and answer it if it was signed for this kiosk."""
        if self._commands is None:
            return
        now_s, clock_ok = time.time(), self._clock.synced()
        ack = self._commands.take(
            signal.topic, signal.payload, retained=signal.retained, now_s=now_s, clock_ok=clock_ok
        )
        if ack is None:
            log.debug("telemetry commands_ignored=%d", self._commands.ignored)
            return
        log.info("telemetry command=%s ok=%s", ack.id, ack.ok)
        session.answer(ack)

    def _acknowledge(self, payload: bytes) -> None:
        """Take in a collector's ack; one that is malformed or of another epoch is counted and changes nothing."""
        try:
            ack = messages.decode_ack(payload)
        except messages.MessageError as error:
            self._ignore_ack(str(error))
            return
        if ack.epoch != self._source.epoch and not self._window.holds(ack.epoch):
            self._ignore_ack("It is of another epoch.")
            return
        done, rejected = self._window.acknowledge(ack.epoch, ack.ranges, ack.rejected)
        self._receipts.add([*done, *rejected])
        if rejected:
            self.rejected += len(rejected)
            log.warning("telemetry events_rejected_by_collector=%d", self.rejected)

    def _ignore_ack(self, why: str) -> None:
        self.ignored_acks += 1
        log.log(logging.WARNING if self.ignored_acks == 1 else logging.DEBUG, "telemetry ack_ignored: %s", why)

    def _advance(self) -> None:
        """Do what is due. Raises KioskError when the source does not answer; everything is then still due."""
        self._dial()
        all_left = not len(self._window) and self._window.cursor >= self._report.released
        self._receipts.hand_on(time.monotonic(), all_left=all_left)
        renewed = self._report.update()
        session = self._session
        if session is None:
            return
        if self._introduce:
            session.add(self._report.documents())
            self._introduce = False
        elif renewed:
            session.add(self._report.state_document())
        self._refill()
        session.pump(time.monotonic())

    def _refill(self) -> None:
        """Take in the released rows that follow, when there is room for a good number of them."""
        room, released = min(self._window.room(), _READ_ROWS), self._report.released
        if self._window.cursor >= released or room < self._config.window:
            return
        rows = self._source.pending(self._window.cursor, room)
        ready = list(takewhile(lambda row: row.seq <= released, rows))
        self._window.add(ready)
        if len(ready) < room:
            self._window.skip_to(released)

    def _dial(self) -> None:
        """Make a new connection when there is none and it is time; drop one whose thread has died."""
        if self._connection is not None:
            if self._connection.dead():
                misdeed = self._connection.misdeed()
                self._hang_up(misdeed or "its thread ended", misdeed)
            return
        if self._redial.wait_s(time.monotonic()) > 0.0:
            return
        from kiosk.telemetry.connection import Connection, Will

        will = Will(*self._report.status(online=False))
        try:
            connection = Connection(
                self._config, self._kiosk_id, will, self._signals, self._pace, ignore_dates=self._ignore_dates
            )
        except (OSError, ValueError) as error:
            self._hang_up(f"its settings cannot be used: {error}")
            return
        self._connection = connection
        connection.open()

    def _open_session(self, signal: Opened) -> None:
        from kiosk.telemetry.session import Session

        now = time.monotonic()
        self._redial.opened(now)
        limit = min(self._config.window, signal.receive_maximum)
        self._session = Session(
            signal.connection,
            self._window,
            self._kiosk_id,
            limit=limit,
            burst_s=self._pace.burst_s,
            busy=self._source.busy,
        )
        self._introduce = True
        topics = [messages.ack_topic(self._kiosk_id)] if self._by_collector else []
        if self._commands is not None:
            topics.append(messages.command_topic(self._kiosk_id, "+"))
            self._state.deaf = ""
        if topics:
            signal.connection.subscribe(topics)
        log.info("telemetry connected host=%s", self._config.host)

    def _hang_up(self, reason: str, misdeed: str = "") -> None:
        """Drop the connection, if there is one, and try again later. What was on the wire will be sent again."""
        now = time.monotonic()
        log.log(logging.DEBUG if self._reason == reason else logging.INFO, "telemetry disconnected reason=%r", reason)
        self._reason = reason
        if self._connection is not None:
            self._connection.close()
        self._connection = self._session = None
        self._window.lost(now)
        self._redial.failed(now, misdeed)

    def _rest(self, reason: str) -> None:
        """Leave the rest of the kiosk alone for a while: it could not answer."""
        log.log(logging.DEBUG if self._stumble == reason else logging.WARNING, "telemetry rests reason=%r", reason)
        self._stumble = reason
        self._rest_until = time.monotonic() + self._pace.rest_s

    def _say_goodbye(self) -> None:
        """Say offline, wait a little for the broker's answer, and close without a will."""
        if self._connection is None:
            return
        with contextlib.suppress(KioskError):
            if self._session is not None:
                self._last_words(self._session)
        self._connection.close()

    def _last_words(self, session: Session) -> None:
        session.add([self._report.status(online=False)])
        deadline = time.monotonic() + _GOODBYE_S
        session.pump_documents()
        while not session.told() and (left := deadline - time.monotonic()) > 0.0:
            with contextlib.suppress(queue.Empty):
                signal = self._signals.get(timeout=left)
                if isinstance(signal, Closed):
                    return
                if not isinstance(signal, Arrived):  # Nothing new is begun now; whoever asks will ask again.
                    self._handle(signal)
                session.pump_documents()

    def _stand(self) -> Standing:
        session = self._session
        if self._stumble:
            return Standing(stage=Stage.STUMBLED, connected=session is not None, reason=self._stumble)
        if session is not None:
            return Standing(
                stage=Stage.CONNECTED, connected=True, refusal=session.refusal, acks_refused=session.acks_refused
            )
        return Standing(stage=Stage.AWAY if self._reason else Stage.CONNECTING, reason=self._reason)

    def _ready_for_commands(self, execute: Callable[[Command], str] | None) -> Commands | None:
        path = self._config.command_key_file
        if not path or execute is None:
            return None
        from kiosk.telemetry import command_key, commands

        try:
            return commands.Commands(command_key.load_key(path), self._kiosk_id, execute)
        except KioskError as error:
            log.warning("telemetry commands_off reason=%r", str(error))
            self._state.deaf = f" It takes no commands, because it cannot read its key in {path}."
            return None

    def _new_window(self) -> Window:
        hold = min(_HELD_PER_WINDOW * self._config.window, _HELD_AT_MOST)
        return Window(receipts=self._by_collector, hold=hold, pace=self._pace, chance=self._chance)
