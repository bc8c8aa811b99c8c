"""`jindo trace` is a verb with a ledger and has a subcommand: this group lets it be both.

    jindo trace LEDGER --stolen FILE --out DIR      the verb
    jindo trace explain DIR ADDRESS                 the subcommand

* The first word decides: the exact name of a subcommand is the subcommand, all else belongs to the verb.
* A ledger folder that has a subcommand's name is given as a path: `./explain`.
* `jindo trace --help` shows the verb's options and the subcommands.
"""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup


class TraceGroup(TyperGroup):
    """A group whose callback is a command of its own, with arguments."""

    allow_interspersed_args = True  # options may follow LEDGER, as with any command
    allow_extra_args = False

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Leave a subcommand's words to it; read all others as the verb's."""
        if args and args[0] in self.commands:
            ctx.args = list(args)
            return ctx.args
        return super().parse_args(ctx, args)

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """Run the subcommand that was named, or else the verb."""
        if not ctx.args:
            return super().invoke(ctx)
        name, command, rest = self.resolve_command(ctx, ctx.args)
        if command is None:  # cannot be: parse_args looked it up
            raise typer.Abort
        ctx.invoked_subcommand = name
        # Under the parent's context: its usage would otherwise show the verb's LEDGER before the subcommand.
        with command.make_context(f"{ctx.info_name} {name}", rest, parent=ctx.parent) as inner:
            return command.invoke(inner)

    def collect_usage_pieces(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """The verb's usage; subcommands are listed below."""
        del ctx
        return ["LEDGER", "--stolen FILE", "--out DIR", "[OPTIONS]"]
