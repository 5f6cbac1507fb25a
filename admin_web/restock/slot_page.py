"""One slot: how it is, and the form to count and fill it, saved at once."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin_web import words
from admin_web.form_id import sent_id
from admin_web.kiosk_client import kiosk, today
from admin_web.restock import doubts
from admin_web.restock.check_page import saved_as
from admin_web.restock.doubts import Doubt
from admin_web.restock.restock_form import RestockForm, anew, held, is_held, what_was_typed
from kiosk.errors import ConflictError, DaemonAwayError, NotFoundError, RequestError
from kiosk.model import RestockRequest, SlotStock, new_request_id

blueprint = Blueprint("slot", __name__, template_folder="templates")


@blueprint.route("/slots/<slot>", methods=["GET", "POST"])
def page(slot: str) -> ResponseReturnValue:
    """Show the slot without what is expected inside; on POST, record the count, what went out and what came in."""
    if request.method == "GET":
        stock, typed = kiosk().slot(slot).stock, what_was_typed(request.args)
        if "as_of" in typed and not is_held(typed, stock):
            return _again(stock, typed)
        return _show(stock, RestockForm(typed, stock), sent_id(request.args))
    try:
        return _restock(slot)
    except DaemonAwayError:
        return render_template("slot_unsent.html", slot=slot, typed=_everything()), 503


@blueprint.get("/slots/<slot>/coil")
def coil(slot: str) -> str:
    """Show the coil as a queue, how its counts went, and what happened here."""
    return render_template("coil.html", detail=kiosk().slot(slot))


def _restock(slot: str) -> ResponseReturnValue:
    stock, typed, restock = kiosk().slot(slot).stock, what_was_typed(request.form), sent_id(request.form)
    saved = "as_of" in typed and not is_held(typed, stock) and saved_as(restock)
    if not is_held(typed, stock) and not saved:
        return _again(stock, typed), 409
    form = RestockForm(held(typed), stock)
    if not form.fits():
        return _show(stock, form, restock), 422
    if not saved and (asked := _asked(form, stock)):
        return _show(stock, form, restock, asked), 422
    try:
        kiosk().restock(RestockRequest(id=restock, lines=(form.line(),)))
    except ConflictError:
        return _again(kiosk().slot(slot).stock, typed), 409
    except NotFoundError:
        raise
    except RequestError as error:
        # Under the same id: should the kiosk come to it after all, sending it again counts once.
        form.count.errors = [str(error)]
        return _show(stock, form, restock), 422
    return redirect(url_for("restock.result", restock=restock, just=1), 303)


def _asked(form: RestockForm, stock: SlotStock) -> list[Doubt]:
    """Return what has to be asked back before this is saved."""
    known = doubts.in_machine(kiosk().stock().slots)
    return doubts.asked(doubts.of_line(form.line(), stock, known, today()), form.answered)


def _again(stock: SlotStock, typed: dict[str, str]) -> str:
    """Ask for all that is inside, with the rest of what was typed."""
    form = RestockForm(anew(typed), stock)
    form.tell_overtaken()
    return _show(stock, form, new_request_id())


def _everything() -> dict[str, str]:
    return {**what_was_typed(request.form), "request_id": sent_id(request.form)}


def _show(stock: SlotStock, form: RestockForm, restock: str, asked: Sequence[Doubt] = ()) -> str:
    return render_template(
        "slot.html",
        stock=stock,
        condition=words.condition(stock),
        form=form,
        request_id=restock,
        mistakes=form.mistakes(),
        doubts=asked,
        funders=words.funders((stock,)),
    )
