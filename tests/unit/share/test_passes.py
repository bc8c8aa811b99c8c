"""Passes: for one node, for minutes, of a member that is known."""

from __future__ import annotations

import base64

import pytest
from tests.unit.share.cast import MEMBERS, NOW, SEOUL, key_of

from jindo.base.errors import RefusedError
from jindo.seal import canonical_bytes, sign_envelope
from jindo.share import build_pass, verify_pass
from jindo.share.passes import PASS_TYPE

SERVICE = key_of("seoul", "service")


def a_pass(**changed: object) -> str:
    asked: dict[str, object] = {
        "member": "seoul",
        "audience": "hague",
        "key": SERVICE,
        "time": NOW,
        "nonce": "n" * 16,
    }
    return build_pass(**{**asked, **changed})  # type: ignore[arg-type]


def test_verify_pass_says_who_asks() -> None:
    assert verify_pass(a_pass(), members=MEMBERS, audience="hague", time=NOW + 60) == SEOUL


@pytest.mark.parametrize("time", [NOW - 60, NOW + 179])
def test_verify_pass_bears_with_clocks_that_differ(time: int) -> None:
    assert verify_pass(a_pass(), members=MEMBERS, audience="hague", time=time) == SEOUL


@pytest.mark.parametrize("time", [NOW - 61, NOW + 180, NOW + 10**6])
def test_verify_pass_refuses_outside_its_minutes(time: int) -> None:
    with pytest.raises(RefusedError) as refused:
        verify_pass(a_pass(), members=MEMBERS, audience="hague", time=time)
    assert refused.value.code == "share.pass"


@pytest.mark.parametrize(
    "changed",
    [
        {"audience": "dolmen"},
        {"member": "busan"},
        {"member": "dolmen"},  # another member's name on our signature
        {"key": key_of("seoul", "member")},
        {"key": key_of("mallory")},
        {"lifetime": 601},
        {"lifetime": 0},
        {"nonce": "short"},
    ],
)
def test_verify_pass_refuses_forged_and_misdirected_ones(changed: dict[str, object]) -> None:
    with pytest.raises(RefusedError) as refused:
        verify_pass(a_pass(**changed), members=MEMBERS, audience="hague", time=NOW)
    assert refused.value.code == "share.pass"


@pytest.mark.parametrize(
    "text", ["", "é", "====", "a" * 20_000, "bnVsbA", "W10", a_pass()[:-4], a_pass() + "="]
)
def test_verify_pass_refuses_what_is_no_pass(text: str) -> None:
    with pytest.raises(RefusedError) as refused:
        verify_pass(text, members=MEMBERS, audience="hague", time=NOW)
    assert refused.value.code == "share.pass"


def test_verify_pass_refuses_another_type_of_envelope() -> None:
    said = {"format": "jindo.pass/1", "member": "seoul", "audience": "hague", "nonce": "n" * 16}
    payload = canonical_bytes({**said, "made": NOW, "expires": NOW + 60})
    for kind, holds in (("application/json", False), (PASS_TYPE, True)):
        text = (
            base64.urlsafe_b64encode(sign_envelope(kind, payload, [SERVICE]).to_bytes()).decode().rstrip("=")
        )
        if holds:
            assert verify_pass(text, members=MEMBERS, audience="hague", time=NOW) == SEOUL
        else:
            with pytest.raises(RefusedError):
                verify_pass(text, members=MEMBERS, audience="hague", time=NOW)
