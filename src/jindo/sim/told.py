"""What a world tells beside its chains, as JSON and tables: the truth of its thefts, owners, acts, crossings, patterns.

* Amounts are decimal strings in base units.
* A file is written only where there is something in it, but for the truth.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jindo.sim.facts import TrueCrossing, TrueLeg, TruePattern
from jindo.sim.world import TheftTruth, World


def write_told(world: World, out: Path) -> None:
    """What the world tells beside its thefts; a file only where there is something in it."""
    if world.owners:
        owners = ((o.address, o.owner, o.role) for o in world.owners)
        write_csv(out / "owners.csv", ["address", "owner", "role"], owners)
    if world.acts:
        acts = ((a.chain, a.tx_hash, a.act) for a in world.acts)
        write_csv(out / "acts.csv", ["chain", "tx_hash", "act"], acts)
    if world.prices:
        prices = ((p.time, p.asset, p.currency, p.price) for p in world.prices)
        write_csv(out / "prices.csv", ["time", "asset", "currency", "price"], prices)
    if world.crossings:
        write_json(out / "crossings.json", {"crossings": [to_crossing_json(c) for c in world.crossings]})
    if world.patterns:
        write_json(out / "patterns.json", {"patterns": [to_pattern_json(p) for p in world.patterns]})


def to_truth_json(world: World) -> dict[str, Any]:
    """The truth as JSON; amounts are decimal strings in base units."""
    return {
        "world": {"name": world.name, "seed": world.seed, "scale": world.scale},
        "thefts": [_truth_of(theft) for theft in world.truth.thefts],
    }


def _truth_of(theft: TheftTruth) -> dict[str, Any]:
    endpoints = [
        {
            "account": end.account,
            "service": end.service,
            "kind": end.kind,
            "reason": end.reason,
            "amount": str(end.amount),
        }
        for end in theft.endpoints
    ]
    crossed = {"arrived": str(theft.arrived), "departed": str(theft.departed)}
    return {
        "theft": theft.theft,
        "chain": theft.chain,
        "asset": theft.asset,
        "stolen": str(theft.stolen),
        **(crossed if theft.arrived or theft.departed else {}),
        "frozen": str(theft.frozen),
        "reasons": {reason: str(amount) for reason, amount in theft.reasons().items()},
        "reached": {service: str(amount) for service, amount in theft.reached().items()},
        "endpoints": endpoints,
    }


def to_crossing_json(crossing: TrueCrossing) -> dict[str, Any]:
    """A crossing as JSON; amounts are decimal strings in base units."""
    return {
        "kind": crossing.kind,
        "service": crossing.service,
        "theft": crossing.theft,
        "memo": crossing.memo,
        "departures": [_leg_of(leg) for leg in crossing.departures],
        "arrivals": [_leg_of(leg) for leg in crossing.arrivals],
    }


def to_pattern_json(pattern: TruePattern) -> dict[str, Any]:
    """A pattern's occurrence as JSON."""
    return {
        "pattern": pattern.pattern,
        "innocent": pattern.innocent,
        "chain": pattern.chain,
        "tx_hashes": list(pattern.tx_hashes),
        "accounts": list(pattern.accounts),
        "parameters": dict(pattern.parameters),
    }


def _leg_of(leg: TrueLeg) -> dict[str, Any]:
    return {
        "chain": leg.chain,
        "tx_hash": leg.tx_hash,
        "output_index": leg.output_index,
        "asset": leg.asset,
        "account": leg.account,
        "amount": str(leg.amount),
    }


def write_csv(path: Path, columns: list[str], lines: Iterable[tuple[object, ...]]) -> None:
    """Writes a table with its header."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(lines)


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Writes JSON that people can read."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")
