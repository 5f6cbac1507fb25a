"""The settings of kiosk.toml: what there is, of which type, in which range, and what holds when nothing is said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta, Struct

Pin = Annotated[int, Meta(ge=0, le=27, title="pin", description="GPIO number as the header counts (BCM)")]
"""A GPIO pin, 0 to 27. The loader refuses a pin that is named twice anywhere in the file."""

Sku = Annotated[
    str,
    Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}\Z", examples=["NAL-4"], description="The sku of a product"),
]

Hours = Annotated[
    str,
    Meta(
        pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)\Z",
        examples=["08:00-20:00", "20:00-06:00"],
    ),
]
"""A span of the day in local time. One that ends before it begins passes midnight."""

Celsius = Annotated[float, Meta(ge=-60, le=100)]
"""A temperature in degrees Celsius, -60 to 100."""

Seconds = Annotated[float, Meta(ge=0, le=86400)]
"""A length of time in seconds, up to a day."""

Amperes = Annotated[float, Meta(gt=0, le=100)]
"""A current in amperes."""

DevicePath = Annotated[
    str,
    Meta(
        title="device",
        min_length=1,
        examples=["serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0"],
        description="The kernel's device file, below /dev if relative; a name below serial/by-id or input/by-id stays "
        "the same whatever else is plugged in",
    ),
]
"""A serial port or an input device. Two parts may not name the same one."""


def controller_of(*drivers: str) -> Meta:
    """Note that an option names one of the `[[controllers]]`, and which drivers it may have."""
    return Meta(
        title="controller",
        min_length=1,
        description=f"The name of the controller that it hangs on, whose driver is {' or '.join(drivers)}",
        extra={"drivers": drivers},
    )


Pictogram = Literal[
    "naloxone",
    "injection",
    "strips",
    "syringes",
    "sharps",
    "wound",
    "hygiene",
    "condoms",
    "menstrual",
    "hiv_test",
    "water",
    "food",
    "clothing",
    "socks",
    "sunscreen",
    "lock_box",
    "box",
]
"""The pictures there are, one file each in kiosk/look/pictograms."""


class Options(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of every table in kiosk.toml, and of every driver's options."""

    claims: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """Settings that together name something only one part can have, such as `("controller", "relay")`."""
    within: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Numbers from 1 and what bounds each: its controller's setting of that name, a number or a list of so many."""
    needs_pins: ClassVar[tuple[str, ...]] = ()
    """The values of `hardware.pins` that the driver works with, besides auto; empty for all."""
    asks_for_product: ClassVar[bool] = False
    """Whether an input with these options stands for one product, as a button does."""
    sees_drops: ClassVar[bool] = False
    """Whether an item that falls is seen by it, or by the machine that it belongs to."""
    chosen_there: ClassVar[bool] = False
    """Whether visitors choose what is in such a slot at keys that its machine has itself."""

    def bus_pins(self) -> Mapping[int, str]:
        """Return the pins of the bus it is read by and what each is there, for a bus that the kernel works alone."""
        return {}

    def signs(self) -> str:
        """Return the signs that can be typed at it."""
        return ""


class SerialOptions(Options, frozen=True, kw_only=True):
    """The base of the options of whatever hangs on a serial port of its own."""

    port: DevicePath


class Kiosk(Options, frozen=True, kw_only=True):
    """Who this kiosk is."""

    id: Annotated[
        str,
        Meta(
            pattern=r"^[a-z0-9][a-z0-9-]{0,39}\Z",
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
        Literal["auto", "lgpio", "gpiod", "simulator"],
        Meta(
            description="What drives a Raspberry Pi's pins: lgpio where it is installed, else gpiod, which has no "
            "pulses for servos; simulator anywhere else. `kiosk status` says which it is"
        ),
    ] = "auto"
    max_current_a: Annotated[
        Amperes | None,
        Meta(description="What the motors' power supply gives, in amperes; no more is ever drawn; none: not watched"),
    ] = None


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
    picture: Annotated[
        str,
        Meta(
            max_length=200,
            description="A file with the programme's own picture (PNG), for a screen; empty for none",
        ),
    ] = ""
    description: Annotated[str, Meta(max_length=120, description="One line that says more")] = ""
    category: Annotated[
        str, Meta(max_length=40, description="What it is shown together with, as people call that; empty for none")
    ] = ""
    units: Annotated[
        int, Meta(ge=1, le=1000, description="How many of it one item holds, such as the doses of a naloxone kit")
    ] = 1
    essential: Annotated[bool, Meta(description="Never limited, never refused: naloxone")] = False
    limit_per_visit: Annotated[
        Annotated[int, Meta(ge=1, le=50)] | None,
        Meta(
            description="Most that one visit gives, which is over once nobody has taken any of it for a minute; not "
            "for essential products"
        ),
    ] = None
    limit_per_code: Annotated[
        Annotated[int, Meta(ge=1, le=50)] | None,
        Meta(
            description="Taking it needs a code, and one code gives at most so many in a period at this kiosk; needs "
            "`[codes]`; not for essential products"
        ),
    ] = None
    cooldown_s: Annotated[
        Seconds,
        Meta(description="After one came out, the next comes so many seconds later; not for essential products"),
    ] = 0
    taper_below: Annotated[
        int,
        Meta(
            ge=0,
            le=1000,
            description="With fewer than so many left the cool-down grows, up to `cooldown_low_s` for the last one; "
            "0 for never",
        ),
    ] = 0
    cooldown_low_s: Annotated[Seconds, Meta(description="The cool-down in seconds when one is left")] = 0
    hours: Annotated[
        tuple[Hours, ...],
        Meta(description="When it is given out, in local time; empty for always; not for essential products"),
    ] = ()
    hidden: Annotated[
        bool, Meta(description="Not offered to visitors; an essential product still comes out in an emergency")
    ] = False
    expired: Annotated[
        Literal["refuse", "label", "last"],
        Meta(
            description="What happens when the front item is past its date: it stays in, comes out in its turn with a "
            "word about it, or comes out when nothing else is left; always last for essential products"
        ),
    ] = "refuse"
    temperature_c: Annotated[
        tuple[Celsius, Celsius] | None,
        Meta(examples=[[15, 25]], description="The storage range on its label, in °C; none: heat is not watched"),
    ] = None
    excursion_c: Annotated[
        tuple[Celsius, Celsius] | None,
        Meta(examples=[[4, 40]], description="The wider range that its label allows for a short time, in °C"),
    ] = None


class Part(Options, frozen=True, kw_only=True):
    """A controller, sensor, signal or climate: its name, its driver, and the driver's own options."""

    name: Annotated[str, Meta(min_length=1, max_length=40, description="What staff call it; unlike any other")]
    driver: Annotated[str, Meta(description="The driver that works it")]
    options: Annotated[Any, Meta(description="The driver's own options")] = None


class Input(Part, frozen=True, kw_only=True):
    """Something a visitor presses: a button for one product, or a keypad, scanner or card reader."""

    product: Annotated[
        Sku | None, Meta(description="The sku of the product that comes out; for a button, and for nothing else")
    ] = None


class Slot(Options, frozen=True, kw_only=True):
    """One coil or locker."""

    id: Annotated[
        str,
        Meta(
            pattern=r"^[A-Z][0-9]{1,2}\Z",
            examples=["A1"],
            description="Row letter and column number, as on the label",
        ),
    ]
    product: Annotated[Sku, Meta(description="The sku of the product in it")]
    capacity: Annotated[int, Meta(ge=1, le=200, description="How many items it holds when full")]
    par: Annotated[int, Meta(ge=0, le=200, description="Below this many, staff are told that it is low")] = 0
    number: Annotated[
        Annotated[int, Meta(ge=0, le=9999)] | None,
        Meta(description="What a visitor types for it on a keypad without letters; none: only its id"),
    ] = None
    driver: Annotated[str, Meta(description="The driver that turns or unlocks it")] = "gpio_spiral"
    options: Annotated[Any, Meta(description="The driver's own options")] = None

    @property
    def name(self) -> str:
        """What staff call it, as for any other part."""
        return self.id


class Shelf(Options, frozen=True, kw_only=True):
    """A row of slots. It takes what a slot takes, but for the id, for each of its columns.

    In a text `{column}` and `{row}` stand for the slot's column and for its row, 1 for A. A whole number may also be
    one for each column: `relay = "1-8"`, `motor_pin = "4, 17, 27"`. A slot of its own with the id of one of them
    changes what it names.
    """

    row: Annotated[str, Meta(pattern=r"^[A-Z]\Z", examples=["A"], description="The row's letter, as on the label")]
    columns: Annotated[
        str,
        Meta(
            pattern=r"^[0-9]{1,2}(-[0-9]{1,2})?(, ?[0-9]{1,2}(-[0-9]{1,2})?)*\Z",
            max_length=200,
            examples=["1-10", "1-4, 6"],
            description="The columns' numbers, as on the label",
        ),
    ]


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
    command_key_file: Annotated[
        str, Meta(description="This kiosk's own key, which signs commands to it; empty: no commands are taken")
    ] = ""


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

    keep_days: Annotated[
        int,
        Meta(ge=7, le=3650, description="Details older than so many days fold into daily totals"),
    ] = 90


class CodeSettings(Options, frozen=True, kw_only=True):
    """Anonymous codes: a few words that let a visitor take their share, and that stand for nobody."""

    enabled: Annotated[bool, Meta(description="Give out codes, and ask for one where `limit_per_code` is set")] = False
    key_file: Annotated[
        str,
        Meta(description="The programme's key, the same file on all of its kiosks; `kiosk new-code-key` makes one"),
    ] = ""
    period: Annotated[
        Literal["week", "month"], Meta(description="How long a code is good for: this week or this month (UTC)")
    ] = "month"
    issue_every_s: Annotated[int, Meta(ge=0, le=86400, description="Seconds between one new code and the next")] = 60


class Paths(Options, frozen=True, kw_only=True):
    """Where the daemon keeps its files."""

    state: Annotated[str, Meta(min_length=1, description="What must last: the ledger")] = "/var/lib/kiosk"
    runtime: Annotated[str, Meta(min_length=1, description="What may go at a restart: the control socket")] = (
        "/run/kiosk"
    )


TABLES: Mapping[str, tuple[str, ...]] = {
    "controllers": ("controller",),
    "slots": ("motor", "lock"),
    "sensors": ("sensor",),
    "inputs": ("input",),
    "signals": ("signal",),
    "climate": ("climate",),
}
"""The lists of parts, and the kinds of drivers that each takes. What others hang on comes first."""


class Config(Options, frozen=True, kw_only=True):
    """The whole of kiosk.toml."""

    kiosk: Kiosk
    products: Annotated[tuple[Product, ...], Meta(min_length=1)]
    slots: Annotated[tuple[Slot, ...], Meta(min_length=1)]
    hardware: Hardware = Hardware()
    simulator: Simulator = Simulator()
    controllers: tuple[Part, ...] = ()
    sensors: tuple[Part, ...] = ()
    inputs: tuple[Input, ...] = ()
    signals: tuple[Part, ...] = ()
    climate: tuple[Part, ...] = ()
    telemetry: Telemetry = Telemetry()
    privacy: Privacy = Privacy()
    codes: CodeSettings = CodeSettings()
    paths: Paths = Paths()

    def parts(self) -> Iterator[tuple[str, Part | Slot]]:
        """Give every part with the name of its list, in the order of `TABLES`."""
        for table in TABLES:
            for entry in getattr(self, table):
                yield table, entry
