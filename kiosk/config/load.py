"""Read kiosk.toml: all of it is right, or every mistake is told at once."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from kiosk.config.mistakes import said
from kiosk.config.part_rules import Fitted, check_parts
from kiosk.config.rules import check
from kiosk.config.settings import TABLES, Config
from kiosk.config.shelves import Drivers, written_out
from kiosk.config.validate import Validator
from kiosk.config.words import Table, as_toml, suggest
from kiosk.errors import ConfigError

MAX_BYTES = 1_000_000


def load(path: str | os.PathLike[str], drivers: Drivers) -> Config:
    """Read and check a configuration; each part's `options` is its driver's own struct.

    An essential product's `expired` is always "last". Raises ConfigError with every mistake, each with its path;
    nothing else is ever raised for what a file says.
    """
    return parse(read(Path(path)), drivers, str(path))


def parse(text: str, drivers: Drivers, name: str = "kiosk.toml") -> Config:
    """Check a configuration given as TOML text. `name` stands for the file in messages. Raises ConfigError."""
    raw = _syntax(text, name)
    validator = Validator()
    whole, origins = written_out(raw, validator, drivers)
    sound = validator.table(whole, Config, "")
    parts = list(_parts(validator, sound, drivers))
    check(validator, sound)
    check_parts(validator, parts, sound)
    if validator.mistakes:
        raise ConfigError(said(validator.mistakes, origins, text))
    for product in sound["products"]:
        if product["essential"]:
            product["expired"] = "last"
    for fitted in parts:
        fitted.part["options"] = msgspec.convert(fitted.options, fitted.kind)
    return msgspec.convert(sound, Config)


def read(path: Path) -> str:
    """Return the text of a configuration file. Raises ConfigError with the place and the remedy."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise ConfigError([f"{path}: is larger than {MAX_BYTES} bytes. Is it the right file?"])
        return data.decode()
    except OSError as error:
        reason = error.strerror or "it cannot be opened"
        raise ConfigError([f"{path}: cannot be read: {reason}. Check the path and who may read it."]) from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError([f"{path}: line {line} is not UTF-8 text. Save the file as UTF-8."]) from None


def _syntax(text: str, name: str) -> Table:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{name}: is not valid TOML: {error}. Mend this first; the rest is then checked."]) from None
    except (RecursionError, ValueError):
        # Lists within lists without end, or a number of thousands of digits.
        raise ConfigError([f"{name}: is not valid TOML: a value goes beyond every measure. Remove it."]) from None


def _parts(validator: Validator, sound: Table, drivers: Drivers) -> Iterator[Fitted]:
    """Check each part's options against its driver; give those whose driver is known."""
    for key, kinds in TABLES.items():
        for index, part in enumerate(sound.get(key, ())):
            path, driver = f"{key}[{index}]", part.get("driver")
            if driver is None:
                continue
            kind = next((kind for kind in kinds if driver in drivers.names(kind)), None)
            if kind is None:
                known = [name for kind in kinds for name in drivers.names(kind)]
                hint = suggest(driver, known)
                validator.note(f"{path}.driver", f"there is no {' or '.join(kinds)} driver {as_toml(driver)}.{hint}")
                continue
            options_type = drivers.options_type(kind, driver)
            raw = part.get("options")
            part["options"] = validator.table({} if raw is None else raw, options_type, f"{path}.options")
            yield Fitted(path, part, options_type)
