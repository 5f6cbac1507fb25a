"""What is physically true and what was acknowledged at a moment, as the marks tell it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from kiosk.model import Purpose, VendRequest

ASKED_AGAIN = 2
"""So many of the latest requests are asked for once more after a cut."""

Attempts = tuple[str, ...]
"""The attempts of an answered request, each `slot=outcome`, in order."""


@dataclass
class Truth:
    """Reads marks one by one. Everything it holds is true at that moment."""

    inside: dict[str, int] = field(default_factory=dict)
    surprise: Counter[str] = field(default_factory=Counter)
    """Items per slot that fell without anybody's asking and are not recorded yet: nobody can know of them."""
    missed: Counter[str] = field(default_factory=Counter)
    """Items like that of earlier lives, until their slot is counted."""
    visit: tuple[str, dict[str, int]] | None = None
    """A restock visit (or its undoing) that is not acknowledged, and what is inside if it counts."""
    answered: dict[str, Attempts] = field(default_factory=dict)
    saved: list[str] = field(default_factory=list)
    """Acknowledged changes by staff: restock visits, undone visits, recalls."""
    motions: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often a motor was energised, by slot and request."""
    silent: bool = False
    """The disk does not answer: what happens now is known to nobody until it is written, later."""
    held: set[str] = field(default_factory=set)
    """Requests that were made while the disk was silent."""
    lost: set[str] = field(default_factory=set)
    """The same, of lives that ended before the disk answered."""
    late: dict[str, Attempts] = field(default_factory=dict)
    """What was answered while it was silent."""
    unwritten: Counter[str] = field(default_factory=Counter)
    """Items that fell while it was silent."""
    aged_s: float = 0.0
    """How far the clock has gone on in long times without anybody, in seconds."""
    asked: list[VendRequest] = field(default_factory=list)
    """Every request, in order."""

    def again(self) -> tuple[VendRequest, ...]:
        """Return the latest requests for which something moved: asked for once more, they may move nothing."""
        moved = {request for _, request in self.motions} - self.held - self.lost
        return tuple(request for request in self.asked[-ASKED_AGAIN:] if request.id in moved)

    def unnoticed(self, slot: str) -> int:
        """Return how many items fell from a slot that nobody can know of."""
        return self.surprise[slot] + self.missed[slot] + self.unwritten[slot]

    def settle(self, staff: Collection[str]) -> None:
        """Close what a cut left open, with the changes by `staff` that are recorded: an unsaved visit is taken back."""
        if self.visit and self.visit[0] in staff:
            self._saved(self.visit[0])
        self.visit = None
        self.missed += self.surprise + self.unwritten
        self.surprise.clear()
        self.unwritten.clear()
        self.lost |= self.held
        self.held, self.late, self.silent = set(), {}, False

    def read(self, marks: bytes) -> None:
        """Take in whole lines of marks."""
        for line in marks.decode().splitlines():
            kind, *words = line.split()
            getattr(self, f"_{kind}")(*words)

    def _inside(self, slot: str, items: str) -> None:
        self.inside[slot] = int(items)

    def _asked(self, request: str, sku: str, slot: str, purpose: str) -> None:
        self.asked.append(VendRequest(id=request, sku=_given(sku), slot=_given(slot), purpose=Purpose(purpose)))
        if self.silent:
            self.held.add(request)

    def _silent(self) -> None:
        self.silent = True

    def _written(self) -> None:
        self.answered.update(self.late)
        self.held, self.late, self.silent = set(), {}, False
        self.unwritten.clear()
        self.surprise.clear()

    def _motion(self, slot: str, request: str) -> None:
        self.motions[slot, request] += 1

    def _fell(self, slot: str) -> None:
        self.inside[slot] -= 1
        self.unwritten[slot] += self.silent

    def _extra(self, slot: str) -> None:
        self.inside[slot] -= 1
        self.surprise[slot] += 1

    def _answered(self, request: str, *attempts: str) -> None:
        if self.silent:
            self.late[request] = attempts
            return
        self.answered[request] = attempts
        self.surprise.clear()

    def _noted(self) -> None:
        self.surprise.clear()

    def _aged(self, seconds: str) -> None:
        """So much time passes that the kiosk may forget single vends; what they summed up to stays."""
        self.aged_s += float(seconds)
        self.answered.clear()
        self.motions.clear()
        self.asked.clear()

    def _visit(self, name: str, *lines: str) -> None:
        self.visit = name, {slot: int(items) for slot, items in (line.split("=") for line in lines)}

    def _saved(self, name: str) -> None:
        self.saved.append(name)
        if self.visit and self.visit[0] == name:
            self.inside.update(self.visit[1])
            for slot in self.visit[1]:
                self.missed.pop(slot, None)
            self.visit = None


def _given(word: str) -> str | None:
    return None if word == "-" else word
