"""What people write to the memo bridge, in the forms that THORChain's public documentation names.

* Swaps: `SWAP:`, `s:`, `=:` in any case; assets in full, abbreviated, or as one letter; destination with or without
  a refund address; limit, streaming interval and quantity; affiliate and its basis points; all later parts optional.
* The bridge answers with `OUT:` or `REFUND:` and the hash of what came in, in capitals without 0x; its vaults move
  with `MIGRATE:`.
* On a UTXO chain a memo has at most 80 bytes. On the account chain it is the input's text, or inside a router's call.

Sources: THORChain developer documentation, "Transaction Memos" and "EVM implementation"; Ethereum's ABI.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from jindo.base.ids import Account, AssetId, TxId
from jindo.base.keccak import keccak256

LONGEST = 80
_DEPOSIT = keccak256(b"depositWithExpiry(address,address,uint256,string,uint256)")[:4].hex()
_TRANSFER_OUT = keccak256(b"transferOut(address,address,uint256,string)")[:4].hex()
_AFFILIATES = ("t", "ti", "te", "wr", "ll", "dx")


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants of the bridge."""

    names: tuple[str, ...]
    """The wanted asset in its forms, the longest first."""
    to: Account
    refund: Account | None
    """Where it goes if it fails; the sender where nothing is said."""
    limit: int
    """Least amount in hundred-millionths."""
    streaming: bool


def write_memo(rng: random.Random, wish: Wish, *, most: int = 10_000) -> str:
    """A memo for a wish, of at most so many bytes, in one of the documented forms."""
    verb = rng.choice(("=", "=", "=", "SWAP", "swap", "s"))
    for name in _shorter(rng, wish.names):
        to = wish.to if wish.refund is None else f"{wish.to}/{wish.refund}"
        for tail in (*_tails(rng, wish), ""):
            memo = f"{verb}:{name}:{to}{tail}"
            if len(memo) <= most:
                return memo
    return f"=:{wish.names[-1]}:{wish.to}"


def _shorter(rng: random.Random, names: tuple[str, ...]) -> tuple[str, ...]:
    return names[rng.randrange(len(names)) :]


def _tails(rng: random.Random, wish: Wish) -> tuple[str, ...]:
    limit = str(wish.limit) if rng.randrange(2) else "0"
    if rng.randrange(4) == 0:
        limit = ""
    elif rng.randrange(5) == 0:
        digits = str(wish.limit)
        limit = f"{digits[0]}e{len(digits) - 1}"
    if wish.streaming:
        limit = f"{limit or 0}/{rng.randrange(1, 4)}/{rng.choice((0, 0, 5, 20))}"
    affiliate = f":{rng.choice(_AFFILIATES)}:{rng.randrange(1, 100)}"
    full = f":{limit}{affiliate}" if rng.randrange(2) else f":{limit}"
    return (full, f":{limit}") if limit or wish.streaming else (full,)


def write_answer(verb: str, tx_hash: TxId) -> str:
    """What the bridge writes of a transaction that came in; `verb` is OUT or REFUND."""
    return f"{verb}:{tx_hash.removeprefix('0x').upper()}"


def encode_deposit(vault: Account, asset: AssetId | None, amount: int, memo: str, expiry: int) -> str:
    """The router's call that pays into a vault, in hex without 0x; no asset is the chain's own coin."""
    return _DEPOSIT + _encode((vault, _contract(asset)), amount, memo, (expiry,))


def encode_transfer_out(to: Account, asset: AssetId | None, amount: int, memo: str) -> str:
    """The router's call by which a vault pays."""
    return _TRANSFER_OUT + _encode((to, _contract(asset)), amount, memo, ())


def _contract(asset: AssetId | None) -> Account:
    return Account("0x" + "0" * 40) if asset is None else Account(asset.rpartition(":")[2])


def _encode(addresses: tuple[Account, ...], amount: int, memo: str, after: tuple[int, ...]) -> str:
    text = memo.encode()
    words = [int(address, 16) for address in addresses]
    words += [amount, 32 * (len(addresses) + 2 + len(after)), *after, len(text)]
    padded = text + bytes(-len(text) % 32)
    return "".join(f"{word:064x}" for word in words) + padded.hex()
