"""Ed25519 keys: the RFC's vectors, their two written forms, and the keys that are no keys."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from jindo.base.errors import InputError, IntegrityError
from jindo.seal import KeyUnusable, PublicKey, SigningKey, parse_public_key, sha256_hex, to_base64
from jindo.seal.keys import _FIELD, _WEAK_Y

# RFC 8032, section 7.1, TEST 1 to 3: secret, public, message, signature.
RFC_VECTORS = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
            "387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
            "4a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
]


@pytest.mark.parametrize(("secret", "public", "message", "signature"), RFC_VECTORS)
def test_sign_gives_the_signatures_of_the_rfc(secret: str, public: str, message: str, signature: str) -> None:
    key = SigningKey.from_seed(bytes.fromhex(secret))
    assert key.public.raw.hex() == public
    assert key.sign(bytes.fromhex(message)).hex() == signature
    key.public.verify(bytes.fromhex(message), bytes.fromhex(signature))


def test_key_id_is_the_hash_of_the_raw_key() -> None:
    public = SigningKey.from_seed(bytes(32)).public
    assert public.key_id == sha256_hex(public.raw)


def test_verify_refuses_another_message_and_another_key() -> None:
    key, other = SigningKey.generate(), SigningKey.generate()
    signature = key.sign(b"freeze")
    for public, message in ((key.public, b"freeze!"), (other.public, b"freeze")):
        with pytest.raises(IntegrityError) as caught:
            public.verify(message, signature)
        assert caught.value.code == "seal.signature"


@pytest.mark.parametrize("length", [0, 63, 65, 128])
def test_verify_refuses_a_signature_of_another_length(length: int) -> None:
    key = SigningKey.generate()
    signature = (key.sign(b"x") * 2)[:length]
    with pytest.raises(IntegrityError):
        key.public.verify(b"x", signature)


def test_verify_refuses_the_same_signature_with_a_larger_scalar() -> None:
    """S + L signs the same message for a careless verifier: a second signature that nobody made."""
    key = SigningKey.generate()
    signature = key.sign(b"x")
    scalar = int.from_bytes(signature[32:], "little") + 2**252 + 27742317777372353535851937790883648493
    with pytest.raises(IntegrityError):
        key.public.verify(b"x", signature[:32] + scalar.to_bytes(32, "little"))


def test_pem_round_trip_with_and_without_a_passphrase() -> None:
    key = SigningKey.generate()
    assert SigningKey.from_pem(key.to_pem()).public == key.public
    assert b"ENCRYPTED" in key.to_pem(b"correct horse")
    assert SigningKey.from_pem(key.to_pem(b"correct horse"), b"correct horse").public == key.public


@pytest.mark.parametrize(
    ("made_with", "opened_with"), [(b"right", b"wrong"), (b"right", None), (None, b"needless")]
)
def test_from_pem_refuses_another_passphrase(made_with: bytes | None, opened_with: bytes | None) -> None:
    pem = SigningKey.generate().to_pem(made_with)
    with pytest.raises(KeyUnusable) as caught:
        SigningKey.from_pem(pem, opened_with)
    assert "needless" not in str(caught.value)
    assert "wrong" not in str(caught.value)


def test_from_pem_refuses_what_is_no_key_or_another_kind_of_key() -> None:
    other = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    half = SigningKey.generate().to_pem()[:60]
    for data in (b"", b"not a key", half, other):
        with pytest.raises(KeyUnusable):
            SigningKey.from_pem(data)


def test_repr_of_a_signing_key_shows_no_secret() -> None:
    key = SigningKey.from_seed(b"s" * 32)
    assert repr(key) == "SigningKey()"


def test_from_seed_refuses_another_length() -> None:
    with pytest.raises(KeyUnusable):
        SigningKey.from_seed(b"short")


def test_public_key_text_round_trip() -> None:
    public = SigningKey.generate().public
    assert public.to_text().startswith("ed25519:")
    assert parse_public_key(public.to_text()) == public


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ed25519:",
        "ssh-ed25519 AAAA",
        "ed25519:" + to_base64(b"x" * 31),
        "ed25519:" + to_base64(b"x" * 33),
        "ed25519:" + to_base64(b"x" * 32) + "\n",
        " ed25519:" + to_base64(b"x" * 32),
        "ed25519:" + to_base64(b"x" * 32).rstrip("="),
        "ED25519:" + to_base64(b"x" * 32),
    ],
)
def test_parse_public_key_refuses_another_form(text: str) -> None:
    with pytest.raises(InputError):
        parse_public_key(text)


def test_public_key_of_small_order_is_refused() -> None:
    """Under such a key one signature fits many messages, so that its owner can deny any of them."""
    for y in _WEAK_Y:
        for sign in (0, 1):
            with pytest.raises(KeyUnusable):
                PublicKey((y | sign << 255).to_bytes(32, "little"))


def test_weak_points_are_those_whose_order_divides_eight() -> None:
    for y in _WEAK_Y:
        assert multiply_by_eight(y) == (0, 1)


def multiply_by_eight(y: int) -> tuple[int, int]:
    """Eight times a point with this y on edwards25519, by the addition law of RFC 8032, section 5.1.4."""
    d = -121665 * pow(121666, -1, _FIELD) % _FIELD
    square = (y * y - 1) * pow(d * y * y + 1, -1, _FIELD) % _FIELD
    x = pow(square, (_FIELD + 3) // 8, _FIELD)
    if (x * x - square) % _FIELD:
        x = x * pow(2, (_FIELD - 1) // 4, _FIELD) % _FIELD
    assert (x * x - square) % _FIELD == 0
    for _ in range(3):
        product = d * x * x * y * y
        x, y = (
            2 * x * y * pow(1 + product, -1, _FIELD) % _FIELD,
            (y * y + x * x) * pow(1 - product, -1, _FIELD) % _FIELD,
        )
    return x, y


def test_public_key_with_a_second_spelling_is_refused() -> None:
    """y + p is read as y by a lenient reader: the same key with another id could count as a second signer."""
    for y in range(2, 19):
        with pytest.raises(KeyUnusable):
            PublicKey((y + _FIELD).to_bytes(32, "little"))
