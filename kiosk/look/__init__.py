"""What every page of the project looks like: colours and type as one stylesheet, the typeface, and the pictograms."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import fontpkg_atkinson_hyperlegible
from flask import Blueprint, Response, send_from_directory
from markupsafe import Markup
from werkzeug.exceptions import NotFound

HERE = Path(__file__).parent
PICTOGRAMS = HERE / "pictograms"
FONTS = Path(fontpkg_atkinson_hyperlegible.__file__).parent / "files"
"""Atkinson Hyperlegible by the Braille Institute: drawn so that letters are told apart with little sight."""

blueprint = Blueprint("look", __name__, url_prefix="/look")
"""Serves `/look/tokens.css` and `/look/fonts/…`. Every page's app registers it; nothing is fetched elsewhere."""


@blueprint.get("/<path:name>")
def serve(name: str) -> Response:
    """Serve the stylesheet or a font file."""
    if name == "tokens.css":
        return send_from_directory(HERE, name)
    if name.startswith("fonts/") and name.endswith(".ttf"):
        return send_from_directory(FONTS, name.removeprefix("fonts/"))
    raise NotFound


def pictogram(name: str) -> Markup:
    """Return a pictogram as inline SVG that takes the text's colour; the plain box for a name that is not known.

    It is hidden from screen readers: the words beside it say the same.
    """
    known = pictograms()
    return known.get(name, known["box"])


@cache
def pictograms() -> dict[str, Markup]:
    """Return every pictogram by name: one file each in the folder `pictograms`, on a 48 grid with 3 wide lines."""
    files = sorted(PICTOGRAMS.glob("*.svg"))
    return {path.stem: Markup(path.read_text().strip()) for path in files}  # noqa: S704 - our own files
