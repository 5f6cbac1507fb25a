"""Recalls: lock a lot wherever it is, see what that met, and end it again."""

from __future__ import annotations

import re

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin_web import products
from admin_web.form_id import sent_id
from admin_web.kiosk_client import kiosk
from admin_web.recalls import recall_words
from kiosk.errors import NotFoundError
from kiosk.model import Recall, RecallRequest

blueprint = Blueprint("recalls", __name__, template_folder="templates")

NO_LOT = "Lot: write it as it is printed, letters and digits."
TOO_LONG = "Lot: use at most 64 characters."
NO_PRODUCT = "Which product: this kiosk does not have that one. Choose again."


@blueprint.get("/recalls")
def page() -> str:
    """Show the form for a lot, and every recall."""
    return _ask("", "", [])


@blueprint.route("/recalls/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Say what locking the lot would do, and ask; on POST, lock it."""
    slots = kiosk().stock().slots
    lot, sku = request.values.get("lot", "").strip(), request.values.get("sku", "")
    mistakes = _mistakes(lot, sku, {product.sku for product in products.known(slots)})
    if mistakes:
        return _ask(lot, sku, mistakes), 422
    restock = sent_id(request.values)
    if request.method == "GET":
        met = recall_words.met(slots, lot, sku)
        about = products.name_of(slots, sku)
        return render_template("recall_new.html", lot=lot, sku=sku, about=about, met=met, request_id=restock)
    recall = kiosk().recall(RecallRequest(id=restock, lot=lot, sku=sku or None))
    return redirect(url_for("recalls.one", recall=recall.id, just=1), 303)


@blueprint.get("/recalls/<recall>")
def one(recall: str) -> str:
    """Say what a recall met: which slots, and how many."""
    found, slots = _find(recall), kiosk().stock().slots
    return render_template(
        "recall.html",
        recall=found,
        about=products.name_of(slots, found.sku),
        met=recall_words.met(slots, found.lot, found.sku),
        just=request.args.get("just") == "1",
    )


@blueprint.route("/recalls/<recall>/lift", methods=["GET", "POST"])
def lift(recall: str) -> ResponseReturnValue:
    """Say what ending a recall means, and ask; on POST, end it."""
    found = _find(recall)
    if request.method == "GET":
        return render_template("recall_lift.html", recall=found)
    kiosk().lift_recall(recall)
    flash(f"The recall of lot {found.lot} is over. It is given out again.", "ok")
    return redirect(url_for("recalls.page"), 303)


def _mistakes(lot: str, sku: str, known: set[str]) -> list[tuple[str, str]]:
    found = []
    if len(lot) > 64:
        found.append(("lot", TOO_LONG))
    elif not lot.isprintable() or not re.search(r"[^\W_]", lot):
        found.append(("lot", NO_LOT))
    if sku and sku not in known:
        found.append(("sku", NO_PRODUCT))
    return found


def _ask(lot: str, sku: str, mistakes: list[tuple[str, str]]) -> str:
    slots = kiosk().stock().slots
    return render_template(
        "recalls.html",
        lot=lot,
        sku=sku,
        mistakes=mistakes,
        wrong=dict(mistakes),
        products=products.choices(slots),
        recalls=[(recall, products.name_of(slots, recall.sku)) for recall in kiosk().recalls().recalls],
    )


def _find(recall: str) -> Recall:
    for found in kiosk().recalls().recalls:
        if found.id == recall:
            return found
    raise NotFoundError("This kiosk knows no such recall.")
