"""A restock visit, slot by slot: what is written is kept after every step, and nothing is saved before the end."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin_web import words
from admin_web.accounts import auth
from admin_web.kiosk_client import kiosk, today
from admin_web.restock import visit
from admin_web.restock.doubts import Doubt
from admin_web.restock.drafts import Draft, drafts
from admin_web.restock.restock_form import RestockForm, anew, held, is_held, what_was_typed
from kiosk.errors import NotFoundError
from kiosk.model import SlotStock

blueprint = Blueprint("visit", __name__, template_folder="templates")

OVER = "That visit is over: it was saved or thrown away. Nothing was changed now."


@blueprint.post("/visit")
def begin() -> ResponseReturnValue:
    """Begin a visit, or go on with the one under way, at the first slot that is still open."""
    draft, slots = drafts().begin(auth.me()), kiosk().stock().slots
    slot = visit.first_open(draft, slots)
    return redirect(url_for("visit.slot", slot=slot) if slot else url_for("check.page"), 303)


@blueprint.route("/visit/slots/<slot>", methods=["GET", "POST"])
def slot(slot: str) -> ResponseReturnValue:
    """Ask for the count of one slot, blind, and for what went out and in; keep it and go on."""
    draft = drafts().of(auth.me())
    if draft is None or request.values.get("visit", draft.id) != draft.id:
        flash(OVER, "low")
        return redirect(url_for("restock.page"), 303)
    slots = kiosk().stock().slots
    stock = next((each for each in slots if each.slot == slot), None)
    if stock is None:
        raise NotFoundError(f"This kiosk has no slot {slot}.")
    if request.method == "POST":
        return _keep(draft, slots, stock)
    typed = what_was_typed(request.args) or draft.slots.get(slot, {})
    if "as_of" in typed and not is_held(typed, stock):
        typed = anew(typed)
    form = RestockForm(typed, stock)
    if form.after and form.inside.data is None:
        form.tell_overtaken()
    doubts = visit.doubtful(draft, slots, slot, kiosk().since, today()) if form.after or typed.get("until") else []
    return _show(draft, slots, stock, form, doubts)


@blueprint.post("/visit/slots/<slot>/leave-out")
def leave_out(slot: str) -> ResponseReturnValue:
    """Forget what was written for one slot; the rest of the visit stays."""
    draft = drafts().of(auth.me())
    if draft is not None:
        drafts().leave_out(draft.id, slot)
        flash(f"{slot} is left out of this visit.", "ok")
    return redirect(url_for("check.page"), 303)


def _keep(draft: Draft, slots: tuple[SlotStock, ...], stock: SlotStock) -> ResponseReturnValue:
    typed = what_was_typed(request.form)
    sure = is_held(typed, stock)
    typed = held(typed) if sure else anew(typed)
    drafts().write(draft.id, stock.slot, typed)
    form = RestockForm(typed, stock)
    if not sure:
        form.tell_overtaken()
        return _show(draft, slots, stock, form), 409
    if not form.fits():
        return _show(draft, slots, stock, form), 422
    now = Draft(id=draft.id, slots={**draft.slots, stock.slot: typed})
    if doubts := visit.doubtful(now, slots, stock.slot, kiosk().since, today()):
        return _show(draft, slots, stock, form, doubts), 422
    onward = visit.onward(slots, stock.slot)
    if onward is None or request.form.get("back"):
        return redirect(url_for("check.page"), 303)
    return redirect(url_for("visit.slot", slot=onward), 303)


def _show(
    draft: Draft, slots: tuple[SlotStock, ...], stock: SlotStock, form: RestockForm, doubts: Sequence[Doubt] = ()
) -> str:
    names = [each.slot for each in visit.order(slots)]
    return render_template(
        "visit_slot.html",
        draft=draft,
        stock=stock,
        condition=words.condition(stock),
        form=form,
        mistakes=form.mistakes(),
        doubts=doubts,
        place=names.index(stock.slot) + 1,
        total=len(names),
        onward=visit.onward(slots, stock.slot),
        back=request.values.get("back"),
        funders=words.funders(slots),
    )
