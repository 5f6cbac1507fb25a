"""The vending trade's audit file: by the rules to the byte, right in its numbers, and silent about people."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kiosk.checksum import crc16_arc
from kiosk.export.audit_file import audit_file
from kiosk.export.evadts import AuditFileError, Segment, escape, framed, read, unescape
from kiosk.model import Audit, Fault, FaultKind, KioskState, Link, ProductTotals, Reading, SlotStock, SlotTotals, Stock
from tests.conftest import Evidence

DOCS = Path(__file__).parents[2] / "docs" / "evadts.md"

HOUR = 497_000
"""12 September 2026, 08:00 UTC."""

texts = st.text(max_size=40)
counts = st.integers(0, 10**6)
fields = st.lists(texts, max_size=8).map(tuple)
segments = st.builds(Segment, st.sampled_from(["PA1", "VA3", "EA2", "MA5", "BA1"]), fields)
files = st.lists(segments, max_size=12)


def slot(name: str, **what: object) -> SlotStock:
    usual = {"sku": "NAL", "product": "Naloxone", "pictogram": "naloxone", "essential": True, "capacity": 9, "par": 3}
    return SlotStock(**{"slot": name, "on_hand": 5, "unresolved": 0, "jams": 0, "version": 1} | usual | what)  # type: ignore[arg-type]


def state(*faults: Fault, site: str = "Harbour Street") -> KioskState:
    return KioskState(
        kiosk="north-1",
        site=site,
        busy=False,
        door_open=True,
        readings=(Reading(name="inside", text="The wire is off.", unit="°C"),),
        faults=faults,
        telemetry=Link(text="", connected=True, pending=0),
        software="0.1.0",
    )


AUDIT = Audit(
    epoch="e",
    slots=(
        SlotTotals(slot="A1", given=7, presumed=2, jammed=3, not_started=1, unknown=1, tested=4, test_drops=2),
        SlotTotals(slot="Z9", given=1),
    ),
    products=(ProductTotals(sku="NAL", sold_out=6, unserved=2),),
)
STOCK = Stock(slots=(slot("A1"), slot("A2", on_hand=0), slot("B1", sku="STRIP", product="Fentanyl test strips, ten")))


def lines(data: bytes, name: str) -> list[tuple[str, ...]]:
    return [segment.fields for segment in read(data) if segment.name == name]


def by_selection(data: bytes) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the lines of each selection, by its number."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    selection = ""
    for segment in read(data):
        if segment.name == "PA1":
            selection = segment.field(1)
        if segment.name.startswith("PA"):
            found.setdefault(selection, {})[segment.name] = segment.fields
    return found


def test_the_file_is_by_the_rules_to_the_byte() -> None:
    """Worked out by hand from the standard, but for the CRC, whose check value is tested by itself."""
    body = b"ST*001*0001\r\nID1*caf^C3^^A9^*2^2A^3\r\n"
    tail = f"G85*{crc16_arc(body):04X}\r\nSE*4*0001\r\nDXE*1*1\r\n".encode()
    whole = b"DXS*HRK0000001*VA*V0/6*1\r\n" + body + tail
    said = Segment("ID1", ("café", "2*3"))
    assert framed("HRK0000001", [said]) == whole
    assert read(whole) == (said,)


def test_the_example_in_the_docs_is_by_the_rules() -> None:
    """Its words beside the lines are cut off; its sender is the one that the id gives."""
    example = DOCS.read_text().split("```")[1].strip()
    data = "".join(re.split(r" {2,}", line)[0] + "\r\n" for line in example.splitlines()).encode()
    names = [segment.name for segment in read(data)]
    assert set(names) == {segment.name for segment in read(GOOD)} | {"EA1"}
    kiosk = read(data)[0].field(1)
    assert data.startswith(audit_file(AUDIT, STOCK, replace(state(), kiosk=kiosk), HOUR)[:14])


def test_each_selection_says_what_it_gave() -> None:
    found = by_selection(audit_file(AUDIT, STOCK, state(), HOUR))
    assert list(found) == ["A1", "A2", "B1"]
    assert found["A1"] == {
        "PA1": ("A1", "0", "Naloxone", "9", "9", "1", "0", "5", "3"),
        "PA2": ("0", "0", "0", "0"),
        "PA3": ("4", "0", "4", "0"),
        "PA4": ("9", "0", "9", "0"),
        "PA5": ("", "", "6"),
    }
    assert (found["A2"]["PA4"], found["A2"]["PA5"]) == (("0", "0", "0", "0"), ("", "", "0"))
    assert found["B1"]["PA1"][2] == "Fentanyl test strips"


def test_the_machine_says_who_it_is_and_what_it_gave_in_all() -> None:
    """A slot that is no longer there counts in the machine's totals."""
    data = audit_file(AUDIT, STOCK, state(), HOUR)
    assert lines(data, "ID1") == [("north-1", "harm-reduction kiosk", "0.1.0", "Harbour Street", "", "north-1")]
    assert lines(data, "ID4") == [("0", "999", "XXX")]
    assert lines(data, "VA1") == [("0", "0", "0", "0")]
    assert lines(data, "VA2") == [("0", "4", "0", "4")]
    assert lines(data, "VA3") == [("0", "10", "0", "10")]
    assert re.match(rb"DXS\*HRK\d{7}\*VA\*V0/6\*1\r\n", data)


def test_what_went_wrong_is_counted() -> None:
    told = lines(audit_file(AUDIT, STOCK, state(), HOUR), "EA2")
    assert told == [("EJB_A1", "1", "1"), ("ELA_A1", "3", "3"), ("ELZ_A1", "1", "1")]


UNRESOLVED = Fault(where="A2", kind=FaultKind.UNRESOLVED, text="A2: 1 item is unresolved.")
FAILED = Fault(where="B1", kind=FaultKind.FAILED, text="B1 failed once.")


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault(where="door", kind=FaultKind.PART, text="The door is open."), "EGS"),
        (Fault(where="drop sensor", kind=FaultKind.PART, text="It is blocked."), "EJL"),
        (Fault(where="ledger", kind=FaultKind.PART, text="The disk is full."), "ECO"),
        (Fault(where="pins", kind=FaultKind.PART, text="They are silent."), "ECD"),
        (Fault(where="inside", kind=FaultKind.PART, text="The wire is off."), "EC1C"),
        (Fault(where="kiosk.toml", kind=FaultKind.PART, text="It has mistakes."), "ECZ"),
        (Fault(where="A1", kind=FaultKind.PART, text="A1 does not stop."), "EJB_A1"),
        (UNRESOLVED, "ELZ_A2"),
        (FAILED, "EJB_B1"),
    ],
)
def test_each_fault_has_its_code_and_only_the_hour(fault: Fault, code: str) -> None:
    """Told once, however many sentences there are about it."""
    inside = Stock(
        slots=(
            slot("A1"),
            slot("A2", faults=(UNRESOLVED,)),
            slot("B1", jams=1, faults=(FAILED,)),
        )
    )
    data = audit_file(AUDIT, inside, state(fault, fault), HOUR)
    assert lines(data, "EA1") == [(code, "260912", "0800")]


@given(hour=st.integers(0, 800_000), text=texts)
def test_no_time_is_finer_than_the_hour_and_no_sentence_gets_in(hour: int, text: str) -> None:
    """Each time of day in it is a whole hour, and what a fault says, which might name a time, is not repeated."""
    data = audit_file(AUDIT, STOCK, state(Fault(where="door", kind=FaultKind.PART, text=f"{text} at 08:41")), hour)
    times = {"ID5": 2, "EA1": 3}
    told = [segment.field(times[segment.name]) for segment in read(data) if segment.name in times]
    assert len(told) == 2
    assert all(re.fullmatch(r"([01]\d|2[0-3])00", time) for time in told)
    assert data == audit_file(AUDIT, STOCK, state(Fault(where="door", kind=FaultKind.PART, text="")), hour)


@given(text=st.text())
def test_an_escape_comes_back_as_it_was(text: str) -> None:
    written = escape(text)
    assert unescape(written) == text
    assert re.fullmatch(r"[ -)+-~]*", written), "printable ASCII, and no star"


@given(said=files)
def test_what_is_written_is_read_back(said: list[Segment], evidence: Evidence) -> None:
    evidence.count("audit_files_read_back")
    assert read(framed("HRK0000001", said)) == tuple(said)


GOOD = audit_file(AUDIT, STOCK, state(), HOUR)
COVERED = (GOOD.index(b"ST*"), GOOD.index(b"\r\nDXE"))
"""Where the CRC, or the count, stands guard."""


@given(place=st.integers(*COVERED), byte=st.integers(1, 255))
def test_a_changed_byte_is_refused(place: int, byte: int, evidence: Evidence) -> None:
    damaged = bytearray(GOOD)
    damaged[place] ^= byte
    with pytest.raises(AuditFileError):
        read(bytes(damaged))
    evidence.count("damaged_audit_files_refused")


@given(length=st.integers(0, len(GOOD) - 1))
def test_a_file_that_was_cut_is_refused(length: int, evidence: Evidence) -> None:
    with pytest.raises(AuditFileError):
        read(GOOD[:length])
    evidence.count("damaged_audit_files_refused")


@given(data=st.data())
def test_a_line_that_is_missing_or_stands_there_twice_is_refused(data: st.DataObject, evidence: Evidence) -> None:
    parts = GOOD.split(b"\r\n")[:-1]
    place = data.draw(st.integers(0, len(parts) - 1))
    parts[place : place + 1] = [parts[place]] * data.draw(st.sampled_from([0, 2]))
    with pytest.raises(AuditFileError):
        read(b"".join(part + b"\r\n" for part in parts))
    evidence.count("damaged_audit_files_refused")


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda data: data.replace(b"\r\n", b"\n"), "CR LF"),
        (lambda data: data[:-2], "CR LF"),
        (lambda data: data + b"\n", "CR LF"),
        (lambda _data: b"", "part of it is missing"),
        (lambda data: data.replace(b"Naloxone", b"Naloxon\xe9", 1), "not ASCII"),
        (lambda data: data.replace(b"Naloxone", b"Naloxon^", 1), "PA1: a sign is not escaped"),
        (lambda data: data.replace(b"Naloxone", b"Nalox^e9^", 1), "PA1: a sign is not escaped"),
        (lambda data: data.replace(b"Naloxone", b"Nalox^E9^", 1), "not UTF-8"),
        (lambda data: data.replace(b"Naloxone", b"Naloxona", 1), "the file is damaged"),
        (lambda data: data.replace(b"G85*", b"G85*0", 1), "the file is damaged"),
        (lambda data: data.replace(b"ID4*", b"id4*", 1), "name of a segment"),
        (lambda data: re.sub(rb"SE\*\d+", b"SE*9", data), "SE says 9"),
        (lambda data: data.replace(b"*0001\r\nDXE", b"*0002\r\nDXE"), "SE says"),
        (lambda data: data.replace(b"DXE*1*1\r\n", b""), "part of it is missing"),
    ],
)
def test_each_damage_has_its_sentence(damage: Callable[[bytes], bytes], sentence: str) -> None:
    assert damage(GOOD) != GOOD
    with pytest.raises(AuditFileError, match=sentence):
        read(damage(GOOD))


def test_a_field_that_is_not_there_is_empty() -> None:
    assert (Segment("PA1", ("A1",)).field(1), Segment("PA1", ("A1",)).field(2)) == ("A1", "")
