"""An explanation on a terminal: how stolen value reached an address, transfer by transfer.

* Addresses and hashes stand in full, each step on lines of its own, so that they can be copied.
* Where more paths exist than are shown, that is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from jindo.cli.output import View
from jindo.cli.tables import build_table, format_amount, format_count, name_asset

if TYPE_CHECKING:
    from rich.console import Console


def render_explanation(console: Console, view: View) -> None:
    """What ended at the address, then each path to it."""
    decimals = view["decimals"]
    console.print(f"{view['address']}, under {view['rule']}\n", style="bold", soft_wrap=True)
    table = build_table("theft", "why it ends here", "service", ">amount")
    for end in view["endpoints"]:
        service = " · ".join(text for text in (end["service"], end["kind"]) if text)
        table.add_row(end["theft"], end["reason"], service, _amount(end, decimals))
    if view["endpoints"]:
        console.print(table)
    else:
        console.print("nothing stolen ended here; all of it went on\n")
    arrivals = len(view["received"])
    times = "one movement" if arrivals == 1 else f"{format_count(arrivals)} movements"
    console.print(f"Stolen value arrived in {times}. Paths from the theft:\n")
    for number, path in enumerate(view["paths"], 1):
        _render_path(console, number, path, decimals)
    if not view["complete"]:
        console.print("There are more paths: --limit shows more of them.", style="yellow")


def _render_path(
    console: Console, number: int, path: Sequence[Mapping[str, str]], decimals: Mapping[str, int | None]
) -> None:
    steps = "1 transfer" if len(path) == 1 else f"{len(path)} transfers"
    console.print(
        f"Path {number}: {path[-1]['theft']}, {steps}, {_amount(path[-1], decimals)} at its end", style="bold"
    )
    for place, step in enumerate(path, 1):
        when = f"{step['time'] or 'time unknown'}, block {step['block']}"
        index = f" index {step['index']}" if step["index"] else ""
        stolen = " (stolen here)" if step["named"] == "yes" else ""
        console.print(f"{place:>4}. {_amount(step, decimals)}{stolen}  {when}", soft_wrap=True)
        console.print(f"      from  {step['from'] or 'nobody'}", soft_wrap=True)
        console.print(f"      to    {step['to'] or 'fees'}", soft_wrap=True)
        console.print(f"      in    {step['tx_hash']}{index}", style="dim", soft_wrap=True)
    console.print()


def _amount(row: Mapping[str, str], decimals: Mapping[str, int | None]) -> str:
    places = decimals.get(row["asset"])
    amount = format_amount(row["amount"], places)
    return (
        f"{amount} {name_asset(row['asset'])}"
        if places is not None
        else f"{amount} base units of {name_asset(row['asset'])}"
    )
