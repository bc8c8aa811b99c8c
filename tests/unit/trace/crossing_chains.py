"""Small chains with crossings, and one way to ask the joint trace about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tests.unit.trace.chains import tx

from jindo.base.ids import BITCOIN, ETHEREUM, Account, AssetId, native_asset, token_asset
from jindo.ledger import (
    AccountChain,
    Chain,
    Kind,
    Transfer,
    UtxoChain,
    UtxoInput,
    UtxoOutput,
    UtxoTransaction,
    build_account_chain,
    build_utxo_chain,
)
from jindo.trace import RULES, AccountSeeds, Boundary, Named, Outcome, Stops, UtxoSeeds, build_stops, resolve
from jindo.trace.crossings import (
    Bridges,
    Crossed,
    JointFindings,
    build_joint_outcomes,
    find_bridges,
    find_swaps,
    trace_jointly,
    write_data,
)

ETH, BTC = native_asset(ETHEREUM), native_asset(BITCOIN)
WETH_CONTRACT = "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"
WETH = token_asset(ETHEREUM, WETH_CONTRACT)
USDT = token_asset(ETHEREUM, "0xdac17f958d2ee523a2206206994597c13d831ec7")


def person(name: str) -> Account:
    """An EVM address that shows a name."""
    return Account("0x" + name.encode().hex().ljust(40, "0"))


def move(
    name: str,
    sender: str | None,
    receiver: str | None,
    amount: int,
    asset: AssetId = ETH,
    *,
    memo: str | None = None,
    time: int | None = None,
) -> Transfer:
    """One movement of transaction `name`; gas where nobody receives, an issuance where nobody sends."""
    kind = Kind.GAS if receiver is None else Kind.NATIVE if asset == ETH else Kind.TOKEN
    giver, taker = (None if party is None else _address(party) for party in (sender, receiver))
    return Transfer(0, tx(name), giver, taker, amount, asset, kind, time, memo=memo)


def burn(name: str, sender: str, amount: int, asset: AssetId) -> Transfer:
    """Tokens that an account destroys."""
    return replace(move(name, sender, "zero", amount, asset), receiver=None, kind=Kind.TOKEN)


def _address(name: str) -> Account:
    return Account(name) if name.startswith("0x") else person(name)


def ether(*rows: Transfer) -> AccountChain:
    """An account chain of these rows, one transaction a block, a minute apart unless they say when."""
    blocks: dict[str, int] = {}
    placed = []
    for i, row in enumerate(rows):
        block = blocks.setdefault(row.tx_hash, len(blocks))
        time = 1000 + 60 * block if row.time is None else row.time
        placed.append(replace(row, block=block, time=time, tx_index=0, position=i))
    return build_account_chain(ETHEREUM, placed)


def pay(
    name: str, inputs: Sequence[str], outputs: Sequence[tuple[str, int]], *, data: str = "", time: int = 0
) -> UtxoTransaction:
    """A transaction that spends outputs written as `name:index`, or issues coins, and carries a text."""
    spent = tuple(UtxoInput(tx(i.partition(":")[0]), int(i.partition(":")[2] or 0)) for i in inputs)
    made = [UtxoOutput(value, Account(address)) for address, value in outputs]
    if data:
        made.append(UtxoOutput(0, None, write_data(data.encode()).hex()))
    return UtxoTransaction(0, tx(name), 0, spent, tuple(made), coinbase=not inputs, time=time or None)


def coins(*rows: UtxoTransaction) -> UtxoChain:
    """A UTXO chain of these transactions, one a block, ten minutes apart unless they say when."""
    return build_utxo_chain(
        BITCOIN, [replace(row, block=i, time=row.time or 1000 + 600 * i) for i, row in enumerate(rows)]
    )


@dataclass(frozen=True)
class Joint:
    """A joint trace with what it comes to."""

    chains: Mapping[str, Chain]
    findings: JointFindings
    outcomes: Mapping[str, Outcome]
    bridges: Bridges

    def held(self, name: str, asset: AssetId) -> int:
        """Stolen units that an account still holds."""
        return self.at(name, "held", asset)

    def at(self, name: str, reason: str, asset: AssetId) -> int:
        """Stolen units that ended at an account for a reason."""
        chain = asset.partition("/")[0]
        account = _address(name) if chain == ETHEREUM else name
        return sum(
            end.amount
            for end in self.outcomes[chain].endpoints
            if (end.account, end.stop.reason, end.asset) == (account, reason, asset)
        )

    def crossed(self) -> list[tuple[int, int, int]]:
        """Departed, arrived and returned units of each crossing that carried any."""
        return [(one.departed, one.arrived, one.returned) for one in self.findings.crossed]

    def rows(self) -> list[Crossed]:
        """What crossed."""
        return list(self.findings.crossed)


def trace(
    chains: Sequence[Chain],
    named: Sequence[Named],
    rule: str,
    *,
    texts: Mapping[str, Mapping[int, Sequence[str]]] | None = None,
    labels: Boundary | None = None,
    max_hops: int | None = None,
    ends: Mapping[str, int] | None = None,
    with_crossings: bool = True,
) -> Joint:
    """Find the crossings, and trace through them."""
    seeds = resolve(named, chains).seeds
    rows = {chain: _rows(of_chain) for chain, of_chain in seeds.items()}
    bridges = find_bridges(chains, ends=ends, texts=texts, named=rows)
    crossings = list(bridges.crossings) if with_crossings else []
    grown: list[Chain] = []
    for chain in chains:
        if isinstance(chain, AccountChain) and with_crossings:
            legs = (leg for c in bridges.crossings for leg in (c.source, *c.arrivals, *c.returns))
            aside = {leg.row for leg in legs if leg.chain == chain.chain}
            swaps = find_swaps(chain, named=rows[chain.chain], aside=aside, end=(ends or {}).get(chain.chain))
            crossings += swaps
            grown.append(swaps.extend(chain))
        else:
            grown.append(chain)
    stops: dict[str, Stops] = {chain.chain: build_stops(chain, labels) for chain in grown}
    if with_crossings:
        stops = {
            name: Stops({**bridges.stops(name), **of_chain.by_account}, of_chain.chain)
            for name, of_chain in stops.items()
        }
    law = RULES[rule]
    findings = trace_jointly(grown, seeds, crossings, rule=law, stopped=stops, ends=ends, max_hops=max_hops)
    outcomes = build_joint_outcomes(grown, stops, findings, conserves=law.conserves)
    return Joint({chain.chain: chain for chain in grown}, findings, outcomes, bridges)


def _rows(seeds: AccountSeeds | UtxoSeeds) -> set[int]:
    return set(seeds.theft_of if isinstance(seeds, AccountSeeds) else seeds.seeds)
