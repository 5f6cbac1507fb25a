"""Another product in a slot: all that is inside comes out, then the slot is the other product's."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin_web import products
from admin_web.form_id import sent_id
from admin_web.kiosk_client import kiosk, today
from admin_web.restock import doubts
from admin_web.restock.check_page import saved_as
from admin_web.restock.doubts import Doubt
from admin_web.restock.product_form import ProductForm
from admin_web.restock.restock_form import COUNTS, is_held, what_was_typed
from kiosk.errors import ConflictError, NotFoundError, RequestError
from kiosk.model import RestockRequest, SlotStock, new_request_id

blueprint = Blueprint("product", __name__, template_folder="templates")

MOVED = (
    "How many are inside now: something moved in {slot} meanwhile. Write again how many you found, and how many of the "
    "new product are inside now."
)


@blueprint.route("/slots/<slot>/product", methods=["GET", "POST"])
def page(slot: str) -> ResponseReturnValue:
    """Ask which product, how many came out, and what went in; on POST, record it as a visit of one slot."""
    slots = kiosk().stock().slots
    stock = next((each for each in slots if each.slot == slot), None)
    if stock is None:
        raise NotFoundError(f"This kiosk has no slot {slot}.")
    sent = request.form if request.method == "POST" else request.args
    typed, restock = what_was_typed(sent), sent_id(sent)
    form = ProductForm(typed, stock, products.others(slots, stock))
    if request.method == "GET":
        return _show(slots, stock, form, restock)
    saved = not is_held(typed, stock) and saved_as(restock)
    if not is_held(typed, stock) and not saved:
        return _again(slot, typed), 409
    if not form.fits():
        return _show(slots, stock, form, restock), 422
    if not saved and (asked := _asked(form, stock, slots)):
        return _show(slots, stock, form, restock, asked), 422
    try:
        kiosk().restock(RestockRequest(id=restock, lines=(form.line(),)))
    except ConflictError:
        return _again(slot, typed), 409
    except NotFoundError:
        raise
    except RequestError as error:
        form.found.errors = [f"How many are inside now: {error}"]
        return _show(slots, stock, form, restock), 422
    return redirect(url_for("restock.result", restock=restock, just=1), 303)


def _asked(form: ProductForm, stock: SlotStock, slots: tuple[SlotStock, ...]) -> list[Doubt]:
    """Return what has to be asked back before this is saved."""
    return doubts.asked(doubts.of_line(form.line(), stock, doubts.in_machine(slots), today()), form.answered)


def _again(slot: str, typed: dict[str, str]) -> str:
    """Ask for both numbers anew: of what was put in, some may have come out already."""
    slots = kiosk().stock().slots
    stock = next(each for each in slots if each.slot == slot)
    rest = {name: value for name, value in typed.items() if name not in COUNTS and not name.endswith("-quantity")}
    form = ProductForm({**rest, "again": "1"}, stock, products.others(slots, stock))
    form.tell(MOVED.format(slot=slot))
    return _show(slots, stock, form, new_request_id())


def _show(
    slots: tuple[SlotStock, ...], stock: SlotStock, form: ProductForm, restock: str, asked: Sequence[Doubt] = ()
) -> str:
    return render_template(
        "product.html",
        stock=stock,
        form=form,
        request_id=restock,
        mistakes=form.mistakes(),
        doubts=asked,
        last_essential=stock.essential and sum(each.sku == stock.sku for each in slots) == 1,
    )
