"""A locker on a Kerong lock board KR-CU16 (controller driver `kerong_cu`)."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from kiosk.config import controller_of
from kiosk.hardware.shared.lock_board.board import Feedback
from kiosk.hardware.shared.lock_board.lock import BoardLock, LockOptions


class Options(LockOptions, frozen=True, kw_only=True):
    """One lock. Times are in seconds."""

    controller: Annotated[str, controller_of("kerong_cu")]
    board: Annotated[int, Meta(ge=0, le=15, description="The address that the switches on its board say")] = 0
    lock: Annotated[int, Meta(ge=1, le=16, description="The number printed beside its plug on the board")]
    feedback: Annotated[
        Feedback, Meta(description="What the contact at the door stands for while it is made; none where none is wired")
    ] = "closed"


class Driver(BoardLock):
    """A locker's lock as in `kiosk.hardware.api.Motor`."""
