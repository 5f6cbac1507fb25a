"""A kiosk whose coils take no time, its real ledger, its control socket and the staff pages, all in this process."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from flask import Flask

from admin_web.app import close, create_app
from admin_web.settings import Settings
from kiosk.control.routes import create_app as create_control
from kiosk.control.server import ControlServer
from kiosk.control.staff_codes import AdminCodes
from kiosk.dispense.status import Status
from kiosk.dispense.temperature.sensors import Sensors
from kiosk.errors import BusyError, RequestError
from kiosk.model import Purpose, VendRequest, new_request_id
from tests.admin_web.visitor import PASSWORD, Visitor
from tests.crash.world import PowerCut, Scene
from tests.dispense.kept import HandClock
from tests.dispense.running import Running
from tests.stocking import counted, visit

WAIT_S = 60.0
"""Longer than any vend takes, however busy the machine is."""


class Site(Running):
    """Runs until `close`. What its coils hold is in `world.inside`; only people and vends change that."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        clock = HandClock(folder)
        clock.trust()
        super().__init__(folder, clock=clock)
        socket = folder / "control.sock"
        front = Flask("front")
        front.config.update(self._control.config)
        front.wsgi_app = self._answer  # type: ignore[method-assign]
        self._server = ControlServer(front, socket)
        self._server.start()
        self.pages: Flask = create_app(Settings(control_socket=str(socket), state=folder / "admin", https=False))

    def start(self) -> None:
        """Start the kiosk, as after a power cut; its vend thread is a real one."""
        super().start()
        sensors = Sensors(self.machine.meters, self.clock, self.service.feel)
        status = Status(self.config, self.machine, self.service, sensors)
        self.codes_made = AdminCodes()
        self._control = create_control(self.service, self.reader, status, self.codes_made)
        self._thread = threading.Thread(target=self._run, name="vend", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with suppress(PowerCut):
            self.service.run()

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return self._control(environ, start_response)

    def close(self) -> None:
        close(self.pages)
        self._server.stop()
        self._halt()
        super().close()

    def _halt(self) -> None:
        self.service.stop()
        self._thread.join(WAIT_S)
        assert not self._thread.is_alive()

    def somebody(self) -> Visitor:
        """Return the browser of a volunteer who is signed in."""
        visitor = Visitor(self.pages)
        code = self.codes_made.make()
        made = visitor.send("/claim", code=code, name="Sam", password=PASSWORD, again=PASSWORD)
        assert made.status_code == 303
        return visitor

    def has_draft(self) -> bool:
        """Say whether somebody's visit waits for an answer."""
        return bool(self.pages.extensions["kiosk_store"].run("SELECT 1 FROM draft_slot"))

    def turn(self, slot: str, scene: Scene) -> bool:
        """Have somebody take an item, and wait for the end; return whether the coil turned."""
        self.world.scenes = [scene]
        request = VendRequest(id=new_request_id(), slot=slot, purpose=Purpose.VISITOR)
        try:
            self.service.vend(request)
        except (BusyError, RequestError):
            return False
        if scene.cut:
            self._thread.join(WAIT_S)
            self._halt()
            self.storage.close()
            self.world.seen = 0  # a drop sensor counts from its own start
            self.start()
        else:
            self.service.find(request.id, WAIT_S)
        return True

    def count(self, slot: str) -> None:
        """Have another person count a slot, rightly."""
        line = counted(self.slot(slot), self.world.inside.get(slot, 0))
        self.service.changes.restock(visit(line))
