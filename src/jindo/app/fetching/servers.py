"""The servers that a trace may ask, as `--fetch` names them, and how each is opened.

* A server is `FORMAT=URL`; each has a folder of its own for its answers, named by format and host.
* Keys come from the environment (`JINDO_ETHERSCAN_KEY`, `JINDO_TRONGRID_KEY`) or the URL, and are never kept.
* An EVM explorer's chain stands in its URL: `?chainid=1`.

What is asked, each `ask_…` says.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from jindo.app.fetching.ask_esplora import EsploraExplorer
from jindo.app.fetching.ask_etherscan import EtherscanExplorer
from jindo.app.fetching.ask_trongrid import TronGridExplorer
from jindo.app.fetching.explorer import Explorer
from jindo.base.errors import InputError
from jindo.base.ids import ChainId, parse_chain
from jindo.ledger import Fetcher, name_keep, parse_service_address

RATES = {"esplora": 4.0, "etherscan": 3.0, "trongrid": 3.0}
"""Requests a second that each sort of server takes from anybody; a key allows more."""
KEYS = {"etherscan": "JINDO_ETHERSCAN_KEY", "trongrid": "JINDO_TRONGRID_KEY"}
"""Where in the environment each sort of server's key stands."""
_EXAMPLES = {
    "esplora": "esplora=https://blockstream.info/api",
    "etherscan": "etherscan=https://api.etherscan.io/v2/api?chainid=1",
    "trongrid": "trongrid=https://api.trongrid.io",
}


@dataclass(frozen=True, slots=True)
class Server:
    """One `--fetch`."""

    format: str
    url: str = field(repr=False)
    """It may hold a key."""
    chain: ChainId | None = None
    """The chain that its URL names; `None` where the server is asked."""


@dataclass(frozen=True, slots=True)
class Asking:
    """How servers are asked."""

    keep: Path
    """The folder that has a folder for each server's answers."""
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    per_second: float | None = None
    """Requests a second, `None` for what each sort of server takes."""
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


def parse_server(text: str) -> Server:
    """The server written as `FORMAT=URL`.

    Raises:
        InputError: another form, a format that is not asked, or no chain where one has to be named.
    """
    name, equals, url = text.partition("=")
    if not equals or name not in RATES:
        raise InputError(
            f"{name[:40]!r} is not a server to fetch from",
            place="--fetch",
            remedy=f"Write one of {', '.join(_EXAMPLES.values())}.",
        )
    parse_service_address(url)
    if name != "etherscan":
        return Server(name, url.strip())
    parts = urlsplit(url.strip())
    query = parse_qsl(parts.query, keep_blank_values=True)
    numbers = [value for key, value in query if key == "chainid"]
    if len(numbers) != 1 or not (numbers[0].isascii() and numbers[0].isdecimal()):
        raise InputError(
            "the URL does not name the chain",
            place="--fetch",
            remedy=f"Write its number, 1 for Ethereum: {_EXAMPLES['etherscan']}.",
        )
    rest = urlencode([(key, value) for key, value in query if key != "chainid"])
    return Server(name, urlunsplit(parts._replace(query=rest)), parse_chain(f"eip155:{int(numbers[0])}"))


def open_explorer(server: Server, asking: Asking) -> Explorer:
    """The server, ready to be asked; to be closed.

    Raises:
        InputError: it has another chain, or none that is known.
        SourceError: it does not answer.
        ConflictError: another process fetches into its folder.
    """
    folder = asking.keep / _name_folder(server)
    key = asking.environ.get(KEYS.get(server.format, ""), "")
    fetcher = Fetcher(
        server.url,
        folder,
        per_second=asking.per_second or RATES[server.format],
        clock=asking.clock,
        sleep=asking.sleep,
        headers={"TRON-PRO-API-KEY": key} if key and server.format == "trongrid" else {},
        secrets={"apikey": key} if key and server.format == "etherscan" else {},
    )
    try:
        if server.chain is not None:
            return EtherscanExplorer(fetcher, folder, server.chain)
        return (
            EsploraExplorer(fetcher, folder)
            if server.format == "esplora"
            else TronGridExplorer(fetcher, folder)
        )
    except BaseException:
        fetcher.close()
        raise


def _name_folder(server: Server) -> str:
    chain = f"{server.chain.partition(':')[2]}-" if server.chain is not None else ""
    return f"{server.format}-{chain}{name_keep(parse_service_address(server.url))}"
