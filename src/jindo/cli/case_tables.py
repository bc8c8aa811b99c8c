"""Cases on a terminal: what a case is, what lies beside it, who was told, and what happened when.

* What was recalled stays in view and says so; a trace that rests on it says that it stands no longer.
* Amounts are whole, by asset, and never added across assets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jindo.cli.findings import WORDS
from jindo.cli.output import View, clean
from jindo.cli.request_tables import render_requests
from jindo.cli.statement_tables import list_spoken, render_denials, render_statements
from jindo.cli.tables import build_facts, build_table, format_amount, format_count, format_number, name_asset

if TYPE_CHECKING:
    from rich.console import Console


def render_cases(console: Console, view: View) -> None:
    """Cases, one a row."""
    if not view["cases"]:
        console.print("there are no cases that you may see")
        return
    table = build_table("case", "title", "kind", "of", "TLP", "opened", "expires")
    for row in view["cases"]:
        table.add_row(
            row["number"], row["title"], row["kind"], row["origin"], row["tlp"], row["opened"], row["expires"]
        )
    console.print(table)


def render_case(console: Console, view: View) -> None:
    """What a case is and why it is lawful."""
    facts = {
        "case": f"{view['number']}, {view['title']}",
        "id": view["id"],
        "kind": view["kind"],
        "of": f"{view['origin']}, opened {view['opened']} by {view['opened_by']}",
        "purpose": view["purpose"],
        "legal basis": view["legal_basis"],
        "expires": view["expires"],
        "marking": f"TLP:{view['tlp']}",
        "summary": view["summary"],
        "named as stolen": format_number(len(view["loss"]), "movement or account", "movements or accounts")
        if view["loss"]
        else "",
    }
    console.print(build_facts({name: text for name, text in facts.items() if text}))


def render_whole_case(console: Console, view: View) -> None:
    """A case with all that belongs to it."""
    render_case(console, view)
    people = ", ".join(f"{row['person']} ({row['role']})" for row in view["people"])
    console.print(build_facts({"people": people or "nobody of this node yet"}))
    console.print()
    render_exhibits(console, view["exhibits"])
    render_trace_facts(console, view["exhibits"])
    render_statements(console, list_spoken(view["statements"]), title="Said and heard")
    render_denials(console, name_denied(view["denials"], view))
    render_recalls(console, view["recalls"])
    if view["requests"]:
        render_requests(console, view)
    _render_jobs(console, view["jobs"])
    _render_history(console, view["history"])


def render_exhibits(console: Console, exhibits: Sequence[Mapping[str, Any]]) -> None:
    """Exhibits, one a row."""
    if not exhibits:
        return
    table = build_table(
        ">exhibit", "kind", "title", "of", "TLP", ">files", "stands", "SHA-256", title="Exhibits"
    )
    for row in exhibits:
        table.add_row(
            str(row["n"]),
            row["kind"],
            row["title"],
            row["origin"],
            row["tlp"],
            format_count(len(row["files"])),
            "yes" if row["stands"] else "no: what it rests on was recalled",
            row["sha256"],
        )
    console.print(table)


def render_trace_facts(console: Console, exhibits: Sequence[Mapping[str, Any]]) -> None:
    """Where the stolen value went, by the latest trace that stands."""
    traces = [row for row in exhibits if row["kind"] == "trace" and row["stands"]]
    if not traces:
        return
    latest = traces[-1]
    facts = latest["facts"]
    title = f"Where it went, by exhibit {latest['n']} ({facts['rule']})"
    table = build_table("where", "kind", "asset", ">amount", title=title)
    rows = [(row["service"], row["kind"], row) for row in facts["services"]]
    rows += [(WORDS.get(row["reason"], row["reason"]), "", row) for row in facts["elsewhere"]]
    rows += [(WORDS["held"], "", row) for row in facts["held"]]
    for where, kind, row in rows:
        table.add_row(where, kind, name_asset(row["asset"]), format_amount(row["amount"], row["decimals"]))
    console.print(table)
    console.print(build_facts({"findings hash": facts["findings_hash"]}))
    console.print()


def render_assignment(console: Console, view: View, *, case: str) -> None:
    """Who works in a case now, which is called as it was asked for."""
    console.print(f"{view['person']} works on {case} now ({view['role']})", soft_wrap=True)


def render_recalls(console: Console, recalls: Sequence[Mapping[str, Any]]) -> None:
    """What was taken back, who was told and has acknowledged, and what had rested on it."""
    if not recalls:
        return
    table = build_table(
        "recalled", "by", "why", "acknowledged by", "not yet by", "had rested on it", title="Recalls"
    )
    for row in recalls:
        told = row["told"]
        rested = "; ".join(f"{each['kind']} {each['title']}{_told_of(each)}" for each in row["rested"])
        table.add_row(
            f"{row['recalled']['kind']} {row['recalled']['title']}",
            row["recall"]["member"],
            row["reason"],
            ", ".join(f"{each['member']} {each['acknowledged']}" for each in told if each["acknowledged"]),
            ", ".join(each["member"] for each in told if not each["acknowledged"]),
            rested or "nothing here",
        )
    console.print(table)


def _told_of(rested: Mapping[str, Any]) -> str:
    names = ", ".join(each["member"] for each in rested["told"])
    return f", given to {names}" if names else ""


def render_exhibit(console: Console, view: View) -> None:
    """What was added."""
    console.print(build_facts({"exhibit": str(view["n"]), "id": view["exhibit"], "SHA-256": view["sha256"]}))


def render_job(console: Console, view: View) -> None:
    """A trace that was asked for, and what it came to."""
    facts = {"trace": view["job"], "state": view["state"], "problem": view["problem"]}
    if view["answer"]:
        facts |= {"exhibit": str(view["answer"]["n"]), "findings hash": view["answer"]["findings_hash"]}
    console.print(build_facts({name: text for name, text in facts.items() if text}))


def name_denied(denials: Sequence[Mapping[str, Any]], case: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Denials with the title of what was denied, where the case knows it."""
    titles = {row["id"]: row["title"] for row in (case, *case["exhibits"])}
    return [{**row, "title": titles.get(row["subject"], row["subject"])} for row in denials]


def _render_jobs(console: Console, jobs: Sequence[Mapping[str, Any]]) -> None:
    for row in jobs:
        if row["state"] != "done":
            problem = f": {row['problem']}" if row["problem"] else ""
            console.print(f"at work: {row['kind']} {row['job']}, {row['state']}{problem}", soft_wrap=True)


def _render_history(console: Console, history: Sequence[Mapping[str, Any]]) -> None:
    table = build_table(">n", "time (UTC)", "who", "act", "hash", title="History")
    for row in history:
        table.add_row(str(row["n"]), row["time"], row["actor"], row["act"], row["hash"])
    console.print(table)


def render_export(console: Console, view: View) -> None:
    """Where a case was written, and how anyone checks it."""
    facts = {
        "case": view["number"],
        "folder": view["path"],
        "marking": f"TLP:{view['marking']}",
        "left out": describe_marked(view["left_out"]),
        "findings hash": view["findings_hash"] or "",
        "check it": f"jindo verify {view['path']}",
    }
    console.print(build_facts({name: text for name, text in facts.items() if text}))
    if view["restricted"]:
        levels = ",".join(str(row["tlp"]).lower() for row in view["restricted"])
        console.print(
            f"warning: {describe_marked(view['restricted'])} in clear: give the folder only to those who may read that, "
            f"or export without: --leave-out {levels}",
            style="yellow",
            soft_wrap=True,
        )


def describe_marked(rows: Sequence[Mapping[str, Any]]) -> str:
    """How many exhibits bear which marking: `1 exhibit marked TLP:RED`."""
    return ", ".join(f"{format_number(row['exhibits'], 'exhibit')} marked TLP:{row['tlp']}" for row in rows)


def render_brief(console: Console, view: View, *, lines: Sequence[str]) -> None:
    """The lines of a brief, or where it was written."""
    if view["path"]:
        console.print(
            f"the brief of {view['number']}, TLP:{view['marking']}, is in {view['path']}", soft_wrap=True
        )
        return
    for line in clean(lines):
        console.print(line, soft_wrap=True)
