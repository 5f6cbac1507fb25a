"""What may be true but hardly is: asked back once, in a sentence, before it is saved. Pure."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
from collections.abc import Iterable, Iterator

from admin_web.restock.restock_words import day, drift_from
from kiosk.model import Added, RestockLine, SlotStock

MOST_YEARS = 7
"""A date further ahead than so many years is asked about. No label in such a kiosk lasts more than five."""

LEAST_DRIFT = 3
"""A count is asked about when it is off by more than this, and by more than a third of what the slot holds."""


@dataclasses.dataclass(frozen=True)
class Doubt:
    """A sentence to ask with, and what it is about: once somebody said that this is right, it is not asked again."""

    sentence: str
    about: tuple[object, ...]

    @property
    def key(self) -> str:
        """Return what stands for it in a form: short, and it tells nothing."""
        return hashlib.blake2s(repr(self.about).encode(), digest_size=4).hexdigest()


@dataclasses.dataclass(frozen=True)
class Printed:
    """A lot with its date as it was written down somewhere; `where` names that place."""

    where: str
    sku: str
    lot: str
    expiry: datetime.date


def in_machine(slots: Iterable[SlotStock]) -> list[Printed]:
    """Return the lots that lie in the machine, with their dates."""
    return [
        Printed(slot.slot, slot.sku, lot.lot, lot.expiry)
        for slot in slots
        for lot in slot.lots
        if lot.lot and lot.expiry
    ]


def put_in(line: RestockLine, sku: str) -> list[Printed]:
    """Return the lots that a line puts in, with their dates."""
    return [Printed(line.slot, sku, each.lot, each.expiry) for each in line.added if each.lot and each.expiry]


def of_line(line: RestockLine, stock: SlotStock, known: Iterable[Printed], today: datetime.date) -> list[Doubt]:
    """Return what is doubtful in a line of a visit.

    `stock` is the slot as it was expected when it was counted, `known` are the lots in the machine and in the rest
    of the visit, `today` is the day by which the kiosk judges dates.
    """
    known = [*known, *put_in(line, line.sku or stock.sku)]
    found = [*_count(line, stock)]
    for added in line.added:
        found += [*_two_dates(line, added, line.sku or stock.sku, known), *_date(line, added, today)]
    return list({doubt.about: doubt for doubt in reversed(found)}.values())[::-1]


def asked(doubts: Iterable[Doubt], answered: str) -> list[Doubt]:
    """Return the doubts that nobody has answered yet; `answered` holds the keys of those that were."""
    return [doubt for doubt in doubts if doubt.key not in answered.split()]


def _count(line: RestockLine, stock: SlotStock) -> Iterator[Doubt]:
    off = drift_from(stock, line.inside_before)
    if abs(off) > max(LEAST_DRIFT, stock.capacity // 3):
        how = "far more" if off < 0 else "far fewer"
        yield Doubt(
            f"{line.slot}: you counted {line.found}, and we expected {how}. Count once more.",
            ("count", line.slot, line.found, line.after),
        )


def _two_dates(line: RestockLine, added: Added, sku: str, known: Iterable[Printed]) -> Iterator[Doubt]:
    for other in known:
        same = added.lot and other.sku == sku and _plain(other.lot) == _plain(added.lot)
        if same and added.expiry and other.expiry != added.expiry:
            here = "here too" if other.where == line.slot else f"in {other.where}"
            yield Doubt(
                f"{line.slot}: you wrote lot {added.lot} until {day(added.expiry)}, and {here} it is until "
                f"{day(other.expiry)}. Look at the box.",
                ("dates", sku, _plain(other.lot), *sorted((added.expiry, other.expiry))),
            )


def _date(line: RestockLine, added: Added, today: datetime.date) -> Iterator[Doubt]:
    if added.expiry is None:
        return
    ahead = added.expiry.year - today.year
    if added.expiry < today:
        odd = "and that is past"
    elif ahead > MOST_YEARS:
        odd = f"and that is {ahead} years from now"
    else:
        return
    lot = f"lot {added.lot}" if added.lot else "what you put in"
    yield Doubt(
        f"{line.slot}: you wrote {lot} until {day(added.expiry)}, {odd}. Look at the box.",
        ("date", added.lot, added.expiry),
    )


def _plain(code: str) -> str:
    """Return a lot's code as the kiosk compares it: letters and digits only, in capitals."""
    return "".join(letter for letter in code.upper() if letter.isalnum())
