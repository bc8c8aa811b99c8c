"""Ctrl-C: one answer, through whichever library it comes up.

* A library that is interrupted may raise what it likes; that the user asked to stop is known here all the same.
* Only Python's own handling of SIGINT is watched: where it is ignored (`nohup`) or a server handles it, it stays so.

What is said, and the exit code, are `edge`'s.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass(slots=True)
class InterruptWatch:
    """Whether Ctrl-C was pressed since the watch began."""

    is_interrupted: bool = False

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Note it, and raise `KeyboardInterrupt` as Python does."""
        self.is_interrupted = True
        signal.default_int_handler(number, frame)


@contextmanager
def watch_interrupts() -> Iterator[InterruptWatch]:
    """A watch over SIGINT for as long as the block runs."""
    watch = InterruptWatch()
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield watch
        return
    signal.signal(signal.SIGINT, watch.handle)
    try:
        yield watch
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
