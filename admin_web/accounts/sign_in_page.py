"""Sign in and sign out."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import PasswordField
from wtforms.validators import InputRequired

from admin_web.accounts import auth, limits, passwords
from admin_web.accounts.store import Person
from admin_web.forms import name_field

blueprint = Blueprint("sign_in", __name__, template_folder="templates")

WRONG = "Name or password is not right. Try again, or ask for a one-time code."


class SignInForm(FlaskForm):
    """A name and a password."""

    name = name_field("Your name")
    password = PasswordField("Password", [InputRequired("Password: write your password.")])


@blueprint.route("/sign-in", methods=["GET", "POST"])
@limits.per_device
@limits.per_network
@limits.of_strangers
def page() -> ResponseReturnValue:
    """Ask for name and password. A wrong name takes as long as a wrong password and reads the same."""
    if not auth.people().has_people():
        return redirect(url_for("claim.page"))
    form = SignInForm()
    if not form.is_submitted():
        return render_template("sign_in.html", form=form, wrong=None)
    if not form.validate():
        return render_template("sign_in.html", form=form, wrong=None), 422
    person = _recognised(str(form.name.data), str(form.password.data))
    if person is None:
        return render_template("sign_in.html", form=form, wrong=WRONG), 401
    auth.sign_in(person)
    return redirect(auth.local_path(request.args.get("next", "/")), 303)


@blueprint.post("/sign-out")
def leave() -> ResponseReturnValue:
    """End this sign-in."""
    auth.sign_out()
    return redirect(url_for("sign_in.page"), 303)


def _recognised(name: str, password: str) -> Person | None:
    person = auth.people().person(name)
    if not passwords.is_right(person.password_hash if person else None, password) or person is None:
        return None
    if passwords.wants_rehash(person.password_hash):
        auth.people().rehash(person, passwords.hash_password(password))
    return person
