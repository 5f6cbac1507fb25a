"""The settings of kiosk.toml: what there is, of which type, in which range, and what holds when nothing is said."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

Pin = Annotated[int, Meta(ge=0, le=27, title="pin", description="GPIO number as the header counts (BCM)")]
"""A GPIO pin, 0 to 27. The loader refuses a pin that is named twice anywhere in the file."""

Sku = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$", examples=["NAL-4"], description="The sku of a product")
]

Pictogram = Literal["naloxone", "strips", "hygiene", "wound", "sharps", "socks", "box"]


class Options(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of every table in kiosk.toml, and of every driver's options."""


class Kiosk(Options, frozen=True, kw_only=True):
    """Who this kiosk is."""

    id: Annotated[
        str,
        Meta(
            pattern=r"^[a-z0-9][a-z0-9-]{0,39}$",
            examples=["riverside-1"],
            description="Lower-case letters, digits and dashes; part of the MQTT topics and the certificate's name",
        ),
    ]
    site: Annotated[
        str,
        Meta(min_length=1, max_length=60, description="Where it hangs, as people call the place"),
    ]


class Hardware(Options, frozen=True, kw_only=True):
    """What the drivers stand on."""

    pins: Annotated[
        Literal["lgpio", "simulator"], Meta(description="lgpio on a Raspberry Pi, simulator anywhere else")
    ] = "lgpio"


class Simulator(Options, frozen=True, kw_only=True):
    """The simulated machine; only read with `pins = "simulator"`."""

    speed: Annotated[float, Meta(ge=0.1, le=10000, description="How many times faster than life")] = 1.0
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1, description="Makes its small irregularities repeatable")] = 1
    glass_port: Annotated[
        int, Meta(ge=0, le=65535, description="Port of the page that shows the machine on 127.0.0.1; 0 for none")
    ] = 0


class Product(Options, frozen=True, kw_only=True):
    """Something the kiosk gives out."""

    sku: Annotated[Sku, Meta(description="A short code that slots and buttons name it by")]
    name: Annotated[str, Meta(min_length=1, max_length=60, description="What people call it")]
    pictogram: Annotated[Pictogram, Meta(description="The picture that stands for it")] = "box"
    description: Annotated[str, Meta(max_length=120, description="One line that says more")] = ""
    essential: Annotated[bool, Meta(description="Never limited, never refused: naloxone")] = False
    limit_per_visit: Annotated[
        Annotated[int, Meta(ge=1, le=50)] | None,
        Meta(description="Most that one visit gives; not for essential products"),
    ] = None


class Part(Options, frozen=True, kw_only=True):
    """A sensor or light: its name, its driver, and the driver's own options."""

    name: Annotated[str, Meta(min_length=1, max_length=40, description="What staff call it; unlike any other")]
    driver: Annotated[str, Meta(description="The driver that works it")]
    options: Annotated[Any, Meta(description="The driver's own options")] = None


class Input(Part, frozen=True, kw_only=True):
    """Something a visitor presses, and the product it asks for."""

    product: Annotated[Sku, Meta(description="The sku of the product that comes out")]


class Slot(Options, frozen=True, kw_only=True):
    """One coil or locker."""

    id: Annotated[
        str,
        Meta(
            pattern=r"^[A-Z][0-9]{1,2}$",
            examples=["A1"],
            description="Row letter and column number, as on the label",
        ),
    ]
    product: Annotated[Sku, Meta(description="The sku of the product in it")]
    capacity: Annotated[int, Meta(ge=1, le=200, description="How many items it holds when full")]
    par: Annotated[int, Meta(ge=0, le=200, description="Below this many, staff are told that it is low")] = 0
    driver: Annotated[str, Meta(description="The driver that turns it")] = "gpio_spiral"
    options: Annotated[Any, Meta(description="The driver's own options")] = None


class Telemetry(Options, frozen=True, kw_only=True):
    """Where stock is reported to. Without a host nothing leaves the kiosk."""

    host: Annotated[str, Meta(description="The broker's name or address; empty for none")] = ""
    port: Annotated[int, Meta(ge=1, le=65535, description="The broker's port")] = 8883
    tls: Annotated[bool, Meta(description="Encrypt, and check who the broker is; false only on a network you own")] = (
        True
    )
    ca_file: Annotated[str, Meta(description="Certificates to trust (PEM); empty for the system's own")] = ""
    cert_file: Annotated[str, Meta(description="This kiosk's certificate (PEM), where the broker asks for one")] = ""
    key_file: Annotated[str, Meta(description="The key of that certificate (PEM)")] = ""
    username: Annotated[str, Meta(description="The name to sign in with, where the broker asks for one")] = ""
    password_file: Annotated[str, Meta(description="A file with the password, which never stands in this one")] = ""
    receipt: Annotated[
        Literal["collector", "broker"],
        Meta(description="Who may let an event be forgotten: collector is safe, broker is for kiosks without one"),
    ] = "broker"
    keep_rows: Annotated[
        int,
        Meta(
            ge=100,
            le=10_000_000,
            description="Events kept while nobody takes them; the oldest go first, and are counted",
        ),
    ] = 500_000
    window: Annotated[int, Meta(ge=1, le=1000, description="Events under way at once")] = 20


class Privacy(Options, frozen=True, kw_only=True):
    """What may be told, and when."""

    release_s: Annotated[
        int,
        Meta(
            ge=0,
            le=86400,
            description="Events and stock leave the kiosk together, once in so many seconds, so that the moment of a "
            "message tells nothing; 0 sends at once",
        ),
    ] = 3600


class Paths(Options, frozen=True, kw_only=True):
    """Where the daemon keeps its files."""

    state: Annotated[str, Meta(min_length=1, description="What must last: the ledger")] = "/var/lib/kiosk"
    runtime: Annotated[str, Meta(min_length=1, description="What may go at a restart: the control socket")] = (
        "/run/kiosk"
    )


class Config(Options, frozen=True, kw_only=True):
    """The whole of kiosk.toml."""

    kiosk: Kiosk
    products: Annotated[tuple[Product, ...], Meta(min_length=1)]
    slots: Annotated[tuple[Slot, ...], Meta(min_length=1)]
    hardware: Hardware = Hardware()
    simulator: Simulator = Simulator()
    sensors: tuple[Part, ...] = ()
    inputs: tuple[Input, ...] = ()
    lights: tuple[Part, ...] = ()
    telemetry: Telemetry = Telemetry()
    privacy: Privacy = Privacy()
    paths: Paths = Paths()
