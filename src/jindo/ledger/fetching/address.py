"""Where a server is: what is asked, what may be written down of it, and the credentials apart from both.

* Only http and https; a URL that is neither is refused without being repeated, since it may hold a password.
* What is written down has no userinfo, no query, no part of the path but those that are known to be no key, and no
  name in the host that looks like a key: services put their keys there.

Sending the credentials is `fetcher`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from jindo.base.errors import InputError

HIDDEN = "KEY"
"""Stands where a credential stood."""

_PLAIN = frozenset(
    [
        "index.php",
        "jsonrpc",
        "json-rpc",
        "json_rpc",
        "eth-rpc",
        "mainnet",
        "testnet",
        "testnet3",
        "testnet4",
        "signet",
        "regtest",
        "sepolia",
        "hoodi",
        "ethereum",
        "bitcoin",
        "tron",
        "polygon",
        "arbitrum",
        "optimism",
        "base",
        "gnosis",
        "avalanche",
        "liquid",
        "electrs",
        "esplora",
        "main",
        "public",
        "proxy",
        "node",
        "wallet",
        "taxii",
        "taxii2",
        "json",
    ]
)
"""Parts of paths that are no keys; nor is what has under four characters."""
_KEY_LIKE = re.compile(r"[0-9a-f]{20,}|(?=[a-z]*[0-9])[a-z0-9]{24,}")
"""A name in a host that is a key; those of hidden services are addresses."""
_ODD = re.compile(r"[\s\x00-\x1f\x7f\\]")


@dataclass(frozen=True, slots=True)
class ServiceAddress:
    """A server's address, taken apart."""

    url: str = field(repr=False)
    """Scheme, host and path without a final slash; the path may hold a key."""
    shown: str
    """The same, as it may be written down."""
    user: tuple[str, str] | None = field(default=None, repr=False)
    """Name and password."""
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Goes with every request: services' keys stand there."""


def parse_service_address(text: str) -> ServiceAddress:
    """The address written as `text`.

    Raises:
        InputError: it is no http or https URL; its text is not repeated.
    """
    text = text.strip()
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise _refuse() from error
    if parts.scheme not in ("http", "https") or not host or _ODD.search(text):
        raise _refuse()
    end = "" if port is None else f":{port}"
    path = parts.path.rstrip("/")
    return ServiceAddress(
        url=f"{parts.scheme}://{_bracket(host)}{end}{path}",
        shown=f"{parts.scheme}://{_bracket(_hide(host, _host_keys(host), '.'))}{end}{_hide(path, _path_keys(path), '/')}",
        user=_find_user(parts.username, parts.password),
        query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
    )


def name_keep(address: ServiceAddress) -> str:
    """The name of the folder for what a server answers: its host and port."""
    return re.sub(r"[^-.a-z0-9]", "_", urlsplit(address.shown).netloc.lower()).lstrip(".") or "_"


def find_secrets(
    address: ServiceAddress,
    headers: Mapping[str, str],
    query: Iterable[tuple[str, str]],
    user: tuple[str, str] | None,
) -> list[str]:
    """Every text that must not be repeated, the longest first; what has under four characters tells nothing."""
    parts = urlsplit(address.url)
    keys = (*_path_keys(parts.path), *_host_keys(parts.hostname or ""))
    given = (
        *keys,
        *map(unquote, keys),
        *headers.values(),
        *(value for _, value in query),
        *(user or ()),
        *(address.user or ()),
    )
    return sorted({text for text in given if len(text) >= 4}, key=len, reverse=True)


def _find_user(name: str | None, password: str | None) -> tuple[str, str] | None:
    if name is None and password is None:
        return None
    return unquote(name or ""), unquote(password or "")


def _path_keys(path: str) -> list[str]:
    return [part for part in path.split("/") if len(part) >= 4 and part.lower() not in _PLAIN]


def _host_keys(host: str) -> list[str]:
    parts = host.split(".")
    return [] if parts[-1] in ("onion", "i2p") else [part for part in parts if _KEY_LIKE.fullmatch(part)]


def _hide(text: str, keys: list[str], between: str) -> str:
    return between.join(HIDDEN if part in keys else part for part in text.split(between))


def _bracket(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _refuse() -> InputError:
    return InputError(
        "the address of the server is no http or https URL",
        remedy="Write it as http://HOST:PORT or https://HOST/PATH.",
    )
