"""The MDB interface's lines as its manual has them, and the order in which they are believed."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.hardware.shared.protocol import mdb_session as session
from kiosk.hardware.shared.protocol.mdb_lines import (
    LONGEST,
    MEANINGS,
    Event,
    Heard,
    Lines,
    Request,
    asks,
    parse,
    spoilt,
)
from kiosk.hardware.shared.protocol.mdb_session import Effect, Stage, State

ASKED = Request("1.00", 5)

GOLDEN = [
    ("c,STATUS,INACTIVE", Heard.INACTIVE),
    ("c,STATUS,DISABLED", Heard.DISABLED),
    ("c,STATUS,ENABLED", Heard.ENABLED),
    ("c,STATUS,IDLE", Heard.IDLE),
    ("c,STATUS,IDLE,5.00", Heard.IDLE),
    ("c,STATUS,VEND,1.00,5", ASKED),
    ("c,STATUS,VEND,1.00,2", Request("1.00", 2)),
    ("c,STATUS,VEND,99.20,18", Request("99.20", 18)),
    ("c,STATUS,VEND,500,0", Request("500", 0)),
    ("c,VEND,SUCCESS", Heard.SUCCESS),
    ("c,ERR,VEND 3", Heard.FAILED),
    ('c,ERR,"VEND 3"', Heard.FAILED),
    ('c,ERR,"VEND -3"', Heard.NOT_NOW),
    ('c,ERR,"cashless is on"', Heard.ALIVE),
    ("r,ACK", Heard.ALIVE),
]
"""The lines of the manual's examples, and those that the interface adds."""

MISREAD = [
    "",
    "c,STATUS,VEND,1.00",
    "c,STATUS,VEND,1.00,",
    "c,STATUS,VEND,,5",
    "c,STATUS,VEND,1.00,5 ",
    " c,STATUS,VEND,1.00,5",
    "c,STATUS,VEND,1.00,-5",
    "c,STATUS,VEND,1.00,5,5",
    "c,STATUS,VEND,1,00,5",
    "c,STATUS,VEND,1e3,5",
    "c,STATUS,VEND,1.00,\u0665",
    "c,STATUS,VEND,1.00,65535",
    "c,STATUS,VEND,1.00,123456",
    "C,STATUS,VEND,1.00,5",
    "c,status,vend,1.00,5",
    "c,STATUS,VEND,1.00,5c,STATUS,IDLE",
    "c,VEND,SUCCESSc,VEND,SUCCESS",
    "c,VEND,SUCCES",
    "xc,VEND,SUCCESS",
    'c,ERR,"VEND 3',
    'c,ERR,VEND 3"',
    'c,ERR,""VEND 3""',
    "c,ERR,VEND  3",
    "c,STATUS",
    "d,STATUS,RESULT,1,1.00",
    "x,00,0014320154,11,0003000000",
    "v,4.0.2.0,0123456789ab",
]


@pytest.mark.parametrize(("line", "meaning"), GOLDEN)
def test_the_manuals_lines_are_understood(line: str, meaning: Event) -> None:
    assert parse(line) == meaning


@pytest.mark.parametrize("line", MISREAD)
def test_whatever_does_not_read_exactly_so_means_nothing(line: str) -> None:
    assert parse(line) is None


def test_a_garbled_request_is_seen_to_be_one() -> None:
    assert asks("c,STATU?,VEND,1.00,5")
    assert asks("c,STATUS,VEND,1.00,?")
    assert not asks("c,STATUS,VEND,1.00,5")
    assert not asks("c,STATUS,ENA?LED")


def test_a_spoilt_line_is_told_from_one_for_another_device() -> None:
    assert spoilt("c,STATUS,ENA?LED")
    assert spoilt("\ufffd,ACK")
    assert not spoilt("c,STATUS,ENABLED")
    assert not spoilt("d,STATUS,RESULT,1,1.00")


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r", b"\n\n\r\r\n"])
def test_lines_end_with_either_sign(end: bytes) -> None:
    assert list(Lines().feed(b"r,ACK" + end + b"c,VEND,SUCCESS" + end + b"c,ST")) == ["r,ACK", "c,VEND,SUCCESS"]


@given(cuts=st.lists(st.integers(0, 60), max_size=8))
def test_lines_come_in_any_pieces(cuts: list[int]) -> None:
    data = b"c,STATUS,VEND,1.00,5\r\nc,VEND,SUCCESS\r\nc,STATUS,IDLE\r\n"
    edges = [0, *sorted(cuts), len(data)]
    lines = Lines()
    heard = [line for start, end in pairwise(edges) for line in lines.feed(data[start:end])]
    assert heard == ["c,STATUS,VEND,1.00,5", "c,VEND,SUCCESS", "c,STATUS,IDLE"]


@given(noise=st.binary(min_size=LONGEST + 1, max_size=5 * LONGEST))
def test_endless_noise_is_dropped_up_to_the_next_end(noise: bytes) -> None:
    noise = noise.replace(b"\r", b"x").replace(b"\n", b"x")
    lines = Lines()
    assert list(lines.feed(noise[:150])) + list(lines.feed(noise[150:])) == []
    assert len(lines._rest) <= LONGEST
    assert list(lines.feed(b"c,VEND,SUCCESS\nr,ACK\n")) == ["r,ACK"]


def test_an_opened_port_begins_a_new_line() -> None:
    lines = Lines()
    assert list(lines.feed(b"c,VEND,SUC")) == []
    lines.forget()
    assert list(lines.feed(b"CESS\nr,ACK\n")) == ["CESS", "r,ACK"]


def play(*events: Event | str, gap_s: float = 2.0) -> tuple[State, list[Effect]]:
    """Hear one event after the other, `gap_s` apart; "yes" approves item 5, "again" is heard without a gap."""
    state, now = State(), 0.0
    done: list[Effect] = []
    for event in events:
        if event == "yes":
            state = session.approve(state, 5) or state
            continue
        now += gap_s
        heard = ASKED if event == "again" else event
        assert not isinstance(heard, str)
        state, effects = session.heard(state, heard, now - gap_s if event == "again" else now)
        done += effects
    return state, done


GAVE = [Effect.ASK, Effect.GAVE]
LOST = [Effect.ASK, Effect.LOST]


@pytest.mark.parametrize(
    ("events", "effects"),
    [
        ((ASKED, "yes", Heard.SUCCESS, Heard.IDLE), GAVE),
        ((ASKED, "yes", Heard.ALIVE, Heard.SUCCESS, Heard.SUCCESS, Heard.ENABLED), GAVE),
        ((ASKED, "yes", Heard.FAILED, Heard.IDLE, Heard.ENABLED), [Effect.ASK, Effect.FAILED]),
        ((ASKED, "yes", Heard.IDLE), LOST),
        ((ASKED, "yes", Heard.CANCELLED), LOST),
        ((ASKED, "yes", Heard.RESET, Heard.INACTIVE), LOST),
        ((ASKED, "yes", Heard.NOT_NOW), LOST),
        ((ASKED, "yes", Heard.SUCCESS, Heard.FAILED), LOST),
        ((ASKED, "yes", Heard.SUCCESS, Heard.INACTIVE), LOST),
        ((ASKED, "yes", Heard.SUCCESS, Heard.DISABLED), GAVE),
        ((ASKED, "yes", Heard.DISABLED, Heard.SUCCESS, Heard.IDLE), GAVE),
        ((ASKED, Heard.DISABLED, "yes", Heard.SUCCESS, Heard.IDLE), GAVE),
        ((ASKED, "yes", Heard.SUCCESS, Request("1.00", 6), Heard.CANCELLED), [*GAVE, Effect.ASK]),
        ((ASKED, "yes", Request("1.00", 6)), [*LOST, Effect.DENY]),
        ((ASKED, "yes", ASKED), [*LOST, Effect.DENY]),
        ((ASKED, "yes", "again", Heard.SUCCESS, Heard.IDLE), GAVE),
        ((ASKED, "again", "yes", Heard.SUCCESS, Heard.IDLE), GAVE),
        ((ASKED, Heard.SUCCESS, Heard.IDLE), [Effect.ASK]),
        ((Heard.SUCCESS, Heard.IDLE), []),
        ((ASKED, Heard.CANCELLED, "yes", Heard.SUCCESS, Heard.IDLE), [Effect.ASK]),
        ((ASKED, Request("1.00", 6)), [Effect.ASK, Effect.DENY]),
        ((ASKED, Request("1.00", 6), Heard.NO_STOP), [Effect.ASK, Effect.DENY, Effect.DENY_AGAIN]),
        ((ASKED, Request("1.00", 6), Heard.ENABLED, Heard.NO_STOP), [Effect.ASK, Effect.DENY]),
        ((Heard.NO_STOP,), []),
        ((ASKED, Heard.IDLE, ASKED, "yes", Heard.SUCCESS, Heard.IDLE), [Effect.ASK, *GAVE]),
    ],
)
def test_only_the_right_order_is_believed(events: tuple[Event | str, ...], effects: list[Effect]) -> None:
    state, done = play(*events)
    assert done == effects
    assert state.stage is Stage.READY


EVENTS = st.one_of(st.sampled_from(Heard), st.builds(Request, st.sampled_from(["1.00", "2.00"]), st.integers(4, 6)))


@given(events=st.lists(st.one_of(EVENTS, st.just("yes")), max_size=40), gap_s=st.sampled_from([0.0, 0.4, 3.0]))
def test_no_request_is_ever_approved_twice_or_ends_twice(events: list[Event | str], gap_s: float) -> None:
    state, now = State(), 0.0
    approved: list[int] = []
    ended = 0
    for event in events:
        now += gap_s
        if isinstance(event, str):
            if taken := session.approve(state, 5):
                assert taken.request is not None
                assert taken.request.item == 5
                approved.append(taken.number)
                state = taken
        else:
            state, effects = session.heard(state, event, now)
            ended += sum(effect in {Effect.GAVE, Effect.FAILED, Effect.LOST} for effect in effects)
    assert len(set(approved)) == len(approved)
    assert ended == len(approved) - (state.stage in {Stage.APPROVED, Stage.SAID})


def test_every_meaning_reads_as_itself() -> None:
    assert all(parse(line) is meaning for line, meaning in MEANINGS.items())
