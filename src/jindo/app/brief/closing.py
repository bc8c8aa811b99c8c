"""The last page of a brief: what is not known, and how anyone can check what is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jindo.app.brief.words import Say
from jindo.app.report.blocks import Bullets, Section, Terms
from jindo.app.report.wording import show_id, show_name


def build_limits(facts: Mapping[str, Any], _: Say) -> Section:
    """What is not known, each with its reason."""
    items = tuple(_LIMITS[row["code"]](row, _) for row in facts["limits"] if row["code"] in _LIMITS)
    return Section("limits", _("What is not known"), (Bullets(items or (_("nothing"),)),))


def build_checking(facts: Mapping[str, Any], _: Say) -> Section:
    """How to hold the words of this brief against the evidence."""
    items = (
        _(
            "The exported folder of this case holds the exhibits, the signed statements and the history behind each word."
        ),
        _(
            "Check it without any network: jindo verify FOLDER. It names the file that was changed, and what that breaks."
        ),
        _(
            "Signatures show that keys signed. Whose keys they are, the members' cards say: compare the fingerprint of "
            "each member's key with what that member reads out over the phone."
        ),
        _(
            "To check a trace against the chain itself, trace again from a ledger of your own and compare the findings hash."
        ),
    )
    trace = facts["trace"]
    terms = ((_("Findings hash"), show_id(trace["findings_hash"]), True),) if trace else ()
    return Section("checking", _("How to check this"), (Bullets(items), *([Terms(terms)] if terms else [])))


def _join(values: list[Any]) -> str:
    return ", ".join(show_id(str(value)) for value in values)


def _say_no_loss(row: Mapping[str, Any], _: Say) -> str:
    return _("No loss of coins is named; whether there was one is not known here.")


def _say_no_trace(row: Mapping[str, Any], _: Say) -> str:
    return _("What was named as stolen was not traced.")


def _say_no_standing_trace(row: Mapping[str, Any], _: Say) -> str:
    return _("Every trace rests on something that was recalled, and it was not traced again since.")


def _say_fallen(row: Mapping[str, Any], _: Say) -> str:
    return _(
        "Traces that rest on something that was recalled no longer stand (exhibits: %(list)s). What was done on their "
        "strength was right when it was done, and has to be looked at again."
    ) % {"list": _join(row["exhibits"])}


def _say_fallen_requests(row: Mapping[str, Any], _: Say) -> str:
    return _(
        "Requests that rest on a trace which no longer stands, and were not recalled: %(count)s. Whether their grounds "
        "hold without what was recalled is not known."
    ) % {"count": len(row["requests"])}


def _say_convention(row: Mapping[str, Any], _: Say) -> str:
    return _(
        "Which units count as stolen after they mixed with others is decided by the rule %(rule)s; other rules decide "
        "otherwise, and the trace's own report says how much that changes."
    ) % {"rule": show_name(row["rule"])}


def _say_asserted(row: Mapping[str, Any], _: Say) -> str:
    return _("That an address belongs to a service is its labeller's word; it was not tested here.")


def _say_ledger(row: Mapping[str, Any], _: Say) -> str:
    return _(
        "That the chain data behind the trace is the chain's, and complete, can be shown by another ledger only."
    )


def _say_unanswered(row: Mapping[str, Any], _: Say) -> str:
    return _("Requests without an answer: %(count)s. What their addressees hold is not known.") % {
        "count": len(row["requests"])
    }


def _say_held(row: Mapping[str, Any], _: Say) -> str:
    return _("What counterparties hold is their own signed word; nobody else has seen the accounts.")


def _say_unacknowledged(row: Mapping[str, Any], _: Say) -> str:
    return _("Whether all of what was sent has arrived is not known of: %(members)s.") % {
        "members": _join(row["members"])
    }


def _say_quarantined(row: Mapping[str, Any], _: Say) -> str:
    return _("Messages that could not be verified, and were used for nothing: %(count)s.") % {
        "count": row["count"]
    }


def _say_left_out(row: Mapping[str, Any], _: Say) -> str:
    told = ", ".join(f"{one['exhibits']:,} × TLP:{show_id(str(one['tlp']))}" for one in row["exhibits"])
    return _(
        "Exhibits that were left out of this export by their marking, and that this brief does not tell: %(list)s."
    ) % {"list": told}


def _say_one_node(row: Mapping[str, Any], _: Say) -> str:
    return _(
        "The history is that of %(member)s alone. What other members did on their side is known here only by what they "
        "signed and sent."
    ) % {"member": show_id(row["member"])}


_LIMITS: Mapping[str, Callable[[Mapping[str, Any], Say], str]] = {
    "no-loss": _say_no_loss,
    "no-trace": _say_no_trace,
    "no-standing-trace": _say_no_standing_trace,
    "fallen-traces": _say_fallen,
    "fallen-requests": _say_fallen_requests,
    "convention": _say_convention,
    "labels-asserted": _say_asserted,
    "ledger-unproved": _say_ledger,
    "unanswered": _say_unanswered,
    "held-by-word": _say_held,
    "unacknowledged": _say_unacknowledged,
    "quarantined": _say_quarantined,
    "left-out": _say_left_out,
    "one-node": _say_one_node,
}
