"""Ed25519 keys (RFC 8032): who signs, and by whom a signature can be checked.

* A key's id is the SHA-256 of its 32 public bytes, so that an id can only ever mean one key.
* A public key that verifies anything (a point of small order), or has a second spelling, is refused.
* Private bytes leave a key as PKCS 8 in PEM only, and no error or `repr` shows them.

Whose key it is, and whether its owner may sign, is decided by `share`; where keys lie is known to `app`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from jindo.base.errors import InputError, IntegrityError
from jindo.seal.armor import from_base64, to_base64
from jindo.seal.canonical import sha256_hex

KEY_PREFIX = "ed25519:"
SIGNATURE_BYTES = 64

_FIELD = 2**255 - 19
_WEAK_Y = frozenset(
    {
        0,
        1,
        _FIELD - 1,
        int.from_bytes(
            bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"
        ),
        int.from_bytes(
            bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"
        ),
    }
)
"""The y of all eight points whose order divides 8: under such a key one signature fits many messages."""


class KeyUnusable(InputError):
    """A key cannot be read, or should not be trusted with anything."""

    code = "seal.key"

    def default_remedy(self) -> str:
        """Make a new key."""
        return "Check the file and the passphrase, or make a new Ed25519 key."


class SignatureInvalid(IntegrityError):
    """A signature does not fit what it is said to sign."""

    code = "seal.signature"

    def default_remedy(self) -> str:
        """Ask for it again."""
        return "Trust nothing of it. Ask whoever sent it to send it again, and tell them if it happens twice."


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What everyone may know of a key."""

    raw: bytes
    """32 bytes, as RFC 8032 writes a point."""

    def __post_init__(self) -> None:
        if len(self.raw) != 32:
            raise KeyUnusable(f"an Ed25519 public key has 32 bytes, not {len(self.raw)}", place="public key")
        y = int.from_bytes(self.raw, "little") & (2**255 - 1)
        if y >= _FIELD or y in _WEAK_Y:
            raise KeyUnusable("this public key would accept signatures by nobody", place="public key")

    @property
    def key_id(self) -> str:
        """SHA-256 of the raw key, 64 lower case hex digits."""
        return sha256_hex(self.raw)

    def to_text(self) -> str:
        """`ed25519:` and the base64 of the raw key."""
        return KEY_PREFIX + to_base64(self.raw)

    def verify(self, data: bytes, signature: bytes) -> None:
        """Return only if `signature` is this key's over `data`.

        Raises:
            IntegrityError: code `seal.signature`, it is not.
        """
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, data)
        except (InvalidSignature, ValueError) as error:
            raise SignatureInvalid("the signature does not fit", place=f"key {self.key_id[:16]}") from error


def parse_public_key(text: str) -> PublicKey:
    """The key that `PublicKey.to_text` wrote.

    Raises:
        InputError: code `seal.key` or `seal.base64`, the text is no usable Ed25519 key.
    """
    if not text.startswith(KEY_PREFIX):
        raise KeyUnusable(f"a public key begins with {KEY_PREFIX!r}", place="public key")
    return PublicKey(from_base64(text.removeprefix(KEY_PREFIX), place="public key"))


@dataclass(frozen=True, slots=True, eq=False)
class SigningKey:
    """A private key; make one with `generate`, `from_pem` or `from_seed`."""

    _private: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def generate(cls) -> SigningKey:
        """A new key from the machine's own randomness."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: bytes) -> SigningKey:
        """The key of 32 secret bytes (RFC 8032, section 5.1.5); made worlds and tests repeat themselves with it.

        Raises:
            InputError: code `seal.key`, it is not 32 bytes.
        """
        if len(seed) != 32:
            raise KeyUnusable(f"a seed has 32 bytes, not {len(seed)}", place="seed")
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def from_pem(cls, data: bytes, passphrase: bytes | None = None) -> SigningKey:
        """The key of a PEM file in PKCS 8.

        Raises:
            InputError: code `seal.key`, no such file, a wrong, missing or needless passphrase, another kind of key.
        """
        try:
            private = load_pem_private_key(data, passphrase)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise KeyUnusable(
                "the private key cannot be opened with this passphrase", place="private key"
            ) from error
        if not isinstance(private, Ed25519PrivateKey):
            raise KeyUnusable("the private key is not an Ed25519 key", place="private key")
        return cls(private)

    def to_pem(self, passphrase: bytes | None = None) -> bytes:
        """The key in PKCS 8 and PEM, encrypted where a passphrase is given."""
        lock: KeySerializationEncryption = NoEncryption()
        if passphrase is not None:
            lock = BestAvailableEncryption(passphrase)
        return self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)

    @property
    def public(self) -> PublicKey:
        """The public half."""
        return PublicKey(self._private.public_key().public_bytes_raw())

    def sign(self, data: bytes) -> bytes:
        """The signature over `data`, 64 bytes; the same data gives the same signature."""
        return self._private.sign(data)
