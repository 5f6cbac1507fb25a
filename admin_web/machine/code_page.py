"""Give somebody an anonymous code. It is shown once, and kept nowhere."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from admin_web.kiosk_client import kiosk
from kiosk.errors import RequestError

blueprint = Blueprint("code", __name__, template_folder="templates")


@blueprint.route("/code", methods=["GET", "POST"])
def page() -> Any:
    """Say what a code is; on POST, make one and show it."""
    if request.method == "GET":
        return render_template("code.html", made=None, refused="")
    try:
        return render_template("code.html", made=kiosk().new_code(), refused="")
    except RequestError as error:
        return render_template("code.html", made=None, refused=str(error)), 409
