"""Checksums of the serial protocols and of the vending trade's audit file. Pure."""

from __future__ import annotations

from functools import reduce
from operator import xor

ARC = 0x0000
"""Start value of CRC-16/ARC: EVA-DTS 6.1, the G85 line."""

MODBUS = 0xFFFF
"""Start value of CRC-16/MODBUS: Modbus over Serial Line 1.02, section 6.2.2. The rest is the same as ARC."""

_POLYNOMIAL = 0xA001
"""0x8005 with its bits reversed, as both standards shift the lowest bit out first."""


def crc16_arc(data: bytes, start: int = ARC) -> int:
    """Return the CRC-16 with polynomial 0x8005, reflected, of `data`: 0 to 0xFFFF.

    `start` is ARC for EVA-DTS and MODBUS for Modbus RTU, which sends the low byte first. It may also be the CRC of
    what came before: crc16_arc(b, crc16_arc(a)) == crc16_arc(a + b).
    """
    crc = start
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (_POLYNOMIAL if crc & 1 else 0)
    return crc


def xor8(data: bytes) -> int:
    """Return all bytes of `data` combined by exclusive or: 0 to 255, 0 for none."""
    return reduce(xor, data, 0)


def sum8(data: bytes) -> int:
    """Return the lowest eight bits of the sum of all bytes of `data`: 0 to 255, 0 for none."""
    return sum(data) & 0xFF
