"""Today: what to do now, then what is in the machine."""

from __future__ import annotations

from flask import Blueprint, render_template

from admin_web import words
from admin_web.accounts import auth
from admin_web.kiosk_client import heard_site, impatient, kiosk
from admin_web.restock.drafts import drafts
from admin_web.today import jobs
from kiosk.errors import DaemonAwayError, RequestError
from kiosk.model import Excursion

blueprint = Blueprint("today", __name__, template_folder="templates")


@blueprint.get("/")
def page() -> str:
    """Show the jobs in the order of their worth, and every slot as the machine hangs."""
    state, stock = kiosk().state(), kiosk().stock()
    heard_site(state.site)
    excursions = _excursions()
    return render_template(
        "today.html",
        state=state,
        glance=words.at_a_glance(state),
        jobs=jobs.today(state, stock.slots, excursions or ()),
        heat_is_told=excursions is not None,
        rows=words.rows(stock.slots),
        under_way=drafts().of(auth.me()),
    )


def _excursions() -> tuple[Excursion, ...] | None:
    """Return the excursions; None when the kiosk could not tell just now, which must not hide the other jobs."""
    try:
        return impatient().excursions().excursions
    except (DaemonAwayError, RequestError):
        return None
