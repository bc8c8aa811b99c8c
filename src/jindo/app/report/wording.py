"""How assets, amounts, times, reasons and rules are written for a reader.

* Every digit of an amount is written; only zeros at the end of a fraction are left off.
* Names come from outside and are hostile until shown: control and direction characters go, long ones are cut.
* A native coin is called by its name; a token by its contract, since anyone may call a token anything. A name with
  letters outside ASCII lists their code points, so that a false `ЕTH` is never read as `ETH`.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from jindo.base.amounts import format_units
from jindo.base.ids import BITCOIN, ETHEREUM, TRON
from jindo.base.times import format_time, parse_time

CHAINS = {str(ETHEREUM): "Ethereum", str(BITCOIN): "Bitcoin", str(TRON): "Tron"}
NATIVE = {
    f"{ETHEREUM}/slip44:60": ("ETH", "wei", 18),
    f"{BITCOIN}/slip44:0": ("BTC", "satoshi", 8),
    f"{TRON}/slip44:195": ("TRX", "sun", 6),
}
"""Coin, base unit and decimals of the assets that a chain's own rules fix."""

RULES = {
    "fifo": ("first in, first out", "Clayton's Case"),
    "lifo": ("last in, first out", "—"),
    "haircut": ("pro rata", "pari passu"),
    "dirty-first": ("stolen value leaves first", "Re Oatway"),
    "clean-first": ("clean value leaves first", "Re Hallett, lowest intermediate balance"),
    "poison": ("all that stolen value touched", "upper figure; does not conserve value"),
}
NOT_TRACED = "NOT TRACED"
"""How a note begins that names something which was asked for and is missing from the answer."""
CONSERVING = ("fifo", "lifo", "haircut", "dirty-first", "clean-first")

REASONS = {
    "service": "Reached labelled services",
    "likely-service": "Reached likely services (inference)",
    "mixer": "Reached mixers",
    "departed": "Left by a matched crossing",
    "burned": "Burned",
    "fee": "Paid as fees and gas",
    "limit": "Beyond a limit of hops or of fetching, not followed",
    "held": "Still held in followed accounts",
}
NAME_LENGTH, SHOWN_LETTERS = 80, 6


@lru_cache(maxsize=1 << 14)
def show_name(text: str) -> str:
    """A name as safe, single-line text of at most 80 characters."""
    kept = "".join(" " if unicodedata.category(c) in {"Zl", "Zp", "Zs"} else c for c in text if _is_shown(c))
    kept = " ".join(kept.split())
    return kept if len(kept) <= NAME_LENGTH else kept[: NAME_LENGTH - 1] + "…"


def show_id(text: str) -> str:
    """An address or hash in full, without characters that cannot be seen."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(character for character in text if _is_shown(character))


def show_rule(rule: str) -> str:
    """A rule with what it means: `fifo (first in, first out)`."""
    return f"{rule} ({RULES[rule][0]})" if rule in RULES else show_name(rule)


def show_chain(chain: str) -> str:
    """A chain by its common name, or else by its CAIP-2 id."""
    return CHAINS.get(chain, show_name(chain))


def show_asset(asset: str) -> str:
    """An asset in a word or two: `ETH`, `erc20:0xdac1…1ec7`, `unnamed asset`."""
    if asset in NATIVE:
        return NATIVE[asset][0]
    name = show_name(asset.rpartition("/")[2])
    kind, colon, reference = name.rpartition(":")
    if len(reference) > 20 and reference.isascii():
        return f"{kind}{colon}{shorten(reference)}"
    return f"{name}{_list_odd_letters(asset)}"


def _list_odd_letters(text: str) -> str:
    """The code points outside ASCII, seen or unseen: false tokens take names that look like true ones."""
    odd = list(dict.fromkeys(f"U+{ord(character):04X}" for character in text if not " " <= character <= "~"))
    return f" (with {', '.join(odd[:SHOWN_LETTERS])}{', …' if odd[SHOWN_LETTERS:] else ''})" if odd else ""


def shorten(address: str) -> str:
    """An address by its ends, for pictures; tables carry it in full."""
    return address if len(address) <= 13 else f"{address[:6]}…{address[-4:]}"


def show_time(moment: int | str | None) -> str:
    """`2023-06-02 21:49:23`, or `unknown`."""
    seconds = to_seconds(moment)
    return "unknown" if seconds is None else format_time(seconds)[:19].replace("T", " ")


@lru_cache(maxsize=1 << 16)
def to_seconds(moment: int | str | None) -> int | None:
    """Unix seconds of a time as the result states it: seconds, ISO text, or none."""
    if moment is None or moment == "":
        return None
    return moment if isinstance(moment, int) else int(parse_time(moment))


def count(number: int, one: str, many: str = "") -> str:
    """A count with its noun: `1 account`, `1,204 accounts`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def show_tokens(units: int, decimals: int | None) -> str:
    """Whole tokens where the decimals are known, base units where not; exact, without trailing zeros."""
    text = format_units(units, decimals=decimals or 0)
    whole, point, part = text.partition(".")
    if not point:
        return whole
    return f"{whole}.{part.rstrip('0').ljust(min(2, len(part)), '0')}"


def _is_shown(character: str) -> bool:
    return (
        unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
        and character not in "\ufffe\uffff"
    )
