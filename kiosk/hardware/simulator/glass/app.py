"""The glass as a Flask application: one page, one snapshot, and what hands can do to the machine."""

from __future__ import annotations

import os
from collections.abc import Callable

import msgspec
from flask import Flask, Response, render_template, request
from markupsafe import Markup
from werkzeug.exceptions import HTTPException

from kiosk import look
from kiosk.config import Config
from kiosk.errors import NotFoundError
from kiosk.hardware.simulator.faults import Fault
from kiosk.hardware.simulator.glass import drawing, words
from kiosk.hardware.simulator.glass.guard import protect
from kiosk.hardware.simulator.glass.hands import hands
from kiosk.hardware.simulator.snapshot import CoilSeen, LockerSeen
from kiosk.hardware.simulator.world import World

POWER_CUT_STATUS = 75
"""EX_TEMPFAIL of sysexits.h: whoever supervises the process starts it again."""


def pull_the_plug() -> None:
    """End the process at this instant, with nothing tidied up, as a power cut does."""
    os._exit(POWER_CUT_STATUS)


def create_app(world: World, config: Config, cut_power: Callable[[], None] = pull_the_plug) -> Flask:
    """Make the page of `world`. `cut_power` is called at the instant of a power cut that somebody ordered there."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 16 * 1024

    app.extensions["world"] = world
    app.extensions["cut_power"] = cut_power
    app.register_blueprint(look.blueprint)
    app.register_blueprint(hands)
    protect(app)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        drawing=drawing, words=words, Fault=Fault, pictogram=look.pictogram, sign=sign, config=config
    )

    order = {slot.id: place for place, slot in enumerate(config.slots)}

    def page(problem: str = "") -> str:
        seen = world.snapshot()
        products = {product.sku: product for product in config.products}
        rows: dict[str, list[CoilSeen | LockerSeen]] = {}
        slots: list[CoilSeen | LockerSeen] = [*seen.coils, *seen.lockers]
        for slot in sorted(slots, key=lambda slot: order[slot.slot]):
            rows.setdefault(slot.slot[0], []).append(slot)
        asks = {part.name: products.get(part.product or "") for part in config.inputs}
        kinds = sorted({"box", *(products[slot.product].pictogram for slot in config.slots)})
        return render_template(
            "glass.html",
            seen=seen,
            rows=list(rows.values()),
            accepts={slot: sorted(world.part(slot).accepts) for slot in order},
            keys={slot: getattr(world.part(slot), "item", None) for slot in order},
            products=products,
            asks=asks,
            kinds=kinds,
            problem=problem,
        )

    @app.get("/")
    def index() -> str:
        return page()

    @app.get("/snapshot.json")
    def snapshot() -> Response:
        return Response(msgspec.json.encode(world.snapshot()), mimetype="application/json")

    @app.errorhandler(NotFoundError)
    @app.errorhandler(ValueError)
    @app.errorhandler(HTTPException)
    def refused(error: Exception) -> tuple[str | Response, int]:
        status = 404 if isinstance(error, NotFoundError) else getattr(error, "code", None) or 400
        message = getattr(error, "description", None) or str(error)
        if request.method == "POST" and status != 403 and not wants_json():
            return page(message), status
        return Response(message, mimetype="text/plain"), status

    return app


def wants_json() -> bool:
    """Say whether the page's script asks, which needs no page in answer."""
    return request.accept_mimetypes.best == "application/json"


def sign(name: str, size: int, left: float, top: float) -> Markup:
    """Return a pictogram to be placed inside another drawing."""
    placed = f'<svg x="{left}" y="{top}" width="{size}" height="{size}" '
    return Markup(str(look.pictogram(name)).replace("<svg ", placed, 1))  # noqa: S704 - our own files and numbers
