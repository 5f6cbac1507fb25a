"""Which wire goes where: the pins and ports that a configuration uses, as a table and as a drawing."""

from kiosk.wiring.drawing import draw
from kiosk.wiring.plan import Branch, Hub, Plan, Wire, plan

__all__ = ["Branch", "Hub", "Plan", "Wire", "draw", "plan"]
