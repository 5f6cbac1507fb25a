"""What every fact is made of: frozen structs, names, ids and counts."""

from __future__ import annotations

import uuid
from typing import Annotated

from msgspec import Meta, Struct

Name = Annotated[str, Meta(min_length=1, max_length=64)]
"""A short name, 1 to 64 characters."""

RequestId = Annotated[str, Meta(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9_-]+\Z")]
"""A request's id, made by whoever asks: 8 to 64 of A-Z a-z 0-9 _ -. It must carry no time."""

Typed = Annotated[str, Meta(min_length=1, max_length=200)]
"""A line that somebody typed, 1 to 200 characters."""

Count = Annotated[int, Meta(ge=0, le=1000)]
"""A number of items, 0 to 1000."""


def new_request_id() -> str:
    """Make a random request id. Version 4, because other UUIDs carry a time or a machine."""
    return str(uuid.uuid4())


class Fact(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A frozen, keyword-only struct that refuses fields it does not know."""
