"""One slot: how it is, and the form to count and fill it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from admin_web import words
from admin_web.daemon import kiosk
from admin_web.restock_form import RestockForm
from kiosk.errors import ConflictError, DaemonAwayError, NotFoundError, RequestError
from kiosk.model import RestockResult, SlotDetail

blueprint = Blueprint("slot", __name__)

COUNT_AGAIN = (
    "How many are inside now: {slot} changed while you counted, because an item came out or somebody else "
    "counted it. Count again, then press the button once more. What you wrote is still here."
)


@blueprint.route("/slots/<slot>", methods=["GET", "POST"])
def page(slot: str) -> Any:
    """Show the slot without what is expected inside; on POST, record the count and the filling."""
    form = RestockForm()
    if not form.is_submitted():
        detail = kiosk().slot(slot)
        form.begin(detail.stock)
        form.bring_back(request.args)
        return _show(detail, form)
    try:
        return _restock(slot, form)
    except DaemonAwayError:
        return render_template("send_again.html", slot=slot, form=form, visit=_visit()), 503


def _restock(slot: str, form: RestockForm) -> Any:
    detail = kiosk().slot(slot)
    if not form.fits(detail.stock):
        if form.request_id.errors or form.as_of.errors:
            form.begin(detail.stock)
        return _show(detail, form), 422
    try:
        result = kiosk().restock(form.request(slot))
    except ConflictError:
        detail = kiosk().slot(slot)
        form.begin(detail.stock)
        form.mistake("found", COUNT_AGAIN.format(slot=slot))
        return _show(detail, form), 409
    except NotFoundError:
        raise
    except RequestError as error:
        form.begin(detail.stock)
        form.mistake("found", str(error))
        return _show(detail, form), 422
    return _done(result)


def _done(result: RestockResult) -> Any:
    flash(words.restocked(result), "low" if result.drift else "ok")
    if not _visit():
        return redirect(url_for("today.page"), 303)
    onward = _next(result.slot)
    if onward is None:
        flash("That was the last slot. Close the door, and thank you.", "ok")
        return redirect(url_for("today.page"), 303)
    return redirect(url_for("slot.page", slot=onward, visit=1), 303)


def _show(detail: SlotDetail, form: RestockForm) -> str:
    order = _order() if _visit() else []
    slot = detail.stock.slot
    return render_template(
        "slot.html",
        detail=detail,
        stock=detail.stock,
        condition=words.condition(detail.stock),
        form=form,
        mistakes=[(field.id, field.errors[0]) for field in form if field.errors],
        visit=_visit(),
        place=order.index(slot) + 1 if slot in order else 0,
        total=len(order),
        onward=_next(slot) if order else None,
    )


def _visit() -> bool:
    """Say whether staff walk through all slots in order."""
    return request.values.get("visit") == "1"


def _order() -> list[str]:
    return [slot.slot for _, row in words.rows(kiosk().stock().slots) for slot in row]


def _next(slot: str) -> str | None:
    order = _order()
    after = order.index(slot) + 1 if slot in order else len(order)
    return order[after] if after < len(order) else None
