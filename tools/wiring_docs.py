"""Draw docs/wiring/ from the examples: `python -m tools.wiring_docs`; a test fails if anything there is stale."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from kiosk.config import load
from kiosk.hardware import registry
from kiosk.wiring import draw, plan

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
TARGET = ROOT / "docs" / "wiring"


LIST = "examples.md"
HEAD = """\
# Wiring of the examples

What each example connects, drawn by `make docs`. How to read it, and what keeps a motor off: [README.md](README.md).

| configuration | drawing |
|---|---|
"""


def pages() -> dict[str, str]:
    """Return the drawing of each example, and the list of them, by the name of the file."""
    examples = sorted(EXAMPLES.glob("*.toml"))
    return {LIST: HEAD + "".join(map(_row, examples))} | {f"{path.stem}.svg": _drawn(path) for path in examples}


def _drawn(path: Path) -> str:
    return draw(plan(load(path, registry)), f"Wiring of {path.name}")


def _row(path: Path) -> str:
    """Return the line about an example: the first sentence of its own words."""
    said = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("#").partition(":")[0].strip(" .")
    return f"| [{path.name}](../../examples/{path.name}) | [{said}]({path.stem}.svg) |\n"


def current() -> dict[str, str]:
    """Return what is there now, by the name of the file."""
    drawn = sorted(TARGET.glob("*.svg"))
    return {path.name: path.read_text(encoding="utf-8") for path in (TARGET / LIST, *drawn) if path.exists()}


def write() -> int:
    """Write everything anew and remove drawings of examples that are gone; return how many drawings there are."""
    wanted = pages()
    for old in current().keys() - wanted.keys():
        (TARGET / old).unlink()
    for name, page in wanted.items():
        (TARGET / name).write_text(page, encoding="utf-8")
    return len(wanted) - 1


if __name__ == "__main__":
    logging.getLogger("kiosk").addHandler(logging.NullHandler())
    sys.stdout.write(f"Drew {write()} examples.\n")
