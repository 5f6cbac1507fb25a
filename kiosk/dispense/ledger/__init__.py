"""ledger.db: what is in every slot, and everything that changed it."""

from kiosk.dispense.ledger.calendar import Calendar
from kiosk.dispense.ledger.doubt import UNMARKED, Doubt, Mark
from kiosk.dispense.ledger.file import Count
from kiosk.dispense.ledger.ledger import Ledger, Planned
from kiosk.dispense.ledger.reader import Past, Reader
from kiosk.dispense.ledger.vends import Intent, Unrecorded

__all__ = [
    "UNMARKED",
    "Calendar",
    "Count",
    "Doubt",
    "Intent",
    "Ledger",
    "Mark",
    "Past",
    "Planned",
    "Reader",
    "Unrecorded",
]
