"""Failed attempts to sign in: counted in memory, and on record as one audit row a minute.

* Whoever knocks a thousand times a second makes a thousand counts and one row: nobody outside can fill the trail, nor
  keep the node's one writer busy.
* A row says how many attempts failed in that minute, and nothing of what was shown.
* What was counted in the last minute of a process that is killed is lost; one that is told to stop writes it.
"""

from __future__ import annotations

import threading

MINUTE = 60


class Knocks:
    """How often signing in failed, by minute; threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[int, int] = {}

    def count(self, now: int) -> None:
        """One more attempt failed."""
        self.add(now - now % MINUTE, 1)

    def add(self, minute: int, count: int) -> None:
        """So many attempts failed in this minute."""
        with self._lock:
            self._counts[minute] = self._counts.get(minute, 0) + count

    def take(self, now: int, *, all_of_them: bool = False) -> dict[int, int]:
        """The counts of minutes that are over, which are nobody else's from now on; of this minute too where asked."""
        running = now - now % MINUTE
        with self._lock:
            over = {minute: n for minute, n in self._counts.items() if all_of_them or minute != running}
            for minute in over:
                del self._counts[minute]
        return over
