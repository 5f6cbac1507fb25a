"""The noise itself: it spoils what it counts, and a clean step spoils nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.checksum import MODBUS, crc16_arc, sum8, xor8
from tests.conftest import Evidence
from tests.serial.noise import Kind, Noise, Step, scripts

FRAME = bytes.fromhex("01 05 00 00 FF 00 8C 3A")
FOREIGN = bytes.fromhex("01 02 01 00 A1 88")


@given(script=scripts(), messages=st.integers(1, 60))
def test_it_counts_what_it_spoils(script: list[Step], messages: int) -> None:
    evidence = Evidence()
    noise = Noise(evidence, "any", script, [FOREIGN])
    spoilt = sum(noise(FRAME) != [(0.0, FRAME)] for _ in range(messages))
    assert evidence._counts["serial_bad_frames"] == evidence._counts["serial_bad_frames_any"] == noise.bad == spoilt


@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_spoils_but_unchanged(kind: Kind) -> None:
    noise = Noise(Evidence(), "any", [Step(kind, 3, 1, 0.3)], [FOREIGN])
    assert (noise(FRAME) == [(0.0, FRAME)]) == (kind is Kind.UNCHANGED)


@given(place=st.integers(0, 255), byte=st.integers(0, 255), kind=st.sampled_from([Kind.FLIPPED, Kind.SUBSTITUTED]))
def test_every_checksum_finds_a_corruption(place: int, byte: int, kind: Kind) -> None:
    [(_, spoilt)] = Noise(Evidence(), "any", [Step(kind, place, byte, 0.3)], [FOREIGN])(FRAME)
    for checksum in (xor8, sum8, lambda data: crc16_arc(data, MODBUS)):
        assert checksum(spoilt) != checksum(FRAME)


def test_a_stale_frame_is_an_earlier_one_or_a_foreign_one() -> None:
    noise = Noise(Evidence(), "any", [Step(Kind.STALE, 0, 0, 0.0), Step(Kind.STALE, 0, 1, 0.0)], [FOREIGN])
    assert noise(FRAME) == [(0.0, FOREIGN)]
    assert noise(b"\x02") == [(0.0, FOREIGN)]
    assert noise(b"\x03") == [(0.0, FRAME)]
