"""The flow picture of one strand, drawn as SVG.

* Width of a band and height of a box follow the amount, in whole pixels; one pixel is the least that is drawn.
* Every box carries its name and its amount in text; one too long for its place ends in "…" and is exact when
  pointed at, in the words, and in the tables.
* The words beside the picture say the same for who cannot see it.

Which boxes and bands there are is `stages`'s.
"""

from __future__ import annotations

from jindo.app.report.blocks import Picture
from jindo.app.report.facts import Facts, Strand
from jindo.app.report.stages import Box, Graph, build_graph
from jindo.app.report.svg import draw_band, draw_bar, draw_frame, draw_text
from jindo.app.report.wording import count

WIDTH, TOP, BARS = 980, 44, 400
"""Pixels: the drawing's width, the room for column heads, and the height that the fullest column's amount takes."""
NODE, ENDS = 12, 250
"""Pixels: a box's width, and the room for the names on the right."""
PITCH, LABEL = 34, 30
"""Pixels: the least from one box to the next, and the room that a label takes."""

Spot = tuple[int, int, int]
"""A box's left, top and height."""


def draw_flow(facts: Facts, strand: Strand) -> Picture | None:
    """The picture of a strand, or `None` where nothing flowed."""
    graph = build_graph(facts, strand)
    if graph is None or not graph.boxes:
        return None
    spots, height, scale = _place(graph)
    shapes = [
        *_draw_heads(graph, spots),
        *_draw_bands(facts, strand, graph, spots, scale),
        *_draw_boxes(facts, strand, graph, spots),
    ]
    words = _describe(facts, strand, graph)
    svg = draw_frame(WIDTH, height, f"Where the value went: {strand.title()}", words, shapes)
    return Picture(svg, _caption(facts, strand, graph), words)


def _place(graph: Graph) -> tuple[dict[str, Spot], int, tuple[int, int]]:
    """Spots of all boxes, the drawing's height, and pixels for units as (pixels, units)."""
    columns: dict[int, list[Box]] = {}
    for box in graph.boxes.values():
        columns.setdefault(box.stage, []).append(box)
    units = max(sum(box.size() for box in boxes) for boxes in columns.values())
    scale = (BARS, max(units, 1))
    last = len(graph.stages) - 1
    heights = {box.key: _pixels(box.size(), scale) for box in graph.boxes.values()}
    tallest = max(_column_height(boxes, heights) for boxes in columns.values())
    spots: dict[str, Spot] = {}
    for stage, boxes in columns.items():
        left = (WIDTH - ENDS - NODE) * stage // last
        top = TOP + (tallest - _column_height(boxes, heights)) // 2
        for box in boxes:
            above, below = _room(box, heights[box.key])
            spots[box.key] = left, top + above, heights[box.key]
            top += above + heights[box.key] + below
    return spots, TOP + tallest + 12, scale


def _column_height(boxes: list[Box], heights: dict[str, int]) -> int:
    return sum(sum(_room(box, heights[box.key])) + heights[box.key] for box in boxes)


def _room(box: Box, height: int) -> tuple[int, int]:
    """Pixels above and below a box: ends have their label beside them, the others above."""
    if box.tone in {"theft", "account"}:
        return LABEL, 10
    free = max(PITCH - height, 8)
    return free // 2, free - free // 2


def _pixels(units: int, scale: tuple[int, int]) -> int:
    return max(units * scale[0] // scale[1], 1)


def _draw_heads(graph: Graph, spots: dict[str, Spot]) -> list[str]:
    last = len(graph.stages) - 1
    shapes = []
    for stage, title in enumerate(graph.stages):
        left = (WIDTH - ENDS - NODE) * stage // last
        shapes.append(draw_text(left, 14, title, tone="faint"))
        if stage in graph.accounts:
            shapes.append(draw_text(left, 30, count(graph.accounts[stage], "account"), tone="faint", size=12))
    return shapes


def _draw_bands(
    facts: Facts, strand: Strand, graph: Graph, spots: dict[str, Spot], scale: tuple[int, int]
) -> list[str]:
    """Bands leave and enter a box from its top down, in the order of the boxes at their other end."""
    rank = {key: spots[key][1] for key in graph.boxes}
    leaving, entering = dict.fromkeys(spots, 0), dict.fromkeys(spots, 0)
    starts: dict[tuple[str, str], int] = {}
    ends: dict[tuple[str, str], int] = {}
    for source, target in sorted(graph.bands, key=lambda band: (rank[band[1]], band)):
        starts[source, target] = leaving[source]
        leaving[source] += _pixels(graph.bands[source, target], scale)
    for source, target in sorted(
        graph.bands, key=lambda band: (graph.boxes[band[0]].stage, rank[band[0]], band)
    ):
        ends[source, target] = entering[target]
        entering[target] += _pixels(graph.bands[source, target], scale)
    shapes = []
    for (source, target), units in sorted(graph.bands.items(), key=lambda item: (-item[1], item[0])):
        width = _pixels(units, scale)
        start = spots[source][0] + NODE, _along(spots[source], starts[source, target], width)
        end = spots[target][0], _along(spots[target], ends[source, target], width)
        title = (
            f"{graph.boxes[source].label} to {graph.boxes[target].label}: {facts.money(strand.asset, units)}"
        )
        shapes.append(draw_band(start, end, width, graph.boxes[target].tone, title))
    return shapes


def _along(spot: Spot, offset: int, width: int) -> int:
    """A band's upper edge on a box's side, kept inside where bands of one pixel add up to more than the box."""
    return spot[1] + min(offset, max(spot[2] - width, 0))


def _draw_boxes(facts: Facts, strand: Strand, graph: Graph, spots: dict[str, Spot]) -> list[str]:
    shapes = []
    for box in graph.boxes.values():
        left, top, height = spots[box.key]
        amount = facts.amount(strand.asset, box.size())
        title = f"{box.label}: {facts.money(strand.asset, box.size())}"
        shapes.append(draw_bar(left, top, NODE, height, box.tone, title))
        if box.tone in {"theft", "account"}:
            shapes.append(draw_text(left, top - 17, _fit(box.label, 18), size=12))
            shapes.append(draw_text(left, top - 4, _brief(amount, 15), tone="faint", size=11))
            continue
        middle = top + height // 2
        shapes.append(draw_text(left + NODE + 8, middle - 2, _fit(box.label, 30)))
        shapes.append(draw_text(left + NODE + 8, middle + 13, _brief(amount, 36), tone="faint", size=12))
    return shapes


def _fit(text: str, length: int) -> str:
    """Text cut to a length; a wide (East Asian) letter counts double."""
    used = 0
    for position, character in enumerate(text):
        used += 2 if ord(character) >= 0x1100 else 1
        if used > length:
            return text[:position] + "…"
    return text


def _brief(amount: str, room: int) -> str:
    """An amount for a narrow place: whole, or with its last digits left off where a reader sees that they are."""
    whole, point, part = amount.partition(".")
    if len(amount) <= room:
        return amount
    if len(whole) <= room - 2:
        return f"{whole}{point}{part[:2]}…"
    digits = whole.replace(",", "")
    return f"{digits[:3]}… (10^{len(digits) - 1})"


def _caption(facts: Facts, strand: Strand, graph: Graph) -> str:
    text = (
        f"Amounts in {facts.unit(strand.asset)}; the height of a box and the width of a band follow the amount. "
        "Left to right: what was stolen, the followed accounts by the hop at which they were first reached, and where "
        "following ended. Red: stolen. Grey: followed accounts. Blue: labelled services. Light blue: likely services. "
        "Purple: mixers. Amber: still held. Light grey: fees, burned, or beyond a limit of hops or of fetching."
    )
    if graph.undrawn:
        moved = facts.money(strand.asset, graph.undrawn)
        text += f" Movements inside one column or back to an earlier one are not drawn; they sum to {moved}."
    return text


def _describe(facts: Facts, strand: Strand, graph: Graph) -> str:
    ends = [box for box in graph.boxes.values() if box.tone not in {"theft", "account"}]
    parts = [f"{box.label} {facts.amount(strand.asset, box.size())}" for box in ends]
    stages = [
        f"{graph.stages[stage]}: {count(number, 'account')}"
        for stage, number in sorted(graph.accounts.items())
    ]
    passed = f" It passed {'; '.join(stages)}." if stages else ""
    stolen = facts.money(strand.asset, facts.stolen(strand))
    return f"In words: {stolen} were stolen.{passed} It ended at: {'; '.join(parts)}."
