"""Give somebody an anonymous code. It is shown once, and kept nowhere."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from admin_web.kiosk_client import kiosk
from kiosk.errors import RequestError

blueprint = Blueprint("code", __name__, template_folder="templates")


@blueprint.route("/code", methods=["GET", "POST"])
def page() -> ResponseReturnValue:
    """Say what a code is; on POST, make one and show it."""
    if request.method == "GET":
        return render_template("code.html", made=None, refused="")
    try:
        return render_template("code.html", made=kiosk().new_code(), refused="")
    except RequestError as error:
        return render_template("code.html", made=None, refused=str(error)), 409
