"""How a command answers: one JSON object for programs, tables and progress for people.

* A command builds one plain view of its answer; `--json` prints that view, the tables are drawn from it.
* `--json` prints canonical JSON (RFC 8785) on one line of stdout, and nothing else there.
* Progress goes to stderr, and only where that is a terminal; a pipe stays quiet.
* In a pipe nothing is cut or wrapped to a terminal's width. NO_COLOR is respected (by rich).
* Names come from outside: characters that could move a terminal's cursor or turn its text are left off.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object for programs, and nothing else.")]
"""The option that every command has."""

View: TypeAlias = Mapping[str, Any]
Steps: TypeAlias = Callable[[str, int, int | None], None]
"""Told of (what is being done, how much is done, how much there is to do or `None`)."""

PIPE_WIDTH = 240
"""Columns of a table that no terminal shows: wide enough that nothing is cut."""


def emit(view: View, render: Callable[[Console, View], None], *, as_json: bool) -> None:
    """Print an answer: as JSON, or as `render` draws it."""
    if as_json:
        from jindo.seal import canonical_bytes

        sys.stdout.write(canonical_bytes(dict(view)).decode() + "\n")
        sys.stdout.flush()
        return
    render(open_console(), clean(view))


def clean(value: Any) -> Any:
    """The same value without control and direction characters in its texts."""
    if isinstance(value, str):
        return "".join(c for c in value if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Zl", "Zp"})
    if isinstance(value, Mapping):
        return {clean(name): clean(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [clean(entry) for entry in value]
    return value


def open_console() -> Console:
    """The console on stdout; figures and addresses are printed as they are."""
    from rich.console import Console

    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH
    return Console(highlight=False, markup=False, emoji=False, width=width)


@contextmanager
def progress_bars() -> Iterator[Steps]:
    """A callback that shows steps as bars on stderr; where stderr is no terminal it does nothing."""
    if not sys.stderr.isatty():
        yield lambda _name, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (
        SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(),
        TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield _Bars(progress)


class _Bars:
    """One bar for each step; a new step ends the one before it."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None
        self._name = ""

    def __call__(self, name: str, done: int, total: int | None) -> None:
        if name != self._name or self._task is None:
            if self._task is not None:
                self._progress.remove_task(self._task)
            self._task, self._name = self._progress.add_task(name, total=total, completed=done), name
        self._progress.update(self._task, completed=done, total=total)
