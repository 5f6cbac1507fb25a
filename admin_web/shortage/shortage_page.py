"""What was missing: what people asked for in vain, and for how long there was nothing."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from admin_web.kiosk_client import kiosk
from admin_web.shortage import unmet_demand

PAGE = 40
"""Days and products on one page."""

blueprint = Blueprint("shortage", __name__, template_folder="templates")


@blueprint.get("/missing")
def page() -> str:
    """Show totals for each product, then a page of days, newest first; `?page=N` shows older ones."""
    told, slots = kiosk().shortage(), kiosk().stock().slots
    number = max(1, request.args.get("page", 1, type=int))
    days = unmet_demand.by_day(told, slots)
    return render_template(
        "shortage.html",
        totals=unmet_demand.by_product(told, slots),
        days=days[(number - 1) * PAGE : number * PAGE],
        number=number,
        older=len(days) > number * PAGE,
    )
