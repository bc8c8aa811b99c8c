"""What was done about it: requests and answers, labels and recalls, who was told, who did what and when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jindo.app.brief.words import (
    ACTS,
    EXHIBIT_KINDS,
    REPLY_STATES,
    REQUEST_KINDS,
    SERVICE_KINDS,
    STATEMENT_KINDS,
    Say,
    name_statement,
    say_amount,
    say_amounts,
    say_code,
    say_prose,
    say_request_state,
    say_signers,
    say_told,
)
from jindo.app.report.blocks import Block, Column, Heading, Row, Section, Table, Terms, Text
from jindo.app.report.wording import show_id, show_name, show_time

SHOWN_ROWS = 400
"""Rows of one table; the exported folder has all."""


def build_requests(facts: Mapping[str, Any], _: Say) -> Section:
    """Each request, with who signed it and every answer to it."""
    blocks: list[Block] = []
    for request in facts["requests"]:
        blocks += _tell_request(request, _)
    if not blocks:
        blocks.append(Text(_("Nobody was asked to freeze or to preserve anything.")))
    return Section("requests", _("Requests and answers"), tuple(blocks))


def build_labels(facts: Mapping[str, Any], _: Say) -> Section:
    """Labels by members, and what was recalled: by whom, why, who was told, what fell with it."""
    blocks: list[Block] = [_tabulate_labels(facts["labels"], _)] if facts["labels"] else []
    names = _name_things(facts, _)
    for recall in facts["recalls"]:
        blocks += _tell_recall(recall, names, _)
    if not facts["recalls"]:
        blocks.append(Text(_("Nothing was recalled.")))
    return Section("recalls", _("Labels and recalls"), tuple(blocks))


def build_sharing(facts: Mapping[str, Any], _: Say) -> Section:
    """Who was told what, under which marking; what the gate denied; what was not believed."""
    blocks: list[Block] = [_tabulate_shared(facts, _)]
    if facts["denials"]:
        blocks.append(_tabulate_denials(facts, _))
    for row in facts["quarantined"]:
        told = {
            "member": show_id(row["member"]),
            "time": show_time(row["time"]),
            "problem": say_prose(row["problem"]),
        }
        blocks.append(
            Text(
                _("In quarantine, and used for nothing: a message of %(member)s of %(time)s UTC. %(problem)s")
                % told,
                "warn",
            )
        )
    return Section("sharing", _("Who was told what"), tuple(blocks))


def build_history(facts: Mapping[str, Any], _: Say) -> Section:
    """The history of the case on this node, row by row."""
    columns = (
        Column("#", "number"),
        Column(_("Time (UTC)"), "time"),
        Column(_("Who")),
        Column(_("What")),
        Column(_("About")),
    )
    rows, about = facts["history"], _name_things(facts, _)
    body = tuple(
        Row(
            (
                str(row["n"]),
                show_time(row["time"]),
                show_id(row["actor"]),
                say_code(_, ACTS, row["act"]),
                _tell_about(row["detail"], about, _),
            )
        )
        for row in rows[-SHOWN_ROWS:]
    )
    more = _say_earlier(_, len(rows) - len(body))
    blocks: list[Block] = [Table(_("Each row seals all rows before it"), columns, body, more)]
    if rows:
        blocks.append(Terms(((_("Hash of the last row"), show_id(rows[-1]["hash"]), True),)))
    return Section("history", _("Who did what, and when"), tuple(blocks))


def build_evidence(facts: Mapping[str, Any], _: Say) -> Section:
    """Exhibits with their hashes, and statements with their signatures."""
    return Section(
        "evidence",
        _("Exhibits and signatures"),
        (_tabulate_exhibits(facts, _), _tabulate_signatures(facts, _)),
    )


def _tell_request(request: Mapping[str, Any], _: Say) -> list[Block]:
    told = {
        "kind": say_code(_, REQUEST_KINDS, request["kind"]),
        "from": show_id(request["from"]),
        "to": show_id(request["to"]),
    }
    terms = [
        (_("State"), say_request_state(_, request), False),
        (
            _("Asked about"),
            f"{say_amounts(_, request['totals'])} · {_count_accounts(_, request['accounts'])}",
            False,
        ),
        (_("Made"), f"{show_time(request['made'])} UTC", False),
        (_("Sent"), f"{show_time(request['sent'])} UTC" if request["sent"] else _("not sent"), False),
        (_("Lapses"), f"{show_time(request['expires'])} UTC", False),
        (_("Signed by"), say_signers(_, request["signed_by"]), False),
        (_("Acknowledged"), say_told(_, request["told"]) or _("not sent"), False),
        (_("Rests on findings"), show_id(request["findings_hash"]), True),
        (_("Statement"), show_id(request["statement_id"]), True),
    ]
    blocks: list[Block] = [Heading(_("%(kind)s, from %(from)s to %(to)s") % told), Terms(tuple(terms))]
    if request["lost"]:
        blocks.append(
            Text(_("The trace that it rests on no longer stands: what that rests on was recalled."), "warn")
        )
    if request["replies"]:
        blocks.append(_tabulate_replies(request["replies"], _))
    return blocks


def _count_accounts(_: Say, count: int) -> str:
    return _("accounts: %(count)s") % {"count": f"{count:,}"}


def _tabulate_replies(replies: list[Mapping[str, Any]], _: Say) -> Table:
    columns = (
        Column(_("Time (UTC)"), "time"),
        Column(_("Who")),
        Column(_("Answer")),
        Column(_("Held"), "number"),
        Column(_("Until (UTC)"), "time"),
        Column(_("Reason")),
        Column(_("Signed by")),
    )
    body = tuple(row for reply in replies for row in _list_answer(reply, _))
    return Table(_("Answers, in the counterparty's own signed words"), columns, body)


def _list_answer(reply: Mapping[str, Any], _: Say) -> list[Row]:
    """An answer as rows: what it says, with the first asset; each further asset on a row of its own."""
    first, *further = [say_amount(_, row, "held") for row in reply["totals"]] or [_("nothing")]
    recalled = " · " + _("recalled") if reply["recalled"] else ""
    cells = (
        show_time(reply["made"]),
        show_id(reply["member"]),
        say_code(_, REPLY_STATES, reply["state"]) + recalled,
        first,
        show_time(reply["until"]) if reply["until"] else "",
        say_prose(reply["reason"]),
        say_signers(_, reply["signed_by"]),
    )
    return [Row(cells), *(Row(("", "", "", amount, "", "", "")) for amount in further)]


def _tabulate_labels(labels: list[Mapping[str, Any]], _: Say) -> Table:
    columns = (
        Column(_("Time (UTC)"), "time"),
        Column(_("By")),
        Column(_("Service")),
        Column(_("Kind")),
        Column(_("Addresses"), "number"),
        Column(_("Why")),
        Column(_("Signed by")),
        Column(_("Standing")),
    )
    body = tuple(
        Row(
            (
                show_time(label["made"]),
                show_id(label["member"]),
                show_name(label["service"]),
                say_code(_, SERVICE_KINDS, label["kind"]),
                f"{len(label['addresses']):,}",
                say_prose(label["reason"]),
                say_signers(_, label["signed_by"]),
                _say_standing(_, label),
            )
        )
        for label in labels
    )
    return Table(_("Labels that members stated in this case"), columns, body)


def _say_standing(_: Say, row: Mapping[str, Any]) -> str:
    if row["recalled"] is None:
        return _("stands")
    return _("recalled %(time)s") % {"time": show_time(row["recalled"]["time"])}


def _tell_recall(recall: Mapping[str, Any], names: Mapping[str, str], _: Say) -> list[Block]:
    took = ", ".join(str(n) for n in recall["took"])
    kind = say_code(_, STATEMENT_KINDS, recall["kind"])
    what = names.get(recall["statement_id"], kind)
    told = {"member": show_id(recall["member"]), "what": what}
    return [
        Heading(_("Recall by %(member)s: %(what)s") % told),
        Terms(
            (
                (_("Time"), f"{show_time(recall['made'])} UTC", False),
                (_("Why"), say_prose(recall["reason"]), False),
                (_("Who was told"), say_told(_, recall["told"]), False),
                (
                    _("Requests that lost their ground"),
                    ", ".join(names.get(one, show_id(one)) for one in recall["groundless"]) or _("none"),
                    False,
                ),
                (
                    _("Traces that fell"),
                    _("exhibits: %(list)s") % {"list": took} if took else _("none"),
                    False,
                ),
                (_("Signed by"), say_signers(_, recall["signed_by"]), False),
                (_("What was recalled"), show_id(recall["statement_id"]), True),
            )
        ),
    ]


def _tabulate_shared(facts: Mapping[str, Any], _: Say) -> Table:
    shared, names = facts["shared"], _name_things(facts, _)
    columns = (
        Column(_("Time (UTC)"), "time"),
        Column(_("By")),
        Column(_("What")),
        Column(_("Marking")),
        Column(_("Who was told")),
        Column(_("Standing")),
    )
    body = tuple(
        Row(
            (
                show_time(row["made"]),
                show_id(row["member"]),
                names[row["id"]],
                f"TLP:{row['tlp']}",
                say_told(_, row["told"]),
                _say_standing(_, row),
            )
        )
        for row in shared[-SHOWN_ROWS:]
    )
    rows = body or (Row((_("Nothing was shared."), *[""] * 5)),)
    return Table(
        _("Signed statements, ours and others'"), columns, rows, _say_earlier(_, len(shared) - len(body))
    )


def _tabulate_denials(facts: Mapping[str, Any], _: Say) -> Table:
    names = _name_things(facts, _)
    columns = (
        Column(_("Time (UTC)"), "time"),
        Column(_("What")),
        Column(_("Denied to")),
        Column(_("Rule")),
        Column(_("Reason")),
    )
    rows = facts["denials"][-SHOWN_ROWS:]
    body = tuple(
        Row(
            (
                show_time(row["time"]),
                names.get(row["subject"], show_name(row["subject"])),
                show_id(row["member"]),
                show_id(row["rule"]),
                say_prose(row["reason"]),
            )
        )
        for row in rows
    )
    return Table(
        _("What the gate did not let out"), columns, body, _say_earlier(_, len(facts["denials"]) - len(rows))
    )


def _tabulate_exhibits(facts: Mapping[str, Any], _: Say) -> Table:
    columns = (
        Column("#", "number"),
        Column(_("Kind")),
        Column(_("Title")),
        Column(_("Of")),
        Column(_("Marking")),
        Column(_("Added (UTC)"), "time"),
        Column("SHA-256", "code"),
    )
    body = tuple(
        Row(
            (
                str(row["n"]),
                say_code(_, EXHIBIT_KINDS, row["kind"]),
                show_name(row["title"]),
                show_id(row["origin"]),
                f"TLP:{row['tlp']}",
                show_time(row["added"]),
                show_id(row["sha256"]),
            )
        )
        for row in facts["exhibits"]
    )
    return Table(
        _("Exhibits, each by the hash of its list of files"), columns, body or (Row((_("none"), *[""] * 6)),)
    )


def _tabulate_signatures(facts: Mapping[str, Any], _: Say) -> Table:
    columns = (
        Column(_("Statement"), "code"),
        Column(_("Kind")),
        Column(_("By")),
        Column(_("Signed by")),
        Column(_("SHA-256 with signatures"), "code"),
    )
    body = tuple(
        Row(
            (
                show_id(row["id"]),
                say_code(_, STATEMENT_KINDS, row["kind"]),
                show_id(row["member"]),
                say_signers(_, row["signed_by"]),
                show_id(row["sha256"]),
            )
        )
        for row in facts["shared"][-SHOWN_ROWS:]
    )
    more = _say_earlier(_, len(facts["shared"]) - len(body))
    return Table(_("Statements and who signed them"), columns, body or (Row((_("none"), *[""] * 4)),), more)


def _name_things(facts: Mapping[str, Any], _: Say) -> dict[str, str]:
    """What ids are called: exhibits by number and title, statements by kind, the case by its number."""
    names = {facts["case"]["id"]: show_id(facts["case"]["number"])}
    for row in facts["exhibits"]:
        told = {"n": row["n"], "title": show_name(row["title"])}
        names[row["id"]] = _("exhibit %(n)s, %(title)s") % told
    for row in facts["requests"]:
        names[row["id"]] = f"{say_code(_, REQUEST_KINDS, row['kind'])}, {show_id(row['to'])}"
    for row in facts["shared"]:
        names[row["id"]] = name_statement(_, row)
    for row in facts["recalls"]:
        names[row["id"]] = _("Recall") + f": {names.get(row['statement_id'], show_id(row['statement_id']))}"
    return names


def _tell_about(detail: Mapping[str, Any], names: Mapping[str, str], _: Say) -> str:
    """What a row of the history is about, from the ids that it names."""
    parts = [names[detail[key]] for key in ("exhibit", "subject", "statement") if detail.get(key) in names][
        :1
    ]
    if isinstance(detail.get("person"), str):
        parts.append(show_id(detail["person"]))
    if isinstance(detail.get("to"), list) and detail["to"]:
        parts.append(_("to %(members)s") % {"members": ", ".join(show_id(str(one)) for one in detail["to"])})
    return "; ".join(parts)


def _say_earlier(_: Say, left_out: int) -> str:
    return (
        _("%(count)s earlier rows are in the exported folder.") % {"count": f"{left_out:,}"}
        if left_out > 0
        else ""
    )
