"""Decoders for JSON, made when a module is loaded.

msgspec 0.22 learns a type when it is first decoded, and two threads that do so at once crash the process (SIGSEGV in
16 of 25 runs that provoked it). So whatever several threads decode has its decoder made at import, by one thread.
"""

from __future__ import annotations

from typing import Any, TypeVar

from msgspec.json import Decoder

T = TypeVar("T")


class Decoders:
    """The decoders of some types."""

    def __init__(self, *types: Any) -> None:
        self._decoders: dict[Any, Decoder[Any]] = {each: Decoder(each) for each in types}

    def decode(self, content: bytes | str, kind: type[T]) -> T:
        """Return what `content` says as one of the types. Raises msgspec.DecodeError, or UnicodeDecodeError."""
        decoded: T = self._decoders[kind].decode(content)
        return decoded
