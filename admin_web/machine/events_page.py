"""What happened lately, in words, newest first."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from admin_web.kiosk_client import kiosk

PAGE = 30

blueprint = Blueprint("events", __name__, template_folder="templates")


@blueprint.get("/events")
def page() -> str:
    """Show one page of events; `?before=SEQ` shows older ones."""
    before = request.args.get("before", type=int)
    # One more than is shown tells whether there is an older page.
    found = kiosk().events(PAGE + 1, before).events
    shown = found[:PAGE]
    older = shown[-1].seq if len(found) > PAGE else None
    return render_template("events.html", events=shown, older=older, before=before)
