"""Laws of the gate: it only ever gets stricter."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from tests.property.share.strategies import NAMES, gate_items, members
from tests.unit.share.cast import NOW

from jindo.base.markings import Tlp
from jindo.share import RULES, Denied, GateItem, Member, check_release

us = st.sampled_from(NAMES)
times = st.integers(NOW - 3, NOW + 3)


def passes(item: GateItem, recipient: Member, us: str, time: int) -> bool:
    try:
        check_release(item, recipient, us=us, time=time)
    except Denied:
        return False
    return True


@given(gate_items, members, us, times, st.sampled_from(Tlp))
def test_stricter_marking_never_lets_more_through(
    item: GateItem, recipient: Member, us: str, time: int, other: Tlp
) -> None:
    stricter, looser = sorted((replace(item, tlp=other), item), key=lambda one: -one.tlp.rank)
    if passes(stricter, recipient, us, time):
        assert passes(looser, recipient, us, time)


@given(gate_items, members, us, times, times)
def test_what_has_expired_stays_so(item: GateItem, recipient: Member, us: str, one: int, two: int) -> None:
    if passes(item, recipient, us, max(one, two)):
        assert passes(item, recipient, us, min(one, two))


@given(gate_items, members, us, times, st.sampled_from(NAMES))
def test_concerning_fewer_never_lets_more_through(
    item: GateItem, recipient: Member, us: str, time: int, name: str
) -> None:
    if passes(replace(item, concerns=item.concerns - {name}), recipient, us, time):
        assert passes(item, recipient, us, time)


@given(gate_items, members, us, times, st.sampled_from(["exchange", "issuer"]))
def test_exchange_gets_no_more_than_an_authority(
    item: GateItem, recipient: Member, us: str, time: int, narrow: str
) -> None:
    if passes(item, replace(recipient, kind=narrow), us, time):
        assert passes(item, replace(recipient, kind="police"), us, time)


@given(gate_items, members, us, times)
def test_red_and_strict_never_leave(item: GateItem, recipient: Member, us: str, time: int) -> None:
    assert not passes(replace(item, tlp=Tlp.RED), recipient, us, time)
    if recipient.id != item.author:
        assert not passes(replace(item, tlp=Tlp.AMBER_STRICT), recipient, us, time)


@given(gate_items, members, us, times)
def test_one_rule_is_enough_to_deny(item: GateItem, recipient: Member, us: str, time: int) -> None:
    reasons = [rule.check(item, recipient, us=us, time=time) for rule in RULES]
    assert passes(item, recipient, us, time) == all(reason is None for reason in reasons)
