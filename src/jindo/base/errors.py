"""The error tree of the whole program, sorted by who has to act.

    JindoError
    ├── InputError       the sender corrects it
    │   └── NotFound
    ├── RefusedError     someone with authority decides
    ├── IntegrityError   everyone stops: evidence does not add up
    ├── SourceError      wait, or use another source
    └── ConflictError    read again, then retry

* Every class has a stable `code` and a `remedy()` that says what to do next.
* Facts are typed fields, and the text is built from the fields; personal data never enters either.
* Exit and HTTP numbers are not known here; they live in `cli` and `web`.
"""

from __future__ import annotations

from typing import ClassVar


class JindoError(Exception):
    """Base of every error that Jindo expects in normal operation."""

    code: ClassVar[str] = "jindo"

    def __init__(self, problem: str, *, place: str = "", remedy: str = "") -> None:
        self.problem = problem
        """What is wrong, in one sentence without a final stop."""
        self.place = place
        """Where it is wrong: a file and line, a column, an option; empty where there is none."""
        self._remedy = remedy
        super().__init__(str(self))

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}" if self.place else self.problem

    def remedy(self) -> str:
        """What whoever must act can do about it."""
        return self._remedy or self.default_remedy()

    def default_remedy(self) -> str:
        """The remedy of this family, for errors that name none of their own."""
        return "Report this as a bug, with the command that was run."


class InputError(JindoError):
    """What was given cannot be used as it is; the sender corrects it."""

    code = "input"

    def default_remedy(self) -> str:
        """Correct the input."""
        return "Correct the input at the place named and run the command again."


class NotFound(InputError):
    """What was named is not there."""

    code = "input.not-found"

    def default_remedy(self) -> str:
        """Check the name."""
        return "Check the name for a slip, and that you are looking in the right place."


class RefusedError(JindoError):
    """Someone with authority has to decide."""

    code = "refused"

    def default_remedy(self) -> str:
        """Ask whoever may decide."""
        return "Ask whoever has the authority to decide this."


class IntegrityError(JindoError):
    """Evidence does not add up; nothing that rests on it may be used."""

    code = "integrity"

    def default_remedy(self) -> str:
        """Stop and keep everything."""
        return "Stop, keep the files as they are, and compare with another copy."


class SourceError(JindoError):
    """A source did not answer, or not in full."""

    code = "source"

    def __init__(
        self, problem: str, *, place: str = "", remedy: str = "", retry_after: int | None = None
    ) -> None:
        self.retry_after = retry_after
        """Seconds after which trying again makes sense; `None` where unknown."""
        super().__init__(problem, place=place, remedy=remedy)

    def default_remedy(self) -> str:
        """Wait, or use another source."""
        return "Wait and try again, or use another source."


class ConflictError(JindoError):
    """Somebody else changed it meanwhile, or it exists already."""

    code = "conflict"

    def default_remedy(self) -> str:
        """Read again, then retry."""
        return "Look at what is there now, then try again or choose another name."
