"""A command is taken from whoever has this kiosk's key, once it is due and while it lasts, and from nobody else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.errors import LedgerError
from kiosk.model import HideRequest, RecallRequest
from kiosk.telemetry import commands, messages
from kiosk.telemetry.commands import Command, CommandError, Commands, HideCommand, LiftCommand, RecallCommand

MASTER = bytes(range(32))
KEY = commands.kiosk_key(MASTER, "north-1")
NOW = 1_795_334_400
DAY = 86400
TIMES: dict[str, Any] = {"issued": NOW - 60, "expires": NOW + 7 * DAY}

RECALL = RecallCommand(id="cmd-0001", args=RecallRequest(id="recall-7", lot="L2207", sku=None), **TIMES)
LIFT = LiftCommand(id="cmd-0002", args=commands.LiftRequest(id="recall-7"), **TIMES)
HIDE = HideCommand(id="cmd-0003", args=HideRequest(sku="STRIPS", hidden=True), **TIMES)
ALL: list[Command] = [RECALL, LIFT, HIDE]


class Kiosk:
    """Does what commands say, once each."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.broken = False

    def __call__(self, command: Command) -> str:
        if self.broken:
            raise LedgerError("The ledger cannot be written: the disk is full.")
        if command.id in self.done:
            return "That was done already."
        self.done.append(command.id)
        return "Done."


def take(
    kiosk: Kiosk,
    payload: bytes,
    topic_id: str = "cmd-0001",
    *,
    retained: bool = False,
    now_s: float = NOW,
    clock_ok: bool = True,
) -> messages.CommandAck | None:
    topic = messages.command_topic("north-1", topic_id)
    taker = Commands(KEY, "north-1", kiosk)
    return taker.take(topic, payload, retained=retained, now_s=now_s, clock_ok=clock_ok)


def signed(text: str) -> bytes:
    return commands.sign_bytes(KEY, "north-1", text.encode())


@pytest.mark.parametrize("command", ALL)
def test_what_is_signed_is_read_again(command: Command) -> None:
    payload = commands.sign(KEY, "north-1", command)
    assert commands.decode(payload, KEY, "north-1") == command
    found = json.loads(payload)
    assert found.keys() == {"v", "id", "kind", "issued", "expires", "args", "sig"}
    assert list(found)[-1] == "sig"


def test_a_command_looks_as_documented() -> None:
    payload = commands.sign(KEY, "north-1", RECALL)
    # The key and the signature are openssl's, by the two commands in docs/telemetry.md.
    assert KEY.hex() == "dc58beefa9287ebcf9a014c3dab93c909d3cf69edc6f6e4139c8102ac8623b8d"
    assert payload == (
        b'{"kind":"recall","v":1,"id":"cmd-0001","issued":1795334340,"expires":1795939200,'
        b'"args":{"id":"recall-7","lot":"L2207","sku":null},'
        b'"sig":"326e3b8c37c57510a40600642a67a66aa04b6a16f060514f554b670eb154870b"}'
    )


def test_how_the_json_is_written_does_not_matter_to_the_signature() -> None:
    text = json.dumps({"args": {"id": "recall-7", "lot": "L\u00e4ngs"}, **TIMES, "id": "cmd-0001", "kind": "recall"})
    command = commands.decode(signed(text + "\n"), KEY, "north-1")
    assert isinstance(command, RecallCommand)
    assert (command.args.lot, command.v) == ("Längs", 1)


@pytest.mark.parametrize("command", ALL)
def test_no_changed_bit_is_accepted(command: Command) -> None:
    payload = commands.sign(KEY, "north-1", command)
    for place in range(len(payload)):
        for bit in range(8):
            changed = bytearray(payload)
            changed[place] ^= 1 << bit
            with pytest.raises(CommandError, match="not signed") as caught:
                commands.decode(bytes(changed), KEY, "north-1")
            assert caught.value.id == ""


@given(st.sampled_from(ALL), st.integers(0, 400), st.integers(0, 400), st.binary(max_size=40))
def test_no_cut_or_stuffed_payload_is_accepted(command: Command, start: int, end: int, stuffing: bytes) -> None:
    payload = commands.sign(KEY, "north-1", command)
    changed = payload[:start] + stuffing + payload[end:]
    if changed == payload:
        assert commands.decode(changed, KEY, "north-1") == command
        return
    with pytest.raises(CommandError, match="not signed"):
        commands.decode(changed, KEY, "north-1")


@given(st.one_of(st.binary(max_size=300), st.text(max_size=200).map(str.encode)))
def test_rubbish_is_refused_and_nothing_else_happens(payload: bytes) -> None:
    with pytest.raises(CommandError, match="not signed"):
        commands.decode(payload, KEY, "north-1")


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=8,
)
FIELDS = ("v", "id", "kind", "issued", "expires", "args")


@given(st.sampled_from(ALL), st.dictionaries(st.sampled_from(FIELDS), JSON, min_size=1, max_size=3), st.booleans())
def test_even_what_is_rightly_signed_is_read_strictly(command: Command, odd: dict[str, Any], drop: bool) -> None:
    fields = json.loads(commands.sign(KEY, "north-1", command))
    del fields["sig"]
    fields = {name: value for name, value in fields.items() if name not in odd} if drop else fields | odd
    kiosk = Kiosk()
    ack = take(kiosk, signed(json.dumps(fields)))
    if ack is None or not ack.ok:
        assert kiosk.done == []
    else:
        assert kiosk.done == [ack.id] == [fields["id"]]


@given(st.binary(min_size=1, max_size=200))
def test_signed_rubbish_is_refused_and_never_crashes(text: bytes) -> None:
    kiosk = Kiosk()
    assert take(kiosk, commands.sign_bytes(KEY, "north-1", b"{" + text)) is None
    assert kiosk.done == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kind": "open_door"}, "does not know such a command: Invalid value 'open_door'"),
        ({"v": 2}, "Invalid enum value 2"),
        ({"later": True}, "unknown field `later`"),
        ({"args": {"id": "recall-7", "lot": "L2207", "sku": None, "force": True}}, "unknown field `force`"),
        ({"args": {"id": "recall-7", "lot": ""}}, "length >= 1"),
        ({"issued": 1.5}, "Expected `int`"),
        ({"expires": -1}, ">= 0"),
        ({"args": {}}, "missing required field"),
    ],
)
def test_a_signed_command_that_cannot_be_read_is_answered_with_the_reason(change: dict[str, Any], told: str) -> None:
    fields = json.loads(commands.sign(KEY, "north-1", RECALL)) | change
    del fields["sig"]
    kiosk = Kiosk()
    ack = take(kiosk, signed(json.dumps(fields)))
    assert ack is not None
    assert (ack.id, ack.ok) == ("cmd-0001", False)
    assert told in ack.said
    assert kiosk.done == []


def test_another_kiosks_command_is_a_forgery_here_even_with_the_same_key() -> None:
    for key, name in ((commands.kiosk_key(MASTER, "south-2"), "south-2"), (KEY, "south-2"), (MASTER, "north-1")):
        kiosk = Kiosk()
        assert take(kiosk, commands.sign(key, name, RECALL)) is None
        assert kiosk.done == []


def test_a_long_one_is_not_even_checked() -> None:
    long = b" " * commands.MAX_BYTES
    with pytest.raises(ValueError, match="4096 at most"):
        commands.sign_bytes(KEY, "north-1", b'{"id":"cmd-0001"' + long + b"}")
    payload = commands.sign(KEY, "north-1", RECALL)
    with pytest.raises(CommandError, match="too long"):
        commands.decode(long + payload, KEY, "north-1")


@pytest.mark.parametrize("clock_ok", [True, False])
@pytest.mark.parametrize("command", ALL)
def test_a_due_command_is_done_once_and_answered_each_time(command: Command, clock_ok: bool) -> None:
    kiosk = Kiosk()
    payload = commands.sign(KEY, "north-1", command)
    acks = [take(kiosk, payload, command.id, clock_ok=clock_ok) for _ in range(3)]
    if clock_ok or command is RECALL:
        assert kiosk.done == [command.id]
        assert acks[0] == messages.CommandAck(id=command.id, ok=True, said="Done.")
        assert acks[1] == acks[2] == messages.CommandAck(id=command.id, ok=True, said="That was done already.")
    else:
        assert kiosk.done == []
        assert all(ack and not ack.ok and "Nobody has set the kiosk's clock yet" in ack.said for ack in acks)


@pytest.mark.parametrize(
    ("times", "clock_ok", "told"),
    [
        ({"expires": NOW}, True, "It has expired"),
        ({"expires": NOW + 1}, True, None),
        ({"expires": NOW}, False, None),
        ({"issued": NOW - 31 * DAY, "expires": NOW - 1}, False, None),
        ({"issued": NOW - 32 * DAY, "expires": NOW + 1}, True, "within 31 days of its issue"),
        ({"issued": 0, "expires": NOW}, False, "within 31 days of its issue"),
        ({"issued": NOW + 2, "expires": NOW + 1}, True, "within 31 days of its issue"),
        ({"issued": NOW + 1, "expires": NOW + 31 * DAY}, True, None),
        ({"issued": NOW + DAY, "expires": NOW + 32 * DAY}, True, "more than 31 days from now"),
    ],
)
def test_a_recall_is_taken_while_it_lasts(times: dict[str, int], clock_ok: bool, told: str | None) -> None:
    command = RecallCommand(id="cmd-0001", args=RECALL.args, **(TIMES | times))
    kiosk = Kiosk()
    ack = take(kiosk, commands.sign(KEY, "north-1", command), clock_ok=clock_ok)
    assert ack is not None
    assert ack.ok == (told is None) == bool(kiosk.done)
    assert told is None or told in ack.said


def test_a_retained_one_and_one_on_anothers_topic_are_refused_with_an_answer() -> None:
    kiosk = Kiosk()
    payload = commands.sign(KEY, "north-1", RECALL)
    retained = take(kiosk, payload, retained=True)
    assert retained is not None
    assert "retained" in retained.said
    astray = take(kiosk, payload, "cmd-0002")
    assert astray is not None
    # The answer names the command that was signed: nobody can have another one called refused.
    assert (astray.id, astray.ok) == ("cmd-0001", False)
    assert kiosk.done == []


def test_what_cannot_be_done_is_answered_and_can_be_asked_again() -> None:
    kiosk = Kiosk()
    payload = commands.sign(KEY, "north-1", RECALL)
    kiosk.broken = True
    ack = take(kiosk, payload)
    assert ack == messages.CommandAck(id="cmd-0001", ok=False, said="The ledger cannot be written: the disk is full.")
    kiosk.broken = False
    ack = take(kiosk, payload)
    assert ack is not None
    assert ack.ok
    assert messages.decode_command_ack(messages.encode(ack)) == ack


def test_a_long_sentence_is_cut_to_what_an_answer_may_hold() -> None:
    taker = Commands(KEY, "north-1", lambda _: "x" * 1000)
    topic = messages.command_topic("north-1", "cmd-0001")
    ack = taker.take(topic, commands.sign(KEY, "north-1", RECALL), retained=False, now_s=NOW, clock_ok=True)
    assert ack is not None
    assert messages.decode_command_ack(messages.encode(ack)).said == "x" * 200


def test_what_was_refused_is_counted() -> None:
    taker = Commands(KEY, "north-1", Kiosk())
    topic = messages.command_topic("north-1", "cmd-0001")
    good = commands.sign(KEY, "north-1", RECALL)
    for payload, retained in ((b"", False), (good[:-1], False), (good, True), (good, False)):
        taker.take(topic, payload, retained=retained, now_s=NOW, clock_ok=True)
    assert taker.ignored == 3


def test_keys() -> None:
    assert commands.kiosk_key(MASTER, "north-1") != commands.kiosk_key(MASTER, "south-2")
    assert commands.kiosk_key(MASTER + b"!", "north-1") != KEY
    assert commands.parse_key(KEY.hex() + "\n") == KEY
    with pytest.raises(ValueError, match="needs at least 32"):
        commands.kiosk_key(b"secret", "north-1")
    for wrong in ("", "00", KEY.hex()[:-2], KEY.hex() + "00", "z" * 64):
        with pytest.raises(CommandError, match="not 64 hexadecimal digits"):
            commands.parse_key(wrong)


def test_topics() -> None:
    assert messages.command_topic("north-1", "cmd-0001") == "hr/v1/north-1/cmd/cmd-0001"
    assert messages.command_ack_topic("north-1") == "hr/v1/north-1/cmd/ack"
