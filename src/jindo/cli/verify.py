"""`jindo verify`: whether a folder is what it says, with no ledger, no node and no network at hand.

* A result folder of `jindo trace` and a case folder of `jindo case export` are told apart by what they hold.

What is recomputed is `jindo.app`'s; a check that fails is an `IntegrityError` and ends the run.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jindo.cli.output import Json, View, emit, progress_bars
from jindo.cli.tables import build_table

if TYPE_CHECKING:
    from rich.console import Console


def verify(
    path: Annotated[
        Path, typer.Argument(help="A folder of `jindo trace` or `jindo case export`.", metavar="PATH")
    ],
    as_json: Json = False,
) -> None:
    """Check a result's hashes, balance sheet and trace, or a case's signatures, history and exhibits, from the folder alone."""
    from jindo.app import verify_path

    with progress_bars() as progress:
        verification = verify_path(path, progress)
    checks = [{"name": check.name, "detail": check.detail} for check in verification.checks]
    emit({"path": str(path), "verified": True, "checks": checks}, render_verification, as_json=as_json)


def render_verification(console: Console, view: View) -> None:
    """The checks that were passed, one a line."""
    table = build_table("", "check", "what was found")
    for check in view["checks"]:
        table.add_row("✓", check["name"], check["detail"])
    console.print(table)
    console.print(
        f"{view['path']} is whole: all {len(view['checks'])} checks passed", style="green", soft_wrap=True
    )
