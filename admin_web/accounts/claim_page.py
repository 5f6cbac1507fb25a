"""First run, and every further person: a one-time code makes a sign-in."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

from admin_web.accounts import auth, passwords
from admin_web.accounts.store import NameTakenError
from admin_web.forms import name_field
from admin_web.kiosk_client import heard_site, kiosk, site
from kiosk.errors import DaemonAwayError, RequestError

blueprint = Blueprint("claim", __name__, template_folder="templates")

WRONG_CODE = "One-time code: it is wrong, used or too old. Ask for a new one: kiosk admin-code."
NOT_CHECKED = (
    "One-time code: the kiosk program does not answer, so the code could not be checked. "
    "Send it again in a few seconds."
)
GONE = "One-time code: it is right, but the kiosk program went away. Send it again in a few seconds."
TAKEN = (
    "Your name: somebody has it already. Choose another, or tick that it is you and you forgot the password. "
    "Your code stays good for this page."
)


class ClaimForm(FlaskForm):
    """The code, and the sign-in that it makes."""

    code = StringField(
        "One-time code",
        [InputRequired("One-time code: copy it from the kiosk."), Length(max=64, message=WRONG_CODE)],
        filters=[lambda typed: (typed or "").strip()],
    )
    name = name_field("Your name")
    forgot = BooleanField("I have a sign-in with this name and forgot its password")
    password = PasswordField("New password", [InputRequired("New password: choose one.")])
    again = PasswordField(
        "New password once more",
        [EqualTo("password", "New password once more: the two are not the same. Write both again.")],
    )


@blueprint.route("/claim", methods=["GET", "POST"])
def page() -> ResponseReturnValue:
    """Ask for the code and a new sign-in. A weak password costs no code; without a code nothing is said of names.

    There is no limit to tries: a code has 49 random bits and an hour, and a limit would keep its owner out.
    """
    form = ClaimForm()
    if not form.is_submitted():
        return _show(form, 200)
    good = form.validate()
    if _weak(form) or not good:
        return _show(form, 422)
    code = str(form.code.data)
    if not auth.claims().holds(code):
        try:
            kiosk().redeem_admin_code(code)
        except DaemonAwayError:
            form.code.errors = [NOT_CHECKED]
            return _show(form, 503)
        except RequestError:
            form.code.errors = [WRONG_CODE]
            return _show(form, 403)
        auth.claims().begin(code)
    if not site():  # which makes a bad password; asked for only now, so that nobody without a code keeps the kiosk busy
        try:
            heard_site(kiosk().state().site)
        except DaemonAwayError:
            form.code.errors = [GONE]
            return _show(form, 503)
    return _show(form, 422) if _weak(form) else _enter(form)


def _weak(form: ClaimForm) -> bool:
    """Say whether the password is weak, and tell the person why."""
    weakness = passwords.weakness(str(form.password.data or ""), str(form.name.data or ""), site())
    if weakness and not form.password.errors:
        form.password.errors = [f"New password: {weakness}"]
    return bool(weakness)


def _enter(form: ClaimForm) -> ResponseReturnValue:
    """Make the sign-in, or give the person a new password; the code is used up for good then."""
    people, password_hash = auth.people(), passwords.hash_password(str(form.password.data))
    person = people.person(str(form.name.data))
    if person is not None and not form.forgot.data:
        form.name.errors = [TAKEN]
        return _show(form, 422)
    if not auth.claims().end(str(form.code.data)):
        form.code.errors = [WRONG_CODE]
        return _show(form, 403)
    if person is not None:
        people.set_password(person, password_hash)
    else:
        try:
            person = people.add(str(form.name.data), password_hash)
        except NameTakenError:  # by somebody who was a moment faster
            auth.claims().begin(str(form.code.data))
            form.name.errors = [TAKEN]
            return _show(form, 422)
    auth.sign_in(person)
    return redirect(url_for("today.page"), 303)


def _show(form: ClaimForm, status: int) -> ResponseReturnValue:
    first = not auth.people().has_people()
    mistakes = [(field.id, field.errors[0]) for field in form if field.errors]
    return render_template("claim.html", form=form, first=first, mistakes=mistakes), status
