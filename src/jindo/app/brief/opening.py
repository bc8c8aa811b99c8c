"""The first page of a brief: what was stolen, where it went, what is held, and how far the words can be relied on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jindo.app.brief.words import (
    CASE_KINDS,
    CASE_ROLES,
    PURPOSES,
    SERVICE_KINDS,
    Say,
    say_amount,
    say_amounts,
    say_code,
    say_member,
    say_prose,
    say_time,
    say_unit,
)
from jindo.app.report.blocks import Block, Bullets, Column, Figures, Heading, Row, Section, Table, Terms, Text
from jindo.app.report.wording import show_chain, show_id, show_name, show_time, show_tokens

SHOWN_SERVICES = 60
SHOWN_LOSS = 60


def build_summary(facts: Mapping[str, Any], _: Say) -> Section:
    """What a reader takes away, and what the case is."""
    blocks: list[Block] = []
    if facts["trace"] is not None and facts["trace"]["facts"]["stolen"]:
        blocks += [*_build_figures(facts, _), Bullets(tuple(_tell(facts, _)))]
        blocks += [_tabulate_asked(facts, _)] if facts["held"] else []
    elif facts["case"]["loss"]:
        blocks.append(
            Text(_("What was named as stolen has not been traced, or no trace of it stands."), "warn")
        )
    else:
        blocks.append(Text(_("No coin is named as stolen in this case.")))
    summary = say_prose(facts["case"]["summary"])
    if summary:
        blocks.insert(0, Text(summary))
    return Section("summary", _("Summary"), (*blocks, _build_terms(facts, _)))


def build_losses(facts: Mapping[str, Any], _: Say) -> Section:
    """What was stolen: as the trace found it, or as it was named."""
    trace = facts["trace"]
    if trace is not None:
        return Section("stolen", _("What was stolen"), (_tabulate_stolen(trace["facts"]["stolen"], _),))
    if facts["case"]["loss"]:
        return Section("stolen", _("What was stolen"), (_tabulate_loss(facts["case"]["loss"], _),))
    return Section("stolen", _("What was stolen"), (Text(_("No coin is named as stolen in this case.")),))


def build_whereabouts(facts: Mapping[str, Any], _: Say) -> Section:
    """Where it went, by the latest trace that stands, and which traces there are."""
    trace, blocks = facts["trace"], list[Block]()
    if trace is None:
        blocks.append(Text(_("There is no trace that stands.")))
    else:
        told = {"n": trace["n"], "rule": show_name(trace["rule"]), "member": show_id(trace["origin"])}
        blocks.append(
            Text(
                _(
                    "By the trace in exhibit %(n)s, made by %(member)s under the rule %(rule)s. That an address belongs "
                    "to a service is the word of the label's source; which units count as stolen after they mixed with "
                    "others is the rule's convention."
                )
                % told
            )
        )
        blocks.append(_tabulate_services(trace["facts"]["services"], _))
        blocks.append(_tabulate_held(trace["facts"]["held"], _))
    if facts["traces"]:
        blocks += [Heading(_("All traces of this case")), _tabulate_traces(facts, _)]
    return Section("whereabouts", _("Where it went"), tuple(blocks))


def _build_figures(facts: Mapping[str, Any], _: Say) -> list[Figures]:
    """Three figures for every asset that was stolen, reached a service, or is held."""
    trace = facts["trace"]["facts"]
    columns = (
        (trace["stolen"], "amount", _("stolen")),
        (trace["services"], "amount", _("reached services and mixers")),
        (facts["held"], "held", _("held by counterparties, by their own word")),
    )
    assets: dict[str, Mapping[str, Any]] = {}
    for rows, _name, _meaning in columns:
        for row in rows:
            assets.setdefault(row["asset"], row)
    return [
        Figures(
            tuple(
                (show_tokens(_sum(rows, asset, name), row["decimals"]), say_unit(_, row), meaning)
                for rows, name, meaning in columns
            )
        )
        for asset, row in assets.items()
    ]


def _tell(facts: Mapping[str, Any], _: Say) -> list[str]:
    trace = facts["trace"]["facts"]
    rows = [
        _("Stolen: %(amounts)s.") % {"amounts": say_amounts(_, _sum_by_asset(trace["stolen"]))},
        _("Reached services and mixers: %(amounts)s.")
        % {"amounts": say_amounts(_, _sum_by_asset(trace["services"]))},
        _("Still in followed accounts: %(amounts)s.")
        % {"amounts": say_amounts(_, _sum_by_asset(trace["held"]))},
    ]
    if trace["elsewhere"]:
        rest = say_amounts(_, _sum_by_asset(trace["elsewhere"]))
        rows.append(
            _("Fees, burned, or beyond a limit of hops or of fetching: %(amounts)s.") % {"amounts": rest}
        )
    if not facts["held"]:
        rows.append(_("No counterparty has said that it holds anything now."))
    return rows


def _tabulate_asked(facts: Mapping[str, Any], _: Say) -> Table:
    """What counterparties were asked to hold and what they hold, a line per asset."""
    columns = (Column(_("Asset")), Column(_("Asked to be held"), "number"), Column(_("Held"), "number"))
    body = tuple(
        Row((say_unit(_, row), *(show_tokens(int(row[n]), row["decimals"]) for n in ("requested", "held"))))
        for row in facts["held"]
    )
    caption = _("Asked to be held, and held on %(time)s UTC by the counterparties' own word")
    return Table(caption % {"time": show_time(facts["as_of"])}, columns, body)


def _build_terms(facts: Mapping[str, Any], _: Say) -> Terms:
    case, members = facts["case"], {row["id"]: row["name"] for row in facts["members"]}
    people = ", ".join(
        f"{show_id(person)} ({say_code(_, CASE_ROLES, role)})"
        for person, role in sorted(facts["people"].items())
    )
    return Terms(
        (
            (_("Case"), show_id(case["number"]), False),
            (_("Kind"), say_code(_, CASE_KINDS, case["kind"]), False),
            (_("Marking"), f"TLP:{facts['marking']}", False),
            (_("Purpose"), say_code(_, PURPOSES, case["purpose"]), False),
            (_("Legal basis"), say_prose(case["legal_basis"]), False),
            (_("Opened"), f"{show_time(case['opened'])} UTC, {say_member(members, case['origin'])}", False),
            (_("Expires"), f"{show_time(case['expires'])} UTC", False),
            (_("People of this member"), people or _("nobody"), False),
            (_("Members with a part"), "; ".join(say_member(members, row) for row in members), False),
            (
                _("Told by"),
                f"{say_member(members, facts['held_by'])}, {show_time(facts['as_of'])} UTC",
                False,
            ),
            (_("Case id"), show_id(case["id"]), True),
        )
    )


def _tabulate_stolen(rows: list[Mapping[str, Any]], _: Say) -> Table:
    columns = (
        Column(_("Theft")),
        Column(_("Chain")),
        Column(_("Asset")),
        Column(_("Amount"), "number"),
        Column(_("Movements"), "number"),
    )
    body = tuple(
        Row(
            (
                show_name(row["theft"]),
                show_chain(row["chain"]),
                say_unit(_, row),
                show_tokens(int(row["amount"]), row["decimals"]),
                f"{row['movements']:,}",
            )
        )
        for row in rows
    )
    return Table(_("What was named as stolen, as the chain shows it"), columns, body)


def _tabulate_loss(rows: list[Mapping[str, Any]], _: Say) -> Table:
    columns = (Column(_("Theft")), Column(_("Transaction or account"), "code"), Column(_("Index or time")))
    body = tuple(
        Row((show_name(row["theft"]), show_id(row.get("tx_hash") or row["address"]), _tell_place(row)))
        for row in rows[:SHOWN_LOSS]
    )
    more = _say_more(_, len(rows) - len(body))
    return Table(_("What was named as stolen; nothing of it was traced"), columns, body, more)


def _tell_place(row: Mapping[str, Any]) -> str:
    if row.get("from_time") is not None:
        return show_time(row["from_time"])
    return "" if row.get("index") is None else str(row["index"])


def _tabulate_services(rows: list[Mapping[str, Any]], _: Say) -> Table:
    columns = (
        Column(_("Service (as labelled)")),
        Column(_("Kind")),
        Column(_("Accounts"), "number"),
        Column(_("Amount"), "number"),
        Column(_("First (UTC)"), "time"),
        Column(_("Last (UTC)"), "time"),
    )
    body = tuple(Row(_service_cells(row, _)) for row in rows[:SHOWN_SERVICES])
    caption = _("Services and mixers that stolen value reached")
    return Table(caption, columns, body or (_nothing(_, len(columns)),), _say_more(_, len(rows) - len(body)))


def _service_cells(row: Mapping[str, Any], _: Say) -> tuple[str, ...]:
    firsts = [a["first_time"] for a in row["addresses"] if a["first_time"] is not None]
    lasts = [a["last_time"] for a in row["addresses"] if a["last_time"] is not None]
    return (
        show_name(row["service"]) or _("no label"),
        say_code(_, SERVICE_KINDS, row["kind"]),
        f"{len(row['addresses']):,}",
        say_amount(_, row),
        say_time(_, min(firsts, default=None)),
        say_time(_, max(lasts, default=None)),
    )


def _tabulate_held(rows: list[Mapping[str, Any]], _: Say) -> Table:
    columns = (
        Column(_("Chain")),
        Column(_("Asset")),
        Column(_("Accounts"), "number"),
        Column(_("Amount"), "number"),
    )
    body = tuple(
        Row(
            (
                show_chain(row["chain"]),
                say_unit(_, row),
                f"{row['accounts']:,}",
                show_tokens(int(row["amount"]), row["decimals"]),
            )
        )
        for row in rows
    )
    return Table(_("Still in followed accounts"), columns, body or (_nothing(_, len(columns)),))


def _tabulate_traces(facts: Mapping[str, Any], _: Say) -> Table:
    labels = {row["statement_id"]: row["member"] for row in facts["labels"]}
    columns = (
        Column(_("Exhibit"), "number"),
        Column(_("Added (UTC)"), "time"),
        Column(_("By")),
        Column(_("Standing")),
        Column(_("Findings hash"), "code"),
    )
    body = tuple(
        Row(
            (
                str(trace["n"]),
                show_time(trace["added"]),
                show_id(trace["origin"]),
                _say_standing(_, trace, labels),
                show_id(trace["findings_hash"]),
            )
        )
        for trace in facts["traces"]
    )
    return Table(_("The same findings hash means the same findings, whoever traced"), columns, body)


def _say_standing(_: Say, trace: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    if trace["stands"]:
        return _("stands")
    members = ", ".join(sorted({labels.get(one, trace["origin"]) for one in trace["lost"]}))
    return _("fell: it rests on what %(members)s recalled") % {"members": show_id(members)}


def _sum_by_asset(rows: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    sums: dict[tuple[str, int | None], int] = {}
    for row in rows:
        named = (row["asset"], row["decimals"])
        sums[named] = sums.get(named, 0) + int(row["amount"])
    return [
        {"asset": asset, "decimals": decimals, "amount": str(amount)}
        for (asset, decimals), amount in sums.items()
    ]


def _sum(rows: list[Mapping[str, Any]], asset: str, name: str) -> int:
    return sum(int(row[name]) for row in rows if row["asset"] == asset)


def _say_more(_: Say, left_out: int) -> str:
    return _("%(count)s more in the exhibit.") % {"count": f"{left_out:,}"} if left_out > 0 else ""


def _nothing(_: Say, width: int) -> Row:
    return Row((_("nothing"), *[""] * (width - 1)))
