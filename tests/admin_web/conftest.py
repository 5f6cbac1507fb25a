"""A daemon at the far end, the app before it, and somebody who is signed in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from admin_web.app import close, create_app
from admin_web.settings import Settings
from tests.admin_web.fake_daemon import CODE, FakeDaemon
from tests.admin_web.visitor import PASSWORD, Visitor


class WallClock:
    """Wall time that a test can move."""

    def __init__(self) -> None:
        self.moved_s = 0.0

    def __call__(self) -> float:
        return time.time() + self.moved_s


@pytest.fixture
def clock() -> WallClock:
    return WallClock()


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[FakeDaemon]:
    fake = FakeDaemon(tmp_path / "control.sock")
    fake.start()
    yield fake
    fake.stop()


@pytest.fixture
def settings(tmp_path: Path, daemon: FakeDaemon, clock: WallClock) -> Settings:
    return Settings(control_socket=str(daemon.path), state=tmp_path / "state", https=False, now=clock)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    made = create_app(settings)
    yield made
    close(made)


@pytest.fixture
def stranger(app: Flask) -> Visitor:
    """A browser that nobody has signed in with; nobody can sign in yet either."""
    return Visitor(app)


@pytest.fixture
def staff(app: Flask) -> Visitor:
    """A browser that Sam is signed in with."""
    visitor = Visitor(app)
    answer = visitor.send("/claim", code=CODE, name="Sam", password=PASSWORD, again=PASSWORD)
    assert answer.status_code == 303
    return visitor
