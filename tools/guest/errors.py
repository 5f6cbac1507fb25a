"""What goes wrong with the guest, as sentences that name the remedy."""

from __future__ import annotations


class GuestError(Exception):
    """The guest cannot be built or does not run. The text says what to do."""
