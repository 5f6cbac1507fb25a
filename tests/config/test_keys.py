"""Key files: made once, read by few, and never repeated in a sentence."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from kiosk.config.keys import load_key, new_key, save_new_key
from kiosk.errors import ConfigError


def key_file(folder: Path, content: bytes, mode: int = 0o640) -> Path:
    path = folder / "codes.key"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def told(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_key(path)
    return str(caught.value)


def test_a_new_key_loads_and_is_like_no_other(tmp_path: Path) -> None:
    path = tmp_path / "codes.key"
    save_new_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_key(path).hex() == path.read_text().strip()
    assert len({load_key(path), *(bytes.fromhex(new_key()) for _ in range(99))}) == 100


def test_a_key_in_use_is_not_written_over(tmp_path: Path) -> None:
    path = key_file(tmp_path, b"precious")
    with pytest.raises(ConfigError, match="is there already, and was left as it is"):
        save_new_key(path)
    assert path.read_bytes() == b"precious"
    with pytest.raises(ConfigError, match="cannot be written: No such file or directory"):
        save_new_key(tmp_path / "none" / "codes.key")


@pytest.mark.parametrize("size", [32, 33, 64])
def test_hex_and_base64_are_read(tmp_path: Path, size: int) -> None:
    key = bytes(range(size))
    for line in (key.hex().encode(), key.hex().upper().encode() + b"\n", b" " + base64.b64encode(key) + b"\r\n"):
        assert load_key(key_file(tmp_path, line)) == key


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holds 0 bytes, and 32 are needed"),
        (b"00" * 31, "holds 31 bytes, and 32 are needed"),
        (base64.b64encode(b"x" * 20), "holds 20 bytes, and 32 are needed"),
        (b"correct horse battery staple", "holds no key"),
        (b"00" * 32 + b"\n" + b"00" * 32, "holds no key"),
        (bytes(range(256)), "holds no key"),
    ],
)
def test_what_is_no_key_is_told_and_not_repeated(tmp_path: Path, content: bytes, words: str) -> None:
    sentence = told(key_file(tmp_path, content))
    assert words in sentence
    assert sentence.startswith(f"codes.key_file: {tmp_path}")
    assert not content or content.decode(errors="replace") not in sentence


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o602, 0o641])
def test_a_file_open_to_everybody_is_refused(tmp_path: Path, mode: int) -> None:
    path = key_file(tmp_path, new_key().encode(), mode)
    assert told(path) == f"codes.key_file: {path} is open to everybody on this computer. Run: chmod o= {path}"


def test_a_missing_file_is_told_with_its_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^telemetry\.command_key_file: .* cannot be read: No such file"):
        load_key(tmp_path / "none", "telemetry.command_key_file")
    assert "cannot be read: Is a directory" in told(tmp_path)
