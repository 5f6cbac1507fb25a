"""Parts of a machine that do what they should, and in no time: what a test is about, its own parts do differently."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.hardware.api import Turn


class SoundMotor:
    """Turns in no time, whatever it is asked for."""

    drops = True
    limit_s = 5.0

    def turn(self, started: Callable[[], None]) -> Turn:
        started()
        return Turn.COMPLETED

    def runs_on(self) -> bool:
        return False

    def nudge(self) -> Turn:
        return Turn.COMPLETED

    def advice(self) -> str | None:
        return None

    def fault(self) -> str | None:
        return None

    def close(self) -> None: ...


class SoundBeam:
    """Sees one item at each vend."""

    def watch(self) -> None: ...

    def wait(self, timeout_s: float) -> int:  # noqa: ARG002 - what it sees it sees at once
        return self.seen()

    def seen(self) -> int:
        return 1

    def prove(self) -> bool:
        return self.proven()

    def proven(self) -> bool:
        return True

    def fault(self) -> str | None:
        return None

    def on_stray(self, item: Callable[[], None]) -> None: ...

    def close(self) -> None: ...
