"""The private keys in a node's folder: read for their owner's eyes only, each when it is used and not before.

* A key that others on the machine can read, or exchange, is refused.
* `service.key` is read when a node opens. `member.key` is read by whoever vouches, and by nothing that serves: it may
  have a passphrase, or lie somewhere else than on the node until it is needed.
* A passphrase is given by whoever calls. The node looks for none: a process that serves has none to lose.
"""

from __future__ import annotations

from pathlib import Path

from jindo.base.errors import InputError, NotFound, RefusedError
from jindo.seal import SigningKey

KEYS = "keys"
MEMBER_KEY, SERVICE_KEY, CERTIFICATE = "member.key", "service.key", "tls.crt"

_ENCRYPTED = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"


class KeysOpen(RefusedError):
    """Others on the machine can read a node's private key."""

    code = "node.keys-open"

    def default_remedy(self) -> str:
        """Close the file."""
        return "Run chmod 600 on the file and chmod 700 on its folder; if others had access, make new keys."


class MemberKeyAway(InputError):
    """The member key is not on the node, and something shall be vouched for."""

    code = "node.member-key-away"


class MemberKeyLocked(InputError):
    """The member key has a passphrase, and the right one was not given."""

    code = "node.member-key-locked"

    def default_remedy(self) -> str:
        """Give the passphrase, on the node's own machine."""
        return "Do this on the node's own machine, and give the passphrase in $JINDO_MEMBER_KEY_PASSPHRASE or at the prompt."


def has_locked_member_key(folder: Path) -> bool:
    """Whether the member key lies in the node's folder, and has a passphrase."""
    file = folder / KEYS / MEMBER_KEY
    return file.is_file() and read_file(file).startswith(_ENCRYPTED)


def open_member_key(folder: Path, passphrase: bytes | None = None) -> SigningKey:
    """The key that vouches for officers; it is in memory only while the caller uses it.

    Raises:
        MemberKeyAway: it is not in the folder.
        MemberKeyLocked: it needs another passphrase than is given.
        InputError: it cannot be read.
        KeysOpen: others can read it.
    """
    file = folder / KEYS / MEMBER_KEY
    if not file.exists():
        raise MemberKeyAway(
            "the member key is kept somewhere else, and this needs it",
            place=str(file),
            remedy=f"Put it at {file} (chmod 600), do this again, and take it away.",
        )
    locked = has_locked_member_key(folder)
    if locked and passphrase is None:
        raise MemberKeyLocked("the member key has a passphrase", place=str(file))
    try:
        return _parse_key(file, passphrase if locked else None)
    except InputError as error:
        if not locked:
            raise
        raise MemberKeyLocked("this is not the member key's passphrase", place=str(file)) from error


def read_service_key(folder: Path) -> SigningKey:
    """The key with which the node itself signs.

    Raises:
        NotFound, InputError: it is not there, or cannot be read.
        KeysOpen: others can read it.
    """
    return _parse_key(folder / KEYS / SERVICE_KEY, None)


def read_file(file: Path) -> bytes:
    """The content of a file of the node's.

    Raises:
        NotFound, InputError: it is not there, or cannot be read.
    """
    try:
        return file.read_bytes()
    except FileNotFoundError as error:
        raise NotFound("the node's file is missing", place=str(file)) from error
    except OSError as error:
        raise InputError(f"the node's file cannot be read: {error.strerror}", place=str(file)) from error


def _parse_key(file: Path, passphrase: bytes | None) -> SigningKey:
    data = read_file(file)
    if file.stat().st_mode & 0o077 or file.parent.stat().st_mode & 0o022:
        raise KeysOpen("others can read this key, or exchange it", place=str(file))
    try:
        return SigningKey.from_pem(data, passphrase)
    except InputError as error:
        raise InputError(error.problem, place=str(file), remedy="Put the node's own key back.") from error
