"""The commands that a page tells people to type."""

from __future__ import annotations

import re
from pathlib import Path

INSTALL = Path(__file__).parents[2] / "docs" / "install.md"


def commands(page: Path) -> list[list[str]]:
    """Return the commands of each fenced block of a page, without comments, as they are written."""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
    return [[line for line in block.splitlines() if line and not line.startswith("#")] for block in blocks]
