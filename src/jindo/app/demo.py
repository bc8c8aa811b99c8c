"""The demo: a world is made, imported, traced, and held against what its own books say.

    DIR/
    ├── demo.json    says that the folder is a demo's, and may be replaced by the next one
    ├── world/       the world's files, with truth.json
    ├── ledger/      both its chains
    └── result/      what `jindo trace` writes

* Every step is the use case that its command runs; nothing is done here that a user could not do by hand.
* The comparison is exact, to the base unit, under all conserving rules: every account and service reached, fees, and
  what was burned. What is held is compared account by account under the stated rule, in sum under the others.
* A folder that is not a demo's is refused; of one that is, only the four entries above are removed.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jindo.app.study import Progress
from jindo.app.tracing import TraceRequest, trace_ledger
from jindo.base.errors import ConflictError, IntegrityError
from jindo.base.ids import ChainId
from jindo.ledger import ImportReport, import_source
from jindo.sim import TheftTruth, World, make_world, write_world
from jindo.trace import CONSERVING

WORLD = "bybit"
FORMAT = "jindo.demo/1"
_OURS = frozenset({"demo.json", "world", "ledger", "result"})


@dataclass(frozen=True, slots=True)
class Agreement:
    """One theft on which the trace and the world's books agree."""

    theft: str
    asset: str
    stolen: int
    """Base units."""
    accounts: int
    """Accounts whose amounts were compared."""
    figures: int
    """Amounts compared, over all rules."""


@dataclass(frozen=True, slots=True)
class DemoOutcome:
    """What the demo made and found."""

    world: World
    imports: tuple[ImportReport, ...]
    result: dict[str, Any]
    """The content of `result.json`."""
    agreements: tuple[Agreement, ...]
    example: str
    """An address that stolen value reached, to explain."""
    folder: Path


def run_demo(
    folder: Path, *, seed: int = 1, scale: float = 1.0, progress: Progress | None = None
) -> DemoOutcome:
    """Make the world, import its chains, trace, and compare with its truth.

    Raises:
        ConflictError: `folder` holds something that no demo made.
        InputError: the scale makes no sense.
        IntegrityError: the trace and the world's books disagree.
    """
    step = progress or (lambda _name, _done, _total: None)
    step("making the world", 0, None)
    world = make_world(WORLD, seed=seed, scale=scale)
    _prepare(folder, seed=seed, scale=scale)
    write_world(world, folder / "world")
    imports = tuple(_import_chains(folder, world, progress))
    request = TraceRequest(
        ledger=folder / "ledger",
        stolen=folder / "world" / "stolen.csv",
        services=folder / "world" / "services.csv",
        rule="fifo",
        out=folder / "result",
    )
    result = trace_ledger(request, progress).result
    step("comparing with the truth", 0, None)
    agreements = tuple(check_truth(theft, result) for theft in world.truth.thefts)
    return DemoOutcome(world, imports, result, agreements, _find_example(result), folder)


def check_truth(truth: TheftTruth, result: Mapping[str, Any]) -> Agreement:
    """Hold a result against the books on one theft, to the unit, under every conserving rule.

    Raises:
        IntegrityError: a figure differs; it names the rule and where.
    """
    told = _figures_of_truth(truth)
    figures = 0
    for rule in CONSERVING:
        found = _figures_of_rule(truth, result, rule)
        for place in sorted(told.keys() | found.keys()):
            if told.get(place, 0) != found.get(place, 0):
                _refuse(truth, rule, place, told.get(place, 0), found.get(place, 0))
            figures += 1
    figures += _check_held(truth, result)
    return Agreement(truth.theft, truth.asset, truth.stolen, len(truth.endpoints), figures)


_Place = tuple[str, str, str]
"""Reason, account, service; what is one sum (fees, held) has no account, what is burned no service."""


def _figures_of_truth(truth: TheftTruth) -> dict[_Place, int]:
    figures: dict[_Place, int] = {("fee", "", ""): truth.fee, ("held", "", ""): 0}
    for end in truth.endpoints:
        place = _place(end.reason, end.account, end.service)
        figures[place] = figures.get(place, 0) + end.amount
    return figures


def _figures_of_rule(truth: TheftTruth, result: Mapping[str, Any], rule: str) -> dict[_Place, int]:
    """What the spread says under one rule; what it leaves of the loot is held, since the sheet balances."""
    rows = [row for row in result["spread"] if (row["theft"], row["asset"]) == (truth.theft, truth.asset)]
    figures: dict[_Place, int] = {}
    for row in rows:
        place = _place(row["reason"], row["account"], row["service"])
        figures[place] = figures.get(place, 0) + int(row["amounts"][rule])
    return figures | {("held", "", ""): truth.stolen - sum(figures.values())}


def _place(reason: str, account: str, service: str) -> _Place:
    return reason, "" if reason == "held" else account, "" if reason in {"held", "burned"} else service


def _check_held(truth: TheftTruth, result: Mapping[str, Any]) -> int:
    """How many accounts hold something: under the stated rule the very ones that the books say."""
    told = {end.account: end.amount for end in truth.endpoints if end.reason == "held"}
    found = {
        end["account"]: int(end["amount"])
        for end in result["findings"]["endpoints"]
        if (end["theft"], end["reason"]) == (truth.theft, "held")
    }
    for account in sorted(told.keys() | found.keys()):
        if told.get(account, 0) != found.get(account, 0):
            rule = result["findings"]["rule"]
            _refuse(truth, rule, ("held", account, ""), told.get(account, 0), found.get(account, 0))
    return len(told)


def _refuse(truth: TheftTruth, rule: str, place: _Place, told: int, found: int) -> None:
    where = " ".join(part for part in place if part)
    raise IntegrityError(
        f"{truth.theft}, {where}: the books say {told} base units, {rule} finds {found}",
        place="truth.json",
        remedy="Report this as a bug: the world's books and the trace must agree to the unit.",
    )


def _import_chains(folder: Path, world: World, progress: Progress | None) -> Iterator[ImportReport]:
    sources: Iterable[tuple[str, str, ChainId]] = (
        ("ethereum", "ethereum-etl", world.account.chain),
        ("bitcoin", "bitcoin-etl", world.utxo.chain),
    )
    for name, format_, chain in sources:
        source = str(folder / "world" / name)
        yield import_source(
            source, format=format_, into=folder / "ledger", chain=chain, strict=True, progress=progress
        )


def _prepare(folder: Path, *, seed: int, scale: float) -> None:
    """An empty demo folder; one that an earlier demo left is emptied, any other refused."""
    if folder.exists():
        _check_ours(folder)
        for name in sorted(_OURS - {"demo.json"}):
            shutil.rmtree(folder / name, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    marker = {"format": FORMAT, "world": WORLD, "seed": seed, "scale": scale}
    (folder / "demo.json").write_text(json.dumps(marker) + "\n", encoding="utf-8")


def _check_ours(folder: Path) -> None:
    entries = {path.name for path in folder.iterdir()} if folder.is_dir() else {folder.name}
    if not entries:
        return
    if not (entries <= _OURS and _is_marked(folder / "demo.json")):
        raise ConflictError(
            "the folder holds something that no demo made, and is left as it is",
            place=str(folder),
            remedy="Name another folder with --dir.",
        )


def _is_marked(marker: Path) -> bool:
    try:
        content = json.loads(marker.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and content.get("format") == FORMAT


def _find_example(result: Mapping[str, Any]) -> str:
    """The service account that a short path reaches with the most: quick to read, and worth reading."""
    ends = [end for end in result["findings"]["endpoints"] if end["reason"] == "service" and end["account"]]
    return (
        str(min(ends, key=lambda end: (end["hops"], -int(end["amount"]), end["account"]))["account"])
        if ends
        else ""
    )
