"""The program `jindo`: its commands, and the one place where they start and end.

* Commands are listed in the order in which people need them.
* `main` is the edge: every error becomes words on stderr and an exit code here (`edge`).
* Nothing heavy is imported here or by the command modules; a noun's module loads when it is named, and a command
  loads what it uses.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import jindo
from jindo.base.errors import JindoError
from jindo.cli import demo, doctor, serve, trace, verify
from jindo.cli.edge import (
    BUG,
    INTERRUPTED,
    USAGE,
    report_bug,
    report_error,
    report_interrupt,
    report_refusal_of_system,
    report_usage,
)
from jindo.cli.interrupts import watch_interrupts

ORDER = (
    *("ledger", "trace", "verify", "case", "share", "request", "log", "node", "serve"),
    *("world", "demo", "doctor", "bench"),
)

NOUNS = {
    "ledger": "Chain data in a folder: import it, and see what is there.",
    "case": "Cases: exhibits, history, labels, brief, export.",
    "share": "Tell partners, hear from them, and take back what was wrong.",
    "request": "Requests to freeze or to preserve, and replies.",
    "log": "The append-only log: prove what is in it, verify it.",
    "node": "A member's node: its folder, partners, people and tokens.",
    "bench": "How fast this machine traces, beside other programs.",
    "world": "Synthetic thefts whose true outcome is known.",
}
"""Groups of verbs, each `commands` of the module of its name, and what the help says of them."""


class _InOrder(TyperGroup):
    """Lists commands in the order in which people need them; a noun's verbs load when it is named."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._later = {name: TyperGroup(name=name, help=text) for name, text in NOUNS.items()}
        self.commands.update(self._later)

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        del ctx
        return list(ORDER)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override]
        if self._later.pop(cmd_name, None) is not None:
            command = typer.main.get_command(import_module(f"jindo.cli.{cmd_name}").commands)
            command.name, command.help = cmd_name, NOUNS[cmd_name]
            self.commands[cmd_name] = command
        return self.commands.get(cmd_name)

    def format_help(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        """The help, for which the nouns' names are enough."""
        self._later.clear()
        super().format_help(ctx, formatter)


commands = typer.Typer(
    name="jindo",
    cls=_InOrder,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 a bug, 2 input to correct, 3 refused, 4 evidence does not add up, 5 a source failed, 6 conflict.",
)
commands.add_typer(trace.commands, name="trace")
commands.command("verify")(verify.verify)
commands.command("serve")(serve.serve)
commands.command("demo")(demo.demo)
commands.command("doctor")(doctor.doctor)


def print_version(value: bool) -> None:
    """Print the version and leave, where it was asked for."""
    if value:
        print(f"jindo {jindo.__version__}")
        raise typer.Exit


@commands.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and leave.", is_eager=True, callback=print_version),
    ] = False,
) -> None:
    """Follow stolen cryptocurrency, share what is known of it across borders, and get it stopped."""
    del version  # print_version has answered


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and leave with its exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    sys.exit(run(words))


def run(words: Sequence[str]) -> int:
    """Run one command; every error ends here, as text on stderr and an exit code."""
    as_json = "--json" in words
    with watch_interrupts() as watch:
        try:
            code = _invoke(words)
        except KeyboardInterrupt:
            code = INTERRUPTED
        except Exception as error:  # the edge: every error ends here
            code = INTERRUPTED if watch.is_interrupted else _report(error, words, as_json=as_json)
        if code == INTERRUPTED or (code and watch.is_interrupted):
            return report_interrupt(as_json=as_json)
    return code


def _report(error: Exception, words: Sequence[str], *, as_json: bool) -> int:
    if isinstance(error, typer.TyperException):
        context = getattr(error, "ctx", None)
        if not error.format_message():
            return USAGE  # without a verb: the help has been shown
        missing = _list_missing(context, words) if context and _names_an_option(error) else []
        problem = f"missing: {', '.join(name for name, _ in missing)}" if missing else error.format_message()
        remedy = " ".join(f"{name}: {text}" for name, text in missing)
        place = context.command_path if context else "jindo"
        return report_usage(problem, place, remedy=remedy, as_json=as_json)
    if isinstance(error, typer.Abort):
        sys.stderr.write("Aborted.\n")
        return BUG
    if isinstance(error, JindoError):
        return report_error(error, as_json=as_json)
    if isinstance(error, OSError):
        return report_refusal_of_system(error, as_json=as_json)
    return report_bug(error, as_json=as_json)


def _names_an_option(error: Exception) -> bool:
    return str(getattr(getattr(error, "param", None), "name", "")) != "" and "Missing" in type(error).__name__


def _list_missing(context: Any, words: Sequence[str]) -> list[tuple[str, str]]:
    """Every required option that was not given, with its help: better named at once than one after the other."""
    return [
        (f"{param.opts[0]} {param.metavar or ''}".strip(), param.help or "")
        for param in context.command.params
        if param.required
        and param.param_type_name == "option"
        and not any(word.partition("=")[0] in param.opts for word in words)
    ]


def _invoke(words: Sequence[str]) -> int:
    command = typer.main.get_command(commands)
    try:
        code = command.main(list(words), prog_name="jindo", standalone_mode=False)
    except SystemExit as end:
        code = end.code
    return code if isinstance(code, int) else 0
