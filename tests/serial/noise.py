"""Every kind of noise on a serial line, drawn by hypothesis and counted as evidence. All protocols' tests use it.

    FOREIGN = (well-formed frames that answer other questions than those asked, ...)

    @settings(max_examples=150, suppress_health_check=list(HealthCheck))
    @given(script=scripts())
    def test_...(script):
        noise = Noise(evidence, "vmc", script, FOREIGN)
        line.mangle = noise           # what the simulated device says
        line.mangle_heard = noise     # where the host is worth disturbing, too (its writes arrive as whole pieces)
        ...                           # many messages; then judge
        line.mangle = None            # a clean line again: everything must work

One `Noise` goes through its script step by step, one step a message, and begins again at its end, so a short script
is a lasting fault and a long one is a bad line. `noise.bad` says how many messages it spoilt; each counts under
`serial_bad_frames` and `serial_bad_frames_<protocol>`. Run the machine at up to 100 times life: time-outs are in the
machine's time, which stands while bytes are under way, so a lost answer costs milliseconds.

A corruption changes one byte only, which every checksum in use here finds for certain (XOR, sum, CRC-16); a test may
then demand that no corrupted frame was believed. Give `kinds` to leave out what a protocol cannot tell by its nature.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import NamedTuple

from hypothesis import strategies as st

from tests.conftest import Evidence

LATENESS_S = (0.02, 0.08, 0.3, 1.0, 2.5, 6.0)
"""Within a time-out, at its edge, after it, and in the middle of the next turn, in seconds of the machine's time."""
REMEMBERED = 16


class Kind(enum.StrEnum):
    """What happens to one message."""

    UNCHANGED = "unchanged"
    FLIPPED = "flipped"
    SUBSTITUTED = "substituted"
    TRUNCATED = "truncated"
    BEHEADED = "beheaded"
    DUPLICATED = "duplicated"
    DELAYED = "delayed"
    SPLIT = "split"
    INTERLEAVED = "interleaved"
    PRECEDED = "preceded"
    FOLLOWED = "followed"
    DROPPED = "dropped"
    STALE = "stale"
    STALE_FIRST = "stale_first"


class Step(NamedTuple):
    """How one message is spoilt: `place` is taken modulo its length, `byte` are the bits or the bytes of noise."""

    kind: Kind
    place: int
    byte: int
    late_s: float


def scripts(kinds: Sequence[Kind] = tuple(Kind), most: int = 40) -> st.SearchStrategy[list[Step]]:
    """Draw what happens to up to `most` messages in turn."""
    step = st.builds(
        Step, st.sampled_from(kinds), st.integers(0, 255), st.integers(0, 255), st.sampled_from(LATENESS_S)
    )
    return st.lists(step, min_size=1, max_size=most)


class Noise:
    """Spoils messages after a script. Called under the timeline's lock, so it needs none of its own."""

    def __init__(self, evidence: Evidence, protocol: str, script: Sequence[Step], foreign: Sequence[bytes]) -> None:
        """Prepare. `foreign` are whole frames, well-formed, that answer questions nobody asked; at least one."""
        self._evidence = evidence
        self._protocol = protocol
        self._script = list(script)
        self._foreign = list(foreign)
        self._earlier: list[bytes] = []
        self._messages = 0
        self.bad = 0

    def __call__(self, data: bytes) -> list[tuple[float, bytes]]:
        """Return what arrives in place of `data`, each with how many machine seconds later."""
        step = self._script[self._messages % len(self._script)]
        self._messages += 1
        arrives = [(late_s, message) for late_s, message in self._spoil(step, data) if message]
        self._earlier = [*self._earlier, data][-REMEMBERED:]
        if arrives != [(0.0, data)]:
            self.bad += 1
            self._evidence.count("serial_bad_frames")
            self._evidence.count(f"serial_bad_frames_{self._protocol}")
        return arrives

    def _spoil(self, step: Step, data: bytes) -> list[tuple[float, bytes]]:
        cut = step.place % len(data)
        head, tail = bytes(data[:cut]), bytes(data[cut:])
        match step.kind:
            case Kind.UNCHANGED:
                return [(0.0, data)]
            case Kind.DROPPED:
                return []
            case Kind.DELAYED:
                return [(step.late_s, data)]
            case Kind.SPLIT:
                return [(0.0, head), (step.late_s, tail)]
            case Kind.DUPLICATED:
                return [(0.0, data), (step.late_s if step.byte % 2 else 0.0, data)]
            case Kind.STALE_FIRST:
                return [(0.0, self._other(step)), (0.0, data)]
        return [(0.0, self._changed(step, head, tail))]

    def _changed(self, step: Step, head: bytes, tail: bytes) -> bytes:
        garbage = bytes((step.byte + 37 * number) % 256 for number in range(1 + step.place % 7))
        match step.kind:
            case Kind.FLIPPED:
                return head + bytes([tail[0] ^ (1 << step.byte % 8)]) + tail[1:]
            case Kind.SUBSTITUTED:
                return head + bytes([tail[0] ^ (step.byte or 0xFF)]) + tail[1:]
            case Kind.TRUNCATED:
                return head
            case Kind.BEHEADED:
                return tail if head else tail[1:]
            case Kind.INTERLEAVED:
                return head + self._other(step) + tail
            case Kind.PRECEDED:
                return garbage + head + tail
            case Kind.FOLLOWED:
                return head + tail + garbage
        assert step.kind is Kind.STALE
        return self._other(step)

    def _other(self, step: Step) -> bytes:
        """Return an earlier frame, or one that answers another question."""
        others = [*self._earlier, *self._foreign]
        return others[step.byte % len(others)]
