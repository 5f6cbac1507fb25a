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
from kiosk.model import Problem
from kiosk.simulator.world import motions
from tests.conftest import Evidence
from tests.kiosk_process import KioskProcess

PATHS = (
    "/v1/vends",
    "/v1/restocks",
    "/v1/restocks/request-000/undo",
    "/v1/recalls",
    "/v1/recalls/request-000/lift",
    "/v1/excursions/1/review",
    "/v1/hidden",
    "/v1/codes",
    "/v1/admin-codes/redeem",
)
VEND = {"id": "request-123", "sku": "NAL"}
RECALL = {"id": "request-457", "lot": "L-A1"}
LINE = {"slot": "A1", "found": 1, "as_of": 10**6}


def visit(*lines: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return a visit as JSON, of one line that is as good as can be unless others are given."""
    return {"id": "request-456", "lines": list(lines) or [LINE]} | fields


def line(**fields: Any) -> dict[str, Any]:
    return visit(LINE | fields)


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
    (400, "POST", "/v1/vends", VEND | {"id": "request-123\n"}, r"\$\.id"),
    (400, "POST", "/v1/vends", VEND | {"name": "Ada"}, "name"),
    (400, "POST", "/v1/vends", VEND | {"slot": "A1"}, "not for both"),
    (400, "POST", "/v1/vends", {"id": "request-123"}, "not for both"),
    (400, "POST", "/v1/vends", VEND | {"purpose": "fun"}, "purpose"),
    (400, "POST", "/v1/vends", VEND | {"purpose": "test"}, "test turn needs a slot"),
    (404, "POST", "/v1/vends", VEND | {"sku": "nothing"}, "no product"),
    (400, "POST", "/v1/vends", VEND | {"code": ""}, r"\$\.code"),
    (400, "POST", "/v1/vends", VEND | {"code": "x" * 201}, r"\$\.code"),
    (400, "POST", "/v1/restocks", {"id": "request-456"}, "lines"),
    (400, "POST", "/v1/restocks", {"id": "request-456", "lines": []}, "lines"),
    (400, "POST", "/v1/restocks", visit(*[LINE] * 201), "lines"),
    (400, "POST", "/v1/restocks", visit(who="Ada"), "who"),
    (400, "POST", "/v1/restocks", line(found=-1), r"lines\[0\]\.found"),
    (400, "POST", "/v1/restocks", line(found=1001), "found"),
    (400, "POST", "/v1/restocks", line(by="Ada"), "by"),
    (400, "POST", "/v1/restocks", line(added=2), "added"),
    (400, "POST", "/v1/restocks", line(added=[{"quantity": "2"}]), "quantity"),
    (400, "POST", "/v1/restocks", line(added=[{"quantity": 0}]), "quantity"),
    (400, "POST", "/v1/restocks", line(added=[{"quantity": 1, "expiry": "tomorrow"}]), "expiry"),
    (400, "POST", "/v1/restocks", line(added=[{"quantity": 1, "lot": ""}]), "lot"),
    (400, "POST", "/v1/restocks", line(added=[{"quantity": 1, "parts": [{"name": "spray"}]}]), "lot"),
    (400, "POST", "/v1/restocks", line(removed=[{"quantity": 1, "reason": "stolen"}]), "reason"),
    (400, "POST", "/v1/restocks", line(removed=[{"quantity": 1}]), "reason"),
    (400, "POST", "/v1/restocks", line(removed=[{"quantity": 2, "reason": "other"}]), "A1: 2 taken out of 1"),
    (400, "POST", "/v1/restocks", line(found=41), "A1 holds 40"),
    (400, "POST", "/v1/restocks", line(added=[{"quantity": 40}]), "A1 holds 40"),
    (400, "POST", "/v1/restocks", visit(LINE, LINE), "A1 stands in this visit twice"),
    (404, "POST", "/v1/restocks", line(slot="Z9"), "no slot"),
    (404, "POST", "/v1/restocks", line(sku="nothing"), "no product"),
    (409, "POST", "/v1/restocks", visit(), "A1 changed while you counted"),
    (404, "POST", "/v1/restocks/request-000/undo", {}, "No restock visit"),
    (404, "POST", "/v1/restocks/%00/undo", {}, "No restock visit"),
    (405, "GET", "/v1/restocks/request-000/undo", None, "method"),
    (400, "GET", "/v1/restocks?limit=0", None, "limit must be"),
    (400, "GET", "/v1/restocks?limit=101", None, "limit must be"),
    (400, "GET", "/v1/restocks?limit=nan", None, "limit must be"),
    (400, "POST", "/v1/recalls", {"id": "request-457"}, "lot"),
    (400, "POST", "/v1/recalls", RECALL | {"lot": ""}, "lot"),
    (400, "POST", "/v1/recalls", RECALL | {"lot": "- / -"}, "letters or digits"),
    (400, "POST", "/v1/recalls", RECALL | {"why": "leaks"}, "why"),
    (404, "POST", "/v1/recalls", RECALL | {"sku": "nothing"}, "no product"),
    (404, "POST", "/v1/recalls/request-000/lift", {}, "No recall"),
    (400, "POST", "/v1/excursions/1/review", {}, "decision"),
    (400, "POST", "/v1/excursions/1/review", {"decision": "ignore"}, "decision"),
    (404, "POST", "/v1/excursions/1/review", {"decision": "accept"}, "no excursion 1"),
    (404, "POST", f"/v1/excursions/{2**70}/review", {"decision": "accept"}, "nothing at this address"),
    (404, "POST", f"/v1/excursions/{2**63 - 1}/review", {"decision": "accept"}, "no excursion"),
    (404, "POST", "/v1/excursions/-1/review", {"decision": "accept"}, "nothing at this address"),
    (404, "POST", "/v1/excursions/first/review", {"decision": "accept"}, "nothing at this address"),
    (400, "POST", "/v1/hidden", {"sku": "NAL"}, "hidden"),
    (400, "POST", "/v1/hidden", {"sku": "NAL", "hidden": "yes"}, "hidden"),
    (404, "POST", "/v1/hidden", {"sku": "nothing", "hidden": True}, "no product"),
    (400, "POST", "/v1/codes", {}, "gives out no codes"),
    (405, "POST", "/v1/shortage", {}, "method"),
    (403, "POST", "/v1/admin-codes/redeem", {"code": "x"}, "wrong"),
    (404, "GET", "/v1/slots/%00", None, "no slot"),
    (404, "GET", "/v1/nothing", None, "nothing at this address"),
    (405, "DELETE", "/v1/stock", None, "method"),
    (400, "GET", "/v1/events?limit=0", None, "limit must be"),
    (400, "GET", "/v1/events?limit=many", None, "limit must be"),
    (400, "GET", "/v1/events?before=-1", None, "before must be"),
    (400, "GET", "/v1/vends/request-123?wait_s=9999", None, "wait_s must be"),
    (400, "GET", "/v1/now?after=new", None, "after must be"),
    (400, "GET", "/v1/now?wait_s=31", None, "wait_s must be"),
    (400, "GET", "/v1/usage?from=yesterday", None, "from must be a date"),
    (400, "GET", "/v1/usage?from=2026-11-22&to=2026-11-21", None, "no later than to"),
    (400, "GET", "/v1/usage?from=2024-11-22&to=2026-11-22", None, "at most 399 days"),
    (413, "POST", "/v1/vends", b" " * 140_000, "longer than"),
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
FIELDS = ("sku", "slot", "purpose", "found", "as_of", "lot", "expiry", "code", "decision", "hidden", "lines")
LINES = st.lists(
    st.fixed_dictionaries({}, optional=dict.fromkeys(("slot", "as_of", "found", "added", "removed"), JSON))
)
NEARLY = st.fixed_dictionaries(
    {"id": st.just("request-789") | JSON}, optional=dict.fromkeys(FIELDS, JSON) | {"lines": LINES}
).filter(lambda body: body.get("sku") not in ("NAL", "STRIP") and not isinstance(body.get("lot"), str))
"""Bodies that nothing takes: a lot that is text would make a recall."""


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
