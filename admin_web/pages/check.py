"""The end of a visit: every counted slot against what was expected, then all of it saved at once."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from admin_web import auth, visit
from admin_web.daemon import kiosk
from admin_web.drafts import Draft, drafts
from admin_web.pages.visit import OVER
from kiosk.errors import ConflictError, DaemonAwayError, RequestError

blueprint = Blueprint("check", __name__)

LATEST = 20
"""How many of the latest visits are searched for one that may have been saved without our hearing of it."""

SAVED_BEFORE = (
    "This visit was saved already when you pressed the button before. What you changed after that is not in it: "
    "open the slot and count it, if it matters."
)
CHANGED = "A slot changed while you saved. Nothing is saved yet. Count again what is marked below, then save."


@blueprint.route("/visit/check", methods=["GET", "POST"])
def page() -> Any:
    """Reconcile, and on POST save the whole visit or nothing. However often it is sent, it counts once."""
    draft = drafts().of(auth.me())
    sent = request.form.get("visit")
    if draft is None or (sent and sent != draft.id):
        return _over(sent)
    if request.method == "GET":
        return _done(draft.id) if _is_saved(draft.id) else _show(draft)
    try:
        return _save(draft)
    except DaemonAwayError:
        return render_template("visit_unsent.html", draft=draft), 503


@blueprint.route("/visit/throw-away", methods=["GET", "POST"])
def throw_away() -> Any:
    """Ask, then forget the visit under way. What is in the kiosk stays as it was."""
    draft = drafts().of(auth.me())
    if draft is None:
        return redirect(url_for("restock.page"), 303)
    if request.method == "GET":
        return render_template("visit_throw_away.html", draft=draft)
    drafts().drop(draft.id)
    flash("Your visit is thrown away. Nothing in the kiosk's count was changed.", "ok")
    return redirect(url_for("restock.page"), 303)


def _save(draft: Draft) -> Any:
    slots = visit.written(draft, kiosk().stock().slots)
    if not slots or any(slot.line is None for slot in slots):
        return _show(draft), 422
    try:
        kiosk().restock(visit.request(draft, slots))
    except ConflictError:
        if _is_saved(draft.id):
            flash(SAVED_BEFORE, "low")
            return _done(draft.id)
        return _show(draft, CHANGED), 409
    except RequestError as error:
        return _show(draft, str(error)), 422
    return _done(draft.id)


def _done(restock: str) -> Any:
    drafts().drop(restock)
    return redirect(url_for("restock.result", restock=restock, just=1), 303)


def _over(sent: str | None) -> Any:
    """Answer a second press, or a button of a visit that was thrown away."""
    if sent and _is_saved(sent):
        return redirect(url_for("restock.result", restock=sent, just=1), 303)
    flash(OVER, "low")
    return redirect(url_for("restock.page"), 303)


def _is_saved(restock: str) -> bool:
    return any(each.id == restock for each in kiosk().restocks(LATEST).restocks)


def _show(draft: Draft, problem: str = "") -> str:
    stock = kiosk().stock().slots
    slots = visit.written(draft, stock)
    return render_template(
        "check.html",
        draft=draft,
        slots=slots,
        problem=problem,
        again=[slot for slot in slots if not slot.ready],
        uncounted=[slot for slot in visit.order(stock) if slot.slot not in draft.slots],
    )
