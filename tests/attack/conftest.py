"""A kiosk with its glass, and staff pages with and without TLS, as the processes that they are."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from tests.attack.doors import Door, tcp, unix
from tests.kiosk_process import KioskProcess
from tests.pages_process import Pages, certificate, pages


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Door]]:
    """Every door by its name, open."""
    folder = tmp_path_factory.mktemp("doors")
    with socket.create_server(("127.0.0.1", 0)) as free:
        glass = free.getsockname()[1]
    with ExitStack() as stack:
        kiosk = KioskProcess(folder, glass_port=glass)
        kiosk.start()
        stack.callback(kiosk.kill)
        cert, key = certificate(folder)
        plain = stack.enter_context(pages(folder / "plain", control=kiosk.socket))
        tls = stack.enter_context(pages(folder / "tls", "--cert", cert, "--key", key, control=kiosk.socket))
        yield {
            door.name: door
            for door in (
                Door("control", partial(unix, kiosk.socket), kiosk.pid, "/v1/state", "/v1/vends"),
                Door("glass", partial(tcp, glass), kiosk.pid, "/", "/press"),
                staff_door("pages", plain),
                staff_door("pages with TLS", tls)._replace(tls=True),
            )
        }


def staff_door(name: str, at: Pages) -> Door:
    return Door(name, partial(tcp, at.port), at.process.pid, "/claim", "/claim")


@pytest.fixture(scope="module")
def workdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("work")
