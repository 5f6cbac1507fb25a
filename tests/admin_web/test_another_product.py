"""A slot that takes another product, on the staff pages."""

from __future__ import annotations

import re

from tests.admin_web.fake_daemon import FakeDaemon
from tests.admin_web.test_restock import kept
from tests.admin_web.visitor import Visitor, hidden, words


def test_another_product_takes_a_slot(staff: Visitor, daemon: FakeDaemon) -> None:
    page = staff.open("/slots/B3/product").text
    assert re.search(r'<option value="HYG">Hygiene kit</option>', page)
    assert 'value="SOCK"' not in page
    answer = staff.send("/slots/B3/product", found="3", reason="other")
    assert answer.status_code == 422
    assert "Which product goes in: choose one." in words(answer.text)
    done = staff.send("/slots/B3/product", found="3", sku="HYG", **{"added-0-quantity": "5"})
    assert done.status_code == 303
    assert "You counted 3, we expected 4. One is missing. Took out 3. Put in 5. Now 5." in staff.read(done.location)
    assert (daemon.slots["B3"].product, daemon.slots["B3"].on_hand) == ("Hygiene kit", 5)


def test_the_last_slot_of_an_essential_product_is_pointed_out(staff: Visitor, daemon: FakeDaemon) -> None:
    warning = "is the only slot with naloxone"
    assert warning not in staff.read("/slots/A1/product")
    del daemon.slots["A2"]
    assert warning in staff.read("/slots/A1/product")


def test_a_slot_that_changed_keeps_its_product(staff: Visitor, daemon: FakeDaemon) -> None:
    form = {**hidden(staff.open("/slots/B3/product").text), "found": "4", "sku": "HYG", "added-0-quantity": "5"}
    daemon.take("B3")
    answer = staff.post("/slots/B3/product", **form)
    assert answer.status_code == 409
    assert "Something moved in B3 meanwhile" in words(answer.text)
    assert (kept(answer.text, "found"), kept(answer.text, "added-0-quantity")) == ("", "")
    assert "How many of it are inside now?" in words(answer.text)
    assert daemon.slots["B3"].product == "Socks"


def test_a_kiosk_with_one_product_says_that_there_is_no_other(staff: Visitor, daemon: FakeDaemon) -> None:
    daemon.slots = {"A1": daemon.slots["A1"]}
    assert "This kiosk has no other product to choose from." in staff.read("/slots/A1/product")
