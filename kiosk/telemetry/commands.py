"""Commands from the programme to one kiosk: what they are, how they are signed, and which are taken. Pure.

A payload is one JSON object whose last member is the signature:

    {"kind":"recall","v":1,"id":…,"issued":…,"expires":…,"args":{…},"sig":"64 hexadecimal digits"}

The signature is HMAC-SHA256, with the kiosk's own key, over a label, the kiosk's id and every byte before `,"sig":`.
So it is checked on the bytes that came, before anything reads them as JSON, and no one has to agree on how JSON is
written. Every byte of the payload counts: one that is changed makes it a forgery.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from kiosk.errors import KioskError
from kiosk.model import Fact, HideRequest, RecallRequest, RequestId
from kiosk.telemetry.messages import CommandAck, MessageError, command_ack_topic

MAX_LIFE_S = 31 * 86400
"""The longest life of a command, in seconds. The ledger must know its id for longer than that."""
MAX_BYTES = 4096
"""A command is a few hundred bytes; what is longer is not even checked."""
KEY_BYTES = 32

_SIG = re.compile(rb',"sig":"([0-9a-f]{64})"\}')
_SIG_BYTES = len(b',"sig":"') + 64 + len(b'"}')
_SIGNED = b"hr/v1 command\n"
_DERIVED = b"hr/v1 command key\n"

Moment = Annotated[int, Meta(ge=0, le=2**40)]
"""Seconds since 1970, UTC."""


class CommandError(MessageError):
    """This is no command for this kiosk, or not one to act on now. Nothing was changed.

    `id` is the command's when its signature is right, else empty: whoever cannot sign gets no answer.
    """

    def __init__(self, message: str, id: str = "") -> None:  # noqa: A002 - that is its name everywhere
        super().__init__(message)
        self.id = id


class LiftRequest(Fact, frozen=True, kw_only=True):
    """End a recall; `id` is the recall's, not the command's."""

    id: RequestId


class _Envelope(Fact, frozen=True, kw_only=True, tag_field="kind"):
    """What every command carries. `issued` and `expires` in seconds since 1970, UTC."""

    v: Literal[1] = 1
    id: RequestId
    issued: Moment
    expires: Moment


class RecallCommand(_Envelope, frozen=True, kw_only=True, tag="recall"):
    """Lock a lot, wherever it is."""

    args: RecallRequest


class LiftCommand(_Envelope, frozen=True, kw_only=True, tag="lift_recall"):
    """End a recall."""

    args: LiftRequest


class HideCommand(_Envelope, frozen=True, kw_only=True, tag="hide"):
    """Take a product off the menu, or put it back on. Naloxone still comes out in an emergency."""

    args: HideRequest


Command: TypeAlias = RecallCommand | LiftCommand | HideCommand


class _Named(msgspec.Struct):
    """Just enough of a command to answer it."""

    id: RequestId


def kiosk_key(master: bytes, kiosk_id: str) -> bytes:
    """Derive a kiosk's own key from the programme's master key; raises ValueError when that is under 32 bytes.

    The master stays with the programme. A stolen kiosk gives away its own key and no other.
    """
    if len(master) < KEY_BYTES:
        raise ValueError(f"The master key has {len(master)} bytes; it needs at least {KEY_BYTES}, from a good source.")
    return hmac.digest(master, _DERIVED + kiosk_id.encode(), hashlib.sha256)


def parse_key(text: str) -> bytes:
    """Read a kiosk's key as it is written in its file: 64 hexadecimal digits. Raises CommandError."""
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise CommandError(f"The command key is not {2 * KEY_BYTES} hexadecimal digits. Make the file anew.")
    return key


def sign(key: bytes, kiosk_id: str, command: Command) -> bytes:
    """Return the payload of a command, signed for one kiosk with that kiosk's key.

    Raises ValueError when it is longer than a kiosk would read.
    """
    return sign_bytes(key, kiosk_id, msgspec.json.encode(command))


def sign_bytes(key: bytes, kiosk_id: str, text: bytes) -> bytes:
    """Return `text`, a JSON object that is not empty, with the signature as its last member."""
    head = text.rstrip().removesuffix(b"}")
    payload = b'%s,"sig":"%s"}' % (head, _mac(key, kiosk_id, head))
    if len(payload) > MAX_BYTES:
        raise ValueError(f"The command has {len(payload)} bytes; a kiosk reads {MAX_BYTES} at most.")
    return payload


def decode(payload: bytes, key: bytes, kiosk_id: str) -> Command:
    """Check the signature and read the command. Raises CommandError, and nothing else, for whatever it is not."""
    if len(payload) > MAX_BYTES:
        raise CommandError("It is too long for a command.")
    head, tail = payload[:-_SIG_BYTES], payload[-_SIG_BYTES:]
    match = _SIG.fullmatch(tail)
    if match is None or not hmac.compare_digest(match[1], _mac(key, kiosk_id, head)):
        raise CommandError("It is not signed with this kiosk's key.")
    text = head + b"}"
    try:
        command: Command = msgspec.json.decode(text, type=Command)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CommandError(f"This software does not know such a command: {error}.", _name(text)) from error
    return command


def allow(command: Command, topic_id: str, *, retained: bool, now_s: float, clock_ok: bool) -> None:
    """Raise CommandError when a rightly signed command is not to be acted on.

    With a clock that nobody has set nothing is known about its age. A recall is taken even so: to lock a lot is the
    safe side, it never locks naloxone in, and twice is as good as once. What would open or hide something waits.
    """
    why = ""
    if topic_id != command.id:
        why = "Its topic names another command. Send it on its own topic."
    elif retained:
        why = "It is retained. Send it without; a kiosk that is away is told again when it is back."
    elif not 0 < command.expires - command.issued <= MAX_LIFE_S:
        why = f"It does not expire within {MAX_LIFE_S // 86400} days of its issue. Issue it anew."
    elif clock_ok and command.expires <= now_s:
        why = "It has expired. Issue it anew."
    elif clock_ok and command.expires > now_s + MAX_LIFE_S:
        why = f"It expires more than {MAX_LIFE_S // 86400} days from now. Look at the clock where it was issued."
    elif not clock_ok and not isinstance(command, RecallCommand):
        why = "Nobody has set the kiosk's clock yet, so it cannot tell whether this is still meant. Send it again."
    if why:
        raise CommandError(why, command.id)


class Commands:
    """Takes commands for one kiosk, with its key. `execute` does what they say and returns the sentence to answer.

    It remembers the ids of what it did, so that the same command again changes nothing and is answered as well; and
    it raises KioskError when it cannot. Its sentences must tell nothing of a visit: no count, no "busy".
    """

    def __init__(self, key: bytes, kiosk_id: str, execute: Callable[[Command], str]) -> None:
        self.ignored = 0
        """Messages that were no command of ours, or were refused before they were executed."""
        self._key = key
        self._kiosk_id = kiosk_id
        self._execute = execute

    def take(self, topic: str, payload: bytes, *, retained: bool, now_s: float, clock_ok: bool) -> CommandAck | None:
        """Act on what came on `topic`, at `now_s` seconds since 1970; return the answer, or None for none.

        What somebody else says on the topic of our answers is no command.

        Only a mistake in `execute` gets through: anything but KioskError.
        """
        if topic == command_ack_topic(self._kiosk_id):
            return None
        try:
            command = decode(payload, self._key, self._kiosk_id)
            allow(command, topic.rpartition("/")[2], retained=retained, now_s=now_s, clock_ok=clock_ok)
        except CommandError as error:
            self.ignored += 1
            return _ack(error.id, ok=False, said=str(error)) if error.id else None
        try:
            return _ack(command.id, ok=True, said=self._execute(command))
        except KioskError as error:
            return _ack(command.id, ok=False, said=str(error))


def _ack(command_id: str, *, ok: bool, said: str) -> CommandAck:
    return CommandAck(id=command_id, ok=ok, said=said[:200])


def _mac(key: bytes, kiosk_id: str, head: bytes) -> bytes:
    return hmac.digest(key, _SIGNED + kiosk_id.encode() + b"\n" + head, hashlib.sha256).hex().encode()


def _name(text: bytes) -> str:
    """Return the id of a signed command that cannot be read otherwise, or nothing."""
    try:
        return msgspec.json.decode(text, type=_Named).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
