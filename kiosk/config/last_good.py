"""The last kiosk.toml that worked: a bad edit must not keep naloxone in the machine after the next power cut."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import NamedTuple

from kiosk.config.load import parse, read
from kiosk.config.settings import Config
from kiosk.config.shelves import Drivers
from kiosk.errors import ConfigError

log = logging.getLogger(__name__)


class Loaded(NamedTuple):
    """A configuration, the text it was read from, and the mistakes for which kiosk.toml itself was not used."""

    config: Config
    text: str
    mistakes: tuple[str, ...] = ()


def load_or_last_good(path: Path, last_good: Path | None, drivers: Drivers) -> Loaded:
    """Read `path`, or the last settings that worked if it has mistakes and they are kept in `last_good`.

    Raises ConfigError, with the mistakes of `path`, when there are none.
    """
    try:
        text = read(path)
        return Loaded(parse(text, drivers, str(path)), text)
    except ConfigError as error:
        if last_good is None:
            raise
        try:
            text = read(last_good)
            return Loaded(parse(text, drivers, str(last_good)), text, error.mistakes)
        except ConfigError:
            raise error from None


def keep(text: str, last_good: Path) -> None:
    """Keep settings that worked. A disk that does not take them is logged only: the kiosk runs."""
    try:
        if last_good.exists() and last_good.read_bytes() == text.encode():
            return
        fresh = last_good.with_name(f"{last_good.name}.new")
        with fresh.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(last_good)
    except OSError as error:
        log.warning("The settings that work could not be kept: file=%s why=%s", last_good, error)
