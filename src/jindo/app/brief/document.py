"""The sections of a brief in their order, in one language.

* It is made of the same blocks as a trace's report, so that every face prints the same.
* Every section is there, also where it has nothing to show: then it says so.
* It is dated by the facts and never by a clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jindo.app.brief.closing import build_checking, build_limits
from jindo.app.brief.doings import (
    build_evidence,
    build_history,
    build_labels,
    build_requests,
    build_sharing,
)
from jindo.app.brief.opening import build_losses, build_summary, build_whereabouts
from jindo.app.report.blocks import Report
from jindo.app.report.wording import show_id, show_name, show_time
from jindo.base.language import get_translator

_BUILDERS = (
    build_summary,
    build_losses,
    build_whereabouts,
    build_requests,
    build_labels,
    build_sharing,
    build_history,
    build_evidence,
    build_limits,
    build_checking,
)


def build_document(facts: Mapping[str, Any], lang: str) -> Report:
    """The brief as blocks, from `build_brief_facts`' facts."""
    _ = get_translator(lang).gettext
    case = facts["case"]
    told = {"number": show_id(case["number"]), "title": show_name(case["title"])}
    dated = {"marking": f"TLP:{facts['marking']}", "time": show_time(facts["as_of"])}
    head, history = facts["history"][-1]["hash"] if facts["history"] else "", _("history")
    return Report(
        title=_("Brief of case %(number)s: %(title)s") % told,
        subtitle=_("%(marking)s · as of %(time)s UTC") % dated,
        as_of=facts["as_of"],
        sections=tuple(build(facts, _) for build in _BUILDERS),
        footer=f"TLP:{facts['marking']} · {told['number']} · {history} {show_id(head)}",
        lang=lang,
    )
