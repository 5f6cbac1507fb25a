"""A test turn: moves one coil for staff, after a warning, and says what became of it."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import HiddenField
from wtforms.validators import Regexp

from admin_web import words
from admin_web.kiosk_client import kiosk
from kiosk.errors import BusyError
from kiosk.model import Purpose, VendRequest, VendState, new_request_id

WAIT_S = 2.0
"""How long the result page waits for the coil before it answers; must stay below the client's time limit."""

ASK_AGAIN_S = 1

blueprint = Blueprint("test_turn", __name__, template_folder="templates")


class TestTurnForm(FlaskForm):
    """One press. The hidden id makes a second press harmless."""

    __test__ = False
    request_id = HiddenField(validators=[Regexp(r"^[A-Za-z0-9_-]{8,64}\Z")])


@blueprint.route("/slots/<slot>/test", methods=["GET", "POST"])
def page(slot: str) -> ResponseReturnValue:
    """Warn and ask; on POST, turn the coil."""
    form = TestTurnForm()
    if not form.validate_on_submit():
        form.request_id.data = new_request_id()
        return render_template("test_turn.html", stock=kiosk().slot(slot).stock, form=form, busy=False)
    request_id = str(form.request_id.data)
    try:
        kiosk().vend(VendRequest(id=request_id, slot=slot, purpose=Purpose.TEST))
    except BusyError:
        return render_template("test_turn.html", stock=kiosk().slot(slot).stock, form=form, busy=True), 409
    return redirect(url_for("test_turn.result", slot=slot, request_id=request_id), 303)


@blueprint.get("/slots/<slot>/test/<request_id>")
def result(slot: str, request_id: str) -> ResponseReturnValue:
    """Say what became of the turn; while it lasts, the page asks again by itself."""
    vend = kiosk().wait_vend(request_id, WAIT_S)
    done = vend.state is VendState.DONE
    answer = make_response(
        render_template("test_result.html", slot=slot, vend=vend, done=done, said=words.vend_said(vend))
    )
    if not done:
        answer.headers["Refresh"] = str(ASK_AGAIN_S)
    return answer
