"""The filters with which templates put facts into words."""

from __future__ import annotations

from flask import Flask

from admin_web import words
from admin_web.restock import restock_words

FILTERS = {
    "at_field": words.at_field,
    "day": restock_words.day,
    "degrees": words.degrees,
    "drift": restock_words.drift,
    "drift_over_time": restock_words.drift_over_time,
    "duration": words.duration,
    "flag": words.flag,
    "hour": words.hour,
    "in_hours": words.in_hours,
    "inside": words.inside,
    "some_items": words.items,
    "lot_name": restock_words.lot_name,
    "put_in": restock_words.put_in,
    "restocked": restock_words.restocked,
    "taken_out": restock_words.taken_out,
    "visit_line": restock_words.visit,
    "weekday": restock_words.weekday,
    "wrong": restock_words.lot_state,
}
"""Filter name to function; each is pure."""


def init_app(app: Flask) -> None:
    """Give the filters to the templates.."""
    app.jinja_env.filters.update(FILTERS)
