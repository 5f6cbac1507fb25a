"""Claiming a kiosk, signing in and out, and what stands in the way of everybody else."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from admin_web.accounts import passwords
from admin_web.app import close, create_app
from admin_web.settings import Settings
from tests.admin_web.conftest import WallClock
from tests.admin_web.fake_daemon import CODE, FakeDaemon
from tests.admin_web.visitor import PASSWORD, Visitor, hidden, words

PAGES = ["/", "/slots/A1", "/slots/A1/test", "/slots/A1/test/12345678", "/events", "/account"]


@pytest.mark.parametrize("path", PAGES)
def test_without_a_sign_in_every_page_leads_to_the_claim(stranger: Visitor, path: str) -> None:
    answer = stranger.open(path)
    assert (answer.status_code, answer.location) == (302, "/claim")


def test_a_code_makes_the_first_sign_in(stranger: Visitor, daemon: FakeDaemon) -> None:
    assert "Make the first sign-in" in stranger.read("/claim")
    answer = stranger.send("/claim", code=CODE, name="Sam", password=PASSWORD, again=PASSWORD)
    assert answer.status_code == 303
    assert "Lake Street" in stranger.read("/")
    assert not daemon.codes


@pytest.mark.parametrize("code", ["0000-0000", "x" * 64, "x" * 65, "'; DROP TABLE person"])
def test_a_wrong_code_makes_nothing(stranger: Visitor, code: str) -> None:
    answer = stranger.send("/claim", code=code, name="Sam", password=PASSWORD, again=PASSWORD)
    assert answer.status_code in {403, 422}
    assert "wrong, used or too old" in words(answer.text)
    assert 'value="Sam"' in answer.text
    assert stranger.open("/").location == "/claim"


def test_a_used_code_makes_nothing(staff: Visitor, app: Flask) -> None:
    other = Visitor(app)
    answer = other.send("/claim", code=CODE, name="Ines", password=PASSWORD, again=PASSWORD)
    assert answer.status_code == 403
    assert "wrong, used or too old" in words(answer.text)


def test_a_further_code_adds_another_person(staff: Visitor, daemon: FakeDaemon, app: Flask) -> None:
    daemon.codes.add("second-code")
    other = Visitor(app)
    answer = other.send("/claim", code="second-code", name="Ines", password=PASSWORD, again=PASSWORD)
    assert answer.status_code == 303
    assert "Ines" in other.read("/account")
    assert "Sam" in staff.read("/account")


def test_a_forgotten_password_is_replaced_by_a_code_and_ends_old_sign_ins(
    staff: Visitor, daemon: FakeDaemon, app: Flask
) -> None:
    daemon.codes.add("second-code")
    new, fields = "four other words here", {"code": "second-code", "name": "sam"}
    other = Visitor(app)
    answer = other.send("/claim", password=new, again=new, **fields)
    assert answer.status_code == 422
    assert "somebody has it already" in words(answer.text)
    assert other.send("/claim", password=new, again=new, forgot="y", **fields).status_code == 303
    assert staff.open("/").location == "/sign-in"
    assert Visitor(app).sign_in(password=PASSWORD).status_code == 401


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("short", "12 characters or more"),
        ("elevenchars", "12 characters or more"),
        ("passwordpassword", "guessed first"),
        ("PASSWORD12345", "guessed first"),
        ("aaaaaaaaaaaaaaa", "guessed first"),
        ("samsamsam1234", "mostly your name or this place"),
        ("lakestreet1234", "mostly your name or this place"),
        ("x y z w v" * 15, "at most 128"),
    ],
)
def test_a_weak_password_is_refused_and_the_code_stays_good(
    stranger: Visitor, daemon: FakeDaemon, password: str, told: str
) -> None:
    answer = stranger.send("/claim", code=CODE, name="Sam", password=password, again=password)
    assert answer.status_code == 422
    assert told in words(answer.text)
    assert f'value="{password}' not in answer.text
    assert stranger.send("/claim", code=CODE, name="Sam", password=PASSWORD, again=PASSWORD).status_code == 303


def test_whoever_has_no_code_keeps_nobody_busy(
    stranger: Visitor, daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The site's name, which makes a bad password, is asked for when the code was right, and not before."""
    asked: list[str] = []
    answer = daemon.answer

    def noted(method: str, path: str, query: dict[str, list[str]], body: bytes) -> tuple[int, object]:
        asked.append(path)
        return answer(method, path, query, body)

    monkeypatch.setattr(daemon, "answer", noted)
    for _ in range(3):
        assert stranger.send("/claim", code="wrong", name="Sam", password=PASSWORD, again=PASSWORD).status_code == 403
    assert set(asked) == {"/v1/admin-codes/redeem"}


@pytest.mark.parametrize(
    "password", ["só lá fora chove", "            plum!", "only small letters", "1" * 4 + "7390265184"]
)
def test_no_rule_says_which_characters(password: str) -> None:
    assert passwords.weakness(password, "Sam", "Lake Street") is None


def test_two_different_passwords_are_refused(stranger: Visitor) -> None:
    answer = stranger.send("/claim", code=CODE, name="Sam", password=PASSWORD, again=PASSWORD + "x")
    assert answer.status_code == 422
    assert "not the same" in words(answer.text)


def test_the_password_is_kept_as_argon2id_of_the_set_cost(staff: Visitor, settings: Settings) -> None:
    file = settings.state / "admin.db"
    with closing(sqlite3.connect(file)) as db:
        (kept,) = db.execute("SELECT password_hash FROM person").fetchone()
        tokens = db.execute("SELECT token_hash FROM sign_in").fetchall()
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert len(tokens) == 1
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_sign_in_and_out(staff: Visitor, app: Flask) -> None:
    other = Visitor(app)
    assert other.sign_in(name=" SAM ").location == "/"
    other.sign_out()
    assert other.open("/").location == "/sign-in"
    assert staff.open("/").status_code == 200


def test_a_copied_cookie_is_worth_nothing_after_sign_out(staff: Visitor, app: Flask) -> None:
    cookie = staff.http.get_cookie("kiosk-staff")
    assert cookie is not None
    thief = Visitor(app)
    thief.http.set_cookie("kiosk-staff", cookie.value)
    assert thief.open("/").status_code == 200
    staff.sign_out()
    assert thief.open("/").location == "/sign-in"


@pytest.mark.parametrize(
    ("name", "password"), [("Sam", "wrong wrong wrong"), ("Nobody", PASSWORD), ("Sam", "x" * 2000)]
)
def test_a_wrong_name_and_a_wrong_password_read_the_same(staff: Visitor, app: Flask, name: str, password: str) -> None:
    answer = Visitor(app).sign_in(name=name, password=password)
    assert answer.status_code == 401
    assert "Name or password is not right. Try again, or ask for a one-time code." in words(answer.text)
    assert f'value="{password}' not in answer.text


def guess(app: Flask, address: str, times: int = 1, name: str = "Sam") -> int:
    """Try wrong passwords from an address; return the last answer's status."""
    return [Visitor(app, address=address).sign_in(name=name, password="wrong wrong").status_code for _ in range(times)][
        -1
    ]


def test_nobody_can_lock_another_person_out(staff: Visitor, app: Flask) -> None:
    """However many wrong passwords come from however many addresses: who has signed in there before gets in."""
    staff.sign_out()
    for n in range(5):
        assert guess(app, f"10.0.0.{n}", 20) == 401
    stranger = Visitor(app, address="10.0.0.99").sign_in()
    assert stranger.status_code == 429
    assert stranger.headers["Retry-After"] == "900"
    assert "a phone that you have signed in with before" in words(stranger.text)
    assert staff.sign_in().status_code == 303


def test_eight_wrong_passwords_elsewhere_cost_nobody_anything(staff: Visitor, app: Flask) -> None:
    for n in range(8):
        assert guess(app, f"10.0.0.{n}") == 401
    assert Visitor(app, address="10.0.0.99").sign_in().status_code == 303


@pytest.mark.parametrize(
    ("of_one", "of_another"), [("10.0.0.7", "10.0.0.8"), ("2001:db8:1:2::7", "2001:db8:1:3::7"), ("", "10.0.0.8")]
)
def test_too_many_wrong_passwords_from_one_network(staff: Visitor, app: Flask, of_one: str, of_another: str) -> None:
    assert guess(app, of_one, 20) == 401
    assert Visitor(app, address=of_one).sign_in().status_code == 429
    assert Visitor(app, address=of_another).sign_in().status_code == 303


def test_whoever_has_one_ipv6_address_has_its_whole_network(staff: Visitor, app: Flask) -> None:
    for n in range(20):
        assert guess(app, f"2001:db8::{n + 1:x}") == 401
    assert guess(app, "2001:db8::ffff:1") == 429


def test_a_found_phone_is_no_way_to_guess(staff: Visitor) -> None:
    """It is slowed by its own failures alone."""
    staff.sign_out()
    for _ in range(10):
        assert staff.sign_in(password="wrong wrong").status_code == 401
    assert staff.sign_in().status_code == 429


def test_a_phone_is_known_for_the_person_who_signed_in_with_it(staff: Visitor, daemon: FakeDaemon, app: Flask) -> None:
    daemon.codes.add("second-code")
    fields = {"code": "second-code", "name": "Ines", "password": PASSWORD, "again": PASSWORD}
    assert Visitor(app, address="10.0.0.1").send("/claim", **fields).status_code == 303
    staff.sign_out()
    for n in range(5):
        guess(app, f"10.0.0.{n}", 20)
    assert staff.sign_in(name="Ines").status_code == 429
    assert staff.sign_in().status_code == 303


@pytest.mark.parametrize("forged", ["", "x", "WzEsImFhYWFhYWFhYWFhYWFhYWEiXQ.AAAAAAAAAAAAAAAAAAAAAAAAAAA"])
def test_a_forged_device_is_a_stranger(staff: Visitor, app: Flask, forged: str) -> None:
    for n in range(5):
        guess(app, f"10.0.0.{n}", 20)
    other = Visitor(app)
    other.http.set_cookie("kiosk-device", forged)
    assert other.sign_in().status_code == 429


def test_wrong_codes_keep_nobody_out(stranger: Visitor, app: Flask) -> None:
    """The right one works after any number of wrong ones, from the same address too."""
    fields = {"name": "Sam", "password": PASSWORD, "again": PASSWORD}
    for n in range(40):
        assert stranger.send("/claim", code=f"wrong {n}", **fields).status_code == 403
    assert stranger.send("/claim", code=CODE, **fields).status_code == 303


@pytest.mark.parametrize("forgot", ["", "y"])
def test_without_a_code_nothing_tells_who_has_a_sign_in(staff: Visitor, app: Flask, forgot: str) -> None:
    """Sixty names were tried like this, and sixty were told apart."""
    answers = []
    for name in ("Sam", "Max"):
        fields = {"name": name, "password": PASSWORD, "again": PASSWORD, **({"forgot": forgot} if forgot else {})}
        answer = Visitor(app).send("/claim", code="wrong", **fields)
        answers.append((answer.status_code, words(answer.text)))
    assert answers[0] == answers[1]
    assert answers[0][0] == 403


def test_a_name_that_is_taken_costs_no_second_code(staff: Visitor, daemon: FakeDaemon, app: Flask) -> None:
    """The code is used up at the kiosk, and stays good for this form."""
    daemon.codes.add("second-code")
    other = Visitor(app)
    fields = {"code": "second-code", "password": PASSWORD, "again": PASSWORD}
    answer = other.send("/claim", name="sam", **fields)
    assert (answer.status_code, daemon.codes) == (422, set())
    assert "somebody has it already" in words(answer.text)
    assert "Your code stays good for this page." in words(answer.text)
    assert other.send("/claim", name="Ines", **fields).status_code == 303
    assert Visitor(app).send("/claim", name="Max", **fields).status_code == 403


def test_right_sign_ins_are_not_counted(staff: Visitor, app: Flask) -> None:
    for _ in range(12):
        assert Visitor(app).sign_in().status_code == 303


@pytest.mark.parametrize(("idle_s", "status"), [(29 * 60, 200), (31 * 60, 302)])
def test_an_idle_sign_in_ends(staff: Visitor, clock: WallClock, idle_s: int, status: int) -> None:
    clock.moved_s += idle_s
    assert staff.open("/").status_code == status


def test_every_sign_in_ends_after_twelve_hours(staff: Visitor, clock: WallClock) -> None:
    for _ in range(35):
        clock.moved_s += 20 * 60
        assert staff.open("/").status_code == 200
    clock.moved_s += 21 * 60
    assert staff.open("/").location == "/sign-in"


def test_a_clock_that_goes_back_does_not_lengthen_a_sign_in(staff: Visitor, clock: WallClock) -> None:
    clock.moved_s -= 3600
    assert staff.open("/").location == "/sign-in"


def test_a_changed_password_ends_every_other_sign_in(staff: Visitor, app: Flask) -> None:
    phone = Visitor(app)
    phone.sign_in()
    new = "another four good words"
    assert staff.send("/account", current="not it at all", password=new, again=new).status_code == 403
    assert staff.send("/account", current=PASSWORD, password="short", again="short").status_code == 422
    assert staff.send("/account", current=PASSWORD, password=new, again=new).status_code == 303
    assert "Your password is changed" in staff.read("/account")
    assert phone.open("/").location == "/sign-in"
    assert Visitor(app).sign_in(password=new).status_code == 303


def test_sign_out_everywhere(staff: Visitor, app: Flask) -> None:
    phone = Visitor(app)
    phone.sign_in()
    form = hidden(staff.open("/account").text)
    assert staff.post("/account/sign-out-everywhere", **form).location == "/sign-in"
    assert phone.open("/").location == "/sign-in"
    assert staff.open("/").location == "/sign-in"


def test_after_sign_in_you_are_where_you_wanted_to_be(staff: Visitor, app: Flask) -> None:
    other = Visitor(app)
    away = other.open("/events?before=9").location
    assert away == "/sign-in?next=/events?before%3D9"
    assert other.send(away, name="Sam", password=PASSWORD).location == "/events?before=9"


@pytest.mark.parametrize("target", ["https://example.org/", "//example.org/", "/\\example.org", "javascript:alert(1)"])
def test_nobody_is_sent_elsewhere(staff: Visitor, app: Flask, target: str) -> None:
    answer = Visitor(app).send(f"/sign-in?next={target}", name="Sam", password=PASSWORD)
    assert answer.location == "/"


@pytest.mark.parametrize(
    "path",
    ["/slots/A1", "/slots/A1/test", "/sign-in", "/claim", "/account", "/sign-out", "/account/sign-out-everywhere"],
)
def test_a_form_without_its_token_changes_nothing(staff: Visitor, daemon: FakeDaemon, path: str) -> None:
    answer = staff.post(path, found="1", request_id="12345678", as_of="7", name="Sam", password=PASSWORD)
    assert answer.status_code == 400
    assert "nothing was changed" in words(answer.text)
    assert daemon.restock_calls == 0
    assert not daemon.vends


def test_over_https_the_cookie_is_bound_to_the_host(settings: Settings, tmp_path: Path) -> None:
    app = create_app(replace(settings, https=True, state=tmp_path / "https"))
    visitor = Visitor(app, base="https://localhost")
    answer = visitor.send("/claim", code=CODE, name="Sam", password=PASSWORD, again=PASSWORD)
    cookies = sorted(answer.headers.get_all("Set-Cookie"))
    assert [cookie.partition("=")[0] for cookie in cookies] == ["__Host-kiosk-device", "__Host-kiosk-staff"]
    for cookie in cookies:
        for attribute in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"):
            assert attribute in cookie
        assert "Domain" not in cookie
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert visitor.open("/").status_code == 200
    close(app)


@pytest.mark.parametrize(
    "path", ["/sign-in", "/claim", "/", "/no-such-page", "/static/staff.css", "/look/tokens.css", "/alive"]
)
def test_headers_on_every_answer(staff: Visitor, path: str) -> None:
    headers = staff.open(path).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    if not path.endswith(".css"):
        assert headers["Cache-Control"] == "no-store"


def test_an_unknown_page_and_a_huge_form_are_told_in_words(staff: Visitor) -> None:
    assert "There is no such page" in staff.read("/no-such-page", 404)
    answer = staff.post("/slots/A1", found="1" * 20000)
    assert answer.status_code == 413
    assert "too much at once" in words(answer.text)


def test_sign_ins_outlive_a_restart(staff: Visitor, settings: Settings, app: Flask) -> None:
    again = create_app(settings)
    cookie = staff.http.get_cookie("kiosk-staff")
    assert cookie is not None
    visitor = Visitor(again)
    visitor.http.set_cookie("kiosk-staff", cookie.value)
    assert visitor.open("/").status_code == 200
    close(again)
