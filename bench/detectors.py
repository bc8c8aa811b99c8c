"""How often the detectors are right on worlds whose truth is known: CoinJoins, clusters, likely services.

* Worlds are made from seeds that no tuning saw (give your own); their generators were written from the literature by people
  who had not seen the detectors, and the detectors by people who had not seen the generators.
* Every figure is a count over one population, `synthetic`: nothing here says how often a detector is right on a real chain.
* Labels are not given to the detectors. Nothing is tuned here, and nothing asserts a figure.

    python bench/detectors.py [--seeds 9101,9102,9103] [--scale 1] [--json OUT]
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jindo.app import import_source
from jindo.ledger import AccountChain, Chain, UtxoChain, open_ledger
from jindo.sim import make_world, write_world
from jindo.trace import clusters, coinjoins, services

ROUNDS = {
    "wasabi-1.0": "wasabi-1",
    "wasabi-1.1": "wasabi-1",
    "wasabi-2.0": "wasabi-2",
    "whirlpool": "whirlpool",
    "whirlpool-surge": "whirlpool",
    "joinmarket": "joinmarket",
}
"""Acts that are CoinJoins, and the kind that each should be found as."""
LOOK_ALIKES = (
    *("exchange-batch", "wide-batch", "equal-batch", "equal-split", "hot-wallet-change", "consolidation"),
    *("sweep", "payroll", "pool-payout", "whirlpool-tx0"),
)
"""Acts that look like one: batches and consolidations of one owner, and the like."""
SIGNED_BY_TWO = "payjoin"
"""An act whose inputs have two owners by construction: common-input clustering errs there, and is known to."""


@dataclass(slots=True)
class Joins:
    """What was found of CoinJoins, over all worlds."""

    rounds: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    misnamed: Counter[str] = field(default_factory=Counter)
    """Found, but as another kind."""
    others: Counter[str] = field(default_factory=Counter)
    """Transactions that are no CoinJoin, by act."""
    alarms: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Merges:
    """What became of clusters, over all worlds."""

    clusters: int = 0
    """Clusters of two addresses or more."""
    mixed: int = 0
    """Those of them that have addresses of several owners."""
    unions: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    """Unions of two owners' addresses, by the act of the transaction that made them."""


@dataclass(slots=True)
class Behaved:
    """What was found of likely services, over all worlds; by world and chain's kind."""

    found: Counter[str] = field(default_factory=Counter)
    """Found accounts, by rule and true role."""
    busy: Counter[str] = field(default_factory=Counter)
    """Service accounts by how many movements they have, as `fewer than 500` and `500 or more`."""
    busy_found: Counter[str] = field(default_factory=Counter)
    innocents: int = 0
    """Accounts of customers, victims and thieves."""


def main() -> None:
    """Make the worlds, measure, and print what came out."""
    asked = _parse_arguments()
    joins, merges, behaved = Joins(), Merges(), Behaved()
    for seed in asked.seeds:
        with tempfile.TemporaryDirectory(dir=asked.tmp) as folder:
            for world in ("coinjoin", "innocent", "bybit", "bridges"):
                place = Path(folder) / world
                write_world(make_world(world, seed=seed, scale=asked.scale), place)
                chains = list(_iter_chains(place))
                acts, owners = _read(place / "acts.csv"), _read(place / "owners.csv")
                for chain in chains:
                    if isinstance(chain, UtxoChain) and acts:
                        _measure_utxo(chain, acts, owners, joins, merges)
                    if owners:
                        _measure_services(chain, owners, behaved)
    answer = _to_json(asked, joins, merges, behaved)
    _print(answer)
    if asked.json:
        asked.json.write_text(json.dumps(answer, indent=2) + "\n")


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=_parse_seeds, default=(9101, 9102, 9103), help="worlds to make")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--tmp", type=Path, help="folder for the worlds; they are deleted again")
    return parser.parse_args()


def _parse_seeds(text: str) -> tuple[int, ...]:
    return tuple(int(seed) for seed in text.split(","))


def _iter_chains(place: Path) -> Iterator[Chain]:
    for name, form in (("ethereum", "ethereum-etl"), ("bitcoin", "bitcoin-etl")):
        if (place / name).is_dir():
            import_source(str(place / name), format=form, into=place / "ledger")
    ledger = open_ledger(place / "ledger")
    for chain in ledger.chain_ids():
        yield ledger.chain(chain)


def _read(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def _measure_utxo(
    chain: UtxoChain,
    acts: Sequence[dict[str, str]],
    owners: Sequence[dict[str, str]],
    joins: Joins,
    merges: Merges,
) -> None:
    by_hash = {row["tx_hash"]: row["act"] for row in acts if row["chain"] == chain.chain}
    act_of = [by_hash.get(chain.tx_hashes[tx], "") for tx in range(len(chain.tx_hashes))]
    found = coinjoins.find_coinjoins(chain)
    kinds = {join.transaction: join.kind for join in found}
    for tx, act in enumerate(act_of):
        if act in ROUNDS:
            joins.rounds[act] += 1
            joins.found[act] += tx in kinds
            joins.misnamed[act] += tx in kinds and kinds[tx] != ROUNDS[act]
        else:
            joins.others[act] += 1
            joins.alarms[act] += tx in kinds
    built = clusters.build_clusters(chain, excluded=found.transactions)
    owner_of = {row["address"]: row["owner"] for row in owners}
    owner = [owner_of.get(chain.accounts[account], f"?{account}") for account in range(len(chain.accounts))]
    members: dict[int, list[int]] = {}
    for account in range(len(chain.accounts)):
        members.setdefault(int(built.cluster_of(account)), []).append(account)
    for group in members.values():
        if len(group) > 1:
            merges.clusters += 1
            merges.mixed += len({owner[account] for account in group}) > 1
    forest = built.forest
    merges.unions += len(forest)
    for one, other, tx in zip(forest.one, forest.other, forest.transaction, strict=True):
        if owner[int(one)] != owner[int(other)]:
            merges.wrong[act_of[int(tx)]] += 1


def _measure_services(chain: Chain, owners: Sequence[dict[str, str]], behaved: Behaved) -> None:
    role_of = {row["address"]: row["role"] for row in owners}
    found = services.find_likely_services(chain)
    moves = _count_moves(chain)
    for account in range(len(chain.accounts)):
        role = role_of.get(chain.accounts[account])
        if role is None:
            continue
        if role == "service":
            size = "500 or more" if moves[account] >= 500 else "fewer than 500"
            behaved.busy[size] += 1
            behaved.busy_found[size] += account in found
        else:
            behaved.innocents += 1
    for account, service in found.items():
        role = role_of.get(chain.accounts[account], "unknown")
        behaved.found[f"{service.rule}: {role}"] += 1


def _count_moves(chain: Chain) -> Counter[int]:
    moves: Counter[int] = Counter()
    if isinstance(chain, AccountChain):
        for pot in range(len(chain.pot_account)):
            account = int(chain.pot_account[pot])
            moves[account] += len(chain.draws_of(pot)) + len(chain.fills_of(pot))
        return moves
    for tx in range(len(chain.tx_hashes)):
        parties = {int(chain.in_account[i]) for i in chain.inputs_of(tx)}
        parties |= {int(chain.out_account[o]) for o in chain.outputs_of(tx)}
        moves.update(parties)
    return moves


def _to_json(asked: argparse.Namespace, joins: Joins, merges: Merges, behaved: Behaved) -> dict[str, Any]:
    alike = {act: [joins.alarms[act], joins.others[act]] for act in LOOK_ALIKES if joins.others[act]}
    rest = [act for act in joins.others if act not in LOOK_ALIKES]
    return {
        "population": "synthetic",
        "seeds": list(asked.seeds),
        "scale": asked.scale,
        "versions": {
            module.HEURISTIC: module.VERSION for module in (coinjoins, clusters, services)
        },
        "coinjoins": {
            "rounds": {
                act: {"made": made, "found": joins.found[act], "as another kind": joins.misnamed[act]}
                for act, made in sorted(joins.rounds.items())
            },
            "look-alikes": {act: {"alarms": a, "of": n} for act, (a, n) in alike.items()},
            "all others": {
                "alarms": sum(joins.alarms[act] for act in rest), "of": sum(joins.others[act] for act in rest)
            },
        },
        "clusters": {
            "clusters": merges.clusters,
            "with several owners": merges.mixed,
            "unions": merges.unions,
            "of two owners, by act": dict(sorted(merges.wrong.items())),
            "across a CoinJoin": sum(merges.wrong[act] for act in ROUNDS),
        },
        "likely services": {
            "found, by rule and true role": dict(sorted(behaved.found.items())),
            "service accounts": {
                size: {"found": behaved.busy_found[size], "of": count}
                for size, count in sorted(behaved.busy.items())
            },
            "accounts that are none": behaved.innocents,
        },
    }  # fmt: skip


def _print(answer: dict[str, Any]) -> None:
    for title, part in answer.items():
        if not isinstance(part, dict):
            print(f"{title}: {part}")
            continue
        print(f"\n{title}")
        for name, value in part.items():
            print(f"  {name}: {json.dumps(value) if isinstance(value, dict) else value}")


if __name__ == "__main__":
    main()
