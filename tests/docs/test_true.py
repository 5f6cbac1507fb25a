"""What is written is true: every setting is read, every example decodes, every route is written down."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from flask import Flask

from kiosk.config import TABLES, Config
from kiosk.config.words import is_table, item_of, unwrap
from kiosk.control.client import Client
from kiosk.control.staff_codes import AdminCodes
from kiosk.control.routes import create_app
from kiosk.dispense.temperature.sensors import Sensors
from kiosk.dispense.status import Status
from kiosk.hardware import registry
from kiosk.telemetry import commands, messages
from tests.dispense.running import Running

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
CODE = ("kiosk", "admin_web")


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def modules(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


# -- settings ----------------------------------------------------------------------------------------------------------


def settings(table: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Give each setting of kiosk.toml: its path for people, and its name in the code."""
    for field in msgspec.structs.fields(table):
        kind = item_of(field.type) or field.type
        if is_table(unwrap(kind)[0]):
            yield from settings(unwrap(kind)[0], f"{path}{field.name}.")
        else:
            yield f"{path}{field.name}", field.name


@cache
def read_names() -> frozenset[str]:
    """Return every attribute that the code reads, of anything but an error, outside of where settings are checked."""
    names: set[str] = set()
    for path in modules(*CODE):
        if path.is_relative_to(ROOT / "kiosk" / "config"):
            continue
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                if not (isinstance(node.value, ast.Name) and node.value.id == "error"):
                    names.add(node.attr)
    return frozenset(names)


def test_every_setting_is_read_by_something() -> None:
    read = read_names()
    unread = [path for path, name in settings(Config) if name not in read]
    assert not unread, f"Nothing reads {', '.join(unread)}: use it, or take it out of kiosk/config/settings.py."


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kinds in TABLES.values() for kind in kinds for name in registry.names(kind)])
def test_every_option_of_a_driver_is_read(kind: str, name: str) -> None:
    options = registry.options_type(kind, name)
    assert {field.name for field in msgspec.structs.fields(options)} <= read_names()


# -- examples ----------------------------------------------------------------------------------------------------------


def telemetry_page() -> str:
    return (DOCS / "telemetry.md").read_text()


def example(title: str) -> bytes:
    """Return the JSON that follows a bold word: in a block of its own, or between backticks."""
    text = telemetry_page()
    found = re.search(rf'\*\*{title}\*\*.*?(?:```json\n(.*?)\n```|`(\{{".*?\}})`)', text, re.DOTALL)
    assert found, f"docs/telemetry.md has no example of {title}."
    return (found[1] or found[2]).encode()


DECODERS: dict[str, Callable[[bytes], messages.Message]] = {
    "Event": messages.decode_event,
    "State": messages.decode_state,
    "Status": messages.decode_status,
    "Meta": messages.decode_meta,
    "Ack": messages.decode_ack,
}


@pytest.mark.parametrize("title", DECODERS)
def test_an_example_of_a_message_is_one(title: str) -> None:
    """It decodes, and the kiosk would write it the same way, field for field."""
    payload = example(title)
    decoded = DECODERS[title](payload)
    assert msgspec.json.decode(messages.encode(decoded)) == msgspec.json.decode(payload)


def test_the_example_of_a_command_is_one_of_its_kind() -> None:
    (payload,) = re.findall(r'^\{"kind":.*\}$', telemetry_page(), re.MULTILINE)
    body, _, _ = payload.rpartition(',"sig":')
    key = bytes(32)
    command = commands.decode(commands.sign_bytes(key, "north-1", f"{body}}}".encode()), key, "north-1")
    commands.allow(command, "cmd-0001", retained=False, now_s=command.issued + 1, clock_ok=True)


def test_the_example_of_an_answer_to_a_command_is_one() -> None:
    (payload,) = re.findall(r'`(\{"v":1,"id":.*?\})`', telemetry_page())
    assert messages.decode_command_ack(payload.encode()).ok


PAGES = sorted([*DOCS.glob("*.md"), ROOT / "README.md"])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_stands_as_toml_or_python_is_that(page: Path) -> None:
    for language, block in re.findall(r"^```(toml|python)\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE):
        tomllib.loads(block) if language == "toml" else ast.parse(block)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / link).exists(), f"{page.name} leads to {link}, which is not there."


# -- routes ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    running = Running(tmp_path / "state")
    sensors = Sensors({}, running.clock, running.service.feel)
    status = Status(running.config, running.service._machine, running.service, sensors)
    yield create_app(running.service, running.reader, status, AdminCodes())
    running.close()


def routes(app: Flask) -> set[tuple[str, str]]:
    """Return method and path of every route, with a path's parts as `{}`."""
    return {
        (method, re.sub(r"<[^>]*>", "{}", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_every_route_of_the_control_api_is_written_down(app: Flask) -> None:
    page = (DOCS / "control.md").read_text()
    told = re.findall(r"^\| (GET|POST|PUT|DELETE) (/\S*?)(?:\?\S*)? \|", page, re.MULTILINE)
    assert {(method, re.sub(r"\{[^}]*\}", "{}", path)) for method, path in told} == routes(app)


def test_the_client_has_a_method_for_each_route(app: Flask) -> None:
    methods = [name for name in vars(Client) if not name.startswith("_")]
    assert len(methods) >= len(routes(app))
