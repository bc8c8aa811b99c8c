"""`jindo node token` is a verb with a name and has a subcommand, as `jindo trace` does.

    jindo node token NAME            gives a token
    jindo node token revoke NAME     takes all of them back

A person or partner called `revoke` cannot have a token; nobody is.
"""

from __future__ import annotations

import typer

from jindo.cli.trace_group import TraceGroup


class TokenGroup(TraceGroup):
    """A group whose callback is a command of its own, with a name."""

    def collect_usage_pieces(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """The verb's usage; the subcommand is listed below."""
        del ctx
        return ["NAME", "[OPTIONS]"]
