"""What may be done in a member's name, and whose signatures that takes.

* An act needs as many different officers as its risk asks for: a freeze two, a recall three.
* An officer counts once, however many keys sign for them; a key counts once, whoever it is said to be.
* An officer without one of the act's roles does not count.

That a signature is whole is shown before (`statements`); here they are counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jindo.base.errors import InputError, RefusedError
from jindo.share.officers import SERVICE_ROLE, Officer


@dataclass(frozen=True, slots=True)
class Act:
    """A kind of statement, and what it takes to make it."""

    name: str
    signatures: int
    """How many different officers must sign."""
    roles: frozenset[str]
    """Each of them must hold one of these."""


class SignaturesMissing(RefusedError):
    """Fewer officers signed than the act needs."""

    code = "share.signatures"

    def __init__(self, act: Act, has: int) -> None:
        self.act, self.has, self.needs = act.name, has, act.signatures
        """The act; how many signatures count; how many it needs."""
        self.roles = tuple(sorted(act.roles))
        what = "1 signature" if act.signatures == 1 else f"{act.signatures} signatures of different officers"
        super().__init__(f"a {act.name} needs {what} ({', '.join(self.roles)}); {has} counted")

    def default_remedy(self) -> str:
        """Another officer signs."""
        return f"Have another officer sign who is {' or '.join(self.roles)}."


ACTS = {
    act.name: act
    for act in (
        Act("case", 1, frozenset({"analyst", "prosecutor", "liaison"})),
        Act("exhibit", 1, frozenset({"analyst", "prosecutor", "liaison"})),
        Act("label", 2, frozenset({"analyst", "liaison"})),
        Act("request", 2, frozenset({"analyst", "prosecutor"})),
        Act("reply", 1, frozenset({"compliance", "prosecutor", "liaison"})),
        Act("recall", 3, frozenset({"analyst", "prosecutor", "liaison", "compliance"})),
        Act("receipt", 1, frozenset({SERVICE_ROLE})),
    )
}


def get_act(kind: str) -> Act:
    """The act that makes a statement of this kind.

    Raises:
        InputError: there is no such kind.
    """
    act = ACTS.get(kind)
    if act is None:
        raise InputError("there is no statement of this kind", remedy=f"Write one of {', '.join(ACTS)}.")
    return act


def may_sign(act: Act, officer: Officer) -> bool:
    """Whether this officer's signature counts for the act."""
    return not act.roles.isdisjoint(officer.roles)


def count_signatures(act: Act, officers: Sequence[Officer]) -> int:
    """How many different officers of these, with different keys, count for the act."""
    counting = [officer for officer in officers if may_sign(act, officer)]
    people = {(officer.member, officer.id) for officer in counting}
    return min(len(people), len({officer.key.key_id for officer in counting}))


def check_signatures(act: Act, officers: Sequence[Officer]) -> None:
    """Raises `SignaturesMissing` where fewer officers count than the act needs."""
    has = count_signatures(act, officers)
    if has < act.signatures:
        raise SignaturesMissing(act, has)
