"""What codes are called in a brief: kinds, states, acts, limits, each a sentence for people.

* A code that nobody knows is shown as it is, cleaned: a brief never hides what it cannot name.
* Text from outside is hostile until shown: control and direction characters go, lines become one.
* Amounts are exact; where an asset's decimals are not known, base units are counted and said to be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jindo.app.report.wording import show_asset, show_id, show_name, show_time, show_tokens
from jindo.base.language import message

Say = Callable[[str], str]
"""What says a sentence in the reader's language."""

LONGEST_PROSE = 4000
"""The statement itself has all of it."""

CASE_KINDS = {
    "theft": message("Theft"),
    "fraud": message("Fraud"),
    "ransomware": message("Ransomware"),
    "intrusion": message("Intrusion"),
}
CASE_ROLES = {"lead": message("lead"), "member": message("member")}
PURPOSES = {"investigation": message("investigation"), "prevention": message("prevention")}
SERVICE_KINDS = {
    "exchange": message("exchange"),
    "exchange deposit": message("exchange deposit"),
    "instant exchange": message("instant exchange"),
    "mixer": message("mixer"),
    "bridge": message("bridge"),
    "payment": message("payment"),
    "gambling": message("gambling"),
    "custody": message("custody"),
}
"""As labels commonly write them; what they write otherwise stands as it is."""
EXHIBIT_KINDS = {"trace": message("Trace"), "file": message("Files"), "note": message("Note")}
STATEMENT_KINDS = {
    "case": message("Case"),
    "exhibit": message("Exhibit"),
    "label": message("Label"),
    "request": message("Request"),
    "reply": message("Reply"),
    "recall": message("Recall"),
    "receipt": message("Receipt"),
}
REQUEST_KINDS = {"freeze": message("Request to freeze"), "preserve": message("Request to preserve data")}
REQUEST_STATES = {
    "draft": message("drafted, not signed"),
    "awaiting signature": message("waiting for a second officer's signature"),
    "signed": message("signed, not sent"),
    "sent": message("sent, not yet acknowledged"),
    "received": message("acknowledged, not answered"),
    "answered": message("answered"),
    "expired": message("lapsed without an answer"),
    "recalled": message("recalled"),
}
REPLY_STATES = {
    "received": message("has received it"),
    "authenticated": message("has found it genuine"),
    "held": message("holds all of it"),
    "partially-held": message("holds part of it"),
    "already-moved": message("holds nothing: it had moved on"),
    "no-such-customer": message("knows none of the accounts"),
    "need-instrument": message("asks for a legal instrument"),
    "refused": message("has refused"),
    "expired": message("says that it has lapsed"),
    "released": message("has released what it held"),
}
ACTS = {
    "case-opened": message("opened the case"),
    "case-received": message("told us of the case"),
    "case-sent": message("sent the case"),
    "case-exported": message("exported the case"),
    "person-added": message("let a person work on the case"),
    "exhibit-added": message("added an exhibit"),
    "exhibit-sent": message("sent an exhibit"),
    "exhibit-received": message("sent us an exhibit"),
    "label-sent": message("sent a label"),
    "label-received": message("sent us a label"),
    "request-sent": message("sent a request"),
    "request-received": message("sent us a request"),
    "reply-sent": message("answered a request"),
    "reply-received": message("sent us an answer"),
    "recall-sent": message("recalled a statement"),
    "recall-received": message("recalled its statement"),
}


def say_code(_: Say, words: Mapping[str, str], code: str) -> str:
    """What a code is called; the code itself where it has no word."""
    return _(words[code]) if code in words else show_name(code)


def say_request_state(_: Say, request: Mapping[str, Any]) -> str:
    """Where a request stands, and whether what it rests on was recalled."""
    state = say_code(_, REQUEST_STATES, request["state"])
    return _("%(state)s; its ground was recalled") % {"state": state} if request["lost"] else state


def say_prose(text: str) -> str:
    """Text that somebody wrote, as one safe line of at most `LONGEST_PROSE` characters."""
    line = show_id(" ".join(text.split()))
    return line if len(line) <= LONGEST_PROSE else line[: LONGEST_PROSE - 1] + "…"


def say_amount(_: Say, row: Mapping[str, Any], name: str = "amount") -> str:
    """The amount of a row with its asset: `12.5 ETH`."""
    return f"{show_tokens(int(row[name]), row['decimals'])} {say_unit(_, row)}"


def say_unit(_: Say, row: Mapping[str, Any]) -> str:
    """What a row's amounts count."""
    asset = show_asset(str(row["asset"]))
    return asset if row["decimals"] is not None else _("base units of %(asset)s") % {"asset": asset}


def say_amounts(_: Say, rows: Sequence[Mapping[str, Any]], name: str = "amount") -> str:
    """Amounts of several assets in one phrase; `nothing` where there is none."""
    return ", ".join(say_amount(_, row, name) for row in rows) or _("nothing")


def say_time(_: Say, moment: int | None) -> str:
    """A time in UTC, or that it is not known."""
    return _("unknown") if moment is None else show_time(moment)


def say_member(members: Mapping[str, str], member: str) -> str:
    """A member's name with its id, as `Seoul Office (seoul)`; the id alone where it has no card here."""
    return f"{show_name(members[member])} ({show_id(member)})" if member in members else show_id(member)


def say_told(_: Say, told: list[Mapping[str, Any]]) -> str:
    """Who was told, and when each acknowledged it."""
    return "; ".join(
        _("%(member)s, acknowledged %(time)s")
        % {"member": show_id(row["member"]), "time": show_time(row["acknowledged"])}
        if row["acknowledged"] is not None
        else _("%(member)s, NOT acknowledged") % {"member": show_id(row["member"])}
        for row in told
    )


def say_signers(_: Say, signers: list[Mapping[str, Any]]) -> str:
    """The officers who signed, by id; whose names are, their member knows."""
    return ", ".join(show_id(row["officer"]) for row in signers) or _("nobody")


def name_statement(_: Say, row: Mapping[str, Any]) -> str:
    """What a statement is, in a few words: its kind, and what it is called by."""
    called = {"request": REQUEST_KINDS, "reply": REPLY_STATES}.get(row["kind"])
    title = say_code(_, called, row["title"]) if called else show_name(row["title"])
    kind = say_code(_, STATEMENT_KINDS, row["kind"])
    if row["kind"] == "request":
        return title
    return f"{kind}: {title}" if title else kind
