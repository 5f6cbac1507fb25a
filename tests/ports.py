"""TCP ports for what a test starts, none of which another test, or any program's outgoing call, gets meanwhile."""

from __future__ import annotations

import itertools
import os
import socket

FIRST, LAST = 20_000, 32_767
"""Below those that Linux gives to outgoing calls (32768 to 60999): one of them may be taken at any moment."""

_claims: list[socket.socket] = []


def spare_port() -> int:
    """Return a port of this computer on which nobody listens; it stays ours for as long as this process lives."""
    begin = os.getpid() * 37 % (LAST - FIRST)
    for port in itertools.chain(range(FIRST + begin, LAST), range(FIRST, FIRST + begin)):
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0kiosk-test-port-{port}")  # a name without a file, which goes with the process
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            claim.close()
        else:
            _claims.append(claim)
            return port
    raise RuntimeError(f"No port from {FIRST} to {LAST} is free.")
