"""Where the drawn parts of a coil are. Pure; glass.js works out the same while things move.

We look into the machine from a little above. Things shrink towards a vanishing point by the same factor for each
turn of depth, so one drawn loop of wire, scaled, is every loop: their ends meet exactly. Depth is in turns of the
coil, from the shelf's front edge. All coils are as long; one that holds fewer items has wider turns.
"""

from __future__ import annotations

import math
from typing import NamedTuple

BACK = 0.6
"""How large a thing looks at the back of the shelf, compared with its front."""
FLOOR = 210.0
"""From the vanishing point down to the front edge of the shelf, in the drawing's units."""
RADIUS = 33.0
WIRE_LEADS = 0.15
"""A loop of wire begins so many turns before the bottom of the coil, where the item behind it stands."""

WIRE_BEFORE = 0.88
"""A loop is drawn over what stands at this part of it or further back: the item that it pushes."""


class Layer(NamedTuple):
    """An item or a loop of wire: how it is scaled, and which part of the loop there is, front and back cut off."""

    kind: str
    scale: float
    dash: str | None = None
    offset: float = 0.0


def layers(angle: float, items: tuple[float, ...], capacity: int) -> list[Layer]:
    """Return a coil's parts from back to front.

    `angle` is 0 to 1 turns from home, `items` turns to go until each falls, `capacity` the turns of the coil.
    """
    near = shrink(capacity)
    placed = [(depth, Layer("item", round(math.pow(near, depth), 4))) for depth in items]
    for loop in range(capacity + 2):
        front = loop - WIRE_LEADS - angle
        if -1 < front < capacity:
            placed.append((front + WIRE_BEFORE, _wire(front, capacity)))
    return [layer for _, layer in sorted(placed, key=lambda pair: -pair[0])]


def _wire(front: float, capacity: int) -> Layer:
    scale = round(math.pow(shrink(capacity), front), 4)
    if front < 0:
        return Layer("wire", scale, f"{1 + front:.3f} 2")
    if front + 1 > capacity:
        return Layer("wire", scale, f"{capacity - front:.3f} 2", round(capacity - front - 1, 3))
    return Layer("wire", scale)


def shrink(capacity: int) -> float:
    """Return how much smaller a thing looks one turn further back, in a coil that holds `capacity` items."""
    return math.pow(BACK, 1 / capacity)


def loop_path(capacity: int) -> str:
    """Return one loop of wire as an SVG path about the vanishing point, from its back end to its front end."""
    points = []
    for step in range(32, -1, -1):
        part = step / 32
        around = math.pi / 2 + 2 * math.pi * (part - WIRE_LEADS)
        near = math.pow(shrink(capacity), part)
        across = near * RADIUS * math.cos(around)
        down = near * (FLOOR - RADIUS + 2 + RADIUS * math.sin(around))
        points.append(f"{across:.2f} {down:.2f}")
    return "M" + "L".join(points)
