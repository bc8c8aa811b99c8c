"""The flow of one strand as a small graph: theft, hops, services, left to right.

* A **stage** is a column: the theft, then followed accounts by the hop at which they were first reached, then the ends.
* The largest accounts of a stage and the largest services stand alone; the rest stand together as "n others".
* A band is the sum of the movements between two boxes. Movements inside a stage or back to an earlier one are not
  drawn; their sum is given.
* Integers only: a box is as high as the larger of what entered and what left it.

How it is drawn is `picture`'s.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from jindo.app.report.facts import ARRIVALS, Facts, Move, Strand, group_parties, total
from jindo.app.report.wording import count, shorten, show_name

STAGES = 5
"""Columns of followed accounts at most; later hops share the last."""
ALONE = 3
"""Accounts of a stage that stand alone."""
PARTIES = 15
"""Services that stand alone."""

_ENDS = {
    "departed": "Left by a crossing",
    "burned": "Burned",
    "fee": "Fees and gas",
    "limit": "Beyond a limit",
    "held": "Still held",
}


@dataclass(slots=True)
class Box:
    """A box of the picture."""

    key: str
    label: str
    stage: int
    tone: str
    """`theft`, `account`, `service`, `mixer`, `held` or `gone`."""
    entered: int = 0
    left: int = 0
    stated: int | None = None
    """What the result says about it, where that is known without its bands."""

    def size(self) -> int:
        """Units that the box stands for."""
        return self.stated if self.stated is not None else max(self.entered, self.left)


@dataclass(slots=True)
class Graph:
    """Boxes by key in drawing order, bands by their two keys."""

    boxes: dict[str, Box]
    bands: dict[tuple[str, str], int]
    stages: list[str]
    """What each column shows, left to right."""
    undrawn: int = 0
    """Units moved inside a stage or back."""
    accounts: dict[int, int] = field(default_factory=dict)
    """Followed accounts by stage."""


def build_graph(facts: Facts, strand: Strand) -> Graph | None:
    """The graph of a strand, or `None` where nothing flowed."""
    moves = facts.moves.get(strand, [])
    if not moves:
        return None
    stage_of = _find_stages(moves)
    last = max(stage_of.values(), default=0) + 1
    ends = _end_boxes(facts, strand, last)
    named = _name_accounts(moves, stage_of)
    theft = Box("theft", show_name(strand.theft), 0, "theft", stated=facts.stolen(strand))
    graph = Graph({"theft": theft}, {}, _stage_titles(moves, last))
    bands: dict[tuple[str, str], int] = defaultdict(int)
    for move in moves:
        bands[_source(move, stage_of, named), _target(facts, move, named, ends)] += move.amount
    for ending in facts.ended(strand, "held"):
        bands[named.get(ending.account, "theft"), "held"] += ending.amount
    boxes = {**graph.boxes, **_account_boxes(stage_of, named), **{box.key: box for box in ends.values()}}
    _lay_bands(graph, boxes, bands)
    for stage in stage_of.values():
        graph.accounts[stage] = graph.accounts.get(stage, 0) + 1
    return graph


def _find_stages(moves: list[Move]) -> dict[str, int]:
    """The stage of every followed account: its hop, or the last stage for all hops from there on."""
    hops: dict[str, int] = {}
    for move in moves:
        if not move.reason and move.target:
            hops[move.target] = min(hops.get(move.target, 1 << 30), move.hops or 1)
    return {account: min(max(hop, 1), STAGES) for account, hop in hops.items()}


def _stage_titles(moves: list[Move], last: int) -> list[str]:
    deepest = max((move.hops or 1 for move in moves if not move.reason), default=1)
    titles = [f"hop {stage}" for stage in range(1, last)]
    if deepest > STAGES:
        titles[-1] = f"hops {STAGES} to {deepest}"
    return ["stolen", *titles, "where it went"]


def _name_accounts(moves: list[Move], stage_of: dict[str, int]) -> dict[str, str]:
    """The box of every followed account: its own for those that received most from earlier stages, else the rest's."""
    received: dict[str, int] = defaultdict(int)
    for move in moves:
        came_from = (
            0
            if move.is_named
            else max((stage_of.get(sender, 0) for sender in move.source.split()), default=0)
        )
        if not move.reason and came_from < stage_of.get(move.target, 0):
            received[move.target] += move.amount
    named = {account: f"rest {stage}" for account, stage in stage_of.items()}
    for stage in set(stage_of.values()):
        members = sorted((a for a in stage_of if stage_of[a] == stage), key=lambda a: (-received[a], a))
        alone = members if len(members) == ALONE + 1 else members[:ALONE]
        named.update({account: f"account {account}" for account in alone})
    return named


def _account_boxes(stage_of: dict[str, int], named: dict[str, str]) -> dict[str, Box]:
    boxes: dict[str, Box] = {}
    for account, key in named.items():
        if not key.startswith("rest "):
            boxes[key] = Box(key, shorten(account), stage_of[account], "account")
    for stage in sorted(set(stage_of.values())):
        rest = sum(1 for account in named if named[account] == f"rest {stage}")
        if rest:
            boxes[f"rest {stage}"] = Box(f"rest {stage}", count(rest, "other"), stage, "account")
    return boxes


def _end_boxes(facts: Facts, strand: Strand, stage: int) -> dict[str, Box]:
    """End boxes by what finds them: a service's name, or a reason."""
    boxes: dict[str, Box] = {}
    for reason, tone in zip(ARRIVALS, ("service", "likely", "mixer"), strict=True):
        groups = group_parties(facts.ended(strand, reason))
        shown = PARTIES if reason == "service" else ALONE
        for party, endings in groups[:shown]:
            key = f"{reason}: {party}"
            boxes[key] = Box(key, party, stage, tone, stated=total(endings))
        rest = [ending for _, endings in groups[shown:] for ending in endings]
        if rest:
            label = count(len(groups) - shown, f"other {reason}")
            other = Box(f"{reason} rest", label, stage, tone, stated=total(rest))
            boxes.update({f"{reason}: {party}": other for party, _ in groups[shown:]})
    for reason, label in _ENDS.items():
        endings = facts.ended(strand, reason)
        if endings:
            tone = "held" if reason == "held" else "gone"
            boxes[reason] = Box(reason, label, stage, tone, stated=total(endings))
    return boxes


def _source(move: Move, stage_of: dict[str, int], named: dict[str, str]) -> str:
    """The box that a movement leaves; on a UTXO chain, that of the deepest input address."""
    if move.is_named:
        return "theft"
    known = [address for address in move.source.split() if address in stage_of]
    if known:
        return named[max(known, key=lambda address: (stage_of[address], address))]
    return "theft"


def _target(facts: Facts, move: Move, named: dict[str, str], ends: dict[str, Box]) -> str:
    if not move.reason:
        return named.get(move.target, "theft")
    if move.reason not in ARRIVALS:
        return move.reason
    party = facts.party(move.strand, move.target, move.reason)
    box = ends.get(f"{move.reason}: {party}")
    return box.key if box else move.reason


def _lay_bands(graph: Graph, boxes: dict[str, Box], bands: dict[tuple[str, str], int]) -> None:
    """Keep what can be drawn left to right, and sum up the rest."""
    for (source, target), units in sorted(bands.items()):
        if source not in boxes or target not in boxes or boxes[source].stage >= boxes[target].stage:
            graph.undrawn += units
            continue
        graph.bands[source, target] = units
        boxes[source].left += units
        boxes[target].entered += units
    used = {key for band in graph.bands for key in band}
    ordered = sorted((box for box in boxes.values() if box.key in used), key=_box_order)
    graph.boxes = {box.key: box for box in ordered}


def _box_order(box: Box) -> tuple[int, int, bool, int, str]:
    tones = ("theft", "account", "service", "likely", "mixer", "gone", "held")
    return (
        box.stage,
        tones.index(box.tone),
        box.key.endswith("rest") or box.key.startswith("rest "),
        -box.size(),
        box.key,
    )
