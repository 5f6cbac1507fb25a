"""A card in an evidence bag: its raw image places nobody better than in an hour, and places everybody without cover.

Real kiosks serve people on file systems of their own, with ext4's default options, until somebody pulls the card.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from statistics import median

import pytest

from kiosk.dispense.cover import NEVER_S
from kiosk.dispense.ledger.log import LOG_BYTES
from tests.conftest import Evidence
from tests.privacy.card import HOUR_S, Order, Seized, seize
from tests.privacy.image import Image
from tests.privacy.placing import Card, Placed, judge, read

MANY, SOME = 30, 12
"""Visits in an hour: so many that each may be one of several in the same moment, or so few that each stands out."""

QUICK = "commit=1"
"""Has ext4 write its notes down five times as often as by default: more to see for whoever holds the card."""

DEBIAN_13 = "orphan_file"
"""What Debian 13 formats with. The two inodes that a kiosk touches then lie in two blocks of their table."""

SOUND = (
    Order("sound", seed=1, visits=MANY, hours=1),
    Order("sound", seed=2, visits=SOME, hours=1, features=DEBIAN_13),
    Order("sound", seed=3, visits=SOME, hours=1, mounted=QUICK),
)
AS_BEFORE = Order("as before", seed=4, visits=MANY, hours=1)
UNCOVERED = Order("uncovered", seed=5, visits=SOME, hours=1, mounted=QUICK)
ORDERS = (*SOUND, AS_BEFORE, UNCOVERED)

DAY_S = 86400
MOST_BYTES = 300_000_000
"""What hiding may cost the card in a day, also where the two inodes lie in two blocks."""

HOME_BYTES = 6_000_000
"""What of it reaches the inodes' own place in a day: little, since they always wait for the next commit as well. With
touches alone the device counted 5 MB more than what was committed, in seven minutes that stood for a day."""


def bag(orders: tuple[Order, ...], folder: Path) -> dict[Order, tuple[Seized, Card]]:
    """Seize cards, and read them."""
    return {
        order: (seized, read(Path(seized.image))) for order, seized in zip(orders, seize(orders, folder), strict=True)
    }


def placed(bagged: Mapping[Order, tuple[Seized, Card]], *orders: Order) -> list[Placed]:
    """Return what places visits to these kiosks, taken together, better than luck."""
    found = judge([bagged[order][0] for order in orders], [bagged[order][1] for order in orders])
    assert len(found) > 100
    return [one for one in found if one.knows]


@pytest.fixture(scope="module")
def bagged(tmp_path_factory: pytest.TempPathFactory) -> dict[Order, tuple[Seized, Card]]:
    """Every card, seized after an hour: a minute of waiting for all of them together."""
    return bag(ORDERS, tmp_path_factory.mktemp("cards"))


def test_no_visit_is_placed_better_than_its_hour(bagged: dict[Order, tuple[Seized, Card]], evidence: Evidence) -> None:
    """Not by any clue, neither on one card nor on all of them together."""
    for orders in (SOUND, *((order,) for order in SOUND)):
        found = placed(bagged, *orders)
        evidence.count("placed_visits", sum(round(one.score - one.luck) or 1 for one in found))
        assert not found
    evidence.count("seized_cards", len(SOUND))


def test_the_reader_places_everybody_where_the_log_grows(bagged: dict[Order, tuple[Seized, Card]]) -> None:
    """How long the log was at which time says it to a fraction of a second; and the times of files and commits do."""
    found = {(one.clue, one.what): one.score for one in placed(bagged, AS_BEFORE)}
    assert found["how the log grew", "guessed within 0.2 s"] >= 0.9 * MANY
    assert len({clue for clue, _ in found}) > 3


def test_the_reader_places_many_where_only_the_log_has_its_size(bagged: dict[Order, tuple[Seized, Card]]) -> None:
    """When the log was written last, in each copy of its inode, is when somebody was there."""
    assert {one.clue for one in placed(bagged, UNCOVERED)} & {"/state/ledger.db-wal written", "commits"}


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: f"{order.kind} {order.seed}")
def test_every_visit_is_in_the_ledger_on_the_card(bagged: dict[Order, tuple[Seized, Card]], order: Order) -> None:
    """Although nothing was written in good order at the end: what was placed is what really happened."""
    seized, card = bagged[order]
    assert card.vends == [len(hour.visits) for hour in seized.hours] == [order.visits]


def test_what_a_visit_changes_keeps_its_size_and_its_time_of_reading(bagged: dict[Order, tuple[Seized, Card]]) -> None:
    """While people come nothing about these files changes but two times; they were last read in the year 2100."""
    for order in SOUND:
        (hour,) = bagged[order][0].hours
        with Image(Path(bagged[order][0].image)) as card:
            files = card.files()
            during = [each for each in card.transactions() if hour.begins < each.at < hour.begins + HOUR_S]
            ledger = card.inode(files["/state/ledger.db"])
        for path in ("/state/ledger.db-wal", "/state/journal.bin"):
            copies = [each.inodes[files[path]] for each in during if files[path] in each.inodes]
            assert len({(copy.size, copy.extents, copy.read) for copy in copies}) == 1, path
            assert copies[0].read == ledger.read == NEVER_S
            assert copies[0].size == LOG_BYTES or path != "/state/ledger.db-wal"


def test_what_hiding_costs(bagged: dict[Order, tuple[Seized, Card]]) -> None:
    """Blocks that the file system writes because of it, with its default options, for a day."""
    for order in SOUND[:2]:
        (hour,) = bagged[order][0].hours
        with Image(Path(bagged[order][0].image)) as card:
            during = [each for each in card.transactions() if hour.begins < each.at < hour.begins + HOUR_S]
        often = (len(during) - 1) / (during[-1].at - during[0].at)
        most = median(each.blocks for each in during)  # in some the daemon's own log grows, which is elsewhere
        assert 100_000_000 < most * 4096 * often * DAY_S + HOME_BYTES < MOST_BYTES


@pytest.mark.long
def test_hours_on_end(tmp_path: Path, evidence: Evidence) -> None:
    """Three hours on each card; and cover alone, with a log that grows, hides nobody."""
    sound = tuple(Order("sound", seed, visits=visits, hours=3) for seed, visits in enumerate((MANY, SOME, 4), start=11))
    growing = Order("growing", seed=14, visits=MANY, hours=1)
    bagged = bag((*sound, growing), tmp_path)
    found = placed(bagged, *sound)
    evidence.count("placed_visits", len(found))
    assert not found
    evidence.count("seized_cards", len(sound))
    assert {one.clue for one in placed(bagged, growing)} >= {"how the log grew", "early commits"}
