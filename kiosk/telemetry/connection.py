"""One connection to an MQTT 5 broker. This is the only module that knows paho.

Every attempt gets a new paho client. A client that reconnects by itself keeps its own backlog and sends it again,
waits without jitter, and stays "connected" when its thread has died; a client that is used once can do none of
that. paho calls back under its own locks, and an exception there kills its thread: so the callbacks only put
signals on a queue.
"""

# ruff: noqa: ARG002 - paho calls back with more than is needed here.

from __future__ import annotations

import ssl
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import paho.mqtt.client as mqtt
from msgspec import Struct
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from kiosk.config import Telemetry
from kiosk.telemetry.notices import Arrived, Closed, Opened, Published, Refused, Signals
from kiosk.telemetry.pace import Pace

_NO_CHECK_TIME = 0x200000
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME: leave out only the check of the validity dates."""
_DATE_ERRORS = (9, 10)
"""OpenSSL's X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED."""
_CONNECT_TIMEOUT_S = 10.0
_LARGEST_PACKET = 65536
_GOODBYE_S = 2.0
_MOST_UNREAD = 4 * 1024 * 1024
"""Bytes of messages that may wait for the telemetry thread, each counted with its object of some 500 bytes."""
_OBJECT = 500
_MOST_UNSENT = 10_000
"""Packets that may wait for the broker to read them; the window of our own has at most 1,000."""
_PUBLISH_QOS_2 = 0x34
"""The first byte of a PUBLISH with QoS 2, but for its flags (MQTT 5, 3.3.1)."""


class Will(Struct, frozen=True):
    """What the broker says, retained, when this connection is lost and does not come back."""

    topic: str
    payload: bytes


class _Client(mqtt.Client):
    """paho announces the largest packet and does not enforce it: a packet of 256 MiB would be collected to its end.

    This one ends the connection once a length is announced, before any of the packet is read, and for what else a
    broker could pile up. `misdeed` then says what the broker did.
    """

    misdeed = ""

    def _sock_recv(self, bufsize: int) -> bytes:
        # paho asks for one byte at a time, and then for all that is left of the packet.
        if bufsize > _LARGEST_PACKET:
            self.misdeed = f"it sent a message of more than {_LARGEST_PACKET // 1024} kB"
        elif self._in_packet["command"] & 0xF6 == _PUBLISH_QOS_2:
            self.misdeed = "it sent a message with QoS 2, which nobody asked for"
        elif len(self._out_packet) > _MOST_UNSENT:
            self.misdeed = "it does not read what it is answered"
        if self.misdeed:
            raise ConnectionError(self.misdeed)
        return super()._sock_recv(bufsize)


class Connection:
    """One try at the broker, from the first packet to the last. Signals carry `self`, so that old ones can be told."""

    def __init__(
        self, config: Telemetry, kiosk_id: str, will: Will, signals: Signals, pace: Pace, *, ignore_dates: bool = False
    ) -> None:
        """Prepare, without any traffic. Raises OSError or ValueError when a file named in the config is unusable."""
        config.host.encode("idna")  # paho's thread would die of a name that cannot be one.
        self._signals = signals
        self._config = config
        self._pace = pace
        self._closed = False
        self._topics: tuple[str, ...] = ()
        self._unread = 0
        self._unread_lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._client = _Client(
            CallbackAPIVersion.VERSION2, client_id=kiosk_id, protocol=mqtt.MQTTv5, reconnect_on_failure=False
        )
        self._client.suppress_exceptions = True
        self._client.connect_timeout = _CONNECT_TIMEOUT_S
        self._client.reconnect_delay_set(0, 0)
        self._client.max_inflight_messages_set(0)  # The window of our own is the bound; paho's costs a scan an ack.
        self._client.will_set(will.topic, will.payload, qos=1, retain=True, properties=_will_delay(pace.will_delay_s))
        if config.username:
            self._client.username_pw_set(config.username, _password(config.password_file))
        if config.tls:
            self._client.tls_set_context(_tls(config, ignore_dates))
        self._listen()

    def open(self) -> None:
        """Begin to connect; `Opened` or `Closed` follows. Returns at once."""
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        # The session outlives the connection just as long as the will waits; a shorter one would speak the will early.
        properties.SessionExpiryInterval = self._pace.will_delay_s
        properties.MaximumPacketSize = _LARGEST_PACKET
        self._client.connect_async(
            self._config.host, self._config.port, self._pace.keepalive_s, clean_start=False, properties=properties
        )
        self._client.loop_start()

    def publish(self, topic: str, payload: bytes, *, retain: bool) -> int | None:
        """Send with QoS 1; return the number that `Published` will carry, or None when there is no connection."""
        info = self._client.publish(topic, payload, qos=1, retain=retain)
        return info.mid if info.rc == mqtt.MQTT_ERR_SUCCESS else None

    def subscribe(self, topics: Sequence[str]) -> None:
        """Ask for topics with QoS 1, once; `Arrived` carries their messages, `Refused` says which were not allowed.

        What this kiosk itself publishes does not come back.
        """
        self._topics = tuple(topics)
        options = SubscribeOptions(qos=1, noLocal=True, retainAsPublished=True)
        self._client.subscribe([(topic, options) for topic in topics])

    def taken(self, message: Arrived) -> None:
        """Note that the telemetry thread has taken this message in."""
        with self._unread_lock:
            self._unread -= len(message.payload) + _OBJECT

    def misdeed(self) -> str:
        """Return what the broker did that none may, if that ended this connection."""
        return self._client.misdeed

    def dead(self) -> bool:
        """Say whether paho's thread has ended, which `is_connected()` would not tell."""
        return self._thread is not None and not self._thread.is_alive()

    def close(self) -> None:
        """End the connection properly, so that no will is spoken; wait at most 2 s for the last packet."""
        if self._closed:
            return
        self._closed = True
        self._client.disconnect()
        if self._thread is not None and self._client.socket() is not None:
            self._thread.join(_GOODBYE_S)
        # paho keeps two sockets until it is collected. Without this reference there is no circle, and that is now.
        del self._client

    def _listen(self) -> None:
        self._client.on_pre_connect = self._on_pre_connect
        self._client.on_connect = self._on_connect
        self._client.on_connect_fail = self._on_connect_fail
        self._client.on_disconnect = self._on_disconnect
        self._client.on_publish = self._on_publish
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    def _on_pre_connect(self, client: mqtt.Client, userdata: object) -> None:
        self._thread = threading.current_thread()

    def _on_connect(
        self,
        client: mqtt.Client,
        userdata: object,
        flags: mqtt.ConnectFlags,
        code: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if self._closed:
            client.disconnect()
        elif code.is_failure:
            self._signals.put(Closed(self, f"it refuses this kiosk: {str(code).lower()}"))
        else:
            self._signals.put(Opened(self, getattr(properties, "ReceiveMaximum", 65535)))

    def _on_connect_fail(self, client: mqtt.Client, userdata: object) -> None:
        error = sys.exc_info()[1]  # paho calls this while it handles the error, and says nothing else of it.
        dates = isinstance(error, ssl.SSLCertVerificationError) and error.verify_code in _DATE_ERRORS
        self._signals.put(Closed(self, cause(error), dates=dates))

    def _on_disconnect(
        self,
        client: mqtt.Client,
        userdata: object,
        flags: mqtt.DisconnectFlags,
        code: ReasonCode,
        properties: Properties | None,
    ) -> None:
        reason = str(code).lower() if flags.is_disconnect_packet_from_server else "the connection was lost"
        self._signals.put(Closed(self, self._client.misdeed or reason, misdeed=self._client.misdeed))

    def _on_publish(
        self, client: mqtt.Client, userdata: object, mid: int, code: ReasonCode, properties: Properties | None
    ) -> None:
        self._signals.put(Published(self, mid, code.value))

    def _on_subscribe(
        self, client: mqtt.Client, userdata: object, mid: int, codes: list[ReasonCode], properties: Properties | None
    ) -> None:
        refused = tuple(topic for topic, code in zip(self._topics, codes, strict=False) if code.is_failure)
        if refused:
            self._signals.put(Refused(self, refused))

    def _on_message(self, client: mqtt.Client, userdata: object, message: mqtt.MQTTMessage) -> None:
        with self._unread_lock:
            self._unread += len(message.payload) + _OBJECT
        if self._unread > _MOST_UNREAD:
            self._client.misdeed = "it sends messages faster than they can be read"  # ends it with the next byte
        else:
            self._signals.put(Arrived(self, message.topic, bytes(message.payload), message.retain))


class TidySocket(ssl.SSLSocket):
    """A TLS socket that is closed when its handshake fails; paho leaves it to the garbage collector."""

    def do_handshake(self, block: bool = False) -> None:
        """Shake hands. Raises OSError; the socket is closed then."""
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


def cause(error: BaseException | None) -> str:
    """Say in a few words why there is no connection."""
    match error:
        case ssl.SSLCertVerificationError():
            return f"its certificate is not accepted: {error.verify_message}"
        case ssl.SSLError():
            return f"TLS failed: {error.reason or error}"
        case TimeoutError():
            return "no answer in time"
        case OSError(strerror=str(text)):
            return text.lower()
    return str(error) or type(error).__name__


def _will_delay(seconds: int) -> Properties:
    properties = Properties(PacketTypes.WILLMESSAGE)  # type: ignore[no-untyped-call]
    properties.WillDelayInterval = seconds
    return properties


def _password(path: str) -> str | None:
    return Path(path).read_text(encoding="utf-8").strip() if path else None


def _tls(config: Telemetry, ignore_dates: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=config.ca_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = TidySocket
    if config.cert_file:
        context.load_cert_chain(config.cert_file, config.key_file or None)
    if ignore_dates:
        context.verify_flags |= _NO_CHECK_TIME
    return context
