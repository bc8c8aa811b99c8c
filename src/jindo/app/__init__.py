"""Use cases: the one place where rooms meet. Both faces, command line and web, call these and hold no logic.

* Tracing: `trace_ledger` writes a result folder, `verify_path` holds it, or an exported case, against itself.
* A node: `init_node`, `open_node`; its people (`sign_in`), its cases, what it shares, asks, answers and recalls.
* Every use case that changes something runs once, in one transaction, and is on record (`acting`).
* They load where they are first used: a command pays for what it does.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jindo.app.bench import FULL_BENCH, QUICK_BENCH, BenchPlan, draw_bench, run_bench
    from jindo.app.briefs import build_brief, write_brief
    from jindo.app.casefile import show_case
    from jindo.app.cases import (
        add_case_person,
        add_folder,
        add_note,
        list_cases,
        open_case,
        request_trace,
        show_job,
    )
    from jindo.app.client import Partner, open_partner
    from jindo.app.cluster_chains import ClusterRequest
    from jindo.app.clustering import build_cluster_folder, explain_cluster, show_cluster
    from jindo.app.comparing import CAUSES, Comparison, compare_results
    from jindo.app.explaining import Explanation, explain_address
    from jindo.app.export import export_case
    from jindo.app.fetching.rounds import FetchLimits
    from jindo.app.fetching.running import name_keep_folder, trace_fetched
    from jindo.app.fetching.servers import Asking, parse_server
    from jindo.app.handing_out import log_origin, open_exhibit_file, prove_growth, prove_leaf, show_checkpoint
    from jindo.app.handlers import FETCHING, HANDLERS, HEARING
    from jindo.app.keyring import has_locked_member_key
    from jindo.app.labels import draft_label, draft_recall, show_recall
    from jindo.app.node import (
        Node,
        find_node,
        has_stale_papers,
        init_node,
        open_node,
        read_card,
        renew_papers,
    )
    from jindo.app.on_engine import trace_on_engine
    from jindo.app.partners import add_member, list_members
    from jindo.app.people import (
        Actor,
        add_person,
        close_session,
        console,
        issue_token,
        list_people,
        open_session,
        renew_person,
        retire_person,
        revoke_token,
        sign_in,
    )
    from jindo.app.permissions import check_permission
    from jindo.app.pulling import pull_member
    from jindo.app.report.wording import show_asset, show_chain
    from jindo.app.requests import (
        draft_reply,
        draft_request,
        list_requests,
        match_request,
        send_request,
        show_request,
    )
    from jindo.app.sharing import add_signature, list_statements, share_case, show_statement
    from jindo.app.signers import check_signer
    from jindo.app.story import DemoOutcome, Scene, run_demo
    from jindo.app.study import Progress
    from jindo.app.tokens import record_knocks
    from jindo.app.tracing import TraceOutcome, TraceRequest, trace_ledger
    from jindo.app.verifying import Check, Verification, verify_result
    from jindo.app.verifying_case import verify_case_folder, verify_path
    from jindo.app.watching import list_jobs, request_pull, show_audit
    from jindo.app.worker import Worker
    from jindo.ledger import (
        CATALOGUE,
        FORMATS,
        ImportReport,
        Ledger,
        LedgerStatus,
        build_cluster_ledger,
        import_source,
        open_ledger,
        roll_back,
    )
    from jindo.share import fingerprint
    from jindo.sim import WORLDS, make_world, write_world
    from jindo.trace import RULES

__all__ = [
    "DemoOutcome",
    "Scene",
    "run_demo",
    "TraceOutcome",
    "TraceRequest",
    "trace_ledger",
    "trace_on_engine",
    "trace_fetched",
    "FetchLimits",
    "Asking",
    "parse_server",
    "name_keep_folder",
    "CAUSES",
    "Comparison",
    "Explanation",
    "compare_results",
    "explain_address",
    "ClusterRequest",
    "build_cluster_folder",
    "explain_cluster",
    "show_cluster",
    "Check",
    "Verification",
    "verify_result",
    "verify_case_folder",
    "verify_path",
    "Progress",
    "show_asset",
    "show_chain",
    "Node",
    "init_node",
    "open_node",
    "find_node",
    "has_locked_member_key",
    "has_stale_papers",
    "read_card",
    "renew_papers",
    "Actor",
    "console",
    "sign_in",
    "record_knocks",
    "check_permission",
    "open_session",
    "close_session",
    "add_person",
    "renew_person",
    "retire_person",
    "list_people",
    "issue_token",
    "revoke_token",
    "add_member",
    "list_members",
    "fingerprint",
    "open_case",
    "list_cases",
    "show_case",
    "add_case_person",
    "add_note",
    "add_folder",
    "request_trace",
    "build_brief",
    "write_brief",
    "export_case",
    "share_case",
    "show_statement",
    "list_statements",
    "add_signature",
    "check_signer",
    "draft_label",
    "draft_recall",
    "show_recall",
    "draft_request",
    "send_request",
    "list_requests",
    "show_request",
    "match_request",
    "draft_reply",
    "Partner",
    "open_partner",
    "pull_member",
    "request_pull",
    "open_exhibit_file",
    "log_origin",
    "show_checkpoint",
    "prove_leaf",
    "prove_growth",
    "HANDLERS",
    "HEARING",
    "FETCHING",
    "Worker",
    "show_job",
    "list_jobs",
    "show_audit",
    "CATALOGUE",
    "FORMATS",
    "ImportReport",
    "Ledger",
    "LedgerStatus",
    "build_cluster_ledger",
    "import_source",
    "open_ledger",
    "roll_back",
    "WORLDS",
    "make_world",
    "write_world",
    "RULES",
    "FULL_BENCH",
    "QUICK_BENCH",
    "BenchPlan",
    "draw_bench",
    "run_bench",
]

_MODULES = {
    "jindo.app.bench": "FULL_BENCH QUICK_BENCH BenchPlan draw_bench run_bench",
    "jindo.app.briefs": "build_brief write_brief",
    "jindo.app.casefile": "show_case",
    "jindo.app.cases": "add_case_person add_folder add_note list_cases open_case request_trace show_job",
    "jindo.app.client": "Partner open_partner",
    "jindo.app.cluster_chains": "ClusterRequest",
    "jindo.app.clustering": "build_cluster_folder explain_cluster show_cluster",
    "jindo.app.comparing": "CAUSES Comparison compare_results",
    "jindo.app.explaining": "Explanation explain_address",
    "jindo.app.export": "export_case",
    "jindo.app.fetching.rounds": "FetchLimits",
    "jindo.app.fetching.running": "name_keep_folder trace_fetched",
    "jindo.app.fetching.servers": "Asking parse_server",
    "jindo.app.handing_out": "log_origin open_exhibit_file prove_growth prove_leaf show_checkpoint",
    "jindo.app.handlers": "FETCHING HANDLERS HEARING",
    "jindo.app.labels": "draft_label draft_recall show_recall",
    "jindo.app.keyring": "has_locked_member_key",
    "jindo.app.node": "Node find_node has_stale_papers init_node open_node read_card renew_papers",
    "jindo.app.on_engine": "trace_on_engine",
    "jindo.app.partners": "add_member list_members",
    "jindo.app.people": "Actor add_person close_session console issue_token list_people open_session "
    "renew_person retire_person revoke_token sign_in",
    "jindo.app.permissions": "check_permission",
    "jindo.app.pulling": "pull_member",
    "jindo.app.report.wording": "show_asset show_chain",
    "jindo.app.requests": "draft_reply draft_request list_requests match_request send_request show_request",
    "jindo.app.signers": "check_signer",
    "jindo.app.sharing": "add_signature list_statements share_case show_statement",
    "jindo.app.story": "DemoOutcome Scene run_demo",
    "jindo.app.study": "Progress",
    "jindo.app.tokens": "record_knocks",
    "jindo.app.tracing": "TraceOutcome TraceRequest trace_ledger",
    "jindo.app.verifying": "Check Verification verify_result",
    "jindo.app.verifying_case": "verify_case_folder verify_path",
    "jindo.app.watching": "list_jobs request_pull show_audit",
    "jindo.app.worker": "Worker",
    "jindo.ledger": "CATALOGUE FORMATS ImportReport Ledger LedgerStatus build_cluster_ledger "
    "import_source open_ledger roll_back",
    "jindo.share": "fingerprint",
    "jindo.sim": "WORLDS make_world write_world",
    "jindo.trace": "RULES",
}
_HOME = {name: module for module, names in _MODULES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    """Load a use case from its module when it is first asked for."""
    if name not in _HOME:
        raise AttributeError(f"module 'jindo.app' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    """All use cases, also those that are not loaded yet."""
    return sorted({*globals(), *_HOME})
