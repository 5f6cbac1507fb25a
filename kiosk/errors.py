"""Every error the kiosk raises. Each message says what happened and what to do."""

from __future__ import annotations

from collections.abc import Sequence


class KioskError(Exception):
    """The root of the kiosk's errors. `str(error)` is a sentence for a person."""


class ConfigError(KioskError):
    """The configuration has mistakes; all of them are told at once.

    Each mistake reads `path: what is wrong. What to do.`, for example
    `slots[2].product: no product has the sku "NAL-5". Did you mean "NAL-4"?`
    """

    def __init__(self, mistakes: Sequence[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(self.mistakes))


class HardwareError(KioskError):
    """A part of the machine did not answer. The motor concerned is off either way."""


class LedgerError(KioskError):
    """The ledger could not be opened, is damaged, or refused a change."""


class LedgerDamagedError(LedgerError):
    """The ledger's file is not whole. It is set aside at the next start, and every slot waits for a count."""


class DiskStalledError(LedgerError):
    """The disk takes too long to answer. What waits for it is done when it does, unless the message says otherwise."""


class RequestError(KioskError):
    """The request cannot be carried out as it was asked; nothing was changed."""


class BusyError(RequestError):
    """Another vend is under way; ask again when it is done."""


class NotFoundError(RequestError):
    """The request names a slot, product or vend that this kiosk does not have."""


class ConflictError(RequestError):
    """The request was overtaken by another change, or its id was used for something else."""


class RunningError(KioskError):
    """Another process of the kiosk runs already, with the same folder or the same outputs."""


class DaemonAwayError(KioskError):
    """The kiosk daemon does not answer on its control socket."""
