"""More: the pages that are not needed every day."""

from __future__ import annotations

from flask import Blueprint, render_template

blueprint = Blueprint("more", __name__, template_folder="templates")


@blueprint.get("/more")
def page() -> str:
    """List the other pages, each with what it is for. It asks nothing, so it opens while the daemon is away."""
    return render_template("more.html")
