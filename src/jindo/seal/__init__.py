"""Seals: one way to write a value as bytes, to hash it, to sign it, and to show that a log only grew.

* The same value gives the same bytes on every machine.
* Amounts are strings: an integer that a JSON reader could round is refused.
* What is signed has one form, and nothing in it is believed before it is verified.
"""

from jindo.seal.armor import ArmorMalformed, from_base64, to_base64
from jindo.seal.canonical import NotCanonical, canonical_bytes, canonical_hash, parse_canonical, sha256_hex
from jindo.seal.checkpoint import Checkpoint, CheckpointMalformed, sign_checkpoint, verify_checkpoint
from jindo.seal.envelope import (
    Envelope,
    EnvelopeMalformed,
    Signature,
    parse_envelope,
    parse_envelope_bytes,
    preauth_bytes,
    sign_envelope,
    verify_envelope,
    with_signature,
)
from jindo.seal.keys import KeyUnusable, PublicKey, SignatureInvalid, SigningKey, parse_public_key
from jindo.seal.merkle import EMPTY_ROOT, leaf_hash, merkle_root, node_hash, root_of_hashes
from jindo.seal.proofs import (
    ProofInvalid,
    build_consistency_proof,
    build_inclusion_proof,
    verify_consistency,
    verify_inclusion,
)

__all__ = [
    "canonical_bytes",
    "canonical_hash",
    "parse_canonical",
    "NotCanonical",
    "sha256_hex",
    "to_base64",
    "from_base64",
    "ArmorMalformed",
    "SigningKey",
    "PublicKey",
    "parse_public_key",
    "KeyUnusable",
    "SignatureInvalid",
    "Envelope",
    "Signature",
    "parse_envelope",
    "parse_envelope_bytes",
    "preauth_bytes",
    "sign_envelope",
    "with_signature",
    "verify_envelope",
    "EnvelopeMalformed",
    "merkle_root",
    "root_of_hashes",
    "leaf_hash",
    "node_hash",
    "EMPTY_ROOT",
    "build_inclusion_proof",
    "build_consistency_proof",
    "verify_inclusion",
    "verify_consistency",
    "ProofInvalid",
    "Checkpoint",
    "CheckpointMalformed",
    "sign_checkpoint",
    "verify_checkpoint",
]
