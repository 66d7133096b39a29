"""Chance that gives the same bytes on every Python: everything comes from `random.Random.random`."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Chance:
    def __init__(self, seed: int):
        self.source = Random(seed)

    def share(self) -> float:
        """A number in [0, 1)."""
        return self.source.random()

    def happens(self, probability: float) -> bool:
        return self.share() < probability

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self.share() * (high - low + 1))

    def around(self, middle: float, spread: float) -> float:
        """Bell-shaped: a sum of uniform numbers (Irwin and Hall), no function of the platform's mathematics."""
        return middle + spread * (sum(self.share() for _ in range(12)) - 6.0)

    def one_of(self, choices: Sequence[T]) -> T:
        return choices[int(self.share() * len(choices))]
