"""Frames of VMC machines, byte by byte, and the decoder with every kind of noise."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.hardware.shared.protocol.vmc_frames import (
    ACK,
    GAP_S,
    LONGEST_BODY,
    OVERHEAD,
    POLL,
    Command,
    Decoder,
    Packet,
    after,
    check_text,
    drive_text,
    frame,
)

LATER = 2 * GAP_S


def numbered(command: int, number: int, text: bytes = b"") -> bytes:
    return frame(command, bytes([number]) + text)


@pytest.mark.parametrize(
    ("made", "hexadecimal"),
    [
        (POLL, "FA FB 41 00 40"),
        (ACK, "FA FB 42 00 43"),
        (numbered(Command.CHECK, 1, check_text(12)), "FA FB 01 03 01 00 0C 0E"),
        (numbered(Command.DRIVE, 2, drive_text(12, drop_sensor=True, elevator=False)), "FA FB 06 05 02 01 00 00 0C 0D"),
        (numbered(Command.DRIVE, 3, drive_text(999, drop_sensor=True, elevator=True)), "FA FB 06 05 03 01 01 03 E7 E5"),
        (numbered(Command.STATUS, 7, b"\x02" + check_text(12)), "FA FB 04 04 07 02 00 0C 08"),
        (numbered(Command.SYNC, 255), "FA FB 31 01 FF CE"),
    ],
)
def test_golden_frames(made: bytes, hexadecimal: str) -> None:
    assert made == bytes.fromhex(hexadecimal)
    (packet,) = Decoder().feed(made, 0.0)
    assert frame(packet.command, packet.body) == made


def test_what_a_status_says() -> None:
    (packet,) = Decoder().feed(bytes.fromhex("FA FB 04 04 07 02 03 E7 E0"), 0.0)
    assert (packet.command, packet.number, packet.code, packet.selection) == (Command.STATUS, 7, 2, 999)
    assert (Packet(Command.STATUS, b"").code, Packet(Command.STATUS, b"\x01\x02").selection) == (None, None)


def test_numbers_go_round_without_0() -> None:
    assert [after(number) for number in (1, 254, 255)] == [2, 255, 1]


BODIES = st.binary(max_size=LONGEST_BODY)
FRAMES = st.lists(st.builds(frame, st.integers(0, 255), BODIES), min_size=1, max_size=8)


@given(frames=FRAMES, data=st.data())
def test_it_makes_no_difference_how_the_bytes_come(frames: list[bytes], data: st.DataObject) -> None:
    stream, decoder, found = b"".join(frames), Decoder(), []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        found += decoder.feed(stream[:size], 0.0)
        stream = stream[size:]
    assert [frame(packet.command, packet.body) for packet in found] == frames
    assert decoder.held == 0


@settings(max_examples=2000)
@given(noise=st.lists(st.binary(max_size=300) | st.builds(lambda head: b"\xfa\xfb" + head, st.binary(max_size=6))))
def test_after_any_noise_and_a_pause_a_good_frame_is_found(noise: list[bytes]) -> None:
    decoder = Decoder()
    for piece in noise:
        for packet in decoder.feed(piece, 0.0):
            assert frame(packet.command, packet.body) in b"".join(noise)
        assert decoder.held < OVERHEAD + LONGEST_BODY
    assert decoder.feed(POLL, LATER)[-1] == Packet(Command.POLL, b"")
    assert decoder.held == 0


@pytest.mark.parametrize(
    "garbage", ["00", "FA", "FA FA", "FB", "FA FB", "FA FB FF", "FA FB 41 FF", "42 00 43", "FA FB 41 00 41"]
)
def test_a_good_frame_right_behind_garbage_is_not_lost(garbage: str) -> None:
    decoder = Decoder()
    found = decoder.feed(bytes.fromhex(garbage) + POLL, 0.0) + decoder.feed(b"", LATER)
    assert Packet(Command.POLL, b"") in found


def test_a_wrong_length_costs_no_frame_that_comes_with_it() -> None:
    decoder = Decoder()
    assert decoder.feed(b"\xfa\xfb\x41\x50" + POLL + ACK, 0.0) == []
    assert decoder.held > 0
    assert decoder.feed(POLL, LATER) == [Packet(Command.POLL, b""), Packet(Command.ACK, b""), Packet(Command.POLL, b"")]


def test_a_length_beyond_all_reason_is_not_waited_for() -> None:
    assert Decoder().feed(b"\xfa\xfb\x41" + bytes([LONGEST_BODY + 1]) + POLL, 0.0) == [Packet(Command.POLL, b"")]


@given(body=BODIES, place=st.integers(0, 200), bits=st.integers(1, 255))
def test_one_wrong_byte_is_always_noticed(body: bytes, place: int, bits: int) -> None:
    good = bytearray(frame(Command.STATUS, body))
    good[place % len(good)] ^= bits
    decoder = Decoder()
    found = decoder.feed(bytes(good), 0.0) + decoder.feed(b"", LATER)
    assert Packet(Command.STATUS, body) not in found
