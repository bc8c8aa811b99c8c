"""The gate, rule by rule: what it lets through, and what a denial says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.share.cast import DOLMEN, HAGUE, MEMBERS, NOW, SEOUL, a_member, a_statement

from jindo.base.errors import RefusedError
from jindo.base.markings import Tlp
from jindo.share import (
    RULES,
    UNKNOWN_RECIPIENT,
    Denied,
    GateItem,
    Member,
    build_gate_item,
    check_known,
    check_release,
)

ISSUER = a_member("tetra", "issuer")


def an_item(**changed: Any) -> GateItem:
    return replace(GateItem("case", Tlp.AMBER, "seoul", "investigation", None), **changed)


def rule_that_denies(item: GateItem, recipient: Member, time: int = NOW) -> str | None:
    """The name of the rule, or None where the item passes."""
    try:
        check_release(item, recipient, us="seoul", time=time)
    except Denied as denied:
        return denied.rule
    return None


def test_denial_says_rule_recipient_and_reason() -> None:
    with pytest.raises(RefusedError) as refused:
        check_release(an_item(tlp=Tlp.RED), HAGUE, us="seoul", time=NOW)
    assert refused.value.code == "share.denied"
    assert str(refused.value) == (
        "hague is not given this (tlp-red): RED is for the people who were in the room"
    )


def test_rules_have_different_names() -> None:
    assert len({rule.name for rule in RULES} | {UNKNOWN_RECIPIENT}) == len(RULES) + 1 == 7


@pytest.mark.parametrize("recipient", [HAGUE, DOLMEN, SEOUL])
def test_red_leaves_to_no_node(recipient: Member) -> None:
    concerned = an_item(tlp=Tlp.RED, concerns=frozenset({recipient.id}))
    assert rule_that_denies(concerned, recipient) == "tlp-red"


def test_amber_strict_stays_inside_its_author() -> None:
    assert rule_that_denies(an_item(tlp=Tlp.AMBER_STRICT), HAGUE) == "tlp-amber-strict"
    back = an_item(tlp=Tlp.AMBER_STRICT, author="hague")
    assert rule_that_denies(back, HAGUE) is None


@pytest.mark.parametrize(
    ("tlp", "rule"), [(Tlp.CLEAR, None), (Tlp.GREEN, None), (Tlp.AMBER, "tlp-amber-onward")]
)
def test_anothers_amber_is_not_passed_on(tlp: Tlp, rule: str | None) -> None:
    assert rule_that_denies(an_item(tlp=tlp, author="busan"), HAGUE) == rule


@pytest.mark.parametrize("recipient", [DOLMEN, ISSUER])
def test_exchange_and_issuer_get_only_what_concerns_them(recipient: Member) -> None:
    assert rule_that_denies(an_item(), recipient) == "need-to-know"
    assert rule_that_denies(an_item(concerns=frozenset({"other"})), recipient) == "need-to-know"
    assert rule_that_denies(an_item(concerns=frozenset({recipient.id})), recipient) is None
    assert rule_that_denies(an_item(tlp=Tlp.GREEN), recipient) is None


@pytest.mark.parametrize("kind", ["police", "prosecution", "agency", "cert", "ministry"])
def test_authorities_get_amber_of_a_case(kind: str) -> None:
    assert rule_that_denies(an_item(), a_member("busan", kind)) is None


def test_purpose_must_be_one_of_the_recipients() -> None:
    assert rule_that_denies(an_item(purpose="statistics"), HAGUE) == "purpose"
    wide = replace(HAGUE, purposes=("investigation", "statistics"))
    assert rule_that_denies(an_item(purpose="statistics"), wide) is None


def test_nothing_is_given_past_its_expiry() -> None:
    item = an_item(expires=NOW)
    assert rule_that_denies(item, HAGUE, NOW - 1) is None
    assert rule_that_denies(item, HAGUE, NOW) == "expired"


def test_unknown_recipient_is_denied() -> None:
    assert check_known("hague", MEMBERS) == HAGUE
    with pytest.raises(RefusedError) as denied:
        check_known("busan", MEMBERS)
    assert isinstance(denied.value, Denied)
    assert (denied.value.rule, denied.value.recipient) == (UNKNOWN_RECIPIENT, "busan")


def test_request_concerns_its_addressee_alone() -> None:
    body = {"addressee": {"member": "dolmen", "name": "Dolmen"}}
    statement = a_statement("request", body=body, recipients=("dolmen", "tetra"))
    item = build_gate_item(statement)
    assert rule_that_denies(item, DOLMEN) is None
    assert rule_that_denies(item, ISSUER) == "need-to-know"


@pytest.mark.parametrize(
    "addressee", [None, "dolmen", {"name": "dolmen"}, {"member": ["dolmen"]}, {"member": 1}]
)
def test_request_without_a_plain_addressee_concerns_nobody(addressee: object) -> None:
    item = build_gate_item(a_statement("request", body={"addressee": addressee}, recipients=("dolmen",)))
    assert rule_that_denies(item, DOLMEN) == "need-to-know"


def test_recall_concerns_those_who_were_told() -> None:
    recall = a_statement("recall", recipients=("dolmen", "hague"))
    assert rule_that_denies(build_gate_item(recall), DOLMEN) == "need-to-know"
    assert rule_that_denies(build_gate_item(recall, told=frozenset({"dolmen"})), DOLMEN) is None


@pytest.mark.parametrize("kind", ["reply", "receipt"])
def test_answer_concerns_those_who_are_answered(kind: str) -> None:
    assert rule_that_denies(build_gate_item(a_statement(kind, recipients=("dolmen",))), DOLMEN) is None
