"""What many power cuts showed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.crash.promises import Violation

EXAMPLES = 20
"""So many violations are told in words; the others are counted."""


@dataclass
class Findings:
    """A state is what one model of loss leaves at one cut. `unique` counts those that the kiosk was started on."""

    states: int = 0
    unique: int = 0
    models: dict[str, int] = field(default_factory=dict)
    """States of each model of loss."""
    broken: dict[str, int] = field(default_factory=dict)
    """How often each promise was broken."""
    examples: list[str] = field(default_factory=list)

    @property
    def violations(self) -> int:
        """How often any promise was broken."""
        return sum(self.broken.values())

    def judged(self, model: str, where: str, violations: Iterable[Violation]) -> None:
        """Count one state of a model of loss with what it broke; `where` is how to make it again."""
        self.states += 1
        self.models[model] = self.models.get(model, 0) + 1
        for promise, text in violations:
            self.broken[promise] = self.broken.get(promise, 0) + 1
            if len(self.examples) < EXAMPLES:
                self.examples.append(f"{where}, {model}: {promise}: {text}")

    def __add__(self, other: Findings) -> Findings:
        """Put together what was found in two places."""
        return Findings(
            states=self.states + other.states,
            unique=self.unique + other.unique,
            models=dict(Counter(self.models) + Counter(other.models)),
            broken=dict(Counter(self.broken) + Counter(other.broken)),
            examples=(self.examples + other.examples)[:EXAMPLES],
        )
