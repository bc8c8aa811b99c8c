"""Laws of statements: what is signed is what is read, and no byte of it can be changed."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.property.share.strategies import statements
from tests.unit.share.cast import NOW, SEOUL, a_statement, signed

from jindo.base.errors import JindoError
from jindo.seal import canonical_bytes, parse_envelope
from jindo.share import (
    KINDS,
    SignedStatement,
    Statement,
    carrier_object,
    find_envelope,
    parse_statement,
    statement_payload,
    verify_statement,
)


@given(statements())
def test_payload_round_trip(statement: Statement) -> None:
    payload = statement_payload(statement)
    assert parse_statement(payload) == statement
    assert statement_payload(parse_statement(payload)) == payload


SIGNED = {kind: signed(a_statement(kind, body={"said": ["a", 1, None]})) for kind in KINDS}


def is_refused(envelope_bytes: bytes, vouchers: list[bytes]) -> bool:
    """Whether a node refuses this envelope with these vouchers; an exception that is not ours is a failure."""
    try:
        envelope = parse_envelope(json.loads(envelope_bytes))
        read = [parse_envelope(json.loads(voucher)) for voucher in vouchers]
    except (ValueError, JindoError):
        return True
    try:
        verify_statement(envelope, read, SEOUL, at=NOW, recipient="hague")
    except JindoError:
        return True
    return False


@settings(max_examples=300)
@given(st.sampled_from(KINDS), st.data())
def test_any_changed_byte_is_refused(kind: str, data: st.DataObject) -> None:
    """One byte of the envelope or of a voucher, changed, taken out or put in, in any place."""
    made = SIGNED[kind]
    parts = [made.envelope.to_bytes(), *(voucher.to_bytes() for voucher in made.vouchers)]
    which = data.draw(st.integers(0, len(parts) - 1))
    where = data.draw(st.integers(0, len(parts[which]) - 1))
    byte = data.draw(st.integers(0, 255))
    before, old, after = parts[which][:where], parts[which][where], parts[which][where + 1 :]
    changed = data.draw(
        st.sampled_from([before + bytes([byte]) + after, before + after, before + bytes([byte, old]) + after])
    )
    if canonical_or_none(changed) == parts[which]:
        return  # the same JSON, written with white space
    parts[which] = changed
    assert is_refused(parts[0], parts[1:])


def canonical_or_none(data: bytes) -> bytes | None:
    try:
        return canonical_bytes(json.loads(data))
    except (ValueError, RecursionError, JindoError):
        return None


def test_unchanged_is_not_refused() -> None:
    for made in SIGNED.values():
        assert not is_refused(made.envelope.to_bytes(), [voucher.to_bytes() for voucher in made.vouchers])


@given(st.sampled_from(KINDS), st.sampled_from(KINDS))
def test_signatures_of_one_statement_do_not_fit_another(one: str, other: str) -> None:
    first, second = SIGNED[one], SIGNED[other]
    mixed = {**first.envelope.to_dict(), "signatures": second.envelope.to_dict()["signatures"]}
    vouchers = [voucher.to_bytes() for voucher in second.vouchers]
    assert is_refused(canonical_bytes(mixed), vouchers) == (one != other)


@given(st.sampled_from(KINDS), st.dictionaries(st.text(max_size=5), st.integers(0, 9), max_size=3))
def test_carrier_gives_back_what_it_carries(kind: str, around: dict[str, Any]) -> None:
    made: SignedStatement = SIGNED[kind]
    carrier = json.loads(json.dumps({**around, **carrier_object(made)}))
    found = find_envelope(carrier)
    assert found is not None
    assert verify_statement(*found, SEOUL, at=NOW) == made
