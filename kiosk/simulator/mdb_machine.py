"""A simulated vending machine with an MDB bus: its keypad, its lanes, its drop sensor, and what it asks its reader.

It gives out only what was approved, one item at a time, in its own time: a coil's turn takes two and a half seconds.
"""

from __future__ import annotations

import enum
from collections.abc import Callable

from kiosk.simulator.cabinet import Cabinet
from kiosk.simulator.coil import Coil

BOOT_S = 1.0
"""From power to the first word on the bus."""
SETUP_S = 0.2
"""From one word to the next while the machine and its reader get to know each other."""
LEAVE_S = 1.0
RETURN_S = 4.0
LOOK_S = 0.02
"""How often the machine looks at the cam switch of the lane that turns."""
FALL_S = 1.0
"""How long the machine watches its drop sensor after the turn."""
WORD_S = 0.05
"""Between one word and the next at the end of a session."""
PATIENCE_S = 180.0
"""How long the machine waits for an answer."""
PRICE = "1.00"


class Word(enum.Enum):
    """What the machine says on the bus."""

    REACHED = enum.auto()
    READER_ENABLE = enum.auto()
    CANCEL = enum.auto()
    SUCCESS = enum.auto()
    FAILURE = enum.auto()
    SESSION_COMPLETE = enum.auto()
    RESET = enum.auto()


class MdbMachine:
    """The machine. Everything is called under the timeline's lock; `tell` hears each word, `ask` each request."""

    def __init__(self, cabinet: Cabinet, *, drop_sensor: bool, wants_credit: bool) -> None:
        self._cabinet = cabinet
        self._drop_sensor = drop_sensor
        self._wants_credit = wants_credit
        self.lanes: dict[int, Coil] = {}
        self.tell: Callable[[Word], None] = lambda _: None
        self.ask: Callable[[str, int], None] = lambda _amount, _item: None
        self.patience_s = PATIENCE_S
        self.approved: list[int] = []
        """The items that were approved, in order, each for a request that was open."""
        self.denied: list[int] = []
        """The items that were refused."""
        self.gave: list[int] = []
        """The items of which the machine says that it gave them out."""
        self.open: int | None = None
        """The item that is asked for and not answered yet."""
        self.vending: int | None = None
        self._reader = False
        self.ready = False
        self._credit = False
        self.closing = False
        self._life = self._boots = 0
        self._fell = False
        cabinet.on_power.append(self._power)
        cabinet.beams.append(self._see)

    # -- what visitors do ------------------------------------------------------------------------------------------

    def choose(self, item: int) -> bool:
        """Press the keypad; say whether the machine asks for it now. It does not while it is busy or out of order."""
        busy = self.open is not None or self.vending is not None or self.closing
        if busy or not self.ready or (self._wants_credit and not self._credit):
            return False
        self.open = item
        self.ask(getattr(self.lanes.get(item), "price", None) or PRICE, item)
        self._later(self.patience_s, self.cancel)
        return True

    def cancel(self) -> None:
        """Withdraw the request that is open, if there is one."""
        if self.open is not None:
            self.open = None
            self._end(Word.CANCEL)

    def reset(self) -> None:
        """Switch the machine off and on, with whatever it is doing."""
        self._stop()
        self.tell(Word.RESET)
        self._boot()

    # -- what the reader does --------------------------------------------------------------------------------------

    def plug(self, on: bool) -> None:
        """Let a reader appear on the bus, or vanish. A vend that goes on goes on, and nobody hears of it."""
        self._reader, self.ready, self._credit, self.closing = on, False, False, False
        self.open = None
        if on:
            self._boot(SETUP_S)

    def show_credit(self, on: bool) -> bool:
        """Begin a session with credit, or end it; say whether that was possible."""
        possible = self.ready and self.open is None and self.vending is None and self._credit != on
        if possible:
            self._credit = on
        return possible

    def approve(self) -> bool:
        """Give out what is asked for; say whether anything was."""
        if self.open is None:
            return False
        item, self.open = self.open, None
        self.approved.append(item)
        self._life += 1
        self.vending, self._fell = item, False
        lane = self.lanes.get(item)
        if lane is None:
            self._later(LEAVE_S, lambda: self._end(Word.FAILURE))
        else:
            lane.energise(True, held=False)
            self._watch(lane, self._now() + LEAVE_S, away=False)
        return True

    def deny(self) -> bool:
        """Do not give out what is asked for; say whether anything was."""
        if self.open is None:
            return False
        self.denied.append(self.open)
        self.open = None
        self._end(None)
        return True

    # -- what it does ----------------------------------------------------------------------------------------------

    def _watch(self, lane: Coil, until: float, *, away: bool) -> None:
        """Look whether the lane has left home, and then whether it has come back."""
        if not lane.at_home and not away:
            away, until = True, self._now() + RETURN_S
        if (lane.at_home and away) or self._now() >= until:
            lane.energise(False)
            self._later(FALL_S, lambda: self._judge(turned=lane.at_home and away))
        else:
            self._later(LOOK_S, lambda: self._watch(lane, until, away=away))

    def _judge(self, *, turned: bool) -> None:
        gave = self._fell if self._drop_sensor else turned
        if gave and self.vending is not None:
            self.gave.append(self.vending)
        self._end(Word.SUCCESS if gave else Word.FAILURE)

    def _end(self, word: Word | None) -> None:
        """Say how it ended, and close the session."""
        self._life += 1
        self.vending, self._credit = None, False
        if not self._reader:
            return
        if word is not None:
            self.tell(word)
        self.closing = True
        self._later(WORD_S, self._close_session)

    def _close_session(self) -> None:
        self.closing = False
        self.tell(Word.SESSION_COMPLETE)

    def _see(self, _at: float) -> None:
        self._fell = True

    # -- power -----------------------------------------------------------------------------------------------------

    def _power(self, _at: float) -> None:
        self._stop()
        if self._cabinet.powered:
            self._boot()

    def _stop(self) -> None:
        for lane in self.lanes.values():
            lane.energise(False)
        self._life += 1
        self.open = self.vending = None
        self.ready = self._credit = self.closing = False

    def _boot(self, after_s: float = BOOT_S) -> None:
        self._boots += 1
        boot, timeline = self._boots, self._cabinet.timeline
        timeline.at(self._now() + after_s, lambda _: self._meet(boot, Word.REACHED))
        timeline.at(self._now() + after_s + SETUP_S, lambda _: self._meet(boot, Word.READER_ENABLE))

    def _meet(self, boot: int, word: Word) -> None:
        if boot == self._boots and self._reader and self._cabinet.powered:
            self.ready = word is Word.READER_ENABLE
            self.tell(word)

    def _later(self, seconds: float, then: Callable[[], None]) -> None:
        """Do something later, unless the machine turned to something else before."""
        life, timeline = self._life, self._cabinet.timeline
        timeline.at(self._now() + seconds, lambda _: then() if life == self._life else None)

    def _now(self) -> float:
        return self._cabinet.timeline.now()
