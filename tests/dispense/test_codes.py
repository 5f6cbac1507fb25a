"""Anonymous codes: good at every kiosk of the programme for their period, hopeless to guess, and linked to nothing."""

from __future__ import annotations

import datetime
import itertools
import os
import random
from collections.abc import Iterator
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.clock import When
from kiosk.dispense.codes.anonymous_codes import (
    FIRST_WAIT_S,
    FORGET_S,
    FREE_TRIES,
    LONGEST_WAIT_S,
    SALT_BYTES,
    TOKEN_BYTES,
    WORDS,
    WRONG,
    Codes,
    Pass,
    new_salt,
)
from kiosk.dispense.codes.excluded_words import AWKWARD
from kiosk.errors import RequestError

Period = Literal["week", "month"]

KEY = bytes(range(32))
KEYS = st.binary(min_size=32, max_size=64)
PERIODS: st.SearchStrategy[Period] = st.sampled_from(["week", "month"])
HOURS = st.integers(400_000, 1_200_000)
"""From 2015 to 2106."""
SEEDS = st.integers(0, 2**32)
SALT = b"s" * SALT_BYTES


class Hands:
    """A monotonic clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at_s = 1000.0

    def __call__(self) -> float:
        return self.at_s


def hour(text: str) -> int:
    return int(datetime.datetime.fromisoformat(f"{text}+00:00").timestamp()) // 3600


def kiosk(
    key: bytes = KEY, period: Period = "month", hands: Hands | None = None, seed: int = 1, every_s: float = 0.0
) -> Codes:
    return Codes(key, period, every_s, hands or Hands(), random.Random(seed).getrandbits)


def refused(codes: Codes, typed: str, when: When) -> str:
    with pytest.raises(RequestError) as caught:
        codes.check(typed, when)
    return str(caught.value)


# -- what a code is good for ---------------------------------------------------------------------------------------


@given(KEYS, PERIODS, HOURS, HOURS, SEEDS)
def test_a_code_is_good_at_every_kiosk_in_its_period_and_only_then(
    key: bytes, period: Period, made: int, shown: int, seed: int
) -> None:
    code = kiosk(key, period, seed=seed).issue(When(made))
    other = kiosk(key, period)
    assert other.check(code, When(made)).period == other.accepted(When(made))[0]
    if other.accepted(When(made)) == other.accepted(When(shown)):
        assert other.check(code, When(shown)).period == other.accepted(When(made))[0]
    else:
        assert refused(other, code, When(shown)) == WRONG


@settings(derandomize=True)
@given(KEYS, KEYS, PERIODS, HOURS, SEEDS)
def test_a_code_is_worth_nothing_to_another_programme(
    key: bytes, other: bytes, period: Period, made: int, seed: int
) -> None:
    if key != other:
        code = kiosk(key, period, seed=seed).issue(When(made))
        assert refused(kiosk(other, period), code, When(made)) == WRONG


@settings(derandomize=True)  # one of four million such codes is another right one: always the same are tried
@given(PERIODS, HOURS, SEEDS, st.integers(0, 3), st.sampled_from(WORDS))
def test_one_wrong_word_is_a_wrong_code(period: Period, made: int, seed: int, place: int, word: str) -> None:
    words = kiosk(period=period, seed=seed).issue(When(made)).split()
    if words[place] != word:
        words[place] = word
        assert refused(kiosk(period=period), " ".join(words), When(made)) == WRONG


@settings(derandomize=True)
@given(HOURS, SEEDS)
def test_the_order_of_the_words_counts(made: int, seed: int) -> None:
    words = kiosk(seed=seed).issue(When(made)).split()
    turned = words[::-1]
    if turned != words:
        assert refused(kiosk(), " ".join(turned), When(made)) == WRONG


@pytest.mark.parametrize(
    ("period", "at", "names"),
    [
        ("month", "2026-11-22T05:00", ("2026-11", "2026-12")),
        ("month", "2026-12-31T23:00", ("2026-12", "2027-01")),
        ("month", "2028-02-01T00:00", ("2028-02", "2028-03")),
        ("month", "2026-01-31T00:00", ("2026-01", "2026-02")),
        ("week", "2026-11-22T23:00", ("2026-W47", "2026-W48")),
        ("week", "2026-11-23T00:00", ("2026-W48", "2026-W49")),
        ("week", "2026-12-31T12:00", ("2026-W53", "2027-W01")),
        ("week", "2027-01-01T12:00", ("2026-W53", "2027-W01")),
    ],
)
def test_periods(period: Period, at: str, names: tuple[str, str]) -> None:
    assert kiosk(period=period).accepted(When(hour(at))) == names[:1]
    assert kiosk(period=period).accepted(When(hour(at), trusted=False)) == names


@given(KEYS, PERIODS, HOURS, st.integers(0, 24 * 62), SEEDS)
def test_without_a_trusted_clock_the_next_period_is_good_too(
    key: bytes, period: Period, last: int, later: int, seed: int
) -> None:
    """The kiosk knows the last hour it trusted; codes made elsewhere until the end of the next period work."""
    code = kiosk(key, period, seed=seed).issue(When(last + later))
    lost = kiosk(key, period)
    if lost.accepted(When(last + later))[0] in lost.accepted(When(last, trusted=False)):
        assert lost.check(code, When(last, trusted=False)).period == lost.accepted(When(last + later))[0]
    else:
        assert refused(lost, code, When(last, trusted=False)) == WRONG


# -- how it is typed and what it says ------------------------------------------------------------------------------


@given(HOURS, SEEDS, st.data())
def test_typing_is_forgiving(made: int, seed: int, data: st.DataObject) -> None:
    """Case, what stands between the words, and what follows the first four letters do not matter."""
    code = kiosk(seed=seed).issue(When(made))
    between = st.text(" -,.;_/\t\n", min_size=1, max_size=4)
    typed = "".join(
        data.draw(st.sampled_from([word, word.upper(), word.title(), word[:4], word[:5]])) + data.draw(between)
        for word in code.split()
    )
    tokens = kiosk().check(typed, When(made)).tokens("X", SALT, 1)
    assert tokens == kiosk().check(code, When(made)).tokens("X", SALT, 1)


@settings(max_examples=300)
@given(st.text(max_size=300) | st.lists(st.sampled_from([*WORDS, "zzzz", "1"]), max_size=6).map(" ".join), HOURS)
def test_what_is_typed_is_never_repeated(typed: str, at: int) -> None:
    """Any text gets a sentence, one of three, and none of them tells what was right about it."""
    said = refused(kiosk(), typed, When(at))
    assert said.split(".")[0] in {
        "A code is four words",
        "One of these words is in no code",
        "This code does not work now",
    }


@pytest.mark.parametrize("typed", ["", "apple", "apple river stone", "apple river stone lamp moon", "4 8 15 16"])
def test_what_is_no_code_is_no_guess(typed: str) -> None:
    """A slip that no code could have costs nobody a wait."""
    codes = kiosk()
    for _ in range(50):
        refused(codes, typed, When(500_000))
    assert codes.check(codes.issue(When(500_000)), When(500_000)).period == "2027-01"


def test_words_are_easy_to_tell_apart_and_kind() -> None:
    assert len(WORDS) == len({word[:4] for word in WORDS}) == 2048
    assert set(WORDS) > AWKWARD
    codes = kiosk()
    issued = [codes.issue(When(500_000)).split() for _ in range(2000)]
    assert all(len(words) == 4 for words in issued)
    assert AWKWARD.isdisjoint(itertools.chain.from_iterable(issued))
    assert len({" ".join(words) for words in issued}) > 1990


def test_neither_code_nor_number_is_ever_shown() -> None:
    codes = kiosk()
    code = codes.issue(When(500_000))
    opened = codes.check(code, When(500_000))
    assert repr(opened) == str(opened) == "Pass('2027-01')"
    assert not any(word in f"{codes!r} {opened!r}" for word in code.split())
    assert not hasattr(opened, "__dict__")


def test_chance_decides_when_nobody_else_does() -> None:
    codes = Codes(KEY, "month", 0.0, Hands())
    assert len({codes.issue(When(500_000)) for _ in range(100)}) > 95
    assert len({new_salt() for _ in range(100)}) == 100


# -- what is kept --------------------------------------------------------------------------------------------------


def some_pass(key: bytes = KEY, made: int = 500_000, seed: int = 1, period: Period = "month") -> Pass:
    codes = kiosk(key, period, seed=seed)
    return codes.check(codes.issue(When(made)), When(made))


def all_tokens() -> Iterator[bytes]:
    """Give the first uses of some codes, products, kiosks, periods and programmes: every one differs in one thing."""
    for seed, sku, salt in itertools.product(range(20), ("FTS-10", "FTS-1", "HYG-1"), (SALT, b"t" * SALT_BYTES)):
        yield from some_pass(seed=seed).tokens(sku, salt, 12)
    yield from some_pass(made=501_000).tokens("FTS-10", SALT, 12)
    yield from some_pass(period="week").tokens("FTS-10", SALT, 12)
    yield from some_pass(key=b"another programme's key, 32 bytes").tokens("FTS-10", SALT, 12)


def test_no_two_tokens_are_the_same_and_nothing_in_them_tells_what_they_share() -> None:
    """Any two differ in about half of their 128 bits, whether they stand for the same code or not."""
    tokens = list(all_tokens())
    assert len(tokens) == len(set(tokens)) == 20 * 3 * 2 * 12 + 3 * 12
    assert all(len(token) == TOKEN_BYTES for token in tokens)
    numbers = [int.from_bytes(token) for token in tokens]
    same = [(one ^ other).bit_count() for use in range(0, len(numbers), 12) for one, other in pairs(numbers[use:][:12])]
    strangers = [(one ^ other).bit_count() for one, other in itertools.pairwise(numbers[::12])]
    for distances in (same, strangers):
        assert min(distances) > 30
        assert abs(sum(distances) / len(distances) - 64) < 3
    ones = [sum(number >> bit & 1 for number in numbers) / len(numbers) for bit in range(128)]
    assert all(0.4 < share < 0.6 for share in ones)


def pairs(numbers: list[int]) -> Iterator[tuple[int, int]]:
    return itertools.combinations(numbers, 2)


def test_after_the_salt_is_gone_key_and_words_tell_nothing() -> None:
    """Another salt, even with the right key and the right code, leads to none of the tokens that were kept."""
    kept = set(some_pass().tokens("X", new_salt(), 50))
    for _ in range(200):
        assert kept.isdisjoint(some_pass().tokens("X", os.urandom(SALT_BYTES), 5))


def test_a_salt_that_is_no_salt_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 16 bytes"):
        some_pass().tokens("X", b"short", 1)


# -- what limits it ------------------------------------------------------------------------------------------------


@given(st.floats(1, 86400), st.lists(st.floats(0, 5000), max_size=30))
def test_codes_are_made_so_often_and_no_oftener(every_s: float, pauses: list[float]) -> None:
    hands = Hands()
    codes = kiosk(hands=hands, every_s=every_s)
    made = list[float]()
    for pause_s in pauses:
        hands.at_s += pause_s
        if made and hands.at_s < made[-1] + every_s:
            with pytest.raises(RequestError, match="A code was made a moment ago"):
                codes.issue(When(500_000))
        else:
            codes.issue(When(500_000))
            made.append(hands.at_s)
    hands.at_s += every_s
    assert codes.issue(When(500_000))


def test_it_says_how_long_to_wait_for_a_code() -> None:
    hands = Hands()
    codes = kiosk(hands=hands, every_s=600.0)
    codes.issue(When(500_000))
    for passed_s, wait in ((0.0, "10 minutes"), (509.5, "2 minutes"), (48.5, "42 seconds"), (41.9, "1 second")):
        hands.at_s += passed_s
        with pytest.raises(RequestError, match=f"Ask for yours in {wait}\\.$"):
            codes.issue(When(500_000))


GUESS = "zoo zoo zoo zoo"


def test_guessing_costs_more_and_more_time() -> None:
    """Five tries are free, then a minute, and twice as long each time up to a quarter of an hour."""
    hands = Hands()
    codes = kiosk(hands=hands)
    right = codes.issue(When(500_000))
    for _ in range(FREE_TRIES):
        assert refused(codes, GUESS, When(500_000)) == WRONG
    for wait_s in (60.0, 120.0, 240.0, 480.0, LONGEST_WAIT_S, LONGEST_WAIT_S):
        hands.at_s += wait_s - 1.0
        assert refused(codes, right, When(500_000)) == "Too many wrong codes. Try again in 1 second."
        hands.at_s += 1.0
        assert refused(codes, GUESS, When(500_000)) == WRONG
    hands.at_s += LONGEST_WAIT_S
    assert codes.check(right, When(500_000)).period == "2027-01"
    for _ in range(FREE_TRIES):
        assert refused(codes, GUESS, When(500_000)) == WRONG


def test_the_next_visitor_does_not_pay_for_an_earlier_one() -> None:
    hands = Hands()
    codes = kiosk(hands=hands)
    for _ in range(FREE_TRIES + 3):
        refused(codes, GUESS, When(500_000))
        hands.at_s += LONGEST_WAIT_S
    hands.at_s += FORGET_S
    for _ in range(FREE_TRIES - 1):
        assert refused(codes, GUESS, When(500_000)) == WRONG
    assert codes.check(codes.issue(When(500_000)), When(500_000)).period == "2027-01"


@given(st.lists(st.floats(0, 1200), min_size=1, max_size=60))
def test_no_rhythm_of_guesses_gets_past_the_limit(pauses: list[float]) -> None:
    """In any hour at most five free tries and what the growing waits let through, whatever the rhythm."""
    hands = Hands()
    codes = kiosk(hands=hands)
    taken = []
    for pause_s in pauses:
        hands.at_s += pause_s
        if refused(codes, GUESS, When(500_000)) == WRONG:
            taken.append(hands.at_s)
    for first in taken:
        assert sum(first <= at < first + 3600 for at in taken) <= FREE_TRIES + 6
    for first, sixth in zip(taken, taken[FREE_TRIES:], strict=False):
        assert sixth - first >= FIRST_WAIT_S
