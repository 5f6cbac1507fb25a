"""What day it is for the kiosk, and a person's word for it where nothing else can know."""

from __future__ import annotations

import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin_web.kiosk_client import kiosk
from kiosk.errors import ConflictError, RequestError

blueprint = Blueprint("date", __name__, template_folder="templates")


@blueprint.route("/date", methods=["GET", "POST"])
def page() -> ResponseReturnValue:
    """Show the date that the kiosk goes by; on POST, say that its clock is right."""
    if request.method == "POST":
        try:
            kiosk().confirm_date(_seen())
        except ConflictError as error:
            flash(str(error), "low")
        else:
            flash("Thank you. The kiosk goes by this date now.", "ok")
        return redirect(url_for("date.page"), 303)
    return render_template("date.html", clock=kiosk().state().clock)


def _seen() -> datetime.date:
    """Return the date that was on the page."""
    try:
        return datetime.date.fromisoformat(request.form.get("date", "")[:10])
    except ValueError:
        raise RequestError("The date did not arrive. Open the page again and press the button once more.") from None
