"""Today: what to do now, then what is in the machine."""

from __future__ import annotations

from flask import Blueprint, render_template

from admin_web import auth, jobs, words
from admin_web.daemon import heard_site, kiosk
from admin_web.drafts import drafts

blueprint = Blueprint("today", __name__)


@blueprint.get("/")
def page() -> str:
    """Show the jobs in the order of their worth, and every slot as the machine hangs."""
    state, stock, excursions = kiosk().state(), kiosk().stock(), kiosk().excursions()
    heard_site(state.site)
    return render_template(
        "today.html",
        state=state,
        glance=words.at_a_glance(state),
        jobs=jobs.today(state, stock.slots, excursions.excursions),
        rows=words.rows(stock.slots),
        under_way=drafts().of(auth.me()),
    )
