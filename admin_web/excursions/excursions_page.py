"""Times when it was too warm or too cold: what is known, and whether the lots that were inside may stay."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin_web.kiosk_client import kiosk
from kiosk.errors import ConflictError, NotFoundError
from kiosk.model import Decision, Excursion

blueprint = Blueprint("excursions", __name__, template_folder="templates")

DONE = {
    Decision.ACCEPT: "The lots stay. They are given out as before.",
    Decision.REMOVE: "The lots are locked. Today tells you what to take out.",
}


@blueprint.get("/excursions")
def page() -> str:
    """Show the excursions that wait for a decision, then the others."""
    found = kiosk().excursions().excursions
    waiting = [each for each in found if each.decision is None]
    return render_template("excursions.html", waiting=waiting, decided=[each for each in found if each.decision])


@blueprint.get("/excursions/<int:excursion>")
def one(excursion: int) -> str:
    """Show one excursion, and the two ways to decide."""
    return render_template("excursion.html", excursion=_find(excursion), taken="")


@blueprint.route("/excursions/<int:excursion>/<any(accept, remove):decision>", methods=["GET", "POST"])
def decide(excursion: int, decision: str) -> ResponseReturnValue:
    """Say what a decision does and who is told what, and ask; on POST, record it. An earlier one stands."""
    found, chosen = _find(excursion), Decision(decision)
    if request.method == "GET":
        return render_template("excursion_decide.html", excursion=found, decision=chosen)
    try:
        kiosk().review_excursion(excursion, chosen)
    except ConflictError as error:
        return render_template("excursion.html", excursion=_find(excursion), taken=str(error)), 409
    flash(DONE[chosen], "ok")
    return redirect(url_for("excursions.one", excursion=excursion), 303)


def _find(excursion: int) -> Excursion:
    for found in kiosk().excursions().excursions:
        if found.id == excursion:
            return found
    raise NotFoundError("This kiosk knows no such time, or it is too long ago.")
