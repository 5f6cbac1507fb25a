"""Malformed, unknown and oversized input to the control API: refused with a sentence, and nothing changed."""

from __future__ import annotations

import json
import re
import socket
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.control.client import _UnixConnection
from kiosk.hardware.simulator.world import motions
from kiosk.model import Problem
from tests.conftest import Evidence
from tests.kiosk_process import KioskProcess

PATHS = ("/v1/vends", "/v1/restocks", "/v1/admin-codes/redeem")
VEND = {"id": "request-123", "sku": "NAL"}
RESTOCK = {"id": "request-456", "slot": "A1", "found": 1, "added": 0, "as_of": 0}


def send(
    kiosk: KioskProcess, method: str, path: str, body: bytes | None = None, mimetype: str = "application/json"
) -> tuple[int, bytes]:
    connection = _UnixConnection(str(kiosk.socket), 10)
    connection.request(method, path, body, {"Content-Type": mimetype} if body is not None else {})
    response = connection.getresponse()
    answer = response.status, response.read()
    connection.close()
    return answer


def refused(kiosk: KioskProcess, evidence: Evidence, status: int, answer: bytes) -> Problem:
    evidence.count("api_bad_requests")
    assert 400 <= status < 500, (status, answer)
    problem = msgspec.json.decode(answer, type=Problem)
    assert problem.message.endswith("."), problem
    return problem


CASES: list[tuple[int, str, str, Any, str]] = [
    (400, "POST", "/v1/vends", b"", "does not fit"),
    (400, "POST", "/v1/vends", b"{", "does not fit"),
    (400, "POST", "/v1/vends", b"\xff\xfe", "does not fit"),
    (400, "POST", "/v1/vends", b"[]", "does not fit"),
    (400, "POST", "/v1/vends", VEND | {"id": "short"}, r"\$\.id"),
    (400, "POST", "/v1/vends", VEND | {"name": "Ada"}, "name"),
    (400, "POST", "/v1/vends", VEND | {"slot": "A1"}, "not for both"),
    (400, "POST", "/v1/vends", {"id": "request-123"}, "not for both"),
    (400, "POST", "/v1/vends", VEND | {"purpose": "fun"}, "purpose"),
    (400, "POST", "/v1/vends", VEND | {"purpose": "test"}, "test turn needs a slot"),
    (404, "POST", "/v1/vends", VEND | {"sku": "nothing"}, "no product"),
    (400, "POST", "/v1/restocks", RESTOCK | {"found": -1}, "found"),
    (400, "POST", "/v1/restocks", RESTOCK | {"added": "2"}, "added"),
    (400, "POST", "/v1/restocks", RESTOCK | {"expiry": "tomorrow"}, "expiry"),
    (404, "POST", "/v1/restocks", RESTOCK | {"slot": "Z9"}, "no slot"),
    (409, "POST", "/v1/restocks", RESTOCK | {"as_of": 10**6}, "Count it again"),
    (403, "POST", "/v1/admin-codes/redeem", {"code": "x"}, "wrong"),
    (404, "GET", "/v1/slots/%00", None, "no slot"),
    (404, "GET", "/v1/nothing", None, "nothing at this address"),
    (405, "DELETE", "/v1/stock", None, "method"),
    (400, "GET", "/v1/events?limit=0", None, "limit must be"),
    (400, "GET", "/v1/events?limit=many", None, "limit must be"),
    (400, "GET", "/v1/events?before=-1", None, "before must be"),
    (400, "GET", "/v1/vends/request-123?wait_s=9999", None, "wait_s must be"),
    (413, "POST", "/v1/vends", b" " * 20_000, "longer than"),
    (413, "POST", "/v1/vends", b" " * 900_000, "longer than"),
]


@pytest.mark.parametrize(("status", "method", "path", "body", "sentence"), CASES)
def test_each_mistake_has_a_sentence(
    kiosk: KioskProcess, evidence: Evidence, status: int, method: str, path: str, body: Any, sentence: str
) -> None:
    """The status fits and the sentence names the place."""
    content = json.dumps(body).encode() if isinstance(body, dict) else body
    code, answer = send(kiosk, method, path, content)
    problem = refused(kiosk, evidence, code, answer)
    assert code == status, problem
    assert re.search(sentence, problem.message), problem


def test_only_json_is_read(kiosk: KioskProcess, evidence: Evidence) -> None:
    """A form cannot be posted from a foreign page by accident."""
    code, answer = send(kiosk, "POST", "/v1/vends", b"sku=NAL", "application/x-www-form-urlencoded")
    assert (code, "application/json" in refused(kiosk, evidence, code, answer).message) == (415, True)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)
NEARLY = st.fixed_dictionaries(
    {"id": st.just("request-789") | JSON},
    optional=dict.fromkeys(("sku", "slot", "purpose", "found", "added", "as_of", "lot", "expiry", "code"), JSON),
).filter(lambda body: body.get("sku") not in ("NAL", "STRIP"))


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(path=st.sampled_from(PATHS), body=st.binary(max_size=60) | NEARLY.map(lambda body: json.dumps(body).encode()))
def test_nothing_made_up_gets_through(kiosk: KioskProcess, evidence: Evidence, path: str, body: bytes) -> None:
    """Random bytes and nearly right bodies are refused with a sentence; no motor moves and no count changes."""
    stock, moved = kiosk.client.stock(), motions(kiosk.state)
    refused(kiosk, evidence, *send(kiosk, "POST", path, body))
    assert (kiosk.client.stock(), motions(kiosk.state)) == (stock, moved)


@pytest.mark.parametrize(
    "raw", [b"\x00" * 200, b"GET\r\n\r\n", b"POST /v1/vends HTTP/1.1\r\nContent-Length: 99\r\n\r\n{"]
)
def test_bytes_that_are_no_http(kiosk: KioskProcess, evidence: Evidence, raw: bytes) -> None:
    """Whoever speaks nonsense, or hangs up in the middle, disturbs nobody."""
    evidence.count("api_bad_requests")
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(kiosk.socket))
        connection.sendall(raw)
    assert kiosk.client.state().kiosk == "test-kiosk"
