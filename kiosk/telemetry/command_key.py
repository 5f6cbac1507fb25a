"""The file with the key that commands from afar are signed with."""

from __future__ import annotations

from pathlib import Path

from kiosk.telemetry.commands import CommandError, parse_key


def load_key(path: str) -> bytes:
    """Return the key in a file. Raises CommandError when it cannot be read or is none."""
    try:
        return parse_key(Path(path).read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise CommandError(str(error)) from error
