"""`python -m tests.privacy.weakened KIND HOUR_S FOLDER run ...`: the `kiosk` command, less some protection.

Its wall clock hurries: an hour passes in HOUR_S, from the real time on that is in the file `began`, once it is there.
The simulated machine, which no real kiosk has, is kept in FOLDER as well.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from kiosk.cli import main
from kiosk.clock import HOUR_S
from kiosk.dispense import cover
from kiosk.dispense.cover import Cover
from kiosk.dispense.ledger import Ledger, store
from kiosk.dispense.ledger.log import Log
from kiosk.simulator import world
from tests.privacy.card import BEGAN
from tests.privacy.hurried import let_hurry


def _not_at_all(_: object) -> None:
    """Do nothing."""


def _never(path: Path, times: object) -> None:
    """Note nothing of a file."""


def _not_yet(_: object) -> bool:
    """Fold nothing in."""
    return True


def uncovered() -> None:
    """Change files only when there is something to write, and let it be noted when they are read."""
    Cover.start = _not_at_all  # type: ignore[assignment,method-assign]
    cover._set = _never


def growing() -> None:
    """Let the write-ahead log grow from nothing, not folded in before many have come, and keep its index in a file."""
    Log.fill = _not_at_all  # type: ignore[assignment,method-assign]
    Ledger.fold = _not_yet  # type: ignore[assignment,method-assign]
    store.URI = "file:{path}?mode={mode}&psow=0"


def began(file: Path) -> float:
    """Return when an hour begins, in real time; it stays a second away until that is known."""
    return float(file.read_text()) if file.exists() else time.time() + 1.0


def as_before() -> None:
    """Do neither."""
    uncovered()
    growing()


KINDS: dict[str, Callable[[], object]] = {
    "sound": lambda: None,
    "uncovered": uncovered,
    "growing": growing,
    "as before": as_before,
}


if __name__ == "__main__":
    kind, hour, folder = sys.argv[1:4]
    del sys.argv[1:4]
    KINDS[kind]()
    world.STATE_FILE = f"{folder}/world.json"
    let_hurry(lambda: began(Path(folder) / BEGAN), HOUR_S / float(hour))
    main(prog_name="kiosk")
