"""What is to happen and when: acts that lead to further acts, played in the order of time.

* Acts of one time are played in the order in which they were entered.
* Nothing is played after the end; what was entered for later stays undone.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

Deed: TypeAlias = Callable[[int], None]
"""Something done at a time that it is told."""


@dataclass(slots=True)
class Agenda:
    """Deeds by time."""

    now: int = 0
    """Time of what is being played."""
    _waiting: list[tuple[int, int, Deed]] = field(default_factory=list)
    _entered: int = 0

    def at(self, time: int, deed: Deed) -> None:
        """Enters a deed."""
        heapq.heappush(self._waiting, (time, self._entered, deed))
        self._entered += 1

    def play(self, end: int) -> None:
        """Plays all that is entered, and what that enters, up to `end`."""
        while self._waiting and self._waiting[0][0] < end:
            self.now, _, deed = heapq.heappop(self._waiting)
            deed(self.now)
