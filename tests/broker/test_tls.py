"""TLS to a real Mosquitto: whom the kiosk trusts, also while nobody has set its clock."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from kiosk.clock import Clock
from kiosk.config import Privacy, Telemetry
from kiosk.telemetry.publisher import Publisher
from tests.broker.collector import until
from tests.broker.conftest import BRISK
from tests.broker.mosquitto import Mosquitto
from tests.broker.outbox import MemoryOutbox

KEYS = Path(__file__).parent / "certificates"


@pytest.fixture
def publish_tls(tmp_path: Path, outbox: MemoryOutbox, cleanup: ExitStack) -> PublishTls:
    return PublishTls(tmp_path, outbox, cleanup)


class PublishTls:
    """Starts a broker with a certificate, and a kiosk that trusts an authority, with a clock that is set or not."""

    def __init__(self, workdir: Path, outbox: MemoryOutbox, cleanup: ExitStack) -> None:
        self._workdir = workdir
        self._outbox = outbox
        self._cleanup = cleanup

    def __call__(
        self, certificate: str, *broker_lines: str, trust: str = "ca", synced: bool, own: str = ""
    ) -> Publisher:
        files = (f"certfile {KEYS / certificate}.pem", f"keyfile {KEYS / certificate}.key")
        broker = Mosquitto(self._workdir, *files, *broker_lines)
        self._cleanup.callback(broker.kill)
        broker.start()
        config = Telemetry(
            host="127.0.0.1",
            port=broker.port,
            ca_file=f"{KEYS / trust}.pem",
            cert_file=f"{KEYS / own}.pem" if own else "",
            key_file=f"{KEYS / own}.key" if own else "",
        )
        mark = self._workdir / "synchronized"
        if synced:
            mark.touch()
        clock = Clock(synchronized=mark)
        publisher = Publisher(config, Privacy(release_s=0), "north-1", self._outbox, clock, pace=BRISK)
        publisher.start()
        self._cleanup.callback(publisher.stop)
        return publisher


@pytest.mark.parametrize("synced", [True, False])
def test_a_good_certificate_is_trusted(publish_tls: PublishTls, synced: bool) -> None:
    publisher = publish_tls("server", synced=synced)
    until(lambda: publisher.link().connected, "it connects")


def test_an_expired_certificate_is_refused_while_the_clock_is_right(publish_tls: PublishTls) -> None:
    publisher = publish_tls("expired", synced=True)
    until(lambda: "its certificate is not accepted: certificate has expired" in publisher.link().text, "it is told")
    assert not publisher.link().connected


def test_dates_do_not_count_while_nobody_has_set_the_clock(publish_tls: PublishTls) -> None:
    publisher = publish_tls("expired", synced=False)
    until(lambda: publisher.link().connected, "it connects")


@pytest.mark.parametrize("certificate", ["server", "expired"])
def test_a_foreign_authority_is_never_trusted(publish_tls: PublishTls, certificate: str) -> None:
    publisher = publish_tls(certificate, trust="foreign-ca", synced=False)
    seen: set[str] = set()

    def refused() -> bool:
        link = publisher.link()
        assert not link.connected
        seen.add(link.text)
        return "its certificate is not accepted: unable to get local issuer certificate" in link.text

    until(refused, "it is told")


def test_the_kiosk_shows_its_own_certificate(publish_tls: PublishTls) -> None:
    demand = (f"cafile {KEYS / 'ca'}.pem", "require_certificate true", "use_identity_as_username true")
    publisher = publish_tls("server", *demand, synced=True, own="kiosk")
    until(lambda: publisher.link().connected, "it connects")


def test_without_its_own_certificate_it_is_refused(publish_tls: PublishTls) -> None:
    demand = (f"cafile {KEYS / 'ca'}.pem", "require_certificate true")
    publisher = publish_tls("server", *demand, synced=True)
    until(lambda: "No connection to 127.0.0.1 (" in publisher.link().text, "it is told")
