"""THORChain memos: what a payment to, or from, a vault of the bridge says of itself.

* Every function that the documentation lists is known by all its names, in any case. Swaps are read in full: asset,
  destination with refund address, limit with interval and quantity, affiliates with their shares, and the aggregator
  that pays out in another token. What stands after `|` is passed on and not read.
* `OUT:` and `REFUND:` name the transaction that they answer.
* Reading never raises. What cannot be read is left empty and said in `unread`; a memo is anybody's text, so whether it
  tells the truth is `bridges`' to check. A text above 250 bytes is ignored by the bridge, and so here.

Sources: THORChain's developer documentation, "Transaction Memos", "Memo Length Reduction", "Asset Notation",
"Aggregators: Memos"; merge request 3151 (refund address). Chains' ids: CAIP-2 namespaces.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

MOST_BYTES = 250
"""Longer memos are ignored by the bridge."""
_MOST_ZEROS = 77
"""Powers of ten beyond 2^256 are no amounts."""

FUNCTIONS = {
    name: function
    for function, names in {
        "swap": ("swap", "s", "="),
        "limit-swap": ("limito", "lo", "=<"),
        "modify-limit-swap": ("m=<",),
        "out": ("out",),
        "refund": ("refund",),
        "add": ("add", "a", "+"),
        "withdraw": ("withdraw", "wd", "-"),
        "donate": ("donate", "d", "%"),
        "loan-open": ("loan+", "$+"),
        "loan-repay": ("loan-", "$-"),
        "trade-add": ("trade+",),
        "trade-withdraw": ("trade-",),
        "secure-add": ("secure+",),
        "secure-withdraw": ("secure-",),
        "pool-add": ("pool+",),
        "pool-withdraw": ("pool-",),
        "name": ("name", "n", "~"),
        "bond": ("bond", "rebond", "unbond", "leave", "operator", "maint"),
        "reserve": ("reserve",),
        "migrate": ("migrate",),
        "ragnarok": ("ragnarok",),
        "consolidate": ("consolidate",),
        "noop": ("noop",),
        "switch": ("switch",),
        "yggdrasil": ("yggdrasil+", "yggdrasil-"),
        "reference-write": ("reference",),
        "reference-read": ("r",),
        "tcy": ("tcy", "tcy+", "tcy-"),
        "exec": ("x",),
    }.items()
    for name in names
}
"""What each function is called in a memo, in lower case."""
SWAPS = ("swap", "limit-swap")
ANSWERS = ("out", "refund")

SHORT_ASSETS = {
    "a": "AVAX.AVAX",
    "b": "BTC.BTC",
    "c": "BCH.BCH",
    "d": "DOGE.DOGE",
    "e": "ETH.ETH",
    "f": "BASE.ETH",
    "g": "GAIA.ATOM",
    "l": "LTC.LTC",
    "n": "BNB.BNB",
    "o": "SOL.SOL",
    "r": "THOR.RUNE",
    "s": "BSC.BNB",
    "tr": "TRON.TRX",
    "x": "XRP.XRP",
}
"""One-letter names of the coins, as of 2025."""

_ASSET = re.compile(r"(?P<chain>[A-Za-z0-9]{2,10})(?P<form>[./~-])(?P<symbol>[^\s:|]{1,80})")
_FORMS = {".": "native", "/": "synth", "~": "trade", "-": "secured"}
_NUMBER = re.compile(r"([0-9]{1,78})(?:\.([0-9]{1,78}))?(?:[eE]\+?([0-9]{1,3}))?")
_TX_ID = re.compile(r"(?:0[xX])?([0-9a-fA-F]{64})")


@dataclass(frozen=True, slots=True)
class MemoAsset:
    """An asset as a memo names it."""

    chain: str
    """The bridge's word for a chain: `BTC`, `ETH`."""
    ticker: str
    """In upper case: `USDT`."""
    contract: str = ""
    """The contract, or the last letters of it, in lower case; empty where the memo names none."""
    form: str = "native"
    """`native`, or what stays on THORChain itself: `synth`, `trade`, `secured`."""

    @property
    def is_on_thorchain(self) -> bool:
        """Whether it never leaves THORChain, so that no other chain shows it arrive."""
        return self.form != "native" or self.chain == "THOR"

    def __str__(self) -> str:
        mark = next(mark for mark, form in _FORMS.items() if form == self.form)
        return f"{self.chain}{mark}{self.ticker}" + (f"-{self.contract}" if self.contract else "")


@dataclass(frozen=True, slots=True)
class Memo:
    """What one memo says."""

    text: str
    function: str = ""
    """One of the values of `FUNCTIONS`; empty where the text is no memo of the bridge."""
    asset: MemoAsset | None = None
    destination: str = ""
    """Address, or a THORName, that is to be paid; empty for the sender."""
    refund_to: str = ""
    """Address that a refund goes to; empty for the sender."""
    limit: int = 0
    """Least amount wanted, in 10^-8 of the asset; 0 for none."""
    interval: int = 0
    """Blocks between the parts of a streamed swap."""
    quantity: int = 0
    """Parts of a streamed swap; 0 leaves it to the bridge."""
    affiliates: tuple[tuple[str, int], ...] = ()
    """Name and share, in hundredths of a per cent, of each who takes a fee."""
    aggregator: str = ""
    """Contract, or the end of its address, that swaps what was paid out once more."""
    final_asset: str = ""
    final_limit: int = 0
    answers: str = ""
    """Hash that `OUT:` or `REFUND:` names, in lower case without `0x`."""
    unread: tuple[str, ...] = field(default=())
    """What could not be read, and why."""

    @property
    def is_swap(self) -> bool:
        """Whether it asks for a swap whose asset could be read."""
        return self.function in SWAPS and self.asset is not None

    @property
    def is_answer(self) -> bool:
        """Whether it answers a transaction that it names."""
        return self.function in ANSWERS and bool(self.answers)


def parse_memo(given: str | bytes) -> Memo:
    """What a memo says; never raises."""
    raw = given if isinstance(given, bytes) else given.encode("utf-8", "surrogatepass")
    try:
        text = raw.decode("utf-8").strip(" \0\t\r\n")
    except UnicodeDecodeError:
        return Memo(raw.decode("utf-8", "backslashreplace"), unread=("the text is not UTF-8",))
    parts = text.partition("|")[0].split(":")
    function = FUNCTIONS.get(parts[0].strip().lower(), "")
    if not function:
        return Memo(text)
    if len(raw) > MOST_BYTES:
        return Memo(text, unread=(f"the text is above {MOST_BYTES} bytes, which the bridge ignores",))
    if function in SWAPS:
        return _read_swap(text, function, parts)
    if function in ANSWERS:
        return _read_answer(text, function, parts)
    return Memo(text, function)


def _read_swap(text: str, function: str, parts: Sequence[str]) -> Memo:
    unread: list[str] = []
    destination, _, refund_to = _part(parts, 2).partition("/")
    limit, interval, quantity = ([*_part(parts, 3).split("/", 2), "", ""])[:3]
    if refund_to and not destination:
        unread.append("a refund address without a destination")
    return Memo(
        text,
        function,
        asset=_read_asset(_part(parts, 1), unread),
        destination=destination,
        refund_to=refund_to,
        limit=_read_number(limit, "limit", unread),
        interval=_read_number(interval, "interval", unread),
        quantity=_read_number(quantity, "quantity", unread),
        affiliates=_read_affiliates(_part(parts, 4), _part(parts, 5), unread),
        aggregator=_part(parts, 6),
        final_asset=_part(parts, 7),
        final_limit=_read_number(_part(parts, 8), "final limit", unread),
        unread=tuple(unread),
    )


def _read_answer(text: str, function: str, parts: Sequence[str]) -> Memo:
    named = _TX_ID.fullmatch(_part(parts, 1))
    if named is None:
        return Memo(text, function, unread=("the transaction that it names is no hash of 64 hex digits",))
    return Memo(text, function, answers=named[1].lower())


def _part(parts: Sequence[str], place: int) -> str:
    return parts[place].strip() if place < len(parts) else ""


def _read_asset(text: str, unread: list[str]) -> MemoAsset | None:
    found = _ASSET.fullmatch(SHORT_ASSETS.get(text.lower(), text))
    if found is None:
        unread.append(f"the asset {text[:80]!r}" if text else "no asset")
        return None
    ticker, _, contract = found["symbol"].partition("-")
    return MemoAsset(found["chain"].upper(), ticker.upper(), contract.lower(), _FORMS[found["form"]])


def _read_number(text: str, what: str, unread: list[str]) -> int:
    """A whole number, written out or as `16e7`; what stands behind the point is cut off."""
    found = _NUMBER.fullmatch(text)
    zeros = int(found[3] or 0) if found else 0
    if found is None or zeros > _MOST_ZEROS:
        if text:
            unread.append(f"the {what} {text[:80]!r}")
        return 0
    decimals = found[2] or ""
    scaled: int = int(found[1] + decimals) * 10**zeros
    return scaled // int("1" + "0" * len(decimals))


def _read_affiliates(names: str, shares: str, unread: list[str]) -> tuple[tuple[str, int], ...]:
    """Several are divided by `/`; one share stands for all of them."""
    if not names:
        return ()
    whom, parts = names.split("/"), shares.split("/") if shares else ["0"]
    parts = parts * len(whom) if len(parts) == 1 else parts
    if len(parts) != len(whom):
        unread.append("as many shares as affiliates")
        return ()
    return tuple((name, _read_number(part, "share", unread)) for name, part in zip(whom, parts, strict=True))
