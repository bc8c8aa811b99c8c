"""CoinJoins made by hand: what each protocol's transactions look like, as inputs and outputs of (address, value)."""

from __future__ import annotations

import random
from collections.abc import Sequence

from tests.unit.trace.chains import coin, spend, utxo_chain

from jindo.ledger import UtxoChain, UtxoTransaction
from jindo.trace.coinjoins.parameters import BTC, build_denominations

Coins = list[tuple[str, int]]
Join = tuple[Coins, Coins]
FEE = 2_000


def rows_of(joins: Sequence[Join]) -> list[UtxoTransaction]:
    """For each join a coinbase that makes its inputs, at even places, and the join after it."""
    rows = []
    for number, (inputs, outputs) in enumerate(joins):
        rows.append(coin(f"a{number:04x}", *inputs))
        spent = [f"a{number:04x}:{i}" for i in range(len(inputs))]
        rows.append(spend(f"b{number:04x}", spent, *outputs))
    return rows


def chain_of(*joins: Join) -> UtxoChain:
    """A chain of these transactions, each after a coinbase that makes its inputs."""
    return utxo_chain(*rows_of(joins))


def name(prefix: str, count: int) -> list[str]:
    return [f"{prefix}{i}" for i in range(count)]


def whirlpool(count: int = 5, pool: int = 5_000_000, mark: str = "w") -> Join:
    """A round of a pool: two come in anew, and pay the fee."""
    inputs = [(owner, pool + (FEE if i < 2 else 0)) for i, owner in enumerate(name(f"{mark}i", count))]
    return inputs, [(owner, pool) for owner in name(f"{mark}o", count)]


def zerolink(count: int = 20, base: int = 9_990_000, doubles: int = 0, mark: str = "z") -> Join:
    """A Wasabi 1 round: equal outputs, changes, the coordinator's fee, and some outputs of twice the base."""
    inputs = [(owner, 4 * base + 1_003 * (i + 1)) for i, owner in enumerate(name(f"{mark}i", count))]
    outputs = [(f"{mark}o{i}", base) for i in range(count)]
    outputs += [(f"{mark}d{i}", 2 * base) for i in range(doubles)]
    outputs += [(f"{mark}c{i}", base + 1_003 * (i + 1) - FEE) for i in range(count)]
    return inputs, [*outputs, (f"{mark}fee", FEE)]


def wabisabi(
    inputs: int = 60, outputs: int = 100, changes: int = 5, *, seed: int = 1, mark: str = "s"
) -> Join:
    """A Wasabi 2 round: outputs of the standard denominations, and a few changes."""
    chance = random.Random(seed)
    standard = [value for values in build_denominations(10 * BTC) for value in values]
    paid = [(f"{mark}o{i}", chance.choice(standard)) for i in range(outputs - changes)]
    paid += [(f"{mark}c{i}", 300_007 + 1_001 * i) for i in range(changes)]
    each = sum(value for _, value in paid) // inputs + FEE
    return [(owner, each + 17 * i) for i, owner in enumerate(name(f"{mark}i", inputs))], paid


def joinmarket(count: int = 4, value: int = 12_345_678, *, mark: str = "j") -> Join:
    """A taker, the last one, and makers of one to three inputs each, who earn 1,000 satoshi."""
    inputs, outputs = Coins(), Coins()
    for k in range(count):
        change, parts = 7_000_001 * (k + 1), k % 3 + 1
        earned = -1_000 if k < count - 1 else 1_000 * (count - 1) + FEE
        total = value + change + earned
        sizes = [total // parts + 13 * i for i in range(parts - 1)]
        inputs += [(f"{mark}i{k}.{i}", size) for i, size in enumerate([*sizes, total - sum(sizes)])]
        outputs += [(f"{mark}o{k}", value), (f"{mark}c{k}", change)]
    return inputs, outputs
