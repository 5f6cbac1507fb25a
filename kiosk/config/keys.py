"""Secret keys in files: what a key file looks like, and who may read it."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import stat
from pathlib import Path

from kiosk.errors import ConfigError

KEY_BYTES = 32
"""As long as the SHA-256 that the keys are used with (RFC 2104, section 3)."""

MAX_BYTES = 4096


def new_key() -> str:
    """Make a random key, as the line that stands in a key file: 64 hex digits."""
    return secrets.token_hex(KEY_BYTES)


def save_new_key(path: str | os.PathLike[str]) -> None:
    """Write a new key to a new file that only its owner can read.

    Raises ConfigError when the file is there already, for a key that is in use must not be lost, or cannot be
    written.
    """
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigError([f"{path}: is there already, and was left as it is. Give another name."]) from None
    except OSError as error:
        reason = error.strerror or "the system refused"
        raise ConfigError([f"{path}: cannot be written: {reason}. Check the folder and who may write to it."]) from None
    with os.fdopen(file, "w") as opened:
        opened.write(f"{new_key()}\n")


def load_key(path: str | os.PathLike[str], setting: str = "codes.key_file") -> bytes:
    """Read a key: one line of hex or base64 that stands for at least 32 bytes. `setting` is who names the file.

    Raises ConfigError when it cannot be read, holds no such line, is too short, or is open to everybody. What the
    file says is never repeated.
    """
    try:
        with Path(path).open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(MAX_BYTES)
    except OSError as error:
        reason = error.strerror or "it cannot be opened"
        raise ConfigError([f"{setting}: {path} cannot be read: {reason}. Check the path and its owner."]) from None
    if mode & stat.S_IRWXO:
        raise ConfigError([f"{setting}: {path} is open to everybody on this computer. Run: chmod o= {path}"])
    key = _decode(text.strip())
    if key is None:
        raise ConfigError([f"{setting}: {path} holds no key. It wants one line of hex or base64."])
    if len(key) < KEY_BYTES:
        raise ConfigError([f"{setting}: {path} holds {len(key)} bytes, and {KEY_BYTES} are needed. Make a new key."])
    return key


def _decode(line: bytes) -> bytes | None:
    for decode in (binascii.unhexlify, lambda text: base64.b64decode(text, validate=True)):
        try:
            return decode(line)
        except (binascii.Error, ValueError):
            continue
    return None
