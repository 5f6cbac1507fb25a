"""How often somebody may try to sign in. Only failures count; the counts live in memory."""

from __future__ import annotations

import hashlib

from flask import Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

PER_NAME = "8 per 15 minutes"
PER_ADDRESS = "20 per 15 minutes"
WAIT_S = 15 * 60

limiter = Limiter(get_remote_address, storage_uri="memory://", strategy="moving-window")


def typed_name() -> str:
    """Return a key for the name that was typed, of the same length whatever was typed."""
    return hashlib.sha256(request.form.get("name", "").strip().casefold().encode()).hexdigest()


def was_refused(response: Response) -> bool:
    """Say whether the answer was a failed try."""
    return response.status_code in {401, 403}


per_name = limiter.limit(PER_NAME, key_func=typed_name, methods=["POST"], deduct_when=was_refused)
per_address = limiter.limit(PER_ADDRESS, methods=["POST"], deduct_when=was_refused)
