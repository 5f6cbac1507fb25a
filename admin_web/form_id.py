"""The id that every form with an effect carries, so that a second press is harmless."""

from __future__ import annotations

import re
from collections.abc import Mapping

from kiosk.model import new_request_id


def sent_id(sent: Mapping[str, str]) -> str:
    """Return the id that came with a form; a new one when there is none, or none that fits."""
    given = sent.get("request_id", "")
    return given if re.fullmatch(r"[A-Za-z0-9_-]{8,64}", given) else new_request_id()
