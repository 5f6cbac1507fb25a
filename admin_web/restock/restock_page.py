"""Restocking: the visit under way, the latest visits, what one of them did, and taking one back."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin_web import words
from admin_web.accounts import auth
from admin_web.kiosk_client import kiosk
from admin_web.restock import visit
from admin_web.restock.drafts import drafts
from kiosk.errors import ConflictError, NotFoundError
from kiosk.model import RestockResult

blueprint = Blueprint("restock", __name__, template_folder="templates")

LATEST = 20
FURTHEST = 100
"""How many visits back one can still be opened; the control API gives no more at once."""


@blueprint.get("/restock")
def page() -> str:
    """Show the visit under way with its slots, or how to start one, and the latest visits."""
    draft = drafts().of(auth.me())
    slots = kiosk().stock().slots
    return render_template(
        "restock.html",
        draft=draft,
        slots=visit.order(slots),
        onward=visit.first_open(draft, slots) if draft else None,
        restocks=kiosk().restocks(LATEST).restocks,
    )


@blueprint.get("/restocks/<restock>")
def result(restock: str) -> str:
    """Say what a visit did, slot by slot; `?just=1` right after it was saved."""
    found = _find(restock)
    lines = sorted(found.lines, key=lambda line: words.hangs(line.slot))
    just = request.args.get("just") == "1"
    draft = drafts().of(auth.me()) if just else None
    waiting = sorted(draft.slots, key=words.hangs) if draft else []
    return render_template("restock_result.html", restock=found, lines=lines, just=just, waiting=waiting)


@blueprint.route("/restocks/<restock>/undo", methods=["GET", "POST"])
def undo(restock: str) -> ResponseReturnValue:
    """Say what undoing means and ask; on POST, take the visit back."""
    found = _find(restock)
    if request.method == "GET":
        return render_template("restock_undo.html", restock=found, refused="")
    try:
        kiosk().undo_restock(restock)
    except ConflictError as error:
        return render_template("restock_undo.html", restock=_find(restock), refused=str(error)), 409
    return redirect(url_for("restock.result", restock=restock), 303)


def _find(restock: str) -> RestockResult:
    for found in kiosk().restocks(FURTHEST).restocks:
        if found.id == restock:
            return found
    raise NotFoundError("This kiosk knows no such visit, or it is too long ago.")
