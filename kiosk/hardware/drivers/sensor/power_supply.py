"""Mains power and battery as the kernel shows them in /sys/class/power_supply: a UPS or charger with a kernel driver.

Written for USB UPS that the kernel's HID drivers know, and for UPS boards with a charger or fuel gauge that has a
device tree overlay (BQ24190, BQ27441, MAX17040 and their families). A wireless mouse's battery does not count. A fuel
gauge alone cannot say whether the mains are there; then only a low battery is told. A UPS with a signal wire only is
a `power_good`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NamedTuple

from msgspec import Meta

from kiosk.config import Options as BaseOptions
from kiosk.hardware.api import Board
from kiosk.model import Reading

SUPPLIES = "class/power_supply"
STORES = ("Battery", "UPS")
"""What has a charge. Other types (Mains, USB and its kinds, Wireless) are ways in for power (the kernel's ABI)."""
FEEDS = {"Discharging": False, "Charging": True, "Full": True, "Not charging": True}
"""Whether the mains are there while a battery has this status."""


class Options(BaseOptions, frozen=True, kw_only=True):
    """What the kernel knows of the power."""

    supplies: Annotated[
        str,
        Meta(
            pattern=r"^[^/\n]+\Z",
            description="The names that count, of those in /sys/class/power_supply; may have a *",
        ),
    ] = "*"
    low_percent: Annotated[float, Meta(ge=0, le=100, description="A battery below this is told, in percent")] = 30


class Power(NamedTuple):
    """What is known now: whether the mains are there, and the battery's charge in percent."""

    mains: bool | None
    percent: float | None


class Driver:
    """An alert and a meter as in `kiosk.hardware.api`: the battery's charge, or with none 1 while on mains, else 0."""

    def __init__(self, name: str, options: Options, board: Board) -> None:
        """Remember where the files are. They may come and go; nothing is opened yet."""
        self._name = name
        self._options = options
        self._root = board.sys_root / SUPPLIES

    def alert(self) -> str | None:
        """Return a sentence while the mains are gone or the battery is low, and when neither can be told."""
        power = self._look()
        left = "" if power.percent is None else f" with {power.percent:.0f} % left"
        if power.mains is False:
            return f"{self._name}: mains power is gone, and the kiosk runs on its battery{left}. Check plug and fuse."
        if power.percent is not None and power.percent < self._options.low_percent:
            return f"{self._name}: the battery is low{left}. Check that it charges; it may be worn out."
        return self._silent() if power == (None, None) else None

    def read(self) -> Reading:
        """Read the charge in percent; where there is no battery, 1 while on mains and 0 while not."""
        power = self._look()
        mains = {True: "on mains power", False: "on battery", None: "battery"}[power.mains]
        if power.percent is not None:
            text = f"{mains}, charged to {power.percent:.0f} %"
            return Reading(name=self._name, text=text, value=power.percent, unit="%")
        if power.mains is not None:
            return Reading(name=self._name, text=mains, value=float(power.mains))
        return Reading(name=self._name, text=self._silent())

    def close(self) -> None:
        """Nothing is held open."""

    def _silent(self) -> str:
        return f"{self._name}: the kernel shows no power supply. Check the UPS's cable and its overlay."

    def _look(self) -> Power:
        online: list[bool] = []
        status: list[bool] = []
        percents: list[float] = []
        for supply in sorted(self._root.glob(self._options.supplies)):
            kind = _text(supply / "type")
            if kind is None or _text(supply / "scope") == "Device":
                continue
            if kind != "Battery" and (on := _number(supply / "online")) is not None:
                online.append(on > 0)
            if kind in STORES:
                status += [FEEDS[said] for said in [_text(supply / "status")] if said in FEEDS]
                percents += [left for left in [_number(supply / "capacity")] if left is not None and 0 <= left <= 100]
        told = online or status
        return Power(any(told) if told else None, min(percents, default=None))


def _text(file: Path) -> str | None:
    try:
        return file.read_text().strip()
    except OSError:
        return None


def _number(file: Path) -> int | None:
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None
