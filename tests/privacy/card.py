"""A kiosk on a card of its own, people who come to it, and the card's raw image when somebody pulls it out.

A minute stands for an hour, so that visits come 60 times as often as they may in life; the file system and whatever
hides the visits in it go at their real pace, which leaves each visit less to hide in.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
from msgspec import Struct

from kiosk.model import VendRequest, new_request_id
from tests.crash.ext4 import PATH, apart
from tests.crash.volume import Volume
from tests.kiosk_process import PRODUCTS, KioskProcess

HOUR_S = 60.0
"""How long an hour is, in real seconds. In the last second nobody comes, so that a visit ends in its hour."""

BEGAN = "began"
"""The file that tells the kiosk's clock when the first hour begins."""

SOON_S = 2.0
"""So long after the start the hour begins, in seconds."""

CARD_BYTES = 640 << 20
"""Large enough to be formatted like a real card: blocks of 4 KiB, a journal of 16 MiB. Most of it is a hole."""

PATIENCE_S = 100.0
"""How long starts may take on a busy machine, in seconds."""

APART_S = 0.5
"""So far apart, in seconds, do two visits begin at least."""

SPEED = 100.0

REPOSITORY = Path(__file__).parents[2]


class Order(Struct, frozen=True):
    """What is to happen to one card. `kind` is one of `weakened.KINDS`."""

    kind: str
    seed: int
    visits: int
    """In each hour."""
    hours: int
    mounted: str = "defaults"
    """ext4's own options."""
    features: str = ""
    """What mkfs.ext4 is to set besides its defaults."""


class Hour(Struct, frozen=True):
    """One hour in real time, and what is true of it: when each visit began and ended."""

    begins: float
    visits: list[tuple[float, float]]


class Seized(Struct, frozen=True):
    """A card that was pulled out, and what really happened."""

    image: str
    hours: list[Hour]


def moments(chance: random.Random, visits: int) -> list[float]:
    """Draw when people come, in seconds from an hour's beginning."""
    slack = HOUR_S - 1.0 - APART_S * visits
    return [
        moment + APART_S * number
        for number, moment in enumerate(sorted(chance.uniform(0, slack) for _ in range(visits)))
    ]


def seize(orders: Sequence[Order], folder: Path) -> list[Seized]:
    """Let people come to kiosks side by side, and pull their cards. They are left in `folder`."""
    arguments = (msgspec.json.encode(orders).decode(), str(folder))
    done = subprocess.run(
        [*apart("tests.privacy.card"), *arguments],
        capture_output=True,
        check=False,
        cwd=REPOSITORY,
        env={**os.environ, "PATH": PATH},
        timeout=PATIENCE_S + 2 * HOUR_S * max(order.hours for order in orders),
    )
    assert done.returncode == 0, done.stderr.decode()
    return msgspec.json.decode(done.stdout, type=list[Seized])


UNLIMITED = PRODUCTS.replace("limit_per_visit = 3\n", "")
"""On a busy computer people come closer together than they were drawn, and none of them is to be refused."""


def _seize(order: Order, folder: Path) -> Seized:
    """Do so with one, where mounting is allowed."""
    with (
        tempfile.TemporaryDirectory(dir=folder) as name,
        Volume(Path(name), CARD_BYTES, order.mounted, order.features) as volume,
    ):
        capacity = order.visits * order.hours
        kiosk = KioskProcess(
            volume.root, speed=SPEED, capacity=capacity, privacy="release_s = 3600", products=UNLIMITED
        )
        kiosk.program = ("-m", "tests.privacy.weakened", order.kind, repr(HOUR_S), name)
        kiosk.log_level = "INFO"
        kiosk.patience_s = PATIENCE_S
        try:
            kiosk.start()
            kiosk.fill()
            first = time.time() + SOON_S
            new = Path(name) / "new"
            new.write_text(repr(first))
            new.rename(new.with_name(BEGAN))
            hours = _hours(kiosk, order, first)
        finally:
            kiosk.kill()
        image = folder / f"{order.kind.replace(' ', '-')}-{order.seed}.img"
        subprocess.run(["cp", "--sparse=always", str(volume.image), str(image)], check=True)
        image.chmod(0o644)
    return Seized(str(image), hours)


def _hours(kiosk: KioskProcess, order: Order, first: float) -> list[Hour]:
    """Let people come from the first hour on, until the last of theirs has passed and the log was folded in."""
    chance = random.Random(order.seed)
    hours = []
    for number in range(order.hours):
        begins = first + number * HOUR_S
        visits = []
        for moment in moments(chance, order.visits):
            time.sleep(max(0.0, begins + moment - time.time()))
            asked = time.time()
            request = VendRequest(id=new_request_id(), sku=chance.choice(("NAL", "STRIP")))
            kiosk.client.vend(request)
            kiosk.wait(request.id)
            visits.append((asked, time.time()))
        hours.append(Hour(begins, visits))
    time.sleep(max(0.0, first + order.hours * HOUR_S + chance.uniform(0, 2) - time.time()))
    return hours


if __name__ == "__main__":
    with ThreadPoolExecutor() as pool:
        ordered = msgspec.json.decode(sys.argv[1], type=list[Order])
        seized = list(pool.map(_seize, ordered, [Path(sys.argv[2])] * len(ordered)))
    sys.stdout.write(msgspec.json.encode(seized).decode())
