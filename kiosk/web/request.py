"""How long a request may be, and that it comes alone."""

from __future__ import annotations

from typing import Any

from waitress.parser import HTTPRequestParser
from waitress.utilities import BadRequest, RequestEntityTooLarge

HEAD_BYTES = 16 * 1024
"""The longest request line with all its headers; what browsers send has under 2 kB."""

MOST_CHUNK = 2**63 - 1
"""The largest size of a chunk that means anything; a longer one is no size but a mistake."""


class Request(HTTPRequestParser):
    """One request as it comes in. A malformed one becomes a 400, a head that is too long a 431, at once."""

    path = ""
    command = ""
    """Path and method, also of a request that could not be read."""

    body_rcv: Any
    empty: bool
    error: Any

    def received(self, data: bytes) -> int:
        """Take in what came; return how many bytes of it are done with."""
        consumed = len(data)
        try:
            consumed = super().received(data)
        except ValueError:  # a length of 5,000 digits, an address that is none
            self._refuse(BadRequest("A header makes no sense."))
        if self.chunked and not self.completed:
            self._judge(self.body_rcv.chunk_remainder)
        if not self.completed:
            return consumed
        if self.empty:
            # One or two empty lines before a request are left out; 16 kB of nothing else would be 4,000 requests.
            self.empty = False
            self._refuse(BadRequest("There is no request in these lines."))
        if isinstance(self.error, RequestEntityTooLarge):
            self._leave_to_the_application()
        if consumed < len(data):
            # Nobody we serve sends a request before the last one was answered, and 16 kB can hold 800 of them.
            self.headers["CONNECTION"] = "close"
        return len(data)

    def _judge(self, chunk: int) -> None:
        """Refuse a chunk for the size that it announces, before any of it was read."""
        if chunk > MOST_CHUNK:
            self._refuse(BadRequest("The size of a chunk makes no sense."))
        elif chunk >= self.adj.max_request_body_size:
            self._refuse(RequestEntityTooLarge("The body is too long."))

    def _refuse(self, error: BadRequest | RequestEntityTooLarge) -> None:
        self.error, self.completed = error, True

    def _leave_to_the_application(self) -> None:
        """Let the application say 413 in its own words: it sees a length beyond its limit, and no body."""
        self.close()
        self.error = self.body_rcv = None
        self.headers["CONTENT_LENGTH"] = str(max(self.content_length, self.adj.max_request_body_size))
        self.headers["CONNECTION"] = "close"
