"""What a response of Etherscan's API says of itself: that it is whole, that there is nothing, or why it was not given.

* A refusal that may pass is a `SourceError`, any other an `InputError`; a list still being put together is refused.
* That there are no rows is told from a refusal by the words that explorers use for it.
* What the server wrote is repeated only as `quote` leaves it.

What the rows say is `etherscan_answers`' and `etherscan`'s.

Source: Etherscan API v2; Blockscout, RPC and ETH RPC API.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jindo.base.errors import InputError, SourceError
from jindo.ledger.sources.explorer_json import as_list, as_object, parse_json

_PASSING = ("rate limit", "too many", "timeout", "timed out", "busy", "try again", "temporarily")
_EMPTY = (
    "no transactions found",
    "no internal transactions found",
    "no token transfers found",
    "no records found",
)


def _cut(text: str) -> str:
    return text[:200]


def parse_etherscan_list(body: bytes, quote: Callable[[str], str] = _cut) -> list[Any]:
    """The rows of a list's response; `quote` makes what the server wrote fit to be repeated.

    Raises:
        SourceError: the explorer refuses for now.
        InputError: it refuses, or it is no response of this API.
    """
    value = as_object(parse_json(body), "response")
    if str(value.get("status")) == "2":
        raise SourceError("the explorer is still putting this list together", remedy="Ask again later.")
    if str(value.get("message", "")).lower().strip() in _EMPTY:
        return []
    check_envelope(value, quote)
    if str(value.get("status")) != "1":
        raise InputError("the response does not say that the list is whole")
    return as_list(value.get("result"), "result")


def parse_etherscan_result(body: bytes, quote: Callable[[str], str] = _cut) -> Any:
    """What a JSON-RPC call gave; `None` where there is no such thing; `quote` as for lists.

    Raises:
        SourceError: the explorer refuses for now.
        InputError: it is no answer to a call.
    """
    value = as_object(parse_json(body), "response")
    if isinstance(value.get("error"), dict):
        raise SourceError(f"the explorer refuses: {quote(str(value['error'].get('message', '')))}")
    check_envelope(value, quote)
    if "result" not in value:
        raise InputError("the response has no result")
    return value["result"]


def lacks_proxy(body: bytes) -> bool:
    """Whether an explorer answers that it has no `proxy` module, as Blockscout does."""
    value = parse_json(body)
    return isinstance(value, dict) and str(value.get("message", "")).lower().startswith("unknown module")


def check_envelope(value: dict[str, Any], quote: Callable[[str], str] = _cut) -> None:
    """Raise where the explorer says that it did not do what was asked.

    Raises:
        SourceError: it may do so later.
        InputError: it will not.
    """
    if value.get("status") != "0" or isinstance(value.get("result"), list):
        return
    said = f"{value.get('message') or ''} {value.get('result') or ''}".strip()
    problem = f"the explorer refuses: {quote(said)}"
    if any(word in said.lower() for word in _PASSING):
        raise SourceError(problem, remedy="Wait, or set JINDO_ETHERSCAN_KEY to a key of the explorer's.")
    raise InputError(
        problem, remedy="Set JINDO_ETHERSCAN_KEY to a key of the explorer's, or use another explorer."
    )
