"""What codes took is known while their period runs, and nothing of it is left in any byte afterwards."""

from __future__ import annotations

import secrets
import sqlite3
from contextlib import closing

import pytest

from kiosk.errors import LedgerError
from tests.dispense.kept import Kept

TOKENS = tuple(bytes([number]) * 4 + secrets.token_bytes(12) for number in range(65, 75))


def written(kept: Kept) -> list[bytes]:
    """Return the tokens in the file, in the order in which they lie."""
    with closing(sqlite3.connect(f"file:{kept.path}?mode=ro", uri=True)) as db:
        return [token for (token,) in db.execute("SELECT token FROM token")]


def everything(kept: Kept) -> bytes:
    """Return every byte in the folder."""
    return b"".join(path.read_bytes() for path in kept.folder.iterdir() if path.is_file())


def test_a_use_is_counted_at_once_and_written_later(kept: Kept) -> None:
    """In memory first, in the file when many are written together; the count is the same."""
    room = kept.ledger.allowances
    assert room.used(TOKENS[:3]) == 0
    room.spend(TOKENS[0])
    assert (room.used(TOKENS[:3]), written(kept)) == (1, [])
    assert TOKENS[0] not in everything(kept)
    room.settle()
    assert (room.used(TOKENS[:3]), written(kept)) == (1, [TOKENS[0]])
    room.spend(TOKENS[1])
    assert room.used(TOKENS[:3]) == 2
    assert room.used(TOKENS[:2]) == 2
    assert room.used(TOKENS[3:]) == 0


def test_they_lie_in_the_order_of_the_hashes(kept: Kept) -> None:
    """Whichever came first: their order tells nothing, also of those that were written earlier."""
    room = kept.ledger.allowances
    for tokens in (TOKENS[6:], TOKENS[:3], TOKENS[3:6]):
        for token in reversed(tokens):
            room.spend(token)
        room.settle()
    assert written(kept) == sorted(TOKENS)
    kept.reopen()
    assert room.used(sorted(TOKENS)) == len(TOKENS)


def test_a_power_cut_forgets_what_was_not_written(kept: Kept) -> None:
    """To the good of whoever took it."""
    kept.ledger.allowances.spend(TOKENS[0])
    kept.close()
    with closing(Kept(kept.folder, clock=kept.clock)) as again:
        assert again.ledger.allowances.used(TOKENS[:1]) == 0


def test_each_period_has_its_own_salt(kept: Kept) -> None:
    """The same within a period and over a restart; a new one forgets the tokens of the last."""
    room = kept.ledger.allowances
    first = room.salt("2026-11")
    assert len(first) == 16
    room.spend(TOKENS[0])
    room.settle()
    kept.reopen()
    assert room.salt("2026-11") == first
    assert room.used(TOKENS[:1]) == 1
    room.spend(TOKENS[1])
    second = room.salt("2026-12")
    assert second != first
    assert (room.used(TOKENS[:1]), room.used(TOKENS[1:2]), written(kept)) == (0, 0, [])


@pytest.mark.parametrize("expired", [True, False])
def test_after_the_period_no_byte_of_it_is_left(kept: Kept, expired: bool) -> None:
    """Neither in the file nor in its log, whether somebody asked with a code of the next period or nobody came."""
    room = kept.ledger.allowances
    salt = room.salt("2026-11")
    for token in TOKENS:
        room.spend(token)
    room.settle()
    kept.put("A1", 3)
    assert sum(token in everything(kept) for token in (*TOKENS, salt)) == len(TOKENS) + 1
    if expired:
        room.expire(["2026-12", "2027-01"])
    else:
        room.salt("2026-12")
        room.settle()
    assert not [token for token in (*TOKENS, salt) if token in everything(kept)]


def test_a_period_that_runs_is_kept(kept: Kept) -> None:
    """With a clock that is not trusted two periods may run."""
    room = kept.ledger.allowances
    salt = room.salt("2026-12")
    room.spend(TOKENS[0])
    room.settle()
    room.expire(["2026-11", "2026-12"])
    assert (room.salt("2026-12"), room.used(TOKENS[:1])) == (salt, 1)


def test_codes_that_were_switched_off_are_forgotten(kept: Kept) -> None:
    """Without a period that runs nothing is kept; without anything kept nothing is written."""
    room = kept.ledger.allowances
    room.expire([])
    salt = room.salt("2026-11")
    room.spend(TOKENS[0])
    room.settle()
    room.expire([])
    assert written(kept) == []
    assert room.salt("2026-11") != salt


def test_somebody_who_reads_only_delays_the_log(kept: Kept) -> None:
    """While the file is read its log cannot be cut; the next time it is, and the writer never waited for long."""
    room = kept.ledger.allowances
    salt = room.salt("2026-11")
    with closing(sqlite3.connect(f"file:{kept.path}?mode=ro", uri=True, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM event").fetchone()
        room.expire(["2026-12"])
        assert salt in everything(kept)
        reader.execute("COMMIT")
    room.settle()
    assert salt not in everything(kept)


def test_a_ledger_that_cannot_be_written_forgets_nothing(kept: Kept) -> None:
    """What was spent stays in memory until it can be written."""
    room = kept.ledger.allowances
    room.spend(TOKENS[0])
    kept.ledger._book.db.execute("PRAGMA busy_timeout = 1")
    with closing(sqlite3.connect(kept.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError):
            room.settle()
        other.execute("ROLLBACK")
    assert room.used(TOKENS[:1]) == 1
    room.settle()
    assert written(kept) == [TOKENS[0]]
