"""The checksums against the values that their standards and protocols give."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.checksum import ARC, MODBUS, crc16_arc, sum8, xor8

CHECK = b"123456789"
"""What the catalogues of checksums give the check value of."""


@pytest.mark.parametrize(("start", "expected"), [(ARC, 0xBB3D), (MODBUS, 0x4B37)])
def test_check_values_of_the_catalogue(start: int, expected: int) -> None:
    assert crc16_arc(CHECK, start) == expected


def test_a_modbus_frame_with_its_crc_appended_low_byte_first_leaves_zero() -> None:
    frame = bytes.fromhex("01 05 00 00 FF 00")
    crc = crc16_arc(frame, MODBUS)
    assert crc.to_bytes(2, "little").hex() == "8c3a", "coil 0 on at board 1, as relay boards' manuals print it"
    assert crc16_arc(frame + crc.to_bytes(2, "little"), MODBUS) == 0


@pytest.mark.parametrize(("start"), [ARC, MODBUS])
def test_nothing_leaves_the_start_value(start: int) -> None:
    assert crc16_arc(b"", start) == start


@given(st.binary(max_size=40), st.binary(max_size=40), st.sampled_from([ARC, MODBUS]))
def test_parts_give_the_same_as_the_whole(first: bytes, second: bytes, start: int) -> None:
    assert crc16_arc(second, crc16_arc(first, start)) == crc16_arc(first + second, start)


@given(st.binary(min_size=1, max_size=60), st.data())
def test_every_burst_of_up_to_16_bits_is_found(sent: bytes, data: st.DataObject) -> None:
    burst = data.draw(st.integers(1, 0xFFFF)) << data.draw(st.integers(0, max(0, 8 * len(sent) - 16)))
    garbled = (int.from_bytes(sent, "little") ^ burst) & ((1 << 8 * len(sent)) - 1)
    damaged = garbled.to_bytes(len(sent), "little")
    assert damaged == sent or crc16_arc(damaged) != crc16_arc(sent)


@pytest.mark.parametrize(
    ("frame", "expected"),
    [(b"", 0), (b"\xfa\xfb\x41\x00", 0x40), (b"\xfa\xfb\x42\x00", 0x43), (b"\x8a\x01\x01\x11", 0x9B)],
)
def test_xor8_ends_the_frames_of_vmc_and_lock_boards(frame: bytes, expected: int) -> None:
    assert xor8(frame) == expected


@pytest.mark.parametrize(("frame", "expected"), [(b"", 0), (b"\x02\x00\x30\x03", 0x35), (b"\xff\xff\x03", 1)])
def test_sum8_ends_the_frames_of_kerong_boards(frame: bytes, expected: int) -> None:
    assert sum8(frame) == expected
