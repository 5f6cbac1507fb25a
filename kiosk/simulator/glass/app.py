"""The glass as a Flask application: one page, one snapshot, and what hands can do to the machine."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence

import msgspec
from flask import Flask, Response, render_template, request
from markupsafe import Markup
from werkzeug.exceptions import HTTPException

from kiosk import look
from kiosk.config import Config
from kiosk.errors import NotFoundError, RequestError
from kiosk.simulator.faults import Fault
from kiosk.simulator.glass import drawing, keys, told, words
from kiosk.simulator.glass.guard import protect
from kiosk.simulator.glass.hands import hands
from kiosk.simulator.snapshot import CoilSeen, LockerSeen
from kiosk.simulator.world import World
from kiosk.web import headers

POWER_CUT_STATUS = 75
"""EX_TEMPFAIL of sysexits.h: whoever supervises the process starts it again."""


def pull_the_plug() -> None:
    """End the process at this instant, with nothing tidied up, as a power cut does."""
    os._exit(POWER_CUT_STATUS)


def create_app(
    world: World,
    config: Config,
    cut_power: Callable[[], None] = pull_the_plug,
    turn: Callable[[str], object] | None = None,
) -> Flask:
    """Make the page of `world`.

    `cut_power` is called at the instant of a power cut that somebody ordered there, `turn` with a slot that the kiosk
    is to turn for a test, and may raise RequestError; without it nothing there can be turned.
    """
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 16 * 1024

    app.extensions["world"] = world
    app.extensions["cut_power"] = cut_power
    app.extensions["turn"] = turn
    app.register_blueprint(look.blueprint)
    app.register_blueprint(hands)
    protect(app)
    headers.init_app(app, scripts=True)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        drawing=drawing, words=words, told=told, Fault=Fault, pictogram=look.pictogram, sign=sign, config=config
    )

    page = Page(world, config, turns=turn is not None)
    app.add_url_rule("/", view_func=page.index)
    app.add_url_rule("/snapshot.json", view_func=page.snapshot)

    @app.errorhandler(RequestError)
    @app.errorhandler(ValueError)
    @app.errorhandler(HTTPException)
    def refused(error: Exception) -> tuple[str | Response, int]:
        refused = {NotFoundError: 404, RequestError: 409}
        ours = next((status for kind, status in refused.items() if isinstance(error, kind)), 400)
        status = getattr(error, "code", None) or ours
        message = getattr(error, "description", None) or str(error)
        if request.method == "POST" and status != 403 and not wants_json():
            return page.render(message), status
        return Response(message, mimetype="text/plain"), status

    return app


class Page:
    """Draws a world as it is now, as a page and as a snapshot. `turns`: the kiosk turns slots for a test."""

    def __init__(self, world: World, config: Config, *, turns: bool) -> None:
        self._world = world
        self._products = {product.sku: product for product in config.products}
        self._order = {slot.id: place for place, slot in enumerate(config.slots)}
        pictograms = {self._products[slot.product].pictogram for slot in config.slots}
        self._unchanging = {
            "accepts": {slot: sorted(world.part(slot).accepts) for slot in self._order},
            "pads": dict(keys.pads(config)),
            "numbers": keys.numbers(config),
            "turns": turns,
            "products": self._products,
            "asks": {part.name: self._products.get(part.product or "") for part in config.inputs},
            "kinds": sorted({"box", *pictograms}),
        }

    def index(self) -> str:
        """Answer GET /."""
        return self.render()

    def snapshot(self) -> Response:
        """Answer GET /snapshot.json."""
        seen, wall_s = self._world.snapshot(), time.monotonic()
        looks = {light.name: told.looks(light, wall_s) for light in seen.lights}
        heard = [one._asdict() for one in told.heard(seen.lights, wall_s)]
        whole = msgspec.structs.asdict(seen) | {"wall_s": wall_s, "looks": looks, "heard": heard}
        return Response(msgspec.json.encode(whole), mimetype="application/json")

    def render(self, problem: str = "") -> str:
        """Return the page, with what went wrong if something did."""
        seen = self._world.snapshot()
        return render_template(
            "glass.html",
            seen=seen,
            rows=self._rows([*seen.coils, *seen.lockers]),
            items={slot: getattr(self._world.part(slot), "item", None) for slot in self._order},
            wall_s=time.monotonic(),
            buzzes=any(light.driver == "buzzer" for light in seen.lights),
            problem=problem,
            **self._unchanging,
        )

    def _rows(self, slots: Sequence[CoilSeen | LockerSeen]) -> list[list[CoilSeen | LockerSeen]]:
        """Return the slots by the letters of their rows, in the order of the configuration."""
        rows: dict[str, list[CoilSeen | LockerSeen]] = {}
        for slot in sorted(slots, key=lambda slot: self._order[slot.slot]):
            rows.setdefault(slot.slot[0], []).append(slot)
        return list(rows.values())


def wants_json() -> bool:
    """Say whether the page's script asks, which needs no page in answer."""
    return request.accept_mimetypes.best == "application/json"


def sign(name: str, size: int, left: float, top: float) -> Markup:
    """Return a pictogram to be placed inside another drawing."""
    placed = f'<svg x="{left}" y="{top}" width="{size}" height="{size}" '
    return Markup(str(look.pictogram(name)).replace("<svg ", placed, 1))  # noqa: S704 - our own files and numbers
