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

import jindo
from jindo.base.errors import JindoError
from jindo.cli import demo, doctor, ledger, trace, verify, world
from jindo.cli.edge import BUG, report_bug, report_error, report_refusal_of_system, report_usage

program = typer.Typer(
    name="jindo",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 a bug, 2 input to correct, 3 refused, 4 evidence does not add up, 5 a source failed, 6 conflict.",
)
program.add_typer(ledger.commands, name="ledger")
program.add_typer(trace.commands, name="trace")
program.command("verify")(verify.verify)
program.add_typer(world.commands, name="world")
program.command("demo")(demo.demo)
program.command("doctor")(doctor.doctor)


@program.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.", is_eager=True)
    ] = False,
) -> None:
    """Follow stolen cryptocurrency through chain data, exact to the base unit."""
    if version:
        print(f"jindo {jindo.__version__}")
        raise typer.Exit


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
        return report_usage(error.format_message(), context.command_path if context else "jindo", as_json=as_json)
    except typer.Abort:
        return BUG
    except JindoError as error:
        return report_error(error, as_json=as_json)
    except OSError as error:
        return report_refusal_of_system(error, as_json=as_json)
    except Exception as error:  # noqa: BLE001  # the edge: what nobody expected
        return report_bug(error, as_json=as_json)


def _invoke(words: Sequence[str], *, as_json: bool) -> int:
    command = typer.main.get_command(program)
    try:
        # For people typer draws its own usage errors; for programs they come back and become JSON.
        code = command.main(list(words), prog_name="jindo", standalone_mode=not as_json)
    except SystemExit as end:
        code = end.code
    return code if isinstance(code, int) else 0
