"""Laws of seals: what is proved holds, what is not proved does not, and every form has one spelling."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jindo.base.errors import InputError, IntegrityError
from jindo.seal import (
    Checkpoint,
    SigningKey,
    build_consistency_proof,
    build_inclusion_proof,
    canonical_bytes,
    from_base64,
    leaf_hash,
    node_hash,
    parse_canonical,
    parse_envelope_bytes,
    root_of_hashes,
    sign_checkpoint,
    sign_envelope,
    to_base64,
    verify_checkpoint,
    verify_consistency,
    verify_envelope,
    verify_inclusion,
)

LEAVES = [leaf_hash(str(number).encode()) for number in range(70)]
KEYS = [SigningKey.from_seed(bytes([number]) * 32) for number in range(1, 5)]
KNOWN = {key.public.key_id: key.public for key in KEYS}

sizes = st.integers(1, len(LEAVES))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def plain_root(leaves: list[bytes]) -> bytes:
    """The tree's definition, read aloud: split at the largest power of two below the count."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(plain_root(leaves[:split]), plain_root(leaves[split:]))


@given(sizes)
def test_root_of_hashes_is_the_definition(size: int) -> None:
    assert root_of_hashes(LEAVES[:size]) == plain_root(LEAVES[:size])


def test_every_leaf_of_every_small_tree_is_proved() -> None:
    for size in range(1, 34):
        root = root_of_hashes(LEAVES[:size])
        for index in range(size):
            proof = build_inclusion_proof(LEAVES[:size], index)
            verify_inclusion(LEAVES[index], index=index, size=size, proof=proof, root=root)


def test_every_growth_of_every_small_tree_is_proved() -> None:
    roots = [root_of_hashes(LEAVES[:size]) for size in range(34)]
    for new in range(34):
        for old in range(new + 1):
            proof = build_consistency_proof(LEAVES[:new], old)
            verify_consistency(
                old_size=old, old_root=roots[old], new_size=new, new_root=roots[new], proof=proof
            )


@given(sizes, st.data())
def test_a_proof_of_one_place_proves_no_other(size: int, data: st.DataObject) -> None:
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(-1, size + 1))
    proof = build_inclusion_proof(LEAVES[:size], index)
    root = root_of_hashes(LEAVES[:size])
    if other == index:
        other = size
    with pytest.raises(IntegrityError):
        verify_inclusion(LEAVES[index], index=other, size=size, proof=proof, root=root)


@given(sizes, st.data())
def test_a_changed_inclusion_proof_proves_nothing(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = build_inclusion_proof(LEAVES[:size], index)
    root = root_of_hashes(LEAVES[:size])
    with pytest.raises(IntegrityError):
        verify_inclusion(LEAVES[index], index=index, size=size, proof=changed(proof, data), root=root)


@given(sizes, st.data())
def test_a_changed_consistency_proof_proves_nothing(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new))
    proof = build_consistency_proof(LEAVES[:new], old)
    roots = {"old_root": root_of_hashes(LEAVES[:old]), "new_root": root_of_hashes(LEAVES[:new])}
    with pytest.raises(IntegrityError):
        verify_consistency(old_size=old, new_size=new, proof=changed(proof, data), **roots)


def changed(proof: tuple[bytes, ...], data: st.DataObject) -> tuple[bytes, ...]:
    """One hash more, one less, or one bit of one hash."""
    place = data.draw(st.integers(0, len(proof)))
    if place == len(proof) or data.draw(st.booleans()):
        return (*proof[:place], data.draw(st.sampled_from(LEAVES)), *proof[place:])
    if data.draw(st.booleans()):
        return (*proof[:place], *proof[place + 1 :])
    return (*proof[:place], flip(proof[place], data.draw(st.integers(0, 255))), *proof[place + 1 :])


def flip(data: bytes, bit: int) -> bytes:
    at, mask = divmod(bit % (len(data) * 8), 8)
    return data[:at] + bytes([data[at] ^ 1 << mask]) + data[at + 1 :]


@given(st.binary(max_size=200), st.sets(st.sampled_from(range(4)), min_size=1))
def test_envelope_round_trip_says_exactly_who_signed(payload: bytes, signers: set[int]) -> None:
    envelope = sign_envelope("application/x", payload, [KEYS[number] for number in signers])
    back = parse_envelope_bytes(envelope.to_bytes())
    assert back == envelope
    assert verify_envelope(back, KNOWN) == {KEYS[number].public.key_id for number in signers}


@given(st.binary(min_size=1, max_size=100), st.integers(0, 10**6))
def test_an_envelope_with_one_bit_flipped_is_refused(payload: bytes, bit: int) -> None:
    data = sign_envelope("application/x", payload, KEYS[:2]).to_bytes()
    with pytest.raises((InputError, IntegrityError)):
        verify_envelope(parse_envelope_bytes(flip(data, bit)), KNOWN, threshold=2)


@given(st.binary(max_size=100))
def test_base64_round_trip(data: bytes) -> None:
    assert from_base64(to_base64(data)) == data


@given(st.text(alphabet="AQgw/+=-_ \n", max_size=12))
def test_a_text_of_base64_is_the_only_one_for_its_bytes(text: str) -> None:
    try:
        data = from_base64(text)
    except InputError:
        return
    assert to_base64(data) == text


@given(json_values)
def test_canonical_round_trip(value: Any) -> None:
    assert parse_canonical(canonical_bytes(value)) == value


@given(json_values, st.sampled_from([0, 1, 2]))
def test_parse_canonical_accepts_one_spelling(value: Any, indent: int) -> None:
    other = json.dumps(value, indent=indent).encode()
    if other == canonical_bytes(value):
        return
    with pytest.raises(InputError):
        parse_canonical(other)


@given(st.binary(max_size=60))
def test_parse_canonical_takes_any_bytes(data: bytes) -> None:
    try:
        value = parse_canonical(data)
    except InputError:
        return
    assert canonical_bytes(value) == data


@given(st.integers(1, 10**18 - 1), st.binary(min_size=32, max_size=32))
def test_checkpoint_round_trip(size: int, root: bytes) -> None:
    checkpoint = Checkpoint("a.example/log", size, root)
    note = sign_checkpoint(checkpoint, KEYS[0])
    assert verify_checkpoint(note, key=KEYS[0].public, origin="a.example/log") == checkpoint


@given(st.integers(0, 10**6))
def test_a_checkpoint_with_one_bit_flipped_is_refused(bit: int) -> None:
    note = sign_checkpoint(Checkpoint("a.example/log", 3, LEAVES[0]), KEYS[0]).encode()
    try:
        text = flip(note, bit).decode()
    except UnicodeDecodeError:
        return
    with pytest.raises((InputError, IntegrityError)):
        verify_checkpoint(text, key=KEYS[0].public, origin="a.example/log")
