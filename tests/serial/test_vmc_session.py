"""What is answered to a VMC machine, what is said again, and what is believed: the talk without any line."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.hardware.shared.protocol.vmc_frames import ACK, POLL, Command, Decoder, Packet, check_text, drive_text, frame
from kiosk.hardware.shared.protocol.vmc_session import (
    COPY_S,
    GONE_S,
    HEALTH_EVERY_S,
    MOST_SENT,
    REMEMBERED_S,
    Event,
    Heard,
    Session,
)

WORKS, GAVE, JAMMED = 0x01, 0x02, 0x03
LANE, OTHER = 12, 13
DRIVE = drive_text(LANE, drop_sensor=True, elevator=False)


class Talk:
    """A session, and the machine's side of it, 200 ms a frame."""

    def __init__(self, number: int = 254, *, asks_health: bool = False) -> None:
        self.session = Session(number, asks_health=asks_health)
        self.now = 100.0
        self.events: list[Event] = []
        assert self.says(POLL) == frame(Command.SYNC, bytes([number % 255 + 1]))
        self.says(ACK)

    def says(self, data: bytes, after_s: float = 0.2) -> bytes:
        """Let the machine say one frame, and return what is answered."""
        self.now += after_s
        (packet,) = Decoder().feed(data, self.now)
        answer, events = self.session.hear(packet, self.now)
        self.events += events
        return answer

    def told(self) -> list[Event]:
        """Return what was told since the last time."""
        told, self.events = self.events, []
        return told

    def drive(self) -> int:
        """Order a drive and have it taken up; return the order's number."""
        self.session.follow(LANE)
        self.session.order(Command.DRIVE, DRIVE)
        said = self.says(POLL)
        self.says(ACK, 0.01)
        assert self.told() == [Event(Heard.TAKEN)]
        return said[4]

    def status(self, number: int, code: int, selection: int = LANE, after_s: float = 0.2) -> bytes:
        return self.says(frame(Command.STATUS, bytes([number, code]) + check_text(selection)), after_s)


def results(events: Iterable[Event]) -> list[tuple[int, bool]]:
    return [(event.code, event.sure) for event in events if event.heard is Heard.RESULT]


def test_a_poll_is_acknowledged_if_there_is_nothing_to_say() -> None:
    assert Talk().says(POLL) == ACK


def test_an_order_is_said_at_the_next_poll_and_once_if_it_is_taken_up() -> None:
    talk = Talk(1)
    talk.session.follow(LANE)
    talk.session.order(Command.CHECK, check_text(LANE))
    assert talk.says(POLL) == frame(Command.CHECK, b"\x03" + check_text(LANE))
    assert talk.says(ACK, 0.01) == b""
    assert talk.told() == [Event(Heard.TAKEN)]
    assert talk.says(POLL) == ACK
    assert talk.says(frame(Command.STATE, b"\x09\x01" + check_text(LANE))) == ACK
    assert talk.told() == [Event(Heard.STATE, 1)]


def test_an_order_is_said_five_times_with_one_number_and_never_again() -> None:
    talk = Talk()
    talk.session.follow(LANE)
    talk.session.order(Command.DRIVE, DRIVE)
    said = [talk.says(POLL) for _ in range(MOST_SENT + 3)]
    assert said == [frame(Command.DRIVE, b"\x01" + DRIVE)] * MOST_SENT + [ACK] * 3
    assert set(talk.told()) == {Event(Heard.NOT_TAKEN)}
    assert talk.session.cancel() == MOST_SENT
    assert talk.says(POLL) == ACK


def test_a_poll_that_the_line_says_twice_is_no_reason_to_say_an_order_again() -> None:
    talk = Talk()
    talk.session.order(Command.DRIVE, DRIVE)
    assert talk.says(POLL) != b""
    assert talk.says(POLL, 0.01) == b""
    assert talk.session.cancel() == 1


def test_no_two_orders_bear_one_number() -> None:
    talk, numbers = Talk(1), []
    for _ in range(300):
        talk.session.order(Command.CHECK, check_text(LANE))
        numbers.append(talk.says(POLL)[4])
        talk.session.cancel()
    assert all(one != other for one, other in itertools.pairwise(numbers))
    assert set(numbers) == set(range(1, 256))


def test_an_order_that_was_never_said_was_certainly_not_taken_up() -> None:
    talk = Talk()
    talk.session.order(Command.DRIVE, DRIVE)
    assert talk.says(ACK) == b""
    assert talk.told() == []
    assert talk.session.cancel() == 0


def test_an_order_that_was_said_stays_said_once_it_is_taken_up() -> None:
    talk = Talk()
    talk.drive()
    assert talk.session.cancel() == 1


def test_an_ending_counts_as_a_whole_story_told_twice() -> None:
    talk = Talk()
    talk.drive()
    assert talk.status(7, WORKS) == ACK
    assert talk.status(8, GAVE) == b""
    assert talk.status(8, GAVE, after_s=0.1) == ACK
    assert results(talk.told()) == [(GAVE, False), (GAVE, True)]
    assert talk.status(8, GAVE) == ACK
    assert results(talk.told()) == []


def test_all_frames_of_a_drive_may_bear_one_number() -> None:
    talk = Talk()
    number = talk.drive()
    for code in (WORKS, GAVE, GAVE):
        talk.status(number, code, after_s=0.1)
    assert results(talk.told())[-1] == (GAVE, True)


def test_numbers_may_begin_anew_in_the_middle_of_a_drive() -> None:
    talk = Talk()
    talk.drive()
    for number, code in ((255, WORKS), (1, GAVE), (1, GAVE)):
        talk.status(number, code, after_s=0.1)
    assert results(talk.told())[-1] == (GAVE, True)


def test_an_echo_is_no_second_copy_but_three_in_one_go_are() -> None:
    talk = Talk()
    talk.drive()
    talk.status(7, WORKS)
    talk.status(8, GAVE)
    assert talk.status(8, GAVE, after_s=COPY_S / 2) == b""
    assert results(talk.told()) == [(GAVE, False)] * 2
    assert talk.status(8, GAVE, after_s=0.0) == ACK
    assert results(talk.told()) == [(GAVE, True)]


@pytest.mark.parametrize(
    "lacking",
    [
        "the order was not taken up",
        "it did not say that it works on it",
        "it is numbered before",
        "it has no number",
        "it says something else the second time",
        "it is about another selection",
    ],
)
def test_a_story_with_a_hole_is_not_sure(lacking: str) -> None:
    talk = Talk()
    if lacking.startswith("the order"):
        talk.session.follow(LANE)
        talk.session.order(Command.DRIVE, DRIVE)
    else:
        talk.drive()
        if "works" not in lacking:
            talk.status(250 if "no number" in lacking else 100, WORKS)
    number = {"it is numbered before": 99, "it has no number": 0}.get(lacking, 101)
    second = JAMMED if "else" in lacking else GAVE
    selection = OTHER if "another" in lacking else LANE
    talk.status(number, GAVE, selection)
    talk.status(number, second, selection)
    told = results(talk.told())
    assert not any(sure for _, sure in told)
    assert bool(told) == ("another" not in lacking)


def test_what_was_heard_before_is_acknowledged_and_not_believed_again() -> None:
    talk = Talk()
    talk.drive()
    for number, code in ((7, WORKS), (8, GAVE), (8, GAVE)):
        talk.status(number, code)
    talk.told()
    talk.drive()
    for number, code in ((7, WORKS), (8, GAVE), (8, GAVE)):
        assert talk.status(number, code) == ACK
    assert talk.told() == []


def test_its_number_is_free_again_in_time() -> None:
    talk = Talk()
    talk.drive()
    talk.status(7, WORKS)
    talk.told()
    talk.status(7, WORKS, after_s=REMEMBERED_S + 1)
    assert [event.heard for event in talk.told()] == [Heard.WORKING]


def test_a_machine_that_works_took_up_the_order_though_its_word_was_lost() -> None:
    talk = Talk()
    talk.session.follow(LANE)
    talk.session.order(Command.DRIVE, DRIVE)
    talk.says(POLL)
    talk.status(7, WORKS)
    assert [event.heard for event in talk.told()] == [Heard.TAKEN, Heard.WORKING]
    assert talk.says(POLL) == ACK


def test_an_ending_before_any_order_to_drive_is_nobodys() -> None:
    talk = Talk()
    talk.session.follow(LANE)
    talk.session.order(Command.CHECK, check_text(LANE))
    talk.says(POLL)
    assert talk.status(7, GAVE) == ACK
    assert talk.told() == []


def test_what_nobody_asked_for_is_remembered() -> None:
    talk = Talk()
    talk.drive()
    talk.status(7, GAVE, OTHER)
    assert talk.session.strange == {OTHER}
    talk.session.follow(None)
    talk.status(8, GAVE, LANE)
    assert talk.session.strange == {OTHER}, "what was ordered may end late"


def test_a_machine_that_begins_anew_says_so_and_gets_our_greeting() -> None:
    talk = Talk()
    talk.now += GONE_S
    assert talk.says(frame(Command.SYNC, b"\x01")) == ACK
    assert talk.told() == [Event(Heard.RESTARTED)]
    assert talk.says(POLL)[2] == Command.SYNC
    talk.says(ACK)
    assert talk.says(frame(Command.SYNC, b"\x02")) == ACK
    assert talk.says(POLL) == ACK, "two that greet each other would never end"


def test_a_machine_with_an_elevator_is_asked_how_it_is() -> None:
    talk = Talk(asks_health=True)
    assert talk.says(POLL)[2] == Command.ASK_HEALTH
    talk.says(ACK, 0.01)
    assert talk.says(frame(Command.HEALTH, b"\x05\x03")) == ACK
    assert talk.session.health == 3
    assert talk.says(POLL) == ACK
    talk.drive()
    assert talk.says(POLL, HEALTH_EVERY_S) == ACK, "not in the middle of a drive"
    talk.session.follow(None)
    assert talk.says(POLL)[2] == Command.ASK_HEALTH


def test_chores_are_given_up_without_a_word() -> None:
    talk = Talk(asks_health=True)
    said = [talk.says(POLL)[2] for _ in range(MOST_SENT + 1)]
    assert said == [Command.ASK_HEALTH] * MOST_SENT + [Command.ACK]
    assert talk.told() == []


def test_whatever_else_it_says_is_acknowledged() -> None:
    talk = Talk()
    assert talk.says(frame(0x21, b"\x07\x01\x00\x00\x00\x64")) == ACK
    assert talk.says(frame(Command.STATUS, b"\x07\x02")) == ACK
    assert talk.says(frame(0x77)) == b""
    assert talk.session.hear(Packet(Command.STATE, b""), talk.now)[1] == []
    assert talk.told() == []


PACKETS = st.builds(Packet, st.sampled_from(Command) | st.integers(0, 255), st.binary(max_size=6))
STORIES = st.builds(
    lambda number, code, lane: Packet(Command.STATUS, bytes([number, code]) + check_text(lane)),
    st.integers(0, 9),
    st.sampled_from([WORKS, GAVE, JAMMED, 0xFF]),
    st.sampled_from([LANE, OTHER]),
)
STEPS = st.tuples(PACKETS | STORIES, st.sampled_from([0.0, 0.02, 0.1, 0.2, 3.0, 30.0]), st.booleans())


@settings(max_examples=1000)
@given(steps=st.lists(STEPS, max_size=60))
def test_nothing_that_a_machine_can_say_breaks_the_talk(steps: list[tuple[Packet, float, bool]]) -> None:
    """Each answer is a good frame or none; each ending is believed at most once for two copies of it."""
    talk, believed = Talk(), 0
    for packet, later_s, orders in steps:
        if orders:
            talk.session.follow(LANE)
            talk.session.order(Command.DRIVE, DRIVE)
        answer = talk.says(frame(packet.command, packet.body), later_s)
        assert answer in (b"", ACK) or Decoder().feed(answer, 0.0)[0].command in (Command.DRIVE, Command.SYNC)
        believed += sum(sure for _, sure in results(talk.told()))
    told = Counter(packet for packet, _, _ in steps if packet.code in (GAVE, JAMMED, 0xFF) and packet.selection == LANE)
    assert believed <= sum(times // 2 for times in told.values())
