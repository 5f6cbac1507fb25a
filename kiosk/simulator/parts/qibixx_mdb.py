"""A simulated MDB interface on a pseudo terminal, and behind it a vending machine that visitors can use.

It speaks the lines of Qibixx' manual; see `kiosk.hardware.shared.protocol.mdb_lines` for the sources.
"""

from __future__ import annotations

import re

from kiosk.simulator.cabinet import Cabinet, Entry, Part
from kiosk.simulator.faults import Fault
from kiosk.simulator.line import Line
from kiosk.simulator.mdb_machine import MdbMachine, Word

SAID = {
    Word.REACHED: ("c,STATUS,DISABLED",),
    Word.READER_ENABLE: ("c,STATUS,ENABLED",),
    Word.CANCEL: ("c,ERR,VEND 1",),
    Word.SUCCESS: ("c,VEND,SUCCESS",),
    Word.FAILURE: ("c,ERR,VEND 3",),
    Word.SESSION_COMPLETE: ("c,STATUS,IDLE", "c,STATUS,ENABLED"),
    Word.RESET: ("c,ERR,VEND 5", "c,STATUS,INACTIVE"),
}
_AMOUNT = re.compile(r"[0-9]+(\.[0-9]+)?", re.ASCII)


class Body(Part):
    """The interface. `machine` is what hangs on its bus; `choose` and `cancel` are the machine's keypad."""

    accepts = Line.accepts | {Fault.BOARD_OFF}

    def __init__(self, name: str, entry: Entry, cabinet: Cabinet) -> None:
        super().__init__(name, entry, cabinet)
        wants_credit = self.options.credit is not None
        self.machine = MdbMachine(cabinet, drop_sensor=self.options.drop_sensor, wants_credit=wants_credit)
        self.machine.tell = self._tell
        self.machine.ask = lambda amount, item: self._say(f"c,STATUS,VEND,{amount},{item}")
        self.denies_by_amount = False
        """Whether only `C,VEND,-1` denies a request, and `C,STOP` does not."""
        self.answers: list[str] = []
        """Every line that was understood, in order."""
        self._on = False
        self._always_idle = False
        self._rest = b""
        self.line = Line(cabinet, self.options.port, self._heard)
        cabinet.on_power.append(lambda _: None if cabinet.powered else self.restart())

    # -- what people do --------------------------------------------------------------------------------------------

    def choose(self, item: int) -> bool:
        """Press an item's number on the machine's keypad; say whether the machine asks for it now."""
        with self.cabinet.timeline.lock:
            takes = self._on and (self._always_idle or self.options.credit is not None)
            return takes and self.machine.choose(item)

    def cancel(self) -> None:
        """Press cancel on the machine's keypad."""
        with self.cabinet.timeline.lock:
            self.machine.cancel()

    def reset(self) -> None:
        """Switch the machine, but not the interface, off and on."""
        with self.cabinet.timeline.lock:
            self.machine.reset()

    def chat(self, lines: int) -> None:
        """Let the interface say so many lines that mean nothing to us: it acknowledges whatever the machine polls."""
        with self.cabinet.timeline.lock:
            for _ in range(lines):
                self._say("r,ACK")

    def restart(self) -> None:
        """Let the interface forget everything, as after a moment without power; its port stays."""
        with self.cabinet.timeline.lock:
            self._switch(False)
            self._always_idle = False

    def fault_changed(self) -> None:
        if Fault.BOARD_OFF in self.faults:
            self.restart()
        self.line.set_faults(self.faults)

    def close(self) -> None:
        self.line.close()

    # -- what the interface does -----------------------------------------------------------------------------------

    def _heard(self, data: bytes, _at: float) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if self._powered():
                self._obey(line.decode("ascii", errors="replace").strip())

    def _obey(self, line: str) -> None:
        command, _, rest = line.partition(",")
        self.answers.append(line)
        if command != "C":
            self._say("c,UNKNOWN")
        elif rest in {"0", "1"}:
            self._switched(rest == "1")
        elif rest.startswith("SETCONF,"):
            self._configure(rest)
        elif not self._on:
            self._say('c,ERR,"cashless is off"')
        elif rest == "STOP":
            self._stopped()
        elif rest.startswith("START,"):
            self._say(f"c,STATUS,IDLE,{rest[6:]}" if self.machine.show_credit(True) else 'c,ERR,"START -3"')
        elif rest.startswith("VEND,"):
            self._answered(rest.removeprefix("VEND,"))

    def _switched(self, on: bool) -> None:
        if on and self._on:
            self._say('c,ERR,"cashless is on"')
        elif on:
            self._switch(True)
            self._say("c,STATUS,INACTIVE")
        else:
            self._switch(False)
            self._say("c,STATUS,OFFLINE")

    def _switch(self, on: bool) -> None:
        self._on = on
        self.machine.plug(on)

    def _configure(self, rest: str) -> None:
        if self._on:
            self._say('c,ERR,"-3"')
            return
        if rest.startswith("SETCONF,mdb-always-idle="):
            self._always_idle = rest.endswith("=1")
        self._say("c,SET,OK")

    def _stopped(self) -> None:
        if not self.denies_by_amount and self.machine.deny():
            return
        if self.machine.show_credit(False):
            self._say("c,STATUS,ENABLED")
        else:
            self._say('c,ERR,"STOP -3"')

    def _answered(self, amount: str) -> None:
        if amount == "-1":
            taken = self.machine.deny()
        elif _AMOUNT.fullmatch(amount):
            taken = self.machine.approve()
        else:
            self._say('c,ERR,"VEND -2"')
            return
        self._say("r,ACK" if taken else 'c,ERR,"VEND -3"')

    def _tell(self, word: Word) -> None:
        if self._on:
            for line in SAID[word]:
                self._say(line)

    def _powered(self) -> bool:
        return self.cabinet.powered and Fault.BOARD_OFF not in self.faults

    def _say(self, line: str) -> None:
        if self._powered():
            self.line.say(f"{line}\r\n".encode())
