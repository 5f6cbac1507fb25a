"""What the kiosk does for a command from the programme, and the sentence that it answers."""

from __future__ import annotations

from kiosk.dispense.service.stock_changes import StockChanges
from kiosk.errors import BusyError, KioskError
from kiosk.telemetry.commands import Command, HideCommand, LiftCommand, RecallCommand


class Orders:
    """Carries commands out, each once. Its sentences tell nothing of a visit: no count, no "busy"."""

    def __init__(self, staff: StockChanges) -> None:
        self._staff = staff

    def __call__(self, command: Command) -> str:
        """Do what a command says; return the sentence to answer. Raises KioskError when it cannot."""
        try:
            return self._staff.once(command.id, lambda: self._do(command))
        except BusyError as error:
            raise KioskError("It was not done yet. Send it again.") from error

    def _do(self, command: Command) -> str:
        match command:
            case RecallCommand(args=recall):
                self._staff.recall(recall)
                return f"Lot {recall.lot} is locked here."
            case LiftCommand(args=lift):
                self._staff.lift(lift.id)
                return "The recall is lifted."
            case HideCommand(args=hide):
                self._staff.hide(hide)
                return f"{hide.sku} is {'off' if hide.hidden else 'back on'} the menu."
