"""Write a configuration as TOML: the effective values, with secrets masked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import msgspec

from kiosk.config.settings import Config, Options

SECRET = re.compile(r"password|secret|token|credential|(^|_)(pin_?code|key)($|_)", re.IGNORECASE)
MASK = "********"


def show(config: Config) -> str:
    """Return kiosk.toml as it takes effect. Each value that nobody set is marked `# default`.

    What a secret says is masked; where a file with a secret lies (`…_file`) is shown.
    """
    lines: list[str] = []
    for field in msgspec.structs.fields(Config):
        value = getattr(config, field.name)
        for table in value if isinstance(value, tuple) else (value,):
            opening = f"[[{field.name}]]" if isinstance(value, tuple) else f"[{field.name}]"
            lines += ["", opening, *_settings(table, field.name)]
    return "\n".join(lines[1:]) + "\n"


def _settings(table: Options, path: str) -> Iterator[str]:
    """Give the lines of one table; tables within it come last, as TOML wants it."""
    inner: list[tuple[str, Options]] = []
    for field in msgspec.structs.fields(table):
        value = getattr(table, field.name)
        if isinstance(value, Options):
            inner.append((field.name, value))
        elif value is None:
            yield f"# {field.name} is not set"
        else:
            written = json.dumps(MASK) if is_secret(field.name) and value != "" else _toml(value)
            yield f"{field.name} = {written}" + ("  # default" if value == field.default else "")
    for name, value in inner:
        yield f"[{path}.{name}]"
        yield from _settings(value, f"{path}.{name}")


def is_secret(name: str) -> bool:
    """Say whether a setting of this name holds a secret itself, rather than the path of a file."""
    return bool(SECRET.search(name)) and not name.endswith(("_file", "_path"))


def _toml(value: object) -> str:
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, Options):
        pairs = ((field.name, getattr(value, field.name)) for field in msgspec.structs.fields(value))
        return "{" + ", ".join(f"{name} = {_toml(item)}" for name, item in pairs if item is not None) + "}"
    if isinstance(value, float):
        return repr(value)
    # JSON's text, numbers and booleans are TOML's too, but for U+007F, which a loaded configuration cannot hold.
    return json.dumps(value, ensure_ascii=False)
