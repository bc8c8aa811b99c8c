"""Where a server is: what is asked, what may be written down of it, and the credentials apart from both.

* Only http and https; a URL that is neither is refused without being repeated, since it may hold a password.
* What is written down has no userinfo, no query and no part of the path that looks like a key: services put
  their keys there.

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

_KEY_LIKE = re.compile(r"[-_A-Za-z0-9]{16,}")
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
    place = f"[{host}]" if ":" in host else host
    place = place if port is None else f"{place}:{port}"
    path = parts.path.rstrip("/")
    return ServiceAddress(
        url=f"{parts.scheme}://{place}{path}",
        shown=f"{parts.scheme}://{place}{_hide_keys(path)}",
        user=_find_user(parts.username, parts.password),
        query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
    )


def name_keep(address: ServiceAddress) -> str:
    """The name of the folder for what a server answers: its host and port."""
    return re.sub(r"[^-.a-z0-9]", "_", urlsplit(address.url).netloc.lower()).lstrip(".") or "_"


def find_secrets(
    address: ServiceAddress,
    headers: Mapping[str, str],
    query: Iterable[tuple[str, str]],
    user: tuple[str, str] | None,
) -> list[str]:
    """Every text that must not be repeated, the longest first; what has under four characters tells nothing."""
    path = (part for part in urlsplit(address.url).path.split("/") if _KEY_LIKE.fullmatch(part))
    given = (*path, *headers.values(), *(value for _, value in query), *(user or ()), *(address.user or ()))
    return sorted({text for text in given if len(text) >= 4}, key=len, reverse=True)


def _find_user(name: str | None, password: str | None) -> tuple[str, str] | None:
    if name is None and password is None:
        return None
    return unquote(name or ""), unquote(password or "")


def _hide_keys(path: str) -> str:
    return "/".join(HIDDEN if _KEY_LIKE.fullmatch(part) else part for part in path.split("/"))


def _refuse() -> InputError:
    return InputError(
        "the address of the server is no http or https URL",
        remedy="Write it as http://HOST:PORT or https://HOST/PATH.",
    )
