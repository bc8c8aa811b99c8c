"""Where errors end: what is said on stderr, and the exit code.

    error: <place>: <problem>
    remedy: <what whoever must act can do>

* Exit codes are by error family (who has to act), and are known here only.
* With `--json` the same goes to stderr as one JSON object, so that stdout stays empty or whole.
* What the operating system refuses (no such file, no permission, no room) is for the caller to correct.
* Anything else is a bug: its text may hold what was traced, so only its type is said, unless JINDO_DEBUG=1.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Mapping

from jindo.base.errors import (
    ConflictError,
    InputError,
    IntegrityError,
    JindoError,
    RefusedError,
    SourceError,
)
from jindo.cli.output import clean

EXIT_CODES: Mapping[type[JindoError], int] = {
    InputError: 2,
    RefusedError: 3,
    IntegrityError: 4,
    SourceError: 5,
    ConflictError: 6,
}
"""By family; what is not listed is a bug and exits with `BUG`."""

BUG = 1
USAGE = 2
"""The command line itself is wrong: also for its sender to correct, as `InputError`."""

INTERRUPTED = 130
"""The user pressed Ctrl-C; as shells number it."""


def exit_code(error: JindoError) -> int:
    """The exit code of an error, which is its family's."""
    return next((EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES), BUG)


def report_error(error: JindoError, *, as_json: bool) -> int:
    """Say on stderr what is wrong and what to do; gives the exit code."""
    _say(error.code, error.problem, error.place, error.remedy(), as_json=as_json)
    return exit_code(error)


def report_usage(problem: str, place: str, *, remedy: str = "", as_json: bool) -> int:
    """Say on stderr that a command cannot be called so; gives the exit code."""
    _say("usage", problem, place, f"{remedy} Look at `{place} --help`.".strip(), as_json=as_json)
    return USAGE


def report_refusal_of_system(error: OSError, *, as_json: bool) -> int:
    """Say on stderr what the operating system refused; gives the exit code."""
    problem = f"the system says: {error.strerror or type(error).__name__}"
    remedy = "Check that the path is right, that you may read or write it, and that the disk has room."
    _say("input.system", problem, str(error.filename or ""), remedy, as_json=as_json)
    return EXIT_CODES[InputError]


def report_interrupt(*, as_json: bool) -> int:
    """Say on stderr that the command was stopped; gives the exit code."""
    remedy = "Nothing half-made was left in place; run the command again."
    _say("interrupted", "the command was interrupted before it was done", "", remedy, as_json=as_json)
    return INTERRUPTED


def report_bug(error: Exception, *, as_json: bool) -> int:
    """Say on stderr that Jindo failed, with the traceback where JINDO_DEBUG=1; gives the exit code."""
    if os.environ.get("JINDO_DEBUG") == "1":
        traceback.print_exception(error)
    problem = f"Jindo failed in a way it does not expect ({type(error).__name__})"
    remedy = "Please report this with the command; JINDO_DEBUG=1 shows where it happened. Do not use what it wrote."
    _say("bug", problem, "", remedy, as_json=as_json)
    return BUG


def _say(code: str, problem: str, place: str, remedy: str, *, as_json: bool) -> None:
    if as_json:
        from jindo.seal import canonical_bytes

        facts = {"code": code, "problem": problem, "place": place, "remedy": remedy}
        sys.stderr.write(canonical_bytes({"error": facts}).decode() + "\n")
        return
    from rich.console import Console
    from rich.text import Text

    problem, place, remedy = clean([problem, place, remedy])
    console = Console(stderr=True, highlight=False)
    where = f"{place}: " if place else ""
    console.print(Text.assemble(("error: ", "bold red"), f"{where}{problem}"), soft_wrap=True)
    console.print(Text.assemble(("remedy: ", "bold"), remedy), soft_wrap=True)
