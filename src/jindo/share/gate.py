"""The gate: what may go to whom. It is asked when a thing is drafted, published, and each time it is served.

* A rule has a name, and a denial says which rule it was, towards whom, and why.
* Rules only deny. No rule can let through what another denies, and a stricter marking never lets more through.
* The gate knows a thing by its marking, author, purpose and expiry, never by its content.

    unknown-recipient   nobody gets anything whose card is not here
    tlp-red             RED leaves to no node
    tlp-amber-strict    AMBER+STRICT stays inside the organisation that made it
    tlp-amber-onward    another member's AMBER is not passed on by us
    need-to-know        an exchange or issuer gets AMBER only where it concerns it: a request to it, a recall of
                        what it got, an answer to it
    purpose             only to those who may use things for this purpose; a receipt is only an answer
    expired             not past the expiry of the case or of the thing
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from jindo.base.errors import RefusedError
from jindo.base.markings import Tlp
from jindo.share.members import Member
from jindo.share.statements import Statement

NARROW_KINDS = frozenset({"exchange", "issuer"})
"""Kinds of member that are told of a case only what concerns them."""


class Denied(RefusedError):
    """The gate let a thing not through to a member."""

    code = "share.denied"

    def __init__(self, *, rule: str, recipient: str, reason: str) -> None:
        self.rule, self.recipient, self.reason = rule, recipient, reason
        """The rule's name; the member's id; why, in words."""
        super().__init__(f"{recipient} is not given this ({rule}): {reason}")

    def default_remedy(self) -> str:
        """Whoever made it may mark it anew."""
        return "Leave it out, or ask whoever made it to mark it otherwise."


@dataclass(frozen=True, slots=True)
class GateItem:
    """What the gate knows of a thing."""

    kind: str
    """A statement's kind, or what else is asked for: `file`, `note`."""
    tlp: Tlp
    author: str
    """The member that made it and marked it."""
    purpose: str
    expires: int | None
    concerns: frozenset[str] = frozenset()
    """The members whom it is about in their own matter."""


class GateRule(Protocol):
    """One reason not to give a thing."""

    name: str

    def check(self, item: GateItem, recipient: Member, *, us: str, time: int) -> str | None:
        """Why `recipient` does not get `item` from the node of `us`, or None."""


class _Red:
    name = "tlp-red"

    def check(self, item: GateItem, recipient: Member, *, us: str, time: int) -> str | None:
        return "RED is for the people who were in the room" if item.tlp is Tlp.RED else None


class _AmberStrict:
    name = "tlp-amber-strict"

    def check(self, item: GateItem, recipient: Member, *, us: str, time: int) -> str | None:
        stays = item.tlp is Tlp.AMBER_STRICT and recipient.id != item.author
        return f"AMBER+STRICT stays inside {item.author}" if stays else None


class _AmberOnward:
    name = "tlp-amber-onward"

    def check(self, item: GateItem, recipient: Member, *, us: str, time: int) -> str | None:
        onward = item.author not in {us, recipient.id} and item.tlp.rank >= Tlp.AMBER.rank
        return f"it is {item.author}'s to pass on" if onward else None


class _NeedToKnow:
    name = "need-to-know"

    def check(self, item: GateItem, recipient: Member, *, us: str, time: int) -> str | None:
        narrow = recipient.kind in NARROW_KINDS and item.tlp.rank >= Tlp.AMBER.rank
        outside = narrow and recipient.id not in item.concerns
        return f"an {recipient.kind} gets only what concerns it" if outside else None


class _Purpose:
    name = "purpose"

    def check(self, item: GateItem, recipient: Member, *, us: str, time: int) -> str | None:
        fits = item.kind == "receipt" or item.purpose in recipient.purposes
        return None if fits else f"it is for {item.purpose}, for which {recipient.id} takes nothing"


class _Expired:
    name = "expired"

    def check(self, item: GateItem, recipient: Member, *, us: str, time: int) -> str | None:
        past = item.expires is not None and item.expires <= time
        return "it has expired" if past else None


RULES: tuple[GateRule, ...] = (_Red(), _AmberStrict(), _AmberOnward(), _NeedToKnow(), _Purpose(), _Expired())
UNKNOWN_RECIPIENT = "unknown-recipient"


def build_gate_item(statement: Statement, *, told: frozenset[str] = frozenset()) -> GateItem:
    """What the gate knows of a statement; of a recall, `told` says who got what is recalled."""
    return GateItem(
        kind=statement.kind,
        tlp=statement.tlp,
        author=statement.member,
        purpose=statement.purpose,
        expires=statement.expires,
        concerns=_concerned_by(statement, told),
    )


def check_release(item: GateItem, recipient: Member, *, us: str, time: int) -> None:
    """Raises `Denied`, by the first rule that denies, where the node of `us` may not give `item` to `recipient`."""
    for rule in RULES:
        reason = rule.check(item, recipient, us=us, time=time)
        if reason is not None:
            raise Denied(rule=rule.name, recipient=recipient.id, reason=reason)


def check_known(recipient: str, members: Mapping[str, Member]) -> Member:
    """The member of this id, so that no rule is ever asked about a stranger.

    Raises:
        Denied: by `unknown-recipient`.
    """
    member = members.get(recipient)
    if member is None:
        raise Denied(rule=UNKNOWN_RECIPIENT, recipient=recipient, reason="no card of this member is here")
    return member


def _concerned_by(statement: Statement, told: frozenset[str]) -> frozenset[str]:
    """A request concerns its addressee; a recall those who got the thing; an answer those who are answered."""
    if statement.kind == "request":
        return _addressee_of(statement)
    if statement.kind == "recall":
        return told
    return frozenset(statement.recipients) if statement.kind in {"reply", "receipt"} else frozenset()


def _addressee_of(request: Statement) -> frozenset[str]:
    addressee = request.body.get("addressee")
    member = addressee.get("member") if isinstance(addressee, dict) else None
    return frozenset({member}) if isinstance(member, str) else frozenset()
