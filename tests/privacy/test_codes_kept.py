"""What is kept of anonymous codes: while their period lasts it tells nothing of who came when, and then it is gone."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import pytest

from kiosk.clock import HOUR_S
from kiosk.config import CodeSettings, Product
from kiosk.dispense.codes import Codes
from kiosk.dispense.ledger.allowances import Allowances
from kiosk.dispense.ledger.store import BUSY_TIMEOUT_S
from kiosk.dispense.records import Records
from kiosk.dispense.service import Service
from kiosk.errors import RequestError
from kiosk.model import Outcome, VendRequest, new_request_id
from tests.crash.world import World, parts
from tests.dispense.kept import NALOXONE, kiosk_of
from tests.privacy.leaks import order_of_tokens
from tests.stocking import full

T = TypeVar("T")

KEY = b"k" * 32
LIMIT = 3
CONFIG = kiosk_of(
    NALOXONE,
    Product(sku="STRIP", name="Test strips", limit_per_code=LIMIT),
    slots={"A1": "NAL", "B1": "STRIP", "B2": "STRIP"},
    capacity=200,
    codes=CodeSettings(enabled=True, key_file="none", period="week", issue_every_s=0),
)
WEEK_H = 7 * 24


class Kiosk:
    """The service with its ledger, on parts and a clock that take no time. The calling thread is the vend thread."""

    def __init__(self, folder: Path, *, codes: bool = True) -> None:
        self.folder = folder
        self.world = World(lambda *_: None)
        self.codes = Codes(KEY, "week", 0, self.world.clock.monotonic) if codes else None
        self.open()

    def open(self) -> None:
        self.records = Records.of(self.folder, self.world.clock)
        machine = parts(self.world, [slot.id for slot in CONFIG.slots])
        self.service = Service(CONFIG, machine, self.records, self.world.clock, self.codes)

    def ask(self, question: Callable[[], T]) -> T:
        """Have somebody ask, and serve until the answer."""
        with ThreadPoolExecutor(1) as visitor:
            answer = visitor.submit(question)
            while not answer.done():
                self.service.step(0.001)
            return answer.result()

    def fill(self) -> None:
        for slot in CONFIG.slots:
            self.world.put(slot.id, slot.capacity)
        self.ask(lambda: self.service.staff.restock(full(self.service.stock())))

    def visit(self, code: str) -> Outcome | None:
        request = VendRequest(id=new_request_id(), sku="STRIP", code=code)
        self.ask(lambda: self.service.vend(request))
        return self.ask(lambda: self.service.find(request.id, 10)).outcome

    def pass_h(self, hours: float) -> None:
        """Let hours go by in which nobody comes."""
        self.world.clock.sleep(hours * HOUR_S)
        self.service.step(0)

    def tokens(self, codes: list[str]) -> set[bytes]:
        """Return all tokens that uses of these codes have, as the kiosk itself works them out."""
        when, ledger = self.records.ledger.calendar.when(), self.records.ledger
        assert self.codes is not None
        opened = [self.codes.check(code, when) for code in codes]
        return {token for one in opened for token in one.tokens("STRIP", ledger.allowances.salt(one.period), LIMIT)}

    def salt(self) -> bytes:
        """Return this kiosk's salt of the period."""
        assert self.codes is not None
        return self.records.ledger.allowances.salt(self.codes.accepted(self.records.ledger.calendar.when())[0])

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.folder.iterdir()}

    def holding(self, secrets: set[bytes]) -> list[str]:
        """Return the files in which any of the secrets stands."""
        return [name for name, content in self.files().items() if any(secret in content for secret in secrets)]

    def close(self) -> None:
        self.records.close()


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    running = Kiosk(tmp_path)
    running.fill()
    yield running
    running.close()


def some_visits(kiosk: Kiosk, hours: int = 30) -> list[str]:
    """Let people come for some hours, one to three an hour, most with a code of their own, some again."""
    assert kiosk.codes is not None
    chance = random.Random(1)
    codes: list[str] = []
    for _ in range(hours):
        for _ in range(chance.randrange(1, 4)):
            again = codes and chance.random() < 0.3
            code = chance.choice(codes) if again else kiosk.codes.issue(kiosk.records.ledger.calendar.when())
            codes.append(code)
            try:
                assert kiosk.visit(code) is Outcome.DISPENSED
            except RequestError:
                assert codes.count(code) > LIMIT
        kiosk.pass_h(1)
    return sorted(set(codes))


def test_the_place_of_a_token_says_nothing(kiosk: Kiosk) -> None:
    """Not in which hour it came, nor between which vends: the set stands in its own order, and in no log."""
    tokens = kiosk.tokens(some_visits(kiosk))
    assert kiosk.holding(tokens) == ["ledger.db"]
    assert not list(order_of_tokens(kiosk.files(), tokens))


class Appending(Allowances):
    """A seeded bug: what was spent in an hour is added to what is there."""

    def settle(self) -> None:
        with self._book.transaction():
            self._book.db.executemany("INSERT INTO token VALUES (?)", [(token,) for token in self._spent])
        self._spent.clear()


@pytest.mark.parametrize("tidied", [False, True])
def test_tokens_in_the_order_in_which_they_came_are_found(
    kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch, tidied: bool
) -> None:
    """The seeded bug leaves the order in the log, and when the log was cut, on the pages."""
    monkeypatch.setattr(kiosk.records.ledger.allowances, "__class__", Appending)
    tokens = kiosk.tokens(some_visits(kiosk))
    if tidied:
        kiosk.close()
    found = list(order_of_tokens(kiosk.files(), tokens))
    assert ("the order of tokens on their pages" if tidied else "outside of their table") in " ".join(found)


@pytest.mark.parametrize("off_then", [False, True])
def test_when_the_period_ends_all_of_it_is_gone_from_the_bytes(kiosk: Kiosk, off_then: bool) -> None:
    """Although nobody comes any more, and also when the kiosk was off at that moment."""
    tokens, salt = kiosk.tokens(some_visits(kiosk)), kiosk.salt()
    assert kiosk.holding(tokens) == ["ledger.db"]
    assert kiosk.holding({salt})
    if off_then:
        kiosk.close()
    kiosk.world.clock.sleep(WEEK_H * HOUR_S)
    if off_then:
        kiosk.open()
    kiosk.service.step(0)
    assert kiosk.holding(tokens | {salt}) == []


def test_when_codes_are_turned_off_nothing_of_them_stays(kiosk: Kiosk) -> None:
    """The next start without codes forgets them."""
    secrets = kiosk.tokens(some_visits(kiosk)) | {kiosk.salt()}
    kiosk.close()
    kiosk.codes = None
    kiosk.open()
    kiosk.service.step(0)
    assert kiosk.holding(secrets) == []


def test_a_share_holds_over_a_new_start(kiosk: Kiosk) -> None:
    """What was written down is not forgotten within the period: a fourth one is refused."""
    assert kiosk.codes is not None
    code = kiosk.codes.issue(kiosk.records.ledger.calendar.when())
    for _ in range(LIMIT):
        assert kiosk.visit(code) is Outcome.DISPENSED
    kiosk.pass_h(1)
    kiosk.close()
    kiosk.open()
    with pytest.raises(RequestError, match="has had its share"):
        kiosk.visit(code)


def test_a_reader_does_not_hold_up_the_next_press(kiosk: Kiosk) -> None:
    """While somebody reads the file, its log cannot be cut: that waits for the next hour, and nobody waits for it."""
    assert kiosk.codes is not None
    code = kiosk.codes.issue(kiosk.records.ledger.calendar.when())
    assert kiosk.visit(code) is Outcome.DISPENSED
    with closing(sqlite3.connect(kiosk.folder / "ledger.db")) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM meta").fetchone()
        began = time.monotonic()
        kiosk.pass_h(1)
        assert time.monotonic() - began < BUSY_TIMEOUT_S
        assert "ledger.db-wal" in kiosk.holding(kiosk.tokens([code]))
    kiosk.pass_h(1)
    assert kiosk.holding(kiosk.tokens([code])) == ["ledger.db"]
