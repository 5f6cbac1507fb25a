"""Five hundred visits to a kiosk: with codes and without, for every product; some fail, and staff come in between."""

from __future__ import annotations

import http.client
import random
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from kiosk.config.keys import load_key, save_new_key
from kiosk.control.client import Client
from kiosk.dispense.codes.anonymous_codes import WORDS
from kiosk.errors import KioskError, RequestError
from kiosk.model import Outcome, VendRequest, new_request_id
from tests.broker.collector import Listener
from tests.broker.mosquitto import Mosquitto
from tests.daemon.broken_kiosk import eventually
from tests.kiosk_process import KioskProcess
from tests.ports import spare_port
from tests.privacy.leaks import Visits
from tests.stocking import counted, visit

VISITS = 500

REST_EVERY = 80
"""After so many visits nobody comes for some hours."""

REST_S = 2.2
"""So long, in real seconds: the kiosk does what can wait, and an hour begins."""

SPEED = 2000.0
LIMIT = 3

PRODUCTS = f"""
[[products]]
sku = "NAL"
name = "Naloxone nose spray"
essential = true
temperature_c = [15, 25]

[[products]]
sku = "STRIP"
name = "Fentanyl test strips"
limit_per_code = {LIMIT}

[[products]]
sku = "SOCK"
name = "Warm socks"
limit_per_code = {LIMIT}
"""

EXTRA = """
[[slots]]
id = "C1"
product = "SOCK"
capacity = 200
options = {{ motor_pin = 14, home_pin = 15 }}

[[inputs]]
name = "reader"
driver = "serial_reader"
options = {{ port = "serial/by-id/reader" }}

[codes]
enabled = true
key_file = "{key}"
issue_every_s = 0
"""


class Asker(Client):
    """A client that keeps every answer: where it came from, and its bytes."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.answers: list[tuple[str, bytes]] = []

    def _send(self, method: str, path: str, body: Any = None) -> bytes:
        try:
            answer = super()._send(method, path, body)
        except KioskError as error:
            answer = str(error).encode()
            raise
        finally:
            if path != "/v1/codes":  # whoever asks for a code gets it, and nobody else
                self.answers.append((f"answer {method} {path.partition('?')[0]}", answer))
        return answer


class Kiosk(KioskProcess):
    """The kiosk as a process, on a computer whose hours hurry, with a broker."""

    def __init__(self, folder: Path, level: str) -> None:
        self.key_file = folder / "codes.key"
        save_new_key(self.key_file)
        self.broker = Mosquitto(folder).start()
        self.glass_port = spare_port()
        super().__init__(
            folder,
            speed=SPEED,
            capacity=200,
            telemetry=f'host = "127.0.0.1"\nport = {self.broker.port}\ntls = false',
            glass_port=self.glass_port,
            products=PRODUCTS,
            privacy="release_s = 3600",
            extra=EXTRA.format(key=self.key_file),
        )
        self.log_level = level
        self.asker = Asker(str(self.socket))
        self.client = self.asker
        self.listener = Listener(self.broker.port)

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.privacy.hurried", "run", "--config", str(self.config)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--log-level", self.log_level], stderr=log, stdout=log, cwd=Path(__file__).parents[2]
            )
        eventually(self._answers, "the kiosk answers", 20.0)

    def have_fault(self, slot: str, *faults: str) -> None:
        """Have a coil break down, or work again."""
        self._by_hand(f"/slots/{slot}/faults", [("fault", fault) for fault in faults])

    def hold_up(self, code: str) -> None:
        """Hold a code up to the reader, and press a button for something that needs one."""
        self._by_hand("/keypads/reader", [("text", code)])
        self._by_hand("/press", [("button", "strips")])

    def _by_hand(self, path: str, fields: list[tuple[str, str]]) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", self.glass_port, timeout=10)) as connection:
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", path, urlencode(fields), kind)
            assert connection.getresponse().status in {204, 303}

    def close(self) -> None:
        self.listener.close()
        self.broker.kill()


class People:
    """Everybody who comes, and what they really did."""

    def __init__(self, kiosk: Kiosk) -> None:
        self._kiosk = kiosk
        self._chance = random.Random(1)
        self.requests: list[str] = []
        self.codes: list[str] = []
        self.wrong: list[str] = []
        self.uses: list[str] = []
        """The code of each item that came out for one."""
        self.outcomes: list[Outcome | None] = []
        self.refused = 0

    def come(self, visits: int) -> None:
        """Come so many times, with hours in between now and then."""
        for number in range(visits):
            if number % REST_EVERY == REST_EVERY - 1:
                time.sleep(REST_S)
            if number in {150, 350}:
                self._staff()
            if number % 100 == 60:
                self._kiosk.have_fault("B1", "jam")
            if number % 100 == 70:
                self._kiosk.have_fault("B1")
            self._one()

    def _one(self) -> None:
        chance = self._chance
        kind = chance.choices(["plain", "code", "no code", "wrong", "no words", "unknown"], [45, 40, 5, 3, 3, 4])[0]
        if kind == "plain":
            self._ask("NAL")
        elif kind == "code":
            self._ask(chance.choice(["STRIP", "SOCK"]), self._code())
        elif kind == "no code":
            self._ask("STRIP")
        elif kind == "wrong":
            self.wrong.append(" ".join(chance.sample(WORDS, 4)))
            self._kiosk.hold_up(self.wrong[-1])
            self._ask("SOCK", self.wrong[-1])
        elif kind == "no words":
            self._ask("SOCK", chance.choice(["xylograph zzyzx", "1234", "qwertz " * 9]))
        else:
            self._ask("GLOVES")

    def _code(self) -> str:
        if self.codes and self._chance.random() < 0.4:
            return self._chance.choice(self.codes[-20:])
        self.codes.append(self._kiosk.client.new_code().code)
        return self.codes[-1]

    def _ask(self, sku: str, code: str | None = None) -> None:
        """Ask for one item, some of them twice with the same id, and wait for the end."""
        request = VendRequest(id=new_request_id(), sku=sku, code=code)
        self.requests.append(request.id)
        try:
            self._kiosk.client.vend(request)
        except RequestError:
            self.refused += 1
            return
        outcome = self._kiosk.wait(request.id).outcome
        self.outcomes.append(outcome)
        if code is not None and outcome is Outcome.DISPENSED:
            self.uses.append(code)
        if self._chance.random() < 0.1:
            self._kiosk.client.vend(request)

    def _staff(self) -> None:
        """Sign in, count every slot, take out two and put in five."""
        client = self._kiosk.client
        client.redeem_admin_code(client.make_admin_code().code)
        lines = [counted(slot, removed=2, added=5, lot="LOT-2") for slot in client.stock().slots]
        client.restock(visit(*lines))

    def look_at_everything(self) -> None:
        """Ask for all that the control API tells."""
        client = self._kiosk.client
        lists = (client.recalls, client.excursions, client.shortage, client.restocks)
        for ask in (client.state, client.stock, client.audit, *lists):
            ask()
        for slot in client.stock().slots:
            client.slot(slot.slot)
        before: int | None = None
        while events := client.events(500, before).events:
            before = events[-1].seq

    def were(self, spans: list[tuple[float, float]]) -> Visits:
        """Return what is to be looked for."""
        codes = [*self.codes, *self.wrong]
        return Visits(spans=spans, requests=self.requests, codes=codes, nonces=_nonces(codes))

    def key(self) -> bytes:
        return load_key(self._kiosk.key_file)


def _nonces(codes: list[str]) -> list[bytes]:
    numbers = {word: number for number, word in enumerate(WORDS)}
    pairs = [code.split()[:2] for code in codes]
    return [(numbers[first] << 11 | numbers[second]).to_bytes(3, "big") for first, second in pairs]
