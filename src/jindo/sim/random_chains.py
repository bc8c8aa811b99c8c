"""Random chains for tests and benches: small ones with every oddity, and large ones in columns.

* Rows come in ledger order and keep the chain's rules; what they mean is up to whoever reads them.
* Account rows hold self-transfers, zeros, cycles, shortfalls, gas, issuance and burns.
* UTXO rows hold coinbases, inputs from outside with and without a stated value, zero and scripted outputs.
* The same generator state gives the same rows; amounts are whole numbers up to `max_amount`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jindo.base.ids import ETHEREUM, ZERO_ADDRESS, Account, AssetId, ChainId, TxId, native_asset, token_asset
from jindo.ledger import Kind, Transfer, UtxoInput, UtxoOutput, UtxoTransaction

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_START = 1_700_000_000
_SINK = Account("0x000000000000000000000000000000000000dead")


def random_account_rows(
    rng: random.Random,
    *,
    accounts: int = 8,
    events: int = 40,
    assets: int = 2,
    max_amount: int = 1_000,
    chain: ChainId = ETHEREUM,
) -> list[Transfer]:
    """About `events` movements (at least that many, at most 5 more) between `accounts` accounts.

    The first asset is the chain's own coin, the others are tokens. Amounts are often a part, all, or more
    than all of what the sender holds, so that draws split lots and run short.
    """
    maker = _AccountRows(rng, [_address(i) for i in range(accounts)], _assets(assets, chain), max_amount)
    while len(maker.rows) < events:
        maker.add_transaction()
    return maker.rows


@dataclass(slots=True)
class _AccountRows:
    rng: random.Random
    accounts: list[Account]
    assets: list[AssetId]
    max_amount: int
    rows: list[Transfer] = field(default_factory=list)
    held: dict[tuple[Account, AssetId], int] = field(default_factory=dict)
    block: int = 100
    tx_index: int = -1
    number: int = 0

    def add_transaction(self) -> None:
        step = self.rng.choice((0, 0, 1, 1, 3))
        self.block, self.tx_index = self.block + step, 0 if step else self.tx_index + 1
        self.number += 1
        native = self.assets[0]
        payer = self.rng.choice(self.accounts)
        if self.rng.randrange(3) == 0:
            self._add(payer, None, native, Kind.GAS, 0)
        for place in range(self.rng.randrange(3)):
            if self.rng.randrange(8) == 0:
                self._add(None, self.rng.choice(self.accounts), native, Kind.ISSUANCE, place)
            else:
                self._add(payer, self._receiver(payer), native, Kind.NATIVE, place)
        for place in range(self.rng.randrange(3) if len(self.assets) > 1 else 0):
            sender = ZERO_ADDRESS if self.rng.randrange(6) == 0 else self.rng.choice(self.accounts)
            asset = self.rng.choice(self.assets[1:])
            self._add(sender, self._receiver(sender), asset, Kind.TOKEN, 10 * self.tx_index + place)

    def _receiver(self, sender: Account) -> Account:
        draw = self.rng.randrange(20)
        if draw < 2:
            return sender
        return self.rng.choice((_SINK, ZERO_ADDRESS)) if draw == 2 else self.rng.choice(self.accounts)

    def _add(
        self, sender: Account | None, receiver: Account | None, asset: AssetId, kind: Kind, place: int
    ) -> None:
        amount = self._amount(self.held.get((sender, asset), 0) if sender is not None else 0)
        if sender is not None:
            self.held[sender, asset] = max(0, self.held.get((sender, asset), 0) - amount)
        if receiver is not None:
            self.held[receiver, asset] = self.held.get((receiver, asset), 0) + amount
        tx_hash, time = TxId(f"0x{self.number:064x}"), _START + 12 * self.block
        self.rows.append(
            Transfer(self.block, tx_hash, sender, receiver, amount, asset, kind, time, self.tx_index, place)
        )

    def _amount(self, held: int) -> int:
        draw = self.rng.randrange(12)
        if draw == 0:
            return 0
        if draw < 4 or held == 0:
            return self.rng.randint(0, self.max_amount)
        if draw == 4:
            return min(held, self.max_amount)
        return self.rng.randint(0, min(held, self.max_amount))


def random_utxo_rows(
    rng: random.Random,
    *,
    accounts: int = 8,
    transactions: int = 30,
    max_amount: int = 1_000,
) -> list[UtxoTransaction]:
    """`transactions` valid transactions on Bitcoin between `accounts` accounts; no output is spent twice.

    At most one input of a transaction has no stated value; its value is what makes inputs equal outputs.
    """
    maker = _UtxoRows(rng, [Account(f"account-{i}") for i in range(accounts)], max_amount)
    for number in range(transactions):
        maker.add_transaction(number)
    return maker.rows


@dataclass(slots=True)
class _UtxoRows:
    rng: random.Random
    accounts: list[Account]
    max_amount: int
    rows: list[UtxoTransaction] = field(default_factory=list)
    unspent: list[tuple[TxId, int, UtxoOutput]] = field(default_factory=list)
    block: int = 100
    tx_index: int = -1

    def add_transaction(self, number: int) -> None:
        step = self.rng.choice((0, 0, 1, 2))
        self.block, self.tx_index = self.block + step, 0 if step else self.tx_index + 1
        # A block has one coinbase, and it stands first.
        coinbase = self.tx_index == 0 and self.rng.randrange(3) == 0
        inputs = () if coinbase else self._inputs(number)
        stated = [i.value for i in inputs if i.value is not None]
        total = sum(stated)
        if len(stated) < len(inputs) or coinbase:
            total += self.rng.randint(1, self.max_amount)
        elif self.rng.randrange(4):
            total -= self.rng.randint(0, total // 4)
        outputs = self._outputs(total)
        tx_hash = TxId(f"{number + 1:064x}")
        time = _START + 600 * self.block
        self.rows.append(UtxoTransaction(self.block, tx_hash, self.tx_index, inputs, outputs, coinbase, time))
        self.unspent += [(tx_hash, i, output) for i, output in enumerate(outputs)]

    def _inputs(self, number: int) -> tuple[UtxoInput, ...]:
        inputs: list[UtxoInput] = []
        for place in range(self.rng.randrange(1, 5)):
            if self.unspent and self.rng.randrange(5):
                prev_hash, index, output = self.unspent.pop(self.rng.randrange(len(self.unspent)))
                stated = self.rng.randrange(2) == 0
                inputs.append(UtxoInput(prev_hash, index, output.value, output.address if stated else None))
            elif place == 0 or self.rng.randrange(4) == 0:
                inputs.append(self._outside(number, place, {i.value for i in inputs}))
        return tuple(inputs) or (self._outside(number, 0, set()),)

    def _outside(self, number: int, place: int, values: set[int | None]) -> UtxoInput:
        prev_hash = TxId(f"f{number:031x}{place:032x}")
        if self.rng.randrange(3) == 0 and None not in values:
            return UtxoInput(prev_hash, place)
        value = self.rng.randint(1, self.max_amount)
        return UtxoInput(prev_hash, place, value, self.rng.choice(self.accounts))

    def _outputs(self, total: int) -> tuple[UtxoOutput, ...]:
        cuts = sorted(self.rng.randint(0, total) for _ in range(self.rng.randrange(4)))
        values = [b - a for a, b in zip([0, *cuts], [*cuts, total], strict=True)]
        outputs = [UtxoOutput(value, self.rng.choice(self.accounts)) for value in values]
        if self.rng.randrange(6) == 0:
            outputs.append(UtxoOutput(0, None, "6a04" + self.rng.randbytes(4).hex()))
        return tuple(outputs)


def powerlaw_columns(
    n_transfers: int, n_accounts: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Columns block, src, dst, amount (int64, `n_transfers` long) of a ledger with heavy-tailed degrees.

    Blocks rise by one every 150 transfers. The share of account i falls like i^(-2/3), so a few accounts
    have most transfers; nobody pays himself. Amounts lie between 10^3 and 10^9 base units, evenly in their logarithm.
    """
    import numpy as np

    rng = np.random.Generator(np.random.PCG64(seed))
    block = np.arange(n_transfers, dtype=np.int64) // 150
    src, dst, amount = (np.empty(n_transfers, dtype=np.int64) for _ in range(3))
    for start in range(0, n_transfers, 1 << 20):
        part = slice(start, min(start + (1 << 20), n_transfers))
        size = part.stop - part.start
        src[part] = n_accounts * rng.random(size) ** 3
        dst[part] = n_accounts * rng.random(size) ** 3
        amount[part] = 10.0 ** (3 + 6 * rng.random(size))
    dst[dst == src] += 1
    dst[dst == n_accounts] = 0
    return block, src, dst, amount


def _address(number: int) -> Account:
    return Account(f"0x{number + 0xA000:040x}")


def _assets(count: int, chain: ChainId) -> list[AssetId]:
    tokens = [token_asset(chain, f"0x{0xC000 + i:040x}") for i in range(count - 1)]
    return [native_asset(chain), *tokens]
