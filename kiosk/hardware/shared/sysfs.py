"""A measured value that the kernel shows as a file of thousandths: w1, hwmon and IIO sensors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from msgspec import Meta

CHIP_CLASS = "class/hwmon"

I2C_PINS = {2: "SDA", 3: "SCL"}
"""Where the header's I²C bus is, by GPIO number (raspberrypi.com, "GPIO")."""

Chip = Annotated[
    Annotated[str, Meta(min_length=1, examples=["sht3x", "lm75"])] | None,
    Meta(
        description="Instead of `path`: the name of a hwmon chip, which stays the same when the kernel numbers its "
        "sensors anew"
    ),
]


def candidates(sys_root: Path, path: str, chip: str | None, file: str) -> Iterator[Path]:
    """Give the files that may have the value, the first that is there first.

    With `chip`, that is `file` of each hwmon device whose `name` is `chip`; else the files that match `path`, which
    is below `sys_root` if it is relative or begins with /sys.
    """
    if chip is not None:
        for name in sorted((sys_root / CHIP_CLASS).glob("hwmon*/name")):
            if name.read_text().strip() == chip and (value := name.with_name(file)).exists():
                yield value
        return
    pattern = Path(below(sys_root, path))
    yield from sorted(Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor))))


def below(sys_root: Path, path: str) -> str:
    """Return `path` with /sys, given or left out, replaced by `sys_root`."""
    relative = path.removeprefix("/sys/")
    return relative if relative.startswith("/") else str(sys_root / relative)


def read_thousandths(file: Path) -> int:
    """Read the number in `file`, anew at each call.

    Raises OSError or ValueError, also when the kernel says beside it (`temp1_fault`) that its probe is broken.
    """
    fault = file.with_name(file.name.replace("_input", "_fault"))
    if fault != file and fault.exists() and int(fault.read_text()):
        raise ValueError(f"{fault.name} is set")
    return int(file.read_text())
