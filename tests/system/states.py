"""What a story has come to, on all its nodes, without what differs from run to run: ids, keys, times, order of arrival."""

from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import select

from jindo.app.node import Node, open_node
from jindo.app.story.cast import PARTS
from jindo.respond import (
    active_labels,
    list_cases,
    list_exhibits,
    list_replies,
    list_requests,
    read_history,
    request_state,
    verify_history,
)
from jindo.share import list_receipts, list_statements, verify_log
from jindo.store import list_jobs, tables, verify_audit


def describe_story(folder: Path) -> dict[str, Any]:
    """The state of every node of a story; each node's own chains are verified on the way."""
    return {part.id: _describe(folder / part.id) for part in PARTS}


def _describe(folder: Path) -> dict[str, Any]:
    node = open_node(folder)
    try:
        return _describe_node(node)
    finally:
        node.store.close()


def _describe_node(node: Node) -> dict[str, Any]:
    with node.store.read() as conn:
        verify_audit(conn)
        verify_log(conn)
        cases = list_cases(conn)
        said = list_statements(conn)
        for case in cases:
            verify_history(read_history(conn, case.id))
        return {
            "cases": [(case.number, case.kind, case.tlp.value, len(case.loss)) for case in cases],
            "numbers": [row.n for case in cases for row in list_exhibits(conn, case.id)],
            "exhibits": sorted(
                (row.kind, row.title, row.origin, row.tlp.value, row.facts.get("findings_hash"))
                for case in cases
                for row in list_exhibits(conn, case.id)
            ),
            "statements": sorted(
                (
                    row.statement.kind,
                    row.statement.member,
                    row.state,
                    row.statement.recipients,
                    len(row.signatures),
                    bool(row.recalled_by),
                )
                for row in said
            ),
            "receipts": sorted(
                (row.statement.kind, row.statement.member, receipt.member, receipt.receipt_id is not None)
                for row in said
                if row.statement.kind != "receipt" and row.state == "published"
                for receipt in list_receipts(conn, row.id)
            ),
            "labels": sorted(
                (label.address, label.service, label.member)
                for case in cases
                for label in active_labels(conn, us=node.me.id, case_id=case.id, time=node.clock())
            ),
            "requests": [
                (row.kind, request_state(conn, row.id, node.clock()), row.body["totals"])
                for row in list_requests(conn)
            ],
            "replies": [
                (reply.state, reply.body["totals"])
                for row in list_requests(conn)
                for reply in list_replies(conn, row.id)
            ],
            "denials": sorted(
                tuple(row) for row in conn.execute(select(tables.denial.c.member, tables.denial.c.rule))
            ),
            "history": Counter(row["act"] for case in cases for row in read_history(conn, case.id)),
            "jobs": Counter((job.kind, job.state) for job in list_jobs(conn) if job.kind != "pull"),
        }
