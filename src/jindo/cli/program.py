"""The program `jindo`: its commands, and the one place where they start and end.

* Commands are listed in the order in which people need them.
* `main` is the edge: every error becomes words on stderr and an exit code here (`edge`).
* Nothing heavy is imported here or by the command modules; a command loads what it uses.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.core import TyperGroup

import jindo
from jindo.base.errors import JindoError
from jindo.cli import demo, doctor, ledger, trace, verify, world
from jindo.cli.edge import BUG, report_bug, report_error, report_refusal_of_system, report_usage


class _InOrder(TyperGroup):
    """Lists commands in the order in which people need them, groups or not."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        del ctx
        return sorted(self.commands, key=ORDER.index)


ORDER = ("ledger", "trace", "verify", "world", "demo", "doctor")

commands = typer.Typer(
    name="jindo",
    cls=_InOrder,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 a bug, 2 input to correct, 3 refused, 4 evidence does not add up, 5 a source failed, 6 conflict.",
)
commands.add_typer(ledger.commands, name="ledger")
commands.add_typer(trace.commands, name="trace")
commands.command("verify")(verify.verify)
commands.add_typer(world.commands, name="world")
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
    """Follow stolen cryptocurrency through chain data, exact to the base unit."""
    del version  # print_version has answered


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and leave with its exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    sys.exit(run(words))


def run(words: Sequence[str]) -> int:
    """Run one command; every error ends here, as text on stderr and an exit code."""
    as_json = "--json" in words
    try:
        return _invoke(words, as_json=as_json)
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        return report_usage(
            error.format_message(), context.command_path if context else "jindo", as_json=as_json
        )
    except typer.Abort:
        return BUG
    except JindoError as error:
        return report_error(error, as_json=as_json)
    except OSError as error:
        return report_refusal_of_system(error, as_json=as_json)
    except Exception as error:  # the edge: what nobody expected
        return report_bug(error, as_json=as_json)


def _invoke(words: Sequence[str], *, as_json: bool) -> int:
    command = typer.main.get_command(commands)
    try:
        # For people typer draws its own usage errors; for programs they come back and become JSON.
        code = command.main(list(words), prog_name="jindo", standalone_mode=not as_json)
    except SystemExit as end:
        code = end.code
    return code if isinstance(code, int) else 0
