"""Visits that meet vends, at every moment of theirs: what is saved is what is inside, however often it was asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.admin_web.site import Site
from tests.admin_web.visitor import Visitor, hidden, words
from tests.conftest import Evidence
from tests.crash.world import Scene
from tests.dispense.running import BLIND, BLIND_JAM, FALLS, JAMS, TWO_FALL

EVENTS = {
    "falls": FALLS,
    "falls again": FALLS,
    "jams": JAMS,
    "falls unseen": BLIND,
    "jams unseen": BLIND_JAM,
    "two fall": TWO_FALL,
    "power goes": Scene(cut=True),
    "power goes, nothing fell": Scene(falls=0, cut=True),
    "somebody counts": None,
}
CERTAIN = {"falls", "falls again", "jams"}

MOMENTS = ("opened", "counted", "filled", "kept", "checked", "opened again", "counted again", "kept again")
"""When something may happen: after each of these."""

OVERTAKEN, REACHED = MOMENTS[:3], MOMENTS[:5]
MOST_ROUNDS = 8
EXAMPLES = 185
"""Besides those in which one thing happens alone. Few meet nothing: their coil was out of service for a while."""

CAPACITY = 9


@dataclass(frozen=True)
class Plan:
    """What a volunteer finds and does in A1, and what happens meanwhile, after which moment."""

    inside: int
    out: int
    put_in: int
    events: dict[str, list[str]]
    twice: bool
    also: bool
    """B1 is counted in the same visit."""


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    inside = draw(st.integers(0, CAPACITY))
    out = draw(st.integers(0, min(inside, 2)))
    put_in = draw(st.integers(0, min(4, CAPACITY - inside + out)))
    moments = {draw(st.sampled_from(REACHED)), *draw(st.lists(st.sampled_from(MOMENTS), max_size=2))}
    events = {
        moment: draw(st.lists(st.sampled_from(sorted(EVENTS)), min_size=1, max_size=2)) for moment in sorted(moments)
    }
    return Plan(inside, out, put_in, events, draw(st.booleans()), draw(st.booleans()))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    started = Site(tmp_path_factory.mktemp("site"))
    yield started
    started.close()


@pytest.fixture(scope="module")
def sam(site: Site) -> Visitor:
    return site.somebody()


@pytest.fixture(scope="module")
def token(sam: Visitor) -> str:
    """What shows that a form came from Sam's own browser."""
    return hidden(sam.open("/restock").text)["csrf_token"]


class Walk:
    """One visit to A1, and to B1 where nothing happens."""

    def __init__(self, site: Site, sam: Visitor, token: str, plan: Plan) -> None:
        self.site, self.sam, self.token, self.plan = site, sam, token, plan
        self.left = {moment: list(events) for moment, events in plan.events.items()}
        self.met: list[str] = []
        self.asked = 0

    @property
    def inside(self) -> int:
        return self.site.world.inside["A1"]

    def pass_(self, moment: str) -> None:
        """Let happen what happens now, once."""
        for event in self.left.pop(moment, ()):
            scene = EVENTS[event]
            if scene is None:
                self.site.count("A1")
            elif not self.site.turn("A1", scene):
                continue
            self.met.append(event)

    def go(self) -> None:
        """Walk both slots, save what can be saved, and answer what is asked until nothing is."""
        self.sam.post("/visit", csrf_token=self.token)
        page = self.sam.open("/visit/slots/A1").text
        self.pass_("opened")
        typed = {"found": str(self.inside)}
        self.pass_("counted")
        self.move(typed)
        self.pass_("filled")
        self.keep("A1", page, typed)
        if self.plan.also:
            typed = {"as_of": str(self.site.slot("B1").version), "found": str(self.site.world.inside["B1"])}
            self.sam.post("/visit/slots/B1", csrf_token=self.token, **typed)
        self.pass_("kept")
        for _ in range(MOST_ROUNDS):
            if self.save():
                return
            self.count_again()
        raise AssertionError("The pages never stopped asking")

    def move(self, typed: dict[str, str]) -> None:
        """Take out and put in by hand, as far as there are items, and write down what was done."""
        out = min(self.plan.out, self.inside)
        put_in = min(self.plan.put_in, CAPACITY - self.inside + out)
        self.site.world.inside["A1"] += put_in - out
        if out:
            typed |= {"removed-0-quantity": str(out), "removed-0-reason": "damaged"}
        if put_in:
            typed |= {"added-0-quantity": str(put_in), "added-0-lot": "N7"}

    def keep(self, slot: str, page: str, typed: dict[str, str]) -> None:
        """Send what was written; say that it is right where that is asked; count all of it where that is."""
        answer = self.sam.post(f"/visit/slots/{slot}", **{**hidden(page), **typed})
        if answer.status_code == 422:
            assert "Look once more" in words(answer.text), words(answer.text)
            answer = self.sam.post(f"/visit/slots/{slot}", **{**hidden(answer.text), **typed})
        assert answer.status_code in {303, 409}, words(answer.text)

    def save(self) -> bool:
        """Look at the check and save what is clear; return whether nothing is left to ask."""
        page = self.sam.open("/visit/check").text
        self.pass_("checked")
        if "Something moved in it" in words(page) and "Save 1 slot" not in words(page):
            self.asked += 1
            return False
        form = hidden(page)
        answer = self.sam.post("/visit/check", **form)
        if self.plan.twice:
            self.sam.post("/visit/check", **form)
        if answer.status_code in {409, 422}:
            self.asked += 1
            return False
        assert answer.status_code == 303, words(answer.text)
        waits = self.site.has_draft()
        self.asked += waits
        return not waits

    def count_again(self) -> None:
        """Answer the question: how many are inside now, with what was put in."""
        page = self.sam.open("/visit/slots/A1").text
        if 'name="inside"' not in page:
            return
        self.pass_("opened again")
        typed = {"inside": str(self.inside)}
        self.pass_("counted again")
        self.keep("A1", page, {**filled_in(page), **typed})
        self.pass_("kept again")


def filled_in(page: str) -> dict[str, str]:
    """Return what stands in the fields of taking out and putting in."""
    fields = dict(re.findall(r'<input id="[^"]*" name="((?:removed|added)-0-[^"]*)"[^>]* value="([^"]*)"', page))
    if fields.get("removed-0-quantity"):
        fields["removed-0-reason"] = "damaged"
    return fields


def each_alone(test: Callable[..., None]) -> Callable[..., None]:
    """Have every event happen alone as well, where the count may be overtaken by it and where it may not."""
    for moment in ("opened", "kept", "checked"):
        for event in EVENTS:
            plan = Plan(inside=5, out=2, put_in=1, events={moment: [event]}, twice=False, also=True)
            test = example(plan=plan)(test)
    return test


@each_alone
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(plan=plans())
def test_a_visit_that_meets_vends_saves_what_is_inside(
    site: Site, sam: Visitor, token: str, evidence: Evidence, plan: Plan
) -> None:
    begin(site, plan.inside)
    walk = Walk(site, sam, token, plan)
    walk.go()
    evidence.count("visits_meeting_vends", bool(walk.met))
    for name in ("A1", "B1"):
        slot, inside = site.slot(name), site.world.inside[name]
        evidence.count("doubled_items", max(0, slot.on_hand - inside))
        assert slot.on_hand <= inside <= slot.on_hand + slot.unresolved, (slot, inside, walk.met)
    early = [event for moment in OVERTAKEN for event in plan.events.get(moment, ())]
    if not early and set(walk.met) <= CERTAIN:
        assert not walk.asked, (walk.met, site.kinds())
    last = site.reader.restocks(1)[0]
    site.service.changes.undo(last.id)
    assert site.honest()


def begin(site: Site, inside: int) -> None:
    """Let A1 hold so many, with whatever the ledger thought counted away, and B1 three."""
    site.world.inside |= {"A1": inside, "B1": 3}
    for slot in ("A1", "B1"):
        site.count(slot)
