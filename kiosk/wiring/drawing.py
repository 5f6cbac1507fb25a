"""The wiring as an SVG: the header as it lies on the board, with a labelled line to each part. Pure.

It is 360 units wide, so that it can be read on a phone and printed. It has its style inside, follows the light or dark
of the reader's screen, and holds its text as text. The look is the project's, from kiosk/look/tokens.css.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from kiosk.wiring.header import GPIO, POWER, ROWS
from kiosk.wiring.plan import Hub, Plan, Wire
from kiosk.wiring.style import STYLE

WIDTH = 360
MIDDLE = WIDTH / 2
ROW = 29
TOP = 62
"""Where the header's first row begins."""

PIN = 20
"""Each side of a pin's square; two of them, side by side, are a row of the header."""

GAP = 4
NUMBER = 21
"""How far from a pin's square the end of its GPIO number is."""

WIRE = 26
"""How long the line between a GPIO number and its part is."""

LETTERS = 14
"""So many letters of a label fit beside the header, in each of its two lines."""

TITLE_LETTERS = 30
"""So many letters of the title fit into the whole width."""

WIDE_LETTERS = 52
"""So many letters of the smaller type fit into the whole width."""


def draw(plan: Plan, title: str) -> str:
    """Return the drawing as a file of its own; `title` stands above it."""
    bottom = TOP + ROWS * ROW
    legend = list(_legend(bottom + 18))
    hubs, height = _hubs(plan.hubs, bottom + 92)
    name = escape(title)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" aria-labelledby="title desc">',
        f'<title id="title">{name}</title>',
        f'<desc id="desc">{escape(describe(plan))}</desc>',
        f"<style>\n{STYLE}</style>",
        f'<rect class="paper" width="{WIDTH}" height="{height}"/>',
        f'<text class="big" x="12" y="26">{escape(wrapped(title, TITLE_LETTERS)[0])}</text>',
        '<text class="muted" x="12" y="45">The header, with pin 1 at the top left</text>',
        *_header(plan),
        *legend,
        *hubs,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def describe(plan: Plan) -> str:
    """Return in one sentence what the drawing shows."""
    ports = f", and {len(plan.hubs)} boards and ports" if plan.hubs else ""
    return f"The 40 pins of the header in two columns, {len(plan.wires)} of them with a line to a part{ports}."


def _header(plan: Plan) -> Iterator[str]:
    wires = {wire.header: wire for wire in plan.wires}
    for number in range(1, 2 * ROWS + 1):
        side = -1 if number % 2 else 1
        y = TOP + (number - 1) // 2 * ROW + ROW / 2
        yield from _pin(number, side, y, wires.get(number))


def _pin(number: int, side: int, y: float, wire: Wire | None) -> Iterator[str]:
    """Draw one pin. `side` is -1 left of the middle and 1 right of it: all that differs between the two."""
    at, used = MIDDLE + side * (1 + PIN / 2), " used" if wire else ""
    edge = MIDDLE + side * (1 + PIN + GAP)
    anchor = " left" if side < 0 else ""
    said = POWER.get(number) or f"{GPIO[number]}"
    yield f'<rect class="pin{used}" x="{at - PIN / 2:g}" y="{y - PIN / 2:g}" width="{PIN}" height="{PIN}" rx="3"/>'
    yield f'<text class="in-pin muted" x="{at:g}" y="{y + 4:g}">{number}</text>'
    if wire is None:
        free = "" if number in POWER else " free"
        yield f'<text class="small muted{anchor}" x="{edge:g}" y="{y + 4:g}">{said}{free}</text>'
        return
    yield f'<text class="name{anchor}" x="{edge:g}" y="{y + 4:g}">{said}</text>'
    yield from _wire(wire, edge + side * NUMBER, side, y)


def _wire(wire: Wire, start: float, side: int, y: float) -> Iterator[str]:
    """Draw the line from a pin to its part: an arrow the way the signal goes, a ring where low means on."""
    end = start + side * WIRE
    kind = wire.direction or "unknown"
    yield f"<g><title>{escape(_sentence(wire))}</title>"
    yield f'<path class="wire {kind}" d="M{start:g} {y:g}H{end:g}"/>'
    if wire.direction:
        yield from _arrows(wire.direction, start, end, y)
    if wire.active == "low":
        yield f'<circle class="low" cx="{(start + end) / 2:g}" cy="{y:g}" r="3.5"/>'
    yield from _label(wire, end + side * GAP, side, y)
    yield "</g>"


def _arrows(direction: str, pin: float, part: float, y: float) -> Iterator[str]:
    """Draw the tips of a line: at the part if the Pi switches it, at the pin if the Pi reads it."""
    inwards = 8 if part < pin else -8
    if direction in ("output", "both"):
        yield f'<path class="output-end" d="M{part:g} {y:g}L{part + inwards:g} {y - 5:g}V{y + 5:g}Z"/>'
    if direction in ("input", "both"):
        yield f'<path class="input-end" d="M{pin:g} {y:g}L{pin - inwards:g} {y - 5:g}V{y + 5:g}Z"/>'


def _label(wire: Wire, x: float, side: int, y: float) -> Iterator[str]:
    lines = wrapped(wire.label, LETTERS)
    if len(lines) > 2:  # the wire's own name is what tells it from the part's others
        lines = [*wrapped(wire.part, LETTERS, most=1), wire.role] if wire.role else wrapped(wire.part, LETTERS, most=2)
    anchor = ' class="left"' if side < 0 else ""
    first = y + 4 - (len(lines) - 1) * 6.5
    for index, line in enumerate(lines):
        yield f'<text{anchor} x="{x:g}" y="{first + index * 13:g}">{escape(line)}</text>'


def _sentence(wire: Wire) -> str:
    """Return all that is known of a wire."""
    ways = {"output": "switched by the Pi", "input": "read by the Pi", "both": "switched and read", "": "not in use"}
    pull = f", pulled {wire.pull} in the Pi" if wire.pull else ""
    active = f", {wire.active} when active" if wire.active else ""
    return f"{wire.label}: pin {wire.header}, GPIO {wire.gpio}, {ways[wire.direction]}{active}{pull}."


def _legend(y: float) -> Iterator[str]:
    yield f'<path class="rule" d="M12 {y - 12:g}H{WIDTH - 12}"/>'
    texts = {"output": "the Pi switches it", "input": "the Pi reads it", "unknown": "active (on, pressed) while low"}
    for index, (kind, text) in enumerate(texts.items()):
        at = y + 6 + index * 18
        yield f'<path class="wire {kind}" d="M14 {at:g}H44"/>'
        yield from _arrows(kind, 14, 44, at)
        if kind == "unknown":
            yield f'<circle class="low" cx="29" cy="{at:g}" r="3.5"/>'
        yield f'<text class="small" x="52" y="{at + 4:g}">{text}</text>'
    yield f'<text class="small muted" x="196" y="{y + 10:g}">In the squares: header pins</text>'
    yield f'<text class="small muted" x="196" y="{y + 28:g}">Beside them: GPIO (BCM)</text>'


def _hubs(hubs: tuple[Hub, ...], y: float) -> tuple[list[str], float]:
    """Draw each board or port with what hangs on it; return that and where it ends."""
    drawn: list[str] = []
    for hub in hubs:
        drawn.append(f'<path class="rule" d="M12 {y - 18:g}H{WIDTH - 12}"/>')
        drawn.append(f'<text class="name" x="12" y="{y:g}">{escape(hub.name)}</text>')
        for line in wrapped(f"{hub.driver}{' on ' + hub.device if hub.device else ', on the header'}", WIDE_LETTERS):
            y += 15
            drawn.append(f'<text class="small muted" x="12" y="{y:g}">{escape(line)}</text>')
        y += 6
        for branch in hub.branches:
            y += 17
            drawn.append(f'<path class="wire output" d="M20 {y - 4:g}H44"/>')
            drawn.append(f'<text class="name" x="50" y="{y:g}">{escape(branch.part)}</text>')
            drawn.append(f'<text x="92" y="{y:g}">{escape(branch.place)}</text>')
        y += 34
    return drawn, y - (18 if hubs else 4)


def wrapped(text: str, letters: int, most: int = 99) -> list[str]:
    """Return `text` in lines of at most so many letters, broken between words where that is possible.

    What goes beyond the last of `most` lines is cut off, and an ellipsis says so.
    """
    lines = [""]
    for word in text.split():
        rest = word
        if lines[-1] and len(lines[-1]) + 1 + len(rest) <= letters:
            lines[-1] += f" {rest}"
            continue
        if lines[-1]:
            lines.append("")
        while len(rest) > letters:
            lines[-1], rest = rest[:letters], rest[letters:]
            lines.append("")
        lines[-1] = rest
    if len(lines) > most:
        lines = [*lines[: most - 1], lines[most - 1][: letters - 1].rstrip() + "…"]
    return lines
