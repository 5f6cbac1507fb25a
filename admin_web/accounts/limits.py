"""How often somebody may try a password. Only failures count; the counts live in memory.

Nobody may keep another person out. So no name is ever locked: wrong passwords count against the address they come from
and against all strangers together, and a browser in which that person has signed in before is no stranger. Its own
failures alone count against it.
"""

from __future__ import annotations

import ipaddress

from flask import Response, request
from flask_limiter import Limiter

from admin_web.accounts import devices

PER_DEVICE = "10 per 15 minutes"
PER_NETWORK = "20 per 15 minutes"
OF_STRANGERS = "100 per 15 minutes"
WAIT_S = 15 * 60

IPV6_NETWORK = 64
"""Whoever has one IPv6 address has all that share its first 64 bits."""


def network() -> str:
    """Return where a request comes from: an IPv4 address, or an IPv6 network."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, IPV6_NETWORK), strict=False))


def was_refused(response: Response) -> bool:
    """Say whether the answer was a failed try."""
    return response.status_code in {401, 403}


limiter = Limiter(network, storage_uri="memory://", strategy="moving-window")

per_device = limiter.limit(
    PER_DEVICE, key_func=devices.known, exempt_when=devices.is_strange, methods=["POST"], deduct_when=was_refused
)
per_network = limiter.limit(
    PER_NETWORK, exempt_when=lambda: not devices.is_strange(), methods=["POST"], deduct_when=was_refused
)
of_strangers = limiter.limit(
    OF_STRANGERS,
    key_func=lambda: "strangers",
    exempt_when=lambda: not devices.is_strange(),
    methods=["POST"],
    deduct_when=was_refused,
)
per_sign_in = limiter.limit(PER_DEVICE, key_func=devices.sign_in, methods=["POST"], deduct_when=was_refused)
