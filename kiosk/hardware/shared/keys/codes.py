"""Which characters the keys of a US keyboard give, by the kernel's numbers (linux/input-event-codes.h).

Scanners and card readers that type are keyboards with this layout unless they were set up otherwise.
"""

from __future__ import annotations

ESCAPE, BACKSPACE = 1, 14
ENTERS = frozenset({28, 96})
SHIFTS = frozenset({42, 54})

_ROWS = (
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
)
_OTHERS = {57: " ", 55: "*", 98: "/", 74: "-", 78: "+", 83: ".", 117: "="}
_KEYPAD = {71: "7", 72: "8", 73: "9", 75: "4", 76: "5", 77: "6", 79: "1", 80: "2", 81: "3", 82: "0"}

PLAIN = _OTHERS | _KEYPAD | {first + place: key for first, keys, _ in _ROWS for place, key in enumerate(keys)}
SHIFTED = _OTHERS | _KEYPAD | {first + place: key for first, _, keys in _ROWS for place, key in enumerate(keys)}


def character(code: int, shifted: bool) -> str | None:
    """Return what a key types; None for keys that type nothing. Num lock and caps lock do not count."""
    return (SHIFTED if shifted else PLAIN).get(code)


def presses(text: str) -> list[tuple[int, bool]]:
    """Return the keys, and whether with shift, that type `text`. Raises KeyError for what no key types."""
    plain = {key: code for code, key in reversed(PLAIN.items())}
    shifted = {key: code for code, key in SHIFTED.items()}
    return [(plain[key], False) if key in plain else (shifted[key], True) for key in text]
