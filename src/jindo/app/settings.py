"""What a node is told by its `node.toml`: who it is, where it listens, where its data lie.

* The environment (`JINDO_NODE_...`) outweighs the file, but not for who the node is: that is on its signed card.
* Every section and key is known; a slip of the pen is refused and never ignored.
* Paths are taken from the node's folder, also the path of an SQLite database.
* The database's address may hold a password: no message shows it.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jindo.base.errors import InputError, NotFound

NODE_FILE = "node.toml"
SQLITE = "sqlite:///"
LONGEST_PULL = 86_400


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of `node.toml`."""

    section: str
    key: str
    kind: type
    """str, int, or tuple for a list of texts."""
    default: Any
    """`None` where the key has to be there."""
    what: str
    variable: str = ""
    """The environment variable that outweighs it; empty where none does."""

    @property
    def place(self) -> str:
        """How messages name it."""
        return f"{NODE_FILE} [{self.section}] {self.key}"


SETTINGS = (
    Setting("node", "member", str, None, "Short id that partners know, such as seoul: 2 to 40 of a-z, 0-9 and -."),
    Setting("node", "name", str, None, "Full name of the agency or company."),
    Setting("node", "country", str, None, "ISO 3166-1, two letters."),
    Setting("node", "kind", str, None, "police, prosecution, agency, cert, ministry, exchange or issuer."),
    Setting("node", "url", str, None, "Where partners reach the node: https, a host, perhaps a port."),
    Setting("node", "purposes", tuple, ("investigation",), "What the member may use others' data for."),
    Setting("node", "services", tuple, (), "Of an exchange: names under which its addresses are labelled."),
    Setting("node", "version", int, 1, "Version of the card: raise it whenever something in this section changes."),
    Setting("http", "host", str, "127.0.0.1", "Address to listen on.", "JINDO_NODE_HOST"),
    Setting("http", "port", int, 8700, "Port to listen on; 0 takes a free one.", "JINDO_NODE_PORT"),
    Setting("database", "url", str, "sqlite:///jindo.db", "SQLite, or postgresql://user:password@host/name.", "JINDO_NODE_DATABASE"),
    Setting("trace", "ledger", str, "ledger", "The ledger that traces of cases read.", "JINDO_NODE_LEDGER"),
    Setting("trace", "services", str, "services.csv", "The node's own list of services, beside its labels.", "JINDO_NODE_SERVICES"),
    Setting("exchange", "accounts", str, "accounts.csv", "Own accounts: CSV of address, asset, balance, customer.", "JINDO_NODE_ACCOUNTS"),
    Setting("pull", "every_seconds", int, 60, "How often partners are asked; 0 asks nobody by itself.", "JINDO_NODE_PULL_SECONDS"),
)  # fmt: skip
"""Everything that `node.toml` may say, in its order."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What `node.toml` and the environment say."""

    member: str
    name: str
    country: str
    kind: str
    url: str
    purposes: tuple[str, ...] = ("investigation",)
    services_of_member: tuple[str, ...] = ()
    """`[node] services`: names under which an exchange stands in labels."""
    version: int = 1
    host: str = "127.0.0.1"
    port: int = 8700
    database: str = "sqlite:///jindo.db"
    """As it is written; `resolve_database` gives the address to open."""
    ledger: str = "ledger"
    """A path, from the node's folder."""
    services: str = "services.csv"
    """`[trace] services`: a path, from the node's folder; empty for none."""
    accounts: str = "accounts.csv"
    """A path, from the node's folder; empty for none."""
    pull_seconds: int = 60

    def resolve_database(self, folder: Path) -> str:
        """The database's address, with an SQLite file taken from `folder`; it may hold a password."""
        if not self.database.startswith(SQLITE):
            return self.database
        return f"{SQLITE}{(folder / self.database.removeprefix(SQLITE)).resolve()}"


_FIELDS = {
    ("node", "services"): "services_of_member",
    ("database", "url"): "database",
    ("pull", "every_seconds"): "pull_seconds",
}
"""Where the field of `Settings` is not called as the key is."""


def read_settings(folder: Path, environment: Mapping[str, str]) -> Settings:
    """The settings of the node in `folder`.

    Raises:
        NotFound: there is no node.toml.
        InputError: it is no TOML, has an unknown or missing key, or a value of the wrong form.
    """
    written = _read_toml(folder / NODE_FILE)
    _check_known(written)
    found = Settings(**{field_of(setting): _value_of(setting, written, environment) for setting in SETTINGS})
    check_settings(found)
    return found


def field_of(setting: Setting) -> str:
    """The field of `Settings` that holds this setting."""
    return _FIELDS.get((setting.section, setting.key), setting.key)


def write_settings(settings: Settings) -> str:
    """The text of a node.toml that says these settings, each with a line on what it is."""
    lines = ["# A node of Jindo. Every key: docs/reference/node.md"]
    section = ""
    for setting in SETTINGS:
        if setting.section != section:
            section = setting.section
            lines += ["", f"[{section}]"]
        lines.append(f"{setting.key} = {_to_toml(getattr(settings, field_of(setting)))}")
    return "\n".join(lines) + "\n"


def check_settings(settings: Settings) -> None:
    """Raises `InputError` where a value cannot be meant; what a card refuses is checked with the card."""
    parse_url(settings.url)
    if not 0 <= settings.port <= 65535:
        raise InputError("a port is a number from 0 to 65535", place=_place("http", "port"))
    if not 0 <= settings.pull_seconds <= LONGEST_PULL:
        raise InputError(
            f"a pull comes every 0 to {LONGEST_PULL} seconds", place=_place("pull", "every_seconds")
        )
    if settings.version < 1:
        raise InputError("versions count from 1", place=_place("node", "version"))


def parse_url(url: str) -> tuple[str, int]:
    """Host and port of a node's address.

    Raises:
        InputError: not https, no host, or more than host and port.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 443
    except ValueError as error:
        raise InputError("the address of a node cannot be read", place=_place("node", "url")) from error
    bare = (
        parts.scheme == "https"
        and host
        and not (parts.path or parts.query or parts.fragment or parts.username)
    )
    if not bare or not re.fullmatch(r"[a-zA-Z0-9.:-]{1,253}", host):
        raise InputError(
            "a node's address is https, a host, and perhaps a port",
            place=_place("node", "url"),
            remedy="Write it as https://node.example.org:8700, without a slash at the end.",
        )
    return host, port


def _read_toml(file: Path) -> dict[str, dict[str, Any]]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotFound(
            f"there is no {NODE_FILE} here",
            place=str(file.parent),
            remedy="Make a node: jindo node init DIR.",
        ) from error
    except OSError as error:
        raise InputError(f"the file cannot be read: {error.strerror}", place=str(file)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(
            "the file is not TOML", place=str(file), remedy="Undo the last change to it."
        ) from error


def _value_of(setting: Setting, written: Mapping[str, Any], environment: Mapping[str, str]) -> Any:
    if setting.variable and (text := environment.get(setting.variable)) is not None:
        return _parse(setting, text)
    value = written.get(setting.section, {}).get(setting.key, setting.default)
    if setting.kind is tuple and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    if value is None:
        raise InputError("the key is missing", place=setting.place)
    if type(value) is not setting.kind:
        raise InputError(f"the value is not {_KINDS[setting.kind]}", place=setting.place)
    return value


def _parse(setting: Setting, text: str) -> Any:
    if setting.kind is str:
        return text
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise InputError("the value is not a whole number", place=setting.variable)
    return int(text)


def _check_known(written: Mapping[str, Any]) -> None:
    known = {(setting.section, setting.key) for setting in SETTINGS}
    sections = {section for section, _ in known}
    for section, keys in written.items():
        if section not in sections or not isinstance(keys, dict):
            raise InputError(f"the section [{section}] is not known", place=NODE_FILE)
        for key in keys:
            if (section, key) not in known:
                raise InputError("the key is not known", place=_place(section, key))


def _to_toml(value: str | int | tuple[str, ...]) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_to_toml(item) for item in value)}]"
    return (
        str(value)
        if isinstance(value, int)
        else json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    )


def _place(section: str, key: str) -> str:
    return f"{NODE_FILE} [{section}] {key}"


_KINDS = {str: "a text", int: "a whole number", tuple: "a list of texts"}
