"""A locker on a lock board "8A/80" (controller driver `lock_board_8a`)."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from kiosk.config import controller_of
from kiosk.hardware.shared.lock_board.board import Feedback
from kiosk.hardware.shared.lock_board.lock import BoardLock, LockOptions


class Options(LockOptions, frozen=True, kw_only=True):
    """One lock. Times are in seconds."""

    controller: Annotated[str, controller_of("lock_board_8a")]
    board: Annotated[int, Meta(ge=1, le=200, description="The address that the switches on its board say")] = 1
    lock: Annotated[int, Meta(ge=1, le=50, description="The number printed beside its plug on the board")]
    feedback: Annotated[
        Feedback, Meta(description="What the contact at the door stands for while it is made; none where none is wired")
    ] = "open"


class Driver(BoardLock):
    """A locker's lock as in `kiosk.hardware.api.Motor`."""
