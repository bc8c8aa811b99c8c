"""Labels: canonical, counted only while their statement stands."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection
from tests.unit.respond.alliance import DEPOSIT, DEPOSIT_2, NOW, Alliance, id_of

from jindo.base.errors import InputError
from jindo.base.markings import Tlp
from jindo.respond import (
    Label,
    active_labels,
    build_label_body,
    check_addresses_of_case,
    check_label,
    record_labels,
)
from jindo.share import build_recall_body, read_statement

BODY = build_label_body(
    [DEPOSIT.upper().replace("0X", "0x"), DEPOSIT_2, DEPOSIT], service="Mixer", kind="mixer", reason="seized"
)


def test_build_label_body_is_canonical() -> None:
    assert BODY["addresses"] == sorted([DEPOSIT, DEPOSIT_2])
    check_label(BODY)


@pytest.mark.parametrize(
    "wrong",
    [
        {"addresses": []},
        {"addresses": ["0x12"]},
        {"addresses": [DEPOSIT, DEPOSIT]},
        {"addresses": [DEPOSIT.upper().replace("0X", "0x")]},
        {"addresses": "x"},
        {"service": ""},
        {"service": "=cmd()"},
        {"service": "a\nb"},
        {"kind": 3},
        {"reason": ""},
        {"chains": ["nope"]},
        {"chains": None},
    ],
)
def test_check_label_refuses(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        check_label({**BODY, **wrong})


def test_active_labels_counts_published_ones_until_their_recall(alliance: Alliance) -> None:
    bonn = alliance.bonn
    with bonn.store.begin() as conn:
        draft = bonn.draft(conn, "label", BODY, "seoul", tlp=Tlp.GREEN)
        record_labels(conn, draft, BODY)
        assert counting(conn, "bonn") == []
        said = bonn.say(conn, "label", BODY, "seoul", 1, 2, tlp=Tlp.GREEN)
        record_labels(conn, said, BODY)
        record_labels(conn, said, BODY)
        found = counting(conn, "bonn")
        assert [(label.address, label.service, label.tlp) for label in found] == [
            (address, "Mixer", Tlp.GREEN) for address in BODY["addresses"]
        ]
        recall = build_recall_body(read_statement(conn, said).statement, reason="mistaken")
        bonn.say(conn, "recall", recall, "seoul", 1, 2, 3, subject=said)
        assert counting(conn, "bonn") == []


def counting(conn: Connection, us: str, case_id: str = "none", time: int = NOW) -> list[Label]:
    return active_labels(conn, us=us, case_id=case_id, time=time)


def test_another_member_s_label_counts_in_the_case_that_it_names_alone(
    alliance: Alliance, conn: Connection
) -> None:
    case_id = id_of("the case")
    with alliance.bonn.store.begin() as theirs:
        said = alliance.bonn.say(theirs, "label", BODY, "seoul", 1, 2, case_id=case_id)
        everywhere = alliance.bonn.say(theirs, "label", BODY, "seoul", 1, 2)
    for one in (said, everywhere):
        alliance.seoul.hear(conn, alliance.bonn, one, time=NOW + 5)
        record_labels(conn, one, BODY)
    assert {label.statement_id for label in counting(conn, "seoul", case_id)} == {said}
    assert counting(conn, "seoul", id_of("another case")) == []


def test_our_own_label_counts_everywhere_and_before_all_others(alliance: Alliance, conn: Connection) -> None:
    case_id = id_of("the case")
    with alliance.bonn.store.begin() as theirs:
        said = alliance.bonn.say(theirs, "label", BODY, "seoul", 1, 2, case_id=case_id, made=1)
    alliance.seoul.hear(conn, alliance.bonn, said, time=NOW + 5)
    record_labels(conn, said, BODY)
    ours = {**BODY, "service": "Known to us"}
    record_labels(conn, alliance.seoul.say(conn, "label", ours, "bonn", 1, 2), ours)
    found = counting(conn, "seoul", case_id)
    assert [label.member for label in found[:2]] == ["seoul", "bonn"]
    assert {label.service for label in counting(conn, "seoul")} == {"Known to us"}


def test_check_addresses_of_case_refuses_what_is_no_address() -> None:
    ether = [{"theft": "a", "tx_hash": "0x" + "a" * 64}]
    elsewhere = [{"theft": "a", "address": "SoLanaAccount"}]
    good = ["0x" + "1" * 40, "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"]
    for loss in (ether, []):
        check_addresses_of_case(good, loss)
        for bad in ("nonsense", "Quokka", "b" * 64):
            with pytest.raises(InputError, match="no address of the case's chain"):
                check_addresses_of_case([*good, bad], loss)
    check_addresses_of_case(["another"], elsewhere)
