"""A thermometer chip (LM75) on a simulated I2C bus, which the kernel's own driver reads."""

from __future__ import annotations

import ctypes
import fcntl
import os
from pathlib import Path

BUS = Path("/sys/bus/i2c/devices/i2c-0")
ADDRESS = 0x48
"""The one that the guest's i2c-stub was loaded with."""
I2C_SLAVE_FORCE, I2C_SMBUS, WRITE, WORD_DATA = 0x0706, 0x0720, 0, 3
"""Of linux/i2c-dev.h and linux/i2c.h."""


class _Data(ctypes.Union):
    _fields_ = (("word", ctypes.c_uint16), ("block", ctypes.c_uint8 * 34))


class _Transfer(ctypes.Structure):
    _fields_ = (
        ("read_write", ctypes.c_uint8),
        ("command", ctypes.c_uint8),
        ("size", ctypes.c_uint32),
        ("data", ctypes.POINTER(_Data)),
    )


def plug_in() -> None:
    """Let the kernel's driver find the chip."""
    (BUS / "new_device").write_text(f"lm75 {ADDRESS:#x}")


def pull_out() -> None:
    """Take the chip away from the driver."""
    (BUS / "delete_device").write_text(f"{ADDRESS:#x}")


def set_temperature(celsius: float) -> None:
    """Make the chip measure this: halves of a degree in the upper nine bits, the higher byte first."""
    raw = int(celsius * 2) << 7 & 0xFFFF
    data = _Data(word=raw >> 8 | (raw & 0xFF) << 8)
    bus = os.open("/dev/i2c-0", os.O_RDWR)
    try:
        fcntl.ioctl(bus, I2C_SLAVE_FORCE, ADDRESS)
        fcntl.ioctl(bus, I2C_SMBUS, _Transfer(WRITE, 0, WORD_DATA, ctypes.pointer(data)))
    finally:
        os.close(bus)
