"""Statements, gate items and members for hypothesis, within what the formats allow and at their edges."""

from __future__ import annotations

import uuid

from hypothesis import strategies as st
from tests.unit.share.cast import NOW, a_member

from jindo.base.markings import Tlp
from jindo.share import KINDS, MEMBER_KINDS, GateItem, Member, Statement

PURPOSES = ("investigation", "statistics", "training")
NAMES = ("busan", "dolmen", "hague", "tetra", "wien")

slugs = st.from_regex(r"[a-z0-9-]{2,40}", fullmatch=True)
uuids = st.uuids().map(str)
times = st.integers(0, 253_402_300_799)
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20)
scalars = st.one_of(st.none(), st.booleans(), st.integers(-(2**53) + 1, 2**53 - 1), texts, st.just(""))
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
bodies = st.dictionaries(texts, values, max_size=4)


def _stix(kind: str, number: uuid.UUID, more: dict[str, object]) -> dict[str, object]:
    return {**more, "type": kind, "id": f"{kind}--{number}"}


objects = st.builds(
    _stix,
    st.sampled_from(["note", "x-new", "cryptocurrency-wallet"]),
    st.uuids(),
    st.dictionaries(texts, values, max_size=2),
)


@st.composite
def statements(draw: st.DrawFn) -> Statement:
    author = draw(slugs)
    recipients = draw(st.sets(slugs.filter(lambda name: name != author), min_size=1, max_size=4))
    return Statement(
        nonce=draw(uuids),
        kind=draw(st.sampled_from(KINDS)),
        member=author,
        case_id=draw(st.none() | uuids),
        subject=draw(texts),
        made=draw(times),
        expires=draw(st.none() | times),
        tlp=draw(st.sampled_from(Tlp)),
        purpose=draw(slugs),
        recipients=tuple(sorted(recipients)),
        body=draw(bodies),
        objects=tuple(draw(st.lists(objects, max_size=3, unique_by=lambda item: item["id"]))),
    )


members: st.SearchStrategy[Member] = st.builds(
    a_member,
    st.sampled_from(NAMES),
    st.sampled_from(MEMBER_KINDS),
    purposes=st.sets(st.sampled_from(PURPOSES)).map(lambda found: tuple(sorted(found))),
)

gate_items: st.SearchStrategy[GateItem] = st.builds(
    GateItem,
    st.sampled_from(KINDS),
    st.sampled_from(Tlp),
    st.sampled_from(NAMES),
    st.sampled_from(PURPOSES),
    st.none() | st.integers(NOW - 2, NOW + 2),
    st.frozensets(st.sampled_from(NAMES)),
)
