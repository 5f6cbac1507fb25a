"""Today: what to do now, then what is in the machine."""

from __future__ import annotations

from flask import Blueprint, render_template

from admin_web import jobs, words
from admin_web.daemon import heard_site, kiosk

blueprint = Blueprint("today", __name__)


@blueprint.get("/")
def page() -> str:
    """Show the jobs in the order of their worth, and every slot as the machine hangs."""
    state, stock = kiosk().state(), kiosk().stock()
    heard_site(state.site)
    rows = words.rows(stock.slots)
    return render_template(
        "today.html",
        state=state,
        glance=words.at_a_glance(state),
        jobs=jobs.today(state, stock.slots),
        rows=rows,
        first=rows[0][1][0].slot if rows else None,
    )
