"""What would give somebody away, and how it is found in what a kiosk left behind. Each finder gives sentences."""

from __future__ import annotations

import itertools
import re
import struct
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from msgspec import Struct

from kiosk.dispense.codes.anonymous_codes import WORDS
from tests.privacy.reading import Column, Remains

PAGE = 1024
"""Bytes of a page of ledger.db."""

FEW = 60
"""A column with more different values than this says something of its own about each visit."""

FINE_TIME = re.compile(
    r"(?<![\d:.])([01]\d|2[0-3]):(?!00Z)[0-5]\d(:[0-5]\d)?(?![\d:])"  # 08:41, 08:41:07, but not 08:00Z
    r"|(?<!\d)20\d\d(0\d|1[0-2])[0-3]\d[T_ -]?[0-2]\d[0-5]\d"  # 20261122T0841
    r"|\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun),? \d\d? [A-Z][a-z]{2}"
)
"""What reads as a time of day. The whole hours that rows and messages carry, `2026-11-22T08:00Z`, do not match."""

NUMBER = re.compile(r"(?<![\w.-])\d{3,20}(?:\.\d+)?(?![\w-])")

HURRIED = 3
"""Which of the spans is that of the clock which the kiosk takes for the wall's."""

ORDER = {"movement.seq", "event.seq", "event.rowid", "restock.seq"}
"""Numbers that rows are in order by; the order of visits is known, their times are not."""

REQUESTS = {"vend.request", "movement.request", "asked.request", "asked.asked"}
"""Where a request's id stands: it is random, and names one vend."""


class Visits(Struct, frozen=True, kw_only=True):
    """What a run of visits really was: what is looked for.

    `spans` are the times of the visits on each clock that the kiosk can read, in seconds. `codes` are those that were
    made or typed, `nonces` their random numbers, `tokens` what their uses stand for, which may stand in one table
    only.
    """

    spans: Sequence[tuple[float, float]]
    requests: Collection[str]
    codes: Collection[str]
    nonces: Collection[bytes] = ()


def find(remains: Remains, visits: Visits) -> list[str]:
    """Return every leak, as sentences."""
    return [
        *_times_in_text(remains, visits),
        *_times_in_columns(remains.columns, visits),
        *_times_in_bytes(remains, visits),
        *_codes(remains, visits),
        *_requests(remains, visits),
        *_telling_columns(remains.columns, visits),
        *_nonces(remains.columns, visits),
        *_files(remains),
    ]


# -- times -------------------------------------------------------------------------------------------------------------


def _times_in_text(remains: Remains, visits: Visits) -> Iterator[str]:
    for said in remains.said:
        text = said.text
        if found := FINE_TIME.search(text):
            yield f"a time in {said.where}: {found.group()!r} in {said.text[:200]!r}"
        for number in NUMBER.findall(said.text):
            if len(number.partition(".")[0]) >= 9 and _near(float(number), visits):
                yield f"a time in {said.where}: {number} in {said.text[:200]!r}"


def _times_in_columns(columns: Sequence[Column], visits: Visits) -> Iterator[str]:
    """Tell of a column most of whose numbers, and several different ones, lie within the time of the visits."""
    for column in columns:
        numbers = [value for value in column.values if isinstance(value, int | float) and not isinstance(value, bool)]
        near = [value for value in numbers if _near(value, visits)]
        if (
            column.name not in ORDER
            and not _hours(column, visits)
            and len(set(near)) >= 5
            and 2 * len(near) > len(numbers)
        ):
            yield f"times in {column.name}: {near[:3]}"
        large = [value for value in near if value > 1e9]
        if large:
            yield f"times in {column.name}: {large[:3]}"


def _times_in_bytes(remains: Remains, visits: Visits) -> Iterator[str]:
    """Tell of seconds, milliseconds and nanoseconds since 1970 in any file, as whole numbers or as floats.

    SQLite writes a number in no more bytes than it needs: milliseconds in six of the eight. By chance four bytes fall
    into such a span once in some ten million places, so one alone says nothing.
    """
    start, end = visits.spans[0]
    forms = (
        ("seconds", ">I", 0, int(start), int(end)),
        ("milliseconds", ">Q", 2, int(start * 1e3), int(end * 1e3)),
        ("nanoseconds", ">Q", 0, int(start * 1e9), int(end * 1e9)),
        ("floating seconds", ">d", 0, start, end),
    )
    for name, content in remains.files.items():
        for what, form, cut, low, high in forms:
            size = struct.calcsize(form) - cut
            leads = {struct.pack(form, edge)[cut : cut + 2] for edge in (low, high)}
            cuts = [content[at : at + size] for lead in leads for at in _places(content, lead)]
            whole = [struct.unpack(form, bytes(cut) + part)[0] for part in cuts if len(part) == size]
            hits = sum(low <= moment <= high for moment in whole)
            if hits >= 3:
                yield f"{hits} times in {what} in the bytes of {name}"


def _hours(column: Column, visits: Visits) -> bool:
    """Say whether a column is one of whole hours since 1970, and really holds such."""
    hours = range(*(int(moment // 3600) + more for moment, more in zip(visits.spans[HURRIED], (-1, 2), strict=True)))
    return column.name.endswith(".hour") and all(value in hours for value in column.values)


def _near(number: float, visits: Visits) -> bool:
    return any(
        start - 1 <= number / scale <= end + 1
        for start, end in visits.spans
        for scale in (1, 1e3, 1e6, 1e9)
        if scale == 1 or number > 1e9 or start < 1e8
    )


# -- who ---------------------------------------------------------------------------------------------------------------


FIELD = re.compile(r'"[a-z_]+":')


def _codes(remains: Remains, visits: Visits) -> Iterator[str]:
    """Tell of two words of a code beside each other, in full or in their first four letters, however parted.

    The names of JSON's fields are left out: they are the same for everybody, and some stand beside each other in a code
    that chance makes.
    """
    pairs = {
        (first[:4], second[:4])
        for words in (code.split() for code in visits.codes)
        for first, second in itertools.pairwise(words)
    }
    known = {word[:4] for word in WORDS}
    for said in remains.said:
        words = [word[:4] for word in re.findall("[a-z]{3,}", FIELD.sub(" ", said.text).lower())]
        if any(pair in pairs for pair in itertools.pairwise(words) if pair[0] in known):
            yield f"words of a code in {said.where}: {said.text[:200]!r}"


def _requests(remains: Remains, visits: Visits) -> Iterator[str]:
    """Tell of a request's id anywhere but in the ledger's rows about that vend, and in the answers about it."""
    uuid = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
    for said in remains.said:
        about_it = said.where.startswith("answer") and "/v1/vends" in said.where
        if not about_it and "ledger.db" not in said.where and set(uuid.findall(said.text)) & set(visits.requests):
            yield f"a request's id in {said.where}: {said.text[:200]!r}"
    for column in remains.columns:
        if column.name not in REQUESTS and set(column.values) & set(visits.requests):
            yield f"a request's id in {column.name}"


def _telling_columns(columns: Sequence[Column], visits: Visits) -> Iterator[str]:
    """Tell of a column that holds something else for each visit, besides its number and its request's id."""
    for column in columns:
        different = len(set(map(str, column.values)))
        free = column.name in {*ORDER, *REQUESTS} or _hours(column, visits)
        if different > FEW and not free:
            yield f"{column.name} holds {different} different values, such as {column.values[-1]!r}"


def _nonces(columns: Sequence[Column], visits: Visits) -> Iterator[str]:
    """Tell of the random number of a code, as bytes, as hex or as a number."""
    forms = {form for nonce in visits.nonces for form in (nonce, nonce.hex())}
    numbers = {int.from_bytes(nonce, "big") for nonce in visits.nonces}
    for column in columns:
        if forms & {value for value in column.values if isinstance(value, str | bytes)}:
            yield f"the random number of a code in {column.name}"
        counted = Counter(value for value in column.values if isinstance(value, int) and value in numbers)
        if len(counted) > 5 and column.name not in ORDER:
            yield f"the random numbers of codes in {column.name}"


def _files(remains: Remains) -> Iterator[str]:
    """Tell of more files than a kiosk needs: one for each visit would carry its time."""
    if len(remains.files) > 20:
        yield f"{len(remains.files)} files, such as {list(remains.files)[-1]}"


def _places(content: bytes, part: bytes) -> Iterator[int]:
    at = content.find(part)
    while at >= 0:
        yield at
        at = content.find(part, at + 1)
