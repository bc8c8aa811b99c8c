"""Key files: an officer's, made once, kept by the officer, never by the node; and the passphrase of the member's.

* A private key is PKCS8 in PEM, in a file that its owner alone can read; one that others can read is not used.
* A passphrase comes from $JINDO_KEY_PASSPHRASE ($JINDO_MEMBER_KEY_PASSPHRASE for the member key) or is asked for on
  the terminal, and is never an argument.
* A file is never overwritten: with a key is lost what only it could sign.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jindo.base.errors import ConflictError, InputError, RefusedError

if TYPE_CHECKING:
    from jindo.seal import PublicKey, SigningKey

PASSPHRASE = "JINDO_KEY_PASSPHRASE"  # noqa: S105  # the variable's name
MEMBER_PASSPHRASE = "JINDO_MEMBER_KEY_PASSPHRASE"  # noqa: S105  # the variable's name
_ENCRYPTED = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"

KeyFile = Annotated[
    Path | None,
    typer.Option("--key", help="Your private key: signs what was drafted at once.", metavar="FILE"),
]
SignWith = Annotated[Path, typer.Option("--key", help="Your private key.", metavar="FILE")]


class KeyExposed(RefusedError):
    """An officer's key file can be read by others; whoever read it can sign in the officer's name."""

    code = "cli.key-exposed"


def write_key(path: Path, *, ask: bool) -> PublicKey:
    """Make a key pair, write the private half for its owner alone, and give the public half.

    Raises:
        ConflictError: there is such a file.
    """
    from jindo.seal import SigningKey

    key = SigningKey.generate()
    secret = key.to_pem(_new_passphrase(ask=ask))
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise ConflictError(
            "there is a file already, and a key is never overwritten",
            place=str(path),
            remedy="Name another file with --key-out.",
        ) from error
    with os.fdopen(handle, "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    return key.public


def read_key(path: Path) -> SigningKey:
    """The key of a file; its passphrase comes from the environment or the terminal.

    Raises:
        InputError: the file holds no such key, or the passphrase is wrong or missing.
        KeyExposed: others can read the file.
    """
    from jindo.seal import SigningKey

    with path.open("rb") as file:
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
            raise KeyExposed(
                "others can read this key",
                place=str(path),
                remedy="Run `chmod 600` on it, and think about who may have read it: a new key may be needed.",
            )
        data = file.read()
    passphrase = _known_passphrase(path) if data.startswith(_ENCRYPTED) else None
    return SigningKey.from_pem(data, passphrase)


def read_passphrase_file(path: Path) -> bytes:
    """The first line of a file, for a key that is made.

    Raises:
        InputError: the line is empty.
    """
    first = path.read_bytes().partition(b"\n")[0].rstrip(b"\r")
    if not first:
        raise InputError("the first line holds no passphrase", place=str(path))
    return first


def find_member_passphrase(node: Path) -> bytes | None:
    """The passphrase of a node's member key: of the environment, or asked for; none where the key has none."""
    from jindo.app import has_locked_member_key

    if not has_locked_member_key(node):
        return None
    return _known_passphrase(node / "keys" / "member.key", MEMBER_PASSPHRASE)


def _new_passphrase(*, ask: bool) -> bytes | None:
    given = os.environ.get(PASSPHRASE)
    if ask and not given:
        given = typer.prompt("passphrase of the new key", hide_input=True, confirmation_prompt=True, err=True)
    return given.encode() if given else None


def _known_passphrase(path: Path, variable: str = PASSPHRASE) -> bytes:
    given = os.environ.get(variable)
    if not given and not sys.stdin.isatty():
        raise InputError(
            "the key has a passphrase",
            place=str(path),
            remedy=f"Put it into ${variable}, or use a terminal.",
        )
    return (given or str(typer.prompt(f"passphrase of {path}", hide_input=True, err=True))).encode()
