"""`make run`: a whole kiosk on a simulated machine, with its broker and staff pages, until Ctrl-C.

Any configuration will do: whatever pins and ports it names lead into a simulated machine here.
"""

from __future__ import annotations

import argparse
import datetime
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from msgspec.structs import replace

from kiosk.config import Config, load, show
from kiosk.control.client import Client
from kiosk.errors import DaemonAwayError, KioskError
from kiosk.hardware import registry
from kiosk.model import Added, RestockLine, RestockRequest, new_request_id
from kiosk.simulator import world
from tools.children import HOST, Child, DemoError, free_port, listens, take_lock
from tools.demo_broker import DemoBroker

ROOT = Path(__file__).parent.parent
SOCKET_PATH_MAX = 100
"""The kernel takes 107 bytes for the path of a Unix socket."""


class Demo:
    """Everything that runs, from the broker up; `close` stops it in reverse."""

    def __init__(self, config_path: Path, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._undo = ExitStack()
        self._lock = self._undo.enter_context(take_lock(folder))
        config = load(config_path, registry)
        self._brings_broker = not config.telemetry.host
        self.config = self._placed(config)
        self.glass_port = self.config.simulator.glass_port
        self.web_port = free_port(8081, "the staff pages")
        self.socket = str(Path(self.config.paths.runtime) / "control.sock")
        self.client = Client(self.socket)
        written = folder / "kiosk.toml"
        written.write_text(show(self.config))
        run = ["kiosk", "run", "--config", str(written), "--last-good", str(folder / "last-good.toml")]
        self._daemon = self._child("kiosk daemon", *run)
        web = ["admin_web", "--socket", self.socket, "--state", str(folder / "admin-web"), "--port", str(self.web_port)]
        self._web = self._child("staff pages", *web)

    def start(self) -> None:
        """Start everything and wait for each. Raises DemoError or KioskError; then close what did start."""
        if self._brings_broker:
            broker = DemoBroker(self.config.telemetry.port, self.folder)
            broker.start()
            self._undo.callback(broker.stop)
            broker.wait_ready()
        for child, answers in self._children():
            self._undo.callback(child.stop)
            child.start()
            child.wait_for(answers)

    def stock(self) -> None:
        """Count what the simulated machine is filled with into the ledger, once."""
        done = self.folder / "stocked"
        if done.exists():
            return
        inside = world.inside(self.config.paths.state)
        expiry = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=730)
        lines = []
        for slot in self.client.stock().slots:
            put_in = inside.get(slot.slot, slot.capacity)
            fresh = Added(quantity=put_in, lot=f"DEMO-{slot.sku}", expiry=expiry) if put_in else None
            lines.append(
                RestockLine(slot=slot.slot, as_of=slot.version, found=0, added=() if fresh is None else (fresh,))
            )
        self.client.restock(RestockRequest(id=new_request_id(), lines=tuple(lines)))
        print(f"The machine is stocked: {len(lines)} slots.", flush=True)
        done.touch()

    def table(self) -> str:
        """Return where everything is, one line each."""
        telemetry = self.config.telemetry
        host = HOST if self._brings_broker else telemetry.host
        rows = [("Staff pages", f"http://{HOST}:{self.web_port}", f"one-time staff code: {self.code()}")]
        listen = f"mosquitto_sub -V 5 -h {host} -p {telemetry.port} -t 'hr/v1/#' -v"
        rows.insert(0, ("Glass", f"http://{HOST}:{self.glass_port}", "press a button, watch an item fall"))
        if shutil.which("mosquitto_sub") is None:
            listen += "  (needs: apt install mosquitto-clients)"
        rows += [("Broker", f"mqtt://{host}:{telemetry.port}", listen)]
        rows += [("Control socket", _short(self.socket), f".venv/bin/kiosk stock --socket {_short(self.socket)}")]
        width = max(len(address) for _, address, _ in rows)
        lines = [f"  {name:<15} {address:<{width}}  {hint}" for name, address, hint in rows]
        logs = f"  Logs and state are in {_short(str(self.folder))}. Ctrl-C stops everything."
        return "\n".join(["", *lines, "", logs, ""])

    def code(self) -> str:
        """Return a new one-time staff code; an earlier one is void."""
        return self.client.make_admin_code().code

    def watch(self) -> None:
        """Stay until a signal; start again what falls, as systemd would. Raises DemoError if it keeps falling."""
        while True:
            time.sleep(0.5)
            for child, answers in self._children():
                if (status := child.ended()) is None:
                    continue
                if not child.fell():
                    raise DemoError(f"The {child.name} ended three times in ten seconds.\n{child.last_words()}")
                print(f"The {child.name} ended (status {status}); starting it again, as systemd would.", flush=True)
                child.start()
                child.wait_for(answers)
                if child is self._daemon:
                    print(f"It is back. The one-time staff code is now {self.code()}", flush=True)

    def close(self) -> None:
        """Stop everything, the broker last."""
        self._undo.close()

    def _placed(self, config: Config) -> Config:
        """Return the configuration with a simulated machine, its files below the folder and its ports free."""
        runtime = self.folder / "runtime"
        if len(str(runtime)) > SOCKET_PATH_MAX - len("/control.sock"):
            runtime = Path(self._undo.enter_context(tempfile.TemporaryDirectory(prefix="kiosk-")))
        state = self.folder / "state"
        for path in (runtime, state, self.folder / "admin-web"):
            path.mkdir(exist_ok=True)
        telemetry, privacy = config.telemetry, config.privacy
        if self._brings_broker:  # nobody else listens, so each message may be seen as it happens
            privacy = replace(privacy, release_s=0)
            telemetry = replace(telemetry, host=HOST, port=free_port(1883, "the broker"), tls=False)
        glass = free_port(config.simulator.glass_port or 8080, "the glass")
        return replace(
            config,
            hardware=replace(config.hardware, pins="simulator"),
            telemetry=telemetry,
            privacy=privacy,
            simulator=replace(config.simulator, glass_port=glass),
            paths=replace(config.paths, state=str(state), runtime=str(runtime)),
        )

    def _child(self, name: str, *arguments: str) -> Child:
        return Child(name, arguments, self.folder, self._lock.fileno())

    def _children(self) -> tuple[tuple[Child, Callable[[], bool]], ...]:
        return (self._daemon, self._daemon_answers), (self._web, lambda: listens(self.web_port))

    def _daemon_answers(self) -> bool:
        try:
            self.client.state()
        except DaemonAwayError:
            return False
        return listens(self.glass_port)


def _short(path: str) -> str:
    """Return a path as seen from where the command was given, if that is shorter."""
    here = Path.cwd()
    return str(Path(path).relative_to(here)) if Path(path).is_relative_to(here) else path


def _leave(number: int, frame: object) -> None:  # noqa: ARG001
    raise KeyboardInterrupt


def main() -> int:
    """Run until Ctrl-C; return the exit status."""
    parser = argparse.ArgumentParser(prog="make run", description="Start a kiosk on a simulated machine.")
    parser.add_argument("--config", type=Path, default=ROOT / "examples" / "simulated.toml")
    parser.add_argument("--folder", type=Path, help="where logs and state are kept; by default below build/run")
    options = parser.parse_args()
    folder = options.folder or ROOT / "build" / "run" / options.config.stem
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # SIGINT is ignored where a script started us with &
        signal.signal(number, _leave)
    demo = None
    try:
        demo = Demo(options.config, folder.resolve())
        demo.start()
        demo.stock()
        print(demo.table(), flush=True)
        demo.watch()
    except KeyboardInterrupt:
        print("\nStopping.", flush=True)
    except (DemoError, KioskError) as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    finally:
        if demo is not None:
            demo.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
