"""The facts that the processes exchange: what is in the machine and what became of a request.

No type here has a field for a person, and no time is finer than the hour.
"""

from kiosk.model.audit import Audit, ProductTotals, SlotTotals
from kiosk.model.base import Count, Fact, Name, RequestId, Typed, new_request_id
from kiosk.model.care import (
    Decision,
    Demand,
    Excursion,
    Excursions,
    HideRequest,
    Outage,
    Recall,
    RecallRequest,
    Recalls,
    ReviewRequest,
    Shortage,
)
from kiosk.model.restock import (
    Added,
    Reason,
    Removed,
    RestockedSlot,
    RestockLine,
    RestockRequest,
    RestockResult,
    Restocks,
)
from kiosk.model.state import AdminCode, Fault, KioskState, Link, OutboxRow, Problem, Reading, RedeemRequest
from kiosk.model.stock import CoilLot, Drift, Event, Events, KitPart, Lock, SlotDetail, SlotStock, Stock
from kiosk.model.vend import Attempt, Outcome, Purpose, Vend, VendRequest, VendState, VisitorCode

__all__ = [
    "Added",
    "AdminCode",
    "Attempt",
    "Audit",
    "CoilLot",
    "Count",
    "Decision",
    "Demand",
    "Drift",
    "Event",
    "Events",
    "Excursion",
    "Excursions",
    "Fact",
    "Fault",
    "HideRequest",
    "KioskState",
    "KitPart",
    "Link",
    "Lock",
    "Name",
    "Outage",
    "OutboxRow",
    "Outcome",
    "Problem",
    "ProductTotals",
    "Purpose",
    "Reading",
    "Reason",
    "Recall",
    "RecallRequest",
    "Recalls",
    "RedeemRequest",
    "Removed",
    "RequestId",
    "RestockLine",
    "RestockRequest",
    "RestockResult",
    "RestockedSlot",
    "Restocks",
    "ReviewRequest",
    "Shortage",
    "SlotDetail",
    "SlotStock",
    "SlotTotals",
    "Stock",
    "Typed",
    "Vend",
    "VendRequest",
    "VendState",
    "VisitorCode",
    "new_request_id",
]
