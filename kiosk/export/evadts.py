"""The form of the vending trade's audit file, EVA-DTS 6.1 ("DEX"): lines, escapes, count and checksum. Pure.

What the kiosk says in it is in audit_file.py, and for people in docs/evadts.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from kiosk.checksum import crc16_arc
from kiosk.errors import KioskError

END = "\r\n"
FRAME = ("DXS", "ST", "G85", "SE", "DXE")
"""The first two lines of every file, and the last three."""

SET = "0001"
"""The number of the one set of lines in a file: ST begins it and SE ends it."""

PLAIN = re.compile(r"[A-Za-z0-9 !\"#$%&'()+,\-./:;<=>?@\[\]_]")
"""What stands for itself. `*` parts fields and `^` begins an escape; all else is written byte by byte as ^HH^."""

NAMES = re.compile(r"[A-Z]{2,3}[0-9]{0,2}|G85")
FIELD = re.compile(rf"(?:{PLAIN.pattern}|\^[0-9A-F]{{2}}\^)*")
ESCAPED = re.compile(r"(?:\^[0-9A-F]{2}\^)+")


class AuditFileError(KioskError):
    """An audit file is damaged, or was not written by the rules. The sentence names the line."""


class Segment(NamedTuple):
    """One line: its name, such as `PA1`, and its fields, escapes resolved."""

    name: str
    fields: tuple[str, ...]

    def field(self, number: int) -> str:
        """Return a field as the standard numbers them, from 1; one that is not there is empty."""
        return self.fields[number - 1] if number <= len(self.fields) else ""


def framed(sender: str, segments: Iterable[Segment]) -> bytes:
    """Return the file that holds `segments` between ST and G85; `sender` is the ten characters of DXS01."""
    body = [Segment("ST", ("001", SET)), *segments]
    text = "".join(map(_line, body))
    crc = crc16_arc(text.encode("ascii"))
    # SE counts the lines from ST to itself, and so G85 and SE too.
    tail = (Segment("G85", (f"{crc:04X}",)), Segment("SE", (str(len(body) + 2), SET)), Segment("DXE", ("1", "1")))
    head = Segment("DXS", (sender, "VA", "V0/6", "1"))
    return (_line(head) + text + "".join(map(_line, tail))).encode("ascii")


def read(data: bytes) -> tuple[Segment, ...]:
    """Return the lines between ST and G85 of an audit file.

    Raises AuditFileError when anything about it is not by the rules: an end of line, an escape, the order of the
    frame's lines, the count of SE, or the CRC of G85.
    """
    lines = _lines(data)
    segments = [_segment(number, line) for number, line in enumerate(lines, start=1)]
    if len(segments) < len(FRAME) or tuple(segments[place].name for place in (0, 1, -3, -2, -1)) != FRAME:
        raise AuditFileError("The file is not framed by DXS, ST and G85, SE, DXE: part of it is missing. Make it anew.")
    check, end = segments[-3], segments[-2]
    counted = len(segments) - 2
    if end.fields != (str(counted), segments[1].field(2)):
        raise AuditFileError(f"SE says {'*'.join(end.fields)}, and there are {counted} lines from ST to SE.")
    crc = crc16_arc("".join(line + END for line in lines[1:-3]).encode("ascii"))
    if check.fields != (f"{crc:04X}",):
        raise AuditFileError(f"G85 says {'*'.join(check.fields)}, and the CRC is {crc:04X}: the file is damaged.")
    return tuple(segments[2:-3])


def escape(text: str) -> str:
    """Return `text` as a field may hold it; what does not stand for itself is written as the bytes of its UTF-8."""
    return "".join(
        sign if PLAIN.match(sign) else "".join(f"^{byte:02X}^" for byte in sign.encode("utf-8", "replace"))
        for sign in text
    )


def unescape(field: str) -> str:
    """Return the text that a field stands for. Raises UnicodeDecodeError when its escapes are not UTF-8."""
    return ESCAPED.sub(lambda found: bytes.fromhex(found[0].replace("^", "")).decode(), field)


def _line(segment: Segment) -> str:
    return "*".join((segment.name, *map(escape, segment.fields))) + END


def _lines(data: bytes) -> list[str]:
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError as error:
        raise AuditFileError(f"Byte {error.start} is not ASCII.") from None
    lines = text.split(END)
    if lines.pop() or any("\r" in line or "\n" in line for line in lines):
        raise AuditFileError("Not every line ends with CR LF.")
    return lines


def _segment(number: int, line: str) -> Segment:
    name, *fields = line.split("*")
    if not NAMES.fullmatch(name):
        raise AuditFileError(f"Line {number} does not begin with the name of a segment.")
    if not all(map(FIELD.fullmatch, fields)):
        raise AuditFileError(f"Line {number}, {name}: a sign is not escaped, or an escape is wrong.")
    try:
        return Segment(name, tuple(map(unescape, fields)))
    except UnicodeDecodeError:
        raise AuditFileError(f"Line {number}, {name}: an escape stands for bytes that are not UTF-8.") from None
