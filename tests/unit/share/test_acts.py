"""Acts: how many officers, of which roles; one officer and one key count once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.share.cast import OFFICERS, SEOUL, SIGNERS, an_officer

from jindo.base.errors import InputError, RefusedError
from jindo.share import ACTS, KINDS, ROLES, check_signatures, count_signatures, get_act

KIM, LEE, PARK = (an_officer(SEOUL, name) for name in ("kim", "lee", "park"))


def test_every_kind_has_an_act_and_known_roles() -> None:
    assert set(KINDS) == set(ACTS) == set(SIGNERS)
    assert all(act.roles <= {*ROLES, "service"} for act in ACTS.values())


@pytest.mark.parametrize("kind", KINDS)
def test_check_signatures_takes_just_enough(kind: str) -> None:
    officers = [an_officer(SEOUL, name) for name in SIGNERS[kind]]
    check_signatures(get_act(kind), officers)
    with pytest.raises(RefusedError) as refused:
        check_signatures(get_act(kind), officers[1:])
    assert refused.value.code == "share.signatures"


def test_unfreezing_and_recalling_ask_for_more_than_freezing() -> None:
    assert ACTS["recall"].signatures > ACTS["request"].signatures > ACTS["case"].signatures


def test_check_signatures_counts_an_officer_once() -> None:
    second_key = replace(KIM, key=LEE.key)
    with pytest.raises(RefusedError, match="1 counted"):
        check_signatures(get_act("request"), [KIM, KIM])
    with pytest.raises(RefusedError, match="1 counted"):
        check_signatures(get_act("request"), [KIM, second_key])


def test_check_signatures_counts_a_key_once() -> None:
    same_key = replace(LEE, key=KIM.key)
    with pytest.raises(RefusedError, match="1 counted"):
        check_signatures(get_act("request"), [KIM, same_key])


@pytest.mark.parametrize("name", sorted(set(OFFICERS) - {"kim", "lee", "park"}))
def test_check_signatures_leaves_out_wrong_roles(name: str) -> None:
    assert count_signatures(get_act("request"), [KIM, an_officer(SEOUL, name)]) == 1


def test_signatures_missing_says_who_may_sign() -> None:
    with pytest.raises(RefusedError) as refused:
        check_signatures(get_act("request"), [KIM])
    assert str(refused.value) == (
        "a request needs 2 signatures of different officers (analyst, prosecutor); 1 counted"
    )
    assert "analyst or prosecutor" in refused.value.remedy()


def test_get_act_refuses_an_unknown_kind() -> None:
    with pytest.raises(InputError):
        get_act("decree")
