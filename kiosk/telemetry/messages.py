"""Everything that leaves the kiosk: an allow-list of topics and payloads, and what a collector answers.

A field that is not written here cannot be sent. No field can hold a person, a sentence about what a person did, or a
time finer than the hour. The decoders are for collectors: strict about types, but blind to keys they do not know,
so that a field can be added without breaking an older collector. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from kiosk.decoding import Decoders
from kiosk.errors import KioskError
from kiosk.model import CELSIUS, KioskState, OutboxRow, Reading, RequestId, SlotStock, Stock

VERSION = 1
"""The `v` of every payload. It changes when a field changes its meaning, not when one is added."""

ROOT = "hr/v1"
"""The topics of kiosk `k` are `hr/v1/k/ev`, `state`, `status`, `meta`, `ack`, `cmd/ID` and `cmd/ack`."""

Seq = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Epoch = Annotated[str, Meta(min_length=1, max_length=64)]
Hour = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:00Z\Z")]
Short = Annotated[str, Meta(max_length=64)]
Said = Annotated[str, Meta(max_length=200)]

_ACK_ITEMS = 2000
"""So many ranges and rejects fit in one ack; more than a kiosk ever has under way."""
_HOUR = re.compile(r"\d{4}-\d\d-\d\dT\d\d")


class MessageError(KioskError):
    """A payload or topic is not what this version of the protocol promises."""


class Message(Struct, frozen=True, kw_only=True):
    """The base of every payload."""


_EVENT_KEYS = {"epoch": "e", "seq": "s", "kind": "k", "quantity": "qty", "hour": "ts"}


class Event(Message, frozen=True, kw_only=True, rename=_EVENT_KEYS):
    """One numbered thing that happened. (kiosk, epoch, seq) names it for ever: a second copy is the same event.

    `boot` counts the machine's starts; `hour` is None when the row held no readable hour. `lot` and `funder` are the
    item's, None where they are not known.
    """

    v: int = VERSION
    epoch: Epoch
    seq: Seq
    kind: Short
    slot: Short | None
    sku: Short | None
    lot: Short | None = None
    funder: Short | None = None
    quantity: int
    hour: Hour | None
    clock_ok: bool
    boot: int


class SlotLevel(Message, frozen=True, kw_only=True):
    """What is in one slot; the truth lies between `on_hand` and `on_hand + unresolved`.

    `locked` of them are recalled or spoiled, and nobody gets them.
    """

    slot: Short
    sku: Short
    on_hand: int
    unresolved: int
    capacity: int
    par: int
    fault: bool
    locked: int = 0


class State(Message, frozen=True, kw_only=True, rename={"epoch": "e", "seq": "s", "hour": "ts", "door_open": "door"}):
    """The whole kiosk as of event `seq`: events up to it are in these counts, later ones are not.

    `faults` names the parts that need a person, not what is wrong with them. `temperature_c` is rounded to
    0.5 °C. `dropped` counts events thrown away because too many were waiting.
    """

    v: int = VERSION
    epoch: Epoch
    seq: Annotated[int, Meta(ge=0)]
    hour: Hour | None
    clock_ok: bool
    slots: tuple[SlotLevel, ...]
    faults: tuple[Short, ...]
    door_open: bool | None
    temperature_c: float | None
    dropped: int


class Status(Message, frozen=True, kw_only=True, rename={"epoch": "e"}):
    """Whether the kiosk is connected. For a kiosk that vanished, the broker says `online: false`."""

    v: int = VERSION
    epoch: Epoch
    online: bool
    software: Short


class ProductInfo(Message, frozen=True, kw_only=True):
    """A product as people call it."""

    sku: Short
    name: Short
    pictogram: Short
    essential: bool
    description: Annotated[str, Meta(max_length=120)] = ""


class SiteInfo(Message, frozen=True, kw_only=True):
    """Where the kiosk hangs and what it gives out: the payload of `meta`."""

    v: int = VERSION
    site: Short
    products: tuple[ProductInfo, ...]


class Ack(Message, frozen=True, kw_only=True, rename={"epoch": "e", "ranges": "r", "rejected": "x"}):
    """What a collector has committed (`ranges`, both ends included) and what it will never take (`rejected`)."""

    epoch: Epoch
    ranges: Annotated[tuple[tuple[Seq, Seq], ...], Meta(max_length=_ACK_ITEMS)] = ()
    rejected: Annotated[tuple[Seq, ...], Meta(max_length=_ACK_ITEMS)] = ()

    def __post_init__(self) -> None:
        if any(low > high for low, high in self.ranges):
            raise ValueError("a range ends before it begins")


class CommandAck(Message, frozen=True, kw_only=True):
    """What became of a signed command. `ok`: it is done, now or earlier; `said` is one sentence for the programme."""

    v: int = VERSION
    id: RequestId
    ok: bool
    said: Said


def event_topic(kiosk: str) -> str:
    """Return the topic of the kiosk's numbered events: QoS 1, not retained."""
    return f"{ROOT}/{kiosk}/ev"


def state_topic(kiosk: str) -> str:
    """Return the topic of the kiosk's state document: QoS 1, retained."""
    return f"{ROOT}/{kiosk}/state"


def status_topic(kiosk: str) -> str:
    """Return the topic that says whether the kiosk is connected: QoS 1, retained, also the will."""
    return f"{ROOT}/{kiosk}/status"


def meta_topic(kiosk: str) -> str:
    """Return the topic of the kiosk's site and products: QoS 1, retained."""
    return f"{ROOT}/{kiosk}/meta"


def ack_topic(kiosk: str) -> str:
    """Return the topic on which a collector tells the kiosk what it has committed: QoS 1, not retained."""
    return f"{ROOT}/{kiosk}/ack"


def command_topic(kiosk: str, command_id: str) -> str:
    """Return the topic on which the programme sends a command to the kiosk: QoS 1, not retained.

    With `+` for the id it is the filter for all of them, and for their answers.
    """
    return f"{ROOT}/{kiosk}/cmd/{command_id}"


def command_ack_topic(kiosk: str) -> str:
    """Return the topic on which the kiosk answers commands: QoS 1, not retained."""
    return command_topic(kiosk, "ack")


def split_topic(topic: str) -> tuple[str, str]:
    """Return the kiosk's id and the last part of one of its topics.

    Raises MessageError when the topic is not of the form `hr/v1/{kiosk}/{leaf}`.
    """
    head, slash, rest = topic.partition(ROOT + "/")
    kiosk, _, leaf = rest.partition("/")
    if head or not slash or not kiosk or not leaf or "/" in leaf:
        raise MessageError(f"{topic!r} is not a kiosk's topic. Expected {ROOT}/KIOSK/ev and the like.")
    return kiosk, leaf


def event(row: OutboxRow) -> Event:
    """Make the event of an outbox row. Never raises: what does not fit the allow-list is left out."""
    return Event(
        epoch=row.epoch,
        seq=row.seq,
        kind=row.kind,
        slot=_short(row.slot),
        sku=_short(row.sku),
        lot=_short(row.lot),
        funder=_short(row.funder),
        quantity=row.quantity,
        hour=whole_hour(row.hour),
        clock_ok=row.clock_ok,
        boot=row.boot,
    )


def state(epoch: str, seq: int, *, hour: str, clock_ok: bool, stock: Stock, kiosk: KioskState, dropped: int) -> State:
    """Make the state document as of event `seq`. `hour` is the wall time of the document; it is rounded again."""
    return State(
        epoch=epoch,
        seq=seq,
        hour=whole_hour(hour),
        clock_ok=clock_ok,
        slots=tuple(_level(slot) for slot in stock.slots),
        faults=tuple(sorted({fault.where[:64] for fault in kiosk.faults})),
        door_open=kiosk.door_open,
        temperature_c=_temperature(kiosk.readings),
        dropped=dropped,
    )


def status(epoch: str, online: bool, software: str) -> Status:
    """Make the payload that says whether the kiosk is connected."""
    return Status(epoch=epoch, online=online, software=software[:64])


def site_info(site: str, products: Iterable[ProductInfo]) -> SiteInfo:
    """Make the payload that says where the kiosk hangs and what it gives out."""
    return SiteInfo(site=site[:64], products=tuple(products))


def whole_hour(text: str) -> str | None:
    """Cut a time like `2026-11-22T05:41:07Z` down to its hour, `2026-11-22T05:00Z`; None when it is no time."""
    match = _HOUR.match(text)
    return f"{match.group()}:00Z" if match else None


def encode(message: Message) -> bytes:
    """Return the payload: JSON in UTF-8, with the keys in the order they are written here."""
    return msgspec.json.encode(message)


def decode_event(payload: bytes) -> Event:
    """Read an event. Raises MessageError when it is malformed or of another version."""
    return _versioned(_decode(payload, Event))


def decode_state(payload: bytes) -> State:
    """Read a state document. Raises MessageError when it is malformed or of another version."""
    return _versioned(_decode(payload, State))


def decode_status(payload: bytes) -> Status:
    """Read a status. Raises MessageError when it is malformed or of another version."""
    return _versioned(_decode(payload, Status))


def decode_meta(payload: bytes) -> SiteInfo:
    """Read a kiosk's site and products. Raises MessageError when malformed or of another version."""
    return _versioned(_decode(payload, SiteInfo))


def decode_ack(payload: bytes) -> Ack:
    """Read a collector's ack. Raises MessageError when it is malformed."""
    return _decode(payload, Ack)


def decode_command_ack(payload: bytes) -> CommandAck:
    """Read a kiosk's answer to a command. Raises MessageError when it is malformed or of another version."""
    return _versioned(_decode(payload, CommandAck))


M = TypeVar("M", bound=Message)
V = TypeVar("V", Event, State, Status, SiteInfo, CommandAck)


_DECODERS = Decoders(Event, State, Status, SiteInfo, Ack, CommandAck)


def _decode(payload: bytes, kind: type[M]) -> M:
    try:
        return _DECODERS.decode(payload, kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MessageError(f"This is not a {kind.__name__.lower()} message: {error}.") from error


def _versioned(message: V) -> V:
    if message.v != VERSION:
        raise MessageError(f"The message has version {message.v}; this software reads version {VERSION}. Update it.")
    return message


def _level(slot: SlotStock) -> SlotLevel:
    return SlotLevel(
        slot=slot.slot,
        sku=slot.sku,
        on_hand=slot.on_hand,
        unresolved=slot.unresolved,
        capacity=slot.capacity,
        par=slot.par,
        fault=bool(slot.faults),
        locked=slot.locked,
    )


def _temperature(readings: Sequence[Reading]) -> float | None:
    """Return the first temperature that a sensor knows, rounded to 0.5 °C; none that no kiosk can have."""
    for reading in readings:
        if reading.unit == CELSIUS and reading.value is not None and -100 <= reading.value <= 200:
            return round(reading.value * 2) / 2
    return None


def _short(text: str | None) -> str | None:
    return None if text is None else text[:64]
