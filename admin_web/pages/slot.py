"""One slot: how it is, and the form to count and fill it, saved at once."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from admin_web import words
from admin_web.daemon import kiosk
from admin_web.pages.visit import COUNT_AGAIN
from admin_web.restock_form import RestockForm, what_was_typed
from admin_web.sending import sent_id
from kiosk.errors import ConflictError, DaemonAwayError, NotFoundError, RequestError
from kiosk.model import RestockRequest, SlotStock, new_request_id

blueprint = Blueprint("slot", __name__)


@blueprint.route("/slots/<slot>", methods=["GET", "POST"])
def page(slot: str) -> Any:
    """Show the slot without what is expected inside; on POST, record the count, what went out and what came in."""
    if request.method == "GET":
        stock = kiosk().slot(slot).stock
        return _show(stock, RestockForm(what_was_typed(request.args), stock), sent_id(request.args))
    try:
        return _restock(slot)
    except DaemonAwayError:
        return render_template("slot_unsent.html", slot=slot, typed=_everything()), 503


@blueprint.get("/slots/<slot>/coil")
def coil(slot: str) -> str:
    """Show the coil as a queue, how its counts went, and what happened here."""
    return render_template("coil.html", detail=kiosk().slot(slot))


def _restock(slot: str) -> Any:
    stock = kiosk().slot(slot).stock
    form, restock = RestockForm(what_was_typed(request.form), stock), sent_id(request.form)
    if not form.fits():
        if form.as_of.errors:
            form.count_anew()
        return _show(stock, form, restock), 422
    try:
        kiosk().restock(RestockRequest(id=restock, lines=(form.line(),)))
    except ConflictError:
        stock = kiosk().slot(slot).stock
        form = RestockForm(what_was_typed(request.form), stock)
        form.count_anew(COUNT_AGAIN.format(slot=slot))
        return _show(stock, form, new_request_id()), 409
    except NotFoundError:
        raise
    except RequestError as error:
        # Under the same id: should the kiosk come to it after all, sending it again counts once.
        form.found.errors = [str(error)]
        return _show(stock, form, restock), 422
    return redirect(url_for("restock.result", restock=restock, just=1), 303)


def _everything() -> dict[str, str]:
    return {**what_was_typed(request.form), "request_id": sent_id(request.form)}


def _show(stock: SlotStock, form: RestockForm, restock: str) -> str:
    return render_template(
        "slot.html",
        stock=stock,
        condition=words.condition(stock),
        form=form,
        request_id=restock,
        mistakes=form.mistakes(),
        funders=words.funders((stock,)),
    )
