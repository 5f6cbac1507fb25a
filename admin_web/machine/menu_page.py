"""What is on the menu: take a product off it for a while, and put it back on."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin_web import products
from admin_web.kiosk_client import kiosk
from kiosk.model import HideRequest

blueprint = Blueprint("menu", __name__, template_folder="templates")


@blueprint.route("/menu", methods=["GET", "POST"])
def page() -> ResponseReturnValue:
    """Show every product and whether visitors see it; on POST, hide or show one."""
    if request.method == "GET":
        return render_template("menu.html", products=products.known(kiosk().stock().slots))
    sku, hidden = request.form.get("sku", "")[:64], request.form.get("hidden") == "1"
    slots = kiosk().hide(HideRequest(sku=sku or "?", hidden=hidden)).slots
    name = products.name_of(slots, sku)
    if not hidden and any(slot.hidden for slot in slots if slot.sku == sku):
        flash(f"{name} stays off the menu: the kiosk's configuration hides it.", "low")
    else:
        flash(f"{name} is {'off the menu now' if hidden else 'on the menu again'}.", "ok")
    return redirect(url_for("menu.page"), 303)
