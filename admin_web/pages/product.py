"""Another product in a slot: all that is inside comes out, then the slot is the other product's."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from admin_web import products
from admin_web.daemon import kiosk
from admin_web.pages.visit import COUNT_AGAIN
from admin_web.product_form import ProductForm
from admin_web.restock_form import what_was_typed
from admin_web.sending import sent_id
from kiosk.errors import ConflictError, NotFoundError, RequestError
from kiosk.model import RestockRequest, SlotStock, new_request_id

blueprint = Blueprint("product", __name__)


@blueprint.route("/slots/<slot>/product", methods=["GET", "POST"])
def page(slot: str) -> Any:
    """Ask which product, how many came out, and what went in; on POST, record it as a visit of one slot."""
    slots = kiosk().stock().slots
    stock = next((each for each in slots if each.slot == slot), None)
    if stock is None:
        raise NotFoundError(f"This kiosk has no slot {slot}.")
    sent = request.form if request.method == "POST" else request.args
    form = ProductForm(what_was_typed(sent), stock, products.others(slots, stock))
    restock = sent_id(sent)
    if request.method == "GET":
        return _show(slots, stock, form, restock)
    if not form.fits():
        return _show(slots, stock, form, restock), 422
    try:
        kiosk().restock(RestockRequest(id=restock, lines=(form.line(),)))
    except ConflictError:
        return _again(slot, new_request_id(), COUNT_AGAIN.format(slot=slot)), 409
    except NotFoundError:
        raise
    except RequestError as error:
        return _again(slot, restock, f"How many are inside now: {error}"), 422
    return redirect(url_for("restock.result", restock=restock, just=1), 303)


def _again(slot: str, restock: str, why: str) -> str:
    slots = kiosk().stock().slots
    stock = next(each for each in slots if each.slot == slot)
    form = ProductForm(what_was_typed(request.form), stock, products.others(slots, stock))
    form.count_anew(why)
    return _show(slots, stock, form, restock)


def _show(slots: tuple[SlotStock, ...], stock: SlotStock, form: ProductForm, restock: str) -> str:
    return render_template(
        "product.html",
        stock=stock,
        form=form,
        request_id=restock,
        mistakes=form.mistakes(),
        last_essential=stock.essential and sum(each.sku == stock.sku for each in slots) == 1,
    )
