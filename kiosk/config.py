"""kiosk.toml: what this kiosk is made of. Typed and closed; every mistake is told at once, with its path."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

Pin = Annotated[int, Meta(ge=0, le=27, title="pin", description="GPIO number as the Raspberry Pi's header counts (BCM), 0 to 27")]
"""A GPIO pin. The loader refuses a pin that is named twice anywhere in the file."""


class Options(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of every table in kiosk.toml, and of every driver's options."""


class Kiosk(Options):
    """Who this kiosk is."""

    id: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$", description="Lower-case letters, digits and dashes; part of the MQTT topics and the certificate's name")]
    site: Annotated[str, Meta(min_length=1, max_length=60, description="Where it hangs, as people call the place")]


class Hardware(Options):
    """What the drivers stand on."""

    pins: Annotated[str, Meta(description="lgpio on a Raspberry Pi, simulator anywhere else")] = "lgpio"


class Simulator(Options):
    """The simulated machine; only read with `hardware.pins = "simulator"`."""

    speed: Annotated[float, Meta(ge=0.1, le=10000, description="How many times faster than life")] = 1.0
    seed: Annotated[int, Meta(ge=0, description="Makes its small irregularities repeatable")] = 1
    glass_port: Annotated[int, Meta(ge=0, le=65535, description="Port of the page that shows the machine on 127.0.0.1; 0 for none")] = 0


class Product(Options):
    """Something the kiosk gives out."""

    sku: Annotated[str, Meta(min_length=1, max_length=40)]
    name: Annotated[str, Meta(min_length=1, max_length=60)]
    pictogram: Annotated[str, Meta(description="naloxone, strips, hygiene, wound, sharps, socks or box")] = "box"
    description: Annotated[str, Meta(max_length=120)] = ""
    essential: Annotated[bool, Meta(description="Never limited, never refused: naloxone")] = False
    limit_per_visit: Annotated[int | None, Meta(ge=1, le=50, description="Not for essential products; nothing means no limit")] = None


class Part(Options):
    """A sensor, input or light: its name, its driver, and the driver's own options."""

    name: Annotated[str, Meta(min_length=1, max_length=40)]
    driver: str
    options: Any = None


class Input(Part):
    """Something a visitor presses, and the product it asks for."""

    product: Annotated[str, Meta(description="The sku of the product that comes out")] = ""


class Slot(Options):
    """One coil or locker."""

    id: Annotated[str, Meta(pattern=r"^[A-Z][0-9]{1,2}$", description="Row letter and column number, as on the label: A1")]
    product: Annotated[str, Meta(description="The sku of a product")]
    capacity: Annotated[int, Meta(ge=1, le=200)]
    par: Annotated[int, Meta(ge=0, le=200, description="Below this many, staff are told that it is low")] = 0
    driver: str = "gpio_spiral"
    options: Any = None


class Telemetry(Options):
    """Where stock is reported to. Without a host nothing leaves the kiosk."""

    host: Annotated[str, Meta(description="Broker's name or address; empty for none")] = ""
    port: Annotated[int, Meta(ge=1, le=65535)] = 8883
    tls: bool = True
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    username: str = ""
    password_file: Annotated[str, Meta(description="A file with the password, so that it never stands in this one")] = ""
    receipt: Annotated[str, Meta(pattern="^(collector|broker)$", description="Who may let an event be forgotten: collector is safe; broker is for kiosks without one")] = "broker"
    keep_rows: Annotated[int, Meta(ge=100, le=10_000_000, description="Events kept while nobody takes them; the oldest go first, and are counted")] = 500_000
    window: Annotated[int, Meta(ge=1, le=1000, description="Events under way at once")] = 20


class Privacy(Options):
    """What may be told, and when."""

    release_s: Annotated[int, Meta(ge=0, le=86400, description="Events and stock leave the kiosk together, once in so many seconds, so that the moment of a message tells nothing; 0 sends at once")] = 3600


class Paths(Options):
    """Where the daemon keeps its files."""

    state: str = "/var/lib/kiosk"
    runtime: str = "/run/kiosk"


class Config(Options):
    """The whole of kiosk.toml."""

    kiosk: Kiosk
    products: tuple[Product, ...]
    slots: tuple[Slot, ...]
    hardware: Hardware = Hardware()
    simulator: Simulator = Simulator()
    sensors: tuple[Part, ...] = ()
    inputs: tuple[Input, ...] = ()
    lights: tuple[Part, ...] = ()
    telemetry: Telemetry = Telemetry()
    privacy: Privacy = Privacy()
    paths: Paths = Paths()
