"""The end of a visit: every counted slot against what was expected, then all that is clear saved at once."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin_web.accounts import auth
from admin_web.kiosk_client import kiosk, today
from admin_web.restock import visit
from admin_web.restock.drafts import Draft, drafts
from admin_web.restock.visit_page import OVER
from kiosk.errors import ConflictError, DaemonAwayError, RequestError
from kiosk.model import RestockResult

blueprint = Blueprint("check", __name__, template_folder="templates")

LATEST = 20
"""How many of the latest visits are searched for one that may have been saved without our hearing of it."""

SAVED_BEFORE = (
    "This visit was saved already when you pressed the button before. What you changed after that is not in it: "
    "open the slot and count it, if it matters."
)
CHANGED = "A slot changed while you saved. Nothing is saved yet. Look at what is marked below, then save."


@blueprint.route("/visit/check", methods=["GET", "POST"])
def page() -> ResponseReturnValue:
    """Reconcile, and on POST save all slots that are clear, or none. However often it is sent, it counts once."""
    draft = drafts().of(auth.me())
    sent = request.form.get("visit")
    if draft is None or (sent and sent != draft.id):
        return _over(sent)
    try:
        if saved := saved_as(draft.id):
            return _done(draft, saved)
        return _show(draft) if request.method == "GET" else _save(draft)
    except (DaemonAwayError, RequestError):
        # Also where something beside the saving could not be looked up: then nobody knows whether it is saved.
        if request.method == "GET":
            raise
        return render_template("visit_unsent.html", draft=draft), 503


@blueprint.route("/visit/throw-away", methods=["GET", "POST"])
def throw_away() -> ResponseReturnValue:
    """Ask, then forget the visit under way. What is in the kiosk stays as it was."""
    draft = drafts().of(auth.me())
    if draft is None:
        return redirect(url_for("restock.page"), 303)
    if request.method == "GET":
        return render_template("visit_throw_away.html", draft=draft)
    drafts().drop(draft.id)
    flash("Your visit is thrown away. Nothing in the kiosk's count was changed.", "ok")
    return redirect(url_for("restock.page"), 303)


def saved_as(restock: str) -> RestockResult | None:
    """Return the visit that was saved under an id, if one was lately."""
    return next((each for each in kiosk().restocks(LATEST).restocks if each.id == restock), None)


def _save(draft: Draft) -> ResponseReturnValue:
    """Save what is clear. A slot with a question waits for its answer and holds up nothing else."""
    slots = kiosk().stock().slots
    ready = [slot for slot in visit.written(draft, slots, kiosk().since, today()) if slot.ready]
    if not ready:
        if done := saved_as(draft.id):  # by the first of two presses, while we looked
            return _done(draft, done)
        return _show(draft), 422
    try:
        saved = kiosk().restock(visit.request(draft, ready))
    except ConflictError:
        if done := saved_as(draft.id):
            return _done(draft, done)
        return _show(draft, CHANGED), 409
    except RequestError as error:
        return _show(draft, str(error)), 422
    drafts().part(draft.id, [line.slot for line in saved.lines])
    return _result(saved.id)


def _done(draft: Draft, saved: RestockResult) -> ResponseReturnValue:
    """Go on after a visit that was saved without our hearing of it."""
    if visit.says_more(draft, kiosk().stock().slots, saved.lines):
        flash(SAVED_BEFORE, "low")
    drafts().part(draft.id, [line.slot for line in saved.lines])
    return _result(saved.id)


def _result(restock: str) -> ResponseReturnValue:
    return redirect(url_for("restock.result", restock=restock, just=1), 303)


def _over(sent: str | None) -> ResponseReturnValue:
    """Answer a second press, or a button of a visit that was thrown away."""
    if sent and saved_as(sent):
        return _result(sent)
    flash(OVER, "low")
    return redirect(url_for("restock.page"), 303)


def _show(draft: Draft, problem: str = "") -> str:
    stock = kiosk().stock().slots
    slots = visit.written(draft, stock, kiosk().since, today())
    return render_template(
        "check.html",
        draft=draft,
        slots=slots,
        problem=problem,
        waiting=[slot for slot in slots if not slot.ready],
        ready=[slot for slot in slots if slot.ready],
        uncounted=[slot for slot in visit.order(stock) if slot.slot not in draft.slots],
    )
