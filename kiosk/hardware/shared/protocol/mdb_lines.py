"""The text lines of Qibixx' MDB interfaces while they play a cashless device: taken apart, and told what they mean.

Lines end with CR, LF or both. None carries a checksum, so a line means something only if it reads exactly as the manual
has it. Sources: Qibixx, "Cashless Slave", "Configuration" and "Vending Sessions Examples"
(docs.qibixx.com/mdb-products); the error numbers are those that public programs for it act upon.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from typing import NamedTuple

LONGEST = 200
"""No line is as long. What is longer is noise, and dropped up to the next line end."""


class Request(NamedTuple):
    """The machine asks whether it may give out `item`, for which it wants `amount`, as a decimal number."""

    amount: str
    item: int


class Heard(enum.Enum):
    """Everything else that matters."""

    ENABLED = enum.auto()
    """The machine lets us take part, and no session is open."""
    IDLE = enum.auto()
    """A session is open, and nothing is asked for: before a choice, or after the machine is through with it."""
    DISABLED = enum.auto()
    """The machine takes no requests now."""
    INACTIVE = enum.auto()
    """The machine has not spoken to the interface yet, or was reset."""
    OFF = enum.auto()
    """The interface does not play a cashless device."""
    SUCCESS = enum.auto()
    """The machine says that it gave out."""
    FAILED = enum.auto()
    """The machine says that it did not give out."""
    CANCELLED = enum.auto()
    """The machine withdrew its request: the visitor cancelled, or it waited long enough."""
    RESET = enum.auto()
    """The machine was reset in the middle of a session."""
    NOT_NOW = enum.auto()
    """The interface did not take our answer: it did not fit, or nothing was asked."""
    NO_STOP = enum.auto()
    """The interface did not take our `C,STOP`."""
    ALIVE = enum.auto()
    """Nothing but that somebody is there."""


Event = Request | Heard

MEANINGS = {
    "c,STATUS,ENABLED": Heard.ENABLED,
    "c,STATUS,IDLE": Heard.IDLE,
    "c,STATUS,DISABLED": Heard.DISABLED,
    "c,STATUS,INACTIVE": Heard.INACTIVE,
    "c,STATUS,ONLINE": Heard.INACTIVE,
    "c,STATUS,OFFLINE": Heard.OFF,
    "c,ERR,cashless is off": Heard.OFF,
    "c,VEND,SUCCESS": Heard.SUCCESS,
    "c,ERR,VEND 1": Heard.CANCELLED,
    "c,ERR,VEND 3": Heard.FAILED,
    "c,ERR,VEND 5": Heard.RESET,
    "c,ERR,VEND -2": Heard.NOT_NOW,
    "c,ERR,VEND -3": Heard.NOT_NOW,
    "c,ERR,STOP -3": Heard.NO_STOP,
    "c,ERR,cashless is on": Heard.ALIVE,
    "c,ERR,START -3": Heard.ALIVE,
    "c,ERR,-3": Heard.ALIVE,
    "c,SET,OK": Heard.ALIVE,
    "c,0": Heard.ALIVE,
    "c,1": Heard.ALIVE,
    "r,ACK": Heard.ALIVE,
}

_REQUEST = re.compile(r"c,STATUS,VEND,([0-9]{1,7}(?:\.[0-9]{1,3})?),([0-9]{1,5})", re.ASCII)
_CREDIT = re.compile(r"c,STATUS,IDLE,[0-9]{1,7}(?:\.[0-9]{1,3})?", re.ASCII)
_QUOTED = re.compile(r'c,ERR,"([^"]*)"', re.ASCII)
_ENDS = re.compile(rb"[\r\n]")

_OTHERS = re.compile(r"[abd-qs-z],[ -~]*", re.ASCII)

ITEMS = 0xFFFF
"""MDB counts items with 16 bits; the highest of them stands for an item that the machine cannot name."""


def parse(line: str) -> Event | None:
    """Return what a line means; None if it means nothing to us or does not read exactly as it should."""
    if found := _REQUEST.fullmatch(line):
        item = int(found[2])
        return Request(found[1], item) if item < ITEMS else None
    if _CREDIT.fullmatch(line):
        return Heard.IDLE
    if found := _QUOTED.fullmatch(line):
        line = f"c,ERR,{found[1]}"
    return MEANINGS.get(line)


def asks(line: str) -> bool:
    """Say whether a line that cannot be read may have been a request, which somebody is waiting before now."""
    return parse(line) is None and ",VEND," in line


def spoilt(line: str) -> bool:
    """Say whether something came that nobody can read. A line for another of the interface's devices is not spoilt."""
    return parse(line) is None and not _OTHERS.fullmatch(line)


class Lines:
    """Puts lines together from the pieces in which they come."""

    def __init__(self) -> None:
        self._rest = b""
        self._spoilt = False

    def feed(self, data: bytes) -> Iterator[str]:
        """Give each line that is whole now. Empty ones and those that are too long are left out."""
        *whole, rest = _ENDS.split(self._rest + data)
        for line in whole:
            if line and not self._spoilt and len(line) <= LONGEST:
                yield line.decode("ascii", errors="replace")
            self._spoilt = False
        self._spoilt = self._spoilt or len(rest) > LONGEST
        self._rest = rest[:LONGEST]

    def forget(self) -> None:
        """Drop what was begun: the port was opened anew."""
        self._rest, self._spoilt = b"", False
