"""What is kept of anonymous codes: while their period lasts it tells nothing of who came when, and then it is gone."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import pytest

from kiosk.clock import HOUR_S
from kiosk.config import CodeSettings, Product
from kiosk.dispense.codes.anonymous_codes import Codes
from kiosk.dispense.ledger.store import connect
from kiosk.dispense.recording.storage import Storage
from kiosk.dispense.service.vend_thread import Service
from kiosk.errors import RequestError
from kiosk.model import Outcome, VendRequest, new_request_id
from tests.crash.world import World, parts
from tests.dispense.kept import NALOXONE, kiosk_of
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
        self.storage = Storage.of(self.folder, self.world.clock)
        machine = parts(self.world, [slot.id for slot in CONFIG.slots])
        self.service = Service(CONFIG, machine, self.storage, self.world.clock, self.codes)

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
        self.ask(lambda: self.service.changes.restock(full(self.service.stock())))

    def visit(self, code: str) -> Outcome | None:
        request = VendRequest(id=new_request_id(), sku="STRIP", code=code)
        self.ask(lambda: self.service.vend(request))
        return self.ask(lambda: self.service.find(request.id, 10)).outcome

    def pass_h(self, hours: float) -> None:
        """Let hours go by in which nobody comes."""
        self.world.clock.sleep(hours * HOUR_S)
        self.service.step(0)

    def secrets(self, codes: list[str]) -> set[bytes]:
        """Return all that uses of these codes stand for, as the kiosk itself works it out, and what it takes for it."""
        when, salt = self.storage.ledger.calendar.when(), self.service.admission._allowances._salt
        assert self.codes is not None
        opened = [self.codes.check(code, when) for code in codes]
        tokens = {token for one in opened for token in one.tokens("STRIP", salt, LIMIT)}
        assert self.service.admission._allowances._spent <= tokens
        return tokens | {salt} | {code.encode() for code in codes}

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.folder.iterdir()}

    def holding(self, secrets: set[bytes]) -> list[str]:
        """Return the files in which any of the secrets stands, as bytes or as their hexadecimal digits."""
        forms = secrets | {secret.hex().encode() for secret in secrets}
        return [name for name, content in self.files().items() if any(form in content for form in forms)]

    def close(self) -> None:
        self.storage.close()


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
            code = chance.choice(codes) if again else kiosk.codes.issue(kiosk.storage.ledger.calendar.when())
            codes.append(code)
            try:
                assert kiosk.visit(code) is Outcome.DISPENSED
            except RequestError:
                assert codes.count(code) > LIMIT
        kiosk.pass_h(1)
    return sorted(set(codes))


@pytest.mark.parametrize("stopped", [False, True])
def test_a_card_tells_nothing_of_codes_with_the_programmes_key_either(kiosk: Kiosk, stopped: bool) -> None:
    """Nothing that a code stands for is in any byte: who has card and key has nothing to try the codes against."""
    codes = some_visits(kiosk)
    secrets = kiosk.secrets(codes)
    assert len(kiosk.service.admission._allowances._spent) > 30
    if stopped:
        kiosk.close()
    assert kiosk.holding(secrets) == []


def test_a_token_on_the_card_is_found(kiosk: Kiosk) -> None:
    """The search sees what was planted: in a table, and as digits in a log."""
    assert kiosk.codes is not None
    code = kiosk.codes.issue(kiosk.storage.ledger.calendar.when())
    kiosk.visit(code)
    (token,) = kiosk.service.admission._allowances._spent
    with closing(sqlite3.connect(kiosk.folder / "ledger.db")) as db, db:
        db.execute("INSERT INTO meta VALUES ('token', ?)", (token,))
    (kiosk.folder / "log").write_text(f"used {token.hex()}")
    assert {"ledger.db-wal", "log"} <= set(kiosk.holding(kiosk.secrets([code])))


def test_a_card_of_an_earlier_version_forgets_what_it_kept(tmp_path: Path) -> None:
    """It kept tokens and their salt in the ledger; the first start of this version overwrites them."""
    secrets = {bytes([number]) * 16 for number in range(65, 75)}
    with closing(connect(tmp_path / "ledger.db", stop_before="codes_in_memory")) as db:
        db.executemany("INSERT INTO token VALUES (?)", [(secret,) for secret in secrets])
        shutil.copytree(tmp_path, tmp_path / "card")  # as it is when power is cut: the log is not folded in
    with closing(Kiosk(tmp_path / "card")) as kiosk:
        assert kiosk.holding(secrets) == []
        kiosk.fill()


def test_a_share_is_a_share_until_the_period_or_the_power_ends(kiosk: Kiosk) -> None:
    """A fourth one is refused; a new start knows nothing of the first three, to the good of whoever took them."""
    assert kiosk.codes is not None
    code = kiosk.codes.issue(kiosk.storage.ledger.calendar.when())
    for _ in range(LIMIT):
        assert kiosk.visit(code) is Outcome.DISPENSED
    kiosk.pass_h(1)
    with pytest.raises(RequestError, match="has had its share"):
        kiosk.visit(code)
    kiosk.close()
    kiosk.open()
    assert kiosk.visit(code) is Outcome.DISPENSED
