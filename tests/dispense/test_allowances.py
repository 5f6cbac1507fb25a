"""What codes took is known while their period runs, in memory, and forgotten afterwards."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kiosk.dispense.codes.allowances import Allowances
from kiosk.dispense.codes.anonymous_codes import Pass

LIMIT = 3


def opened(nonce: int, period: str = "2026-11") -> Pass:
    return Pass(period, b"k" * 32, nonce.to_bytes(3, "big"))


def left(room: Allowances, code: Pass, sku: str = "STRIP") -> int:
    return room.left(code, sku, LIMIT)[0]


def take(room: Allowances, code: Pass, sku: str = "STRIP") -> None:
    token = room.left(code, sku, LIMIT)[1]
    assert token is not None
    room.spend(token)


def test_each_code_has_its_own_share_of_each_product() -> None:
    room = Allowances()
    for used in range(LIMIT):
        assert left(room, opened(7)) == LIMIT - used
        take(room, opened(7))
    assert room.left(opened(7), "STRIP", LIMIT) == (0, None)
    assert left(room, opened(8)) == left(room, opened(7), "SOCK") == LIMIT


def test_a_limit_that_is_raised_gives_more() -> None:
    room = Allowances()
    for _ in range(LIMIT):
        take(room, opened(7))
    assert room.left(opened(7), "STRIP", LIMIT + 2)[0] == 2


@given(st.integers(0, 8), st.integers(0, 8))
def test_uses_are_counted_up_to_any_limit(uses: int, limit: int) -> None:
    """What others take in between does not matter."""
    room = Allowances()
    for _ in range(uses):
        for code in (opened(7), opened(8)):
            token = room.left(code, "STRIP", limit)[1]
            if token is not None:
                room.spend(token)
    assert room.left(opened(7), "STRIP", limit)[0] == limit - min(uses, limit)


def test_asking_twice_spends_nothing() -> None:
    room = Allowances()
    assert room.left(opened(7), "STRIP", LIMIT) == room.left(opened(7), "STRIP", LIMIT)


def test_a_new_period_and_a_new_start_forget_all() -> None:
    room = Allowances()
    take(room, opened(7))
    assert left(room, opened(7, "2026-12")) == LIMIT
    assert left(room, opened(7)) == LIMIT
    take(room, opened(7))
    assert left(Allowances(), opened(7)) == LIMIT


def test_what_nobody_can_use_any_more_is_forgotten() -> None:
    """With a clock that is not trusted two periods may run; without codes none does."""
    room = Allowances()
    take(room, opened(7, "2026-12"))
    salt = room._salt
    room.expire(["2026-11", "2026-12"])
    assert left(room, opened(7, "2026-12")) == LIMIT - 1
    room.expire(["2027-01"])
    assert room._spent == set()
    assert room._salt != salt
    assert left(room, opened(7, "2026-12")) == LIMIT
