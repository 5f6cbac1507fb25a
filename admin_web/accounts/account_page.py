"""Your sign-in: change the password, sign out everywhere."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import PasswordField
from wtforms.validators import EqualTo, InputRequired

from admin_web.accounts import auth, limits, passwords
from admin_web.kiosk_client import site

blueprint = Blueprint("account", __name__, template_folder="templates")


class PasswordForm(FlaskForm):
    """The password there is, and a new one."""

    current = PasswordField("Password now", [InputRequired("Password now: write it.")])
    password = PasswordField("New password", [InputRequired("New password: choose one.")])
    again = PasswordField(
        "New password once more",
        [EqualTo("password", "New password once more: the two are not the same. Write both again.")],
    )


@blueprint.route("/account", methods=["GET", "POST"])
@limits.per_sign_in
def page() -> ResponseReturnValue:
    """Change the password. Every other sign-in of the person ends."""
    form = PasswordForm()
    if not form.is_submitted():
        return _show(form, 200)
    if not form.validate():
        return _show(form, 422)
    me = auth.me()
    weakness = passwords.weakness(str(form.password.data), me.name, site())
    if weakness:
        form.password.errors = [f"New password: {weakness}"]
        return _show(form, 422)
    if not passwords.is_right(me.password_hash, str(form.current.data)):
        form.current.errors = ["Password now: it is not right. Write it again."]
        return _show(form, 403)
    auth.people().set_password(me, passwords.hash_password(str(form.password.data)))
    auth.sign_in(me)
    flash("Your password is changed. You are signed out everywhere else.", "ok")
    return redirect(url_for("account.page"), 303)


@blueprint.post("/account/sign-out-everywhere")
def leave_everywhere() -> ResponseReturnValue:
    """End every sign-in of the person, this one too."""
    auth.people().end_all(auth.me())
    auth.sign_out()
    return redirect(url_for("sign_in.page"), 303)


def _show(form: PasswordForm, status: int) -> ResponseReturnValue:
    mistakes = [(field.id, field.errors[0]) for field in form if field.errors]
    return render_template("account.html", form=form, me=auth.me(), mistakes=mistakes), status
