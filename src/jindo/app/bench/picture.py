"""The bench as a drawing: a bar for each program, by the time it takes, on a scale on which each step is ten times.

* Cases stand one below the other, each with reach first, then the floors, the exact trace and the peers.
* Every bar says its time and how many times that is of reach; what did not run says why, in words.
"""

from __future__ import annotations

import math

from jindo.app.bench.measuring import BenchFigures
from jindo.app.bench.running import BenchResult
from jindo.app.report.svg import draw_bar, draw_frame, draw_line, draw_text

WIDTH, LEFT, RIGHT = 980, 190, 210
"""Pixels: the drawing's width, and the room for names and for figures."""
TOP, HEAD, ROW, GAP = 56, 26, 20, 18
"""Pixels: above the first case, a case's title, a bar with what stands between, and between cases."""
_NAMES = {"duckdb": "DuckDB", "polars": "Polars", "igraph": "igraph", "networkx": "networkx"}
_SCALES = ((1, "1 ns"), (10**3, "1 µs"), (10**6, "1 ms"), (10**9, "1 s"))

Bar = tuple[str, str, int | str]
"""Name, tone, and nanoseconds or why there are none."""


def draw_bench(result: BenchResult) -> str:
    """The drawing as SVG."""
    rows = [list_bars(figures) for figures in result.cases]
    taken = [time for bars in rows for _, _, time in bars if isinstance(time, int)]
    low, high = _find_scale(taken)
    height = TOP + sum(HEAD + ROW * len(bars) + GAP for bars in rows)
    shapes = [
        draw_text(
            LEFT,
            18,
            "Time on a logarithmic scale, shorter is better; × is how many times reach",
            tone="faint",
        ),
        *_draw_scale(low, high, height),
    ]
    top = TOP
    for figures, bars in zip(result.cases, rows, strict=True):
        shapes += _draw_case(top, figures, bars, low, high)
        top += HEAD + ROW * len(bars) + GAP
    return draw_frame(WIDTH, height, "Reach beside its peers and floors", _describe(result), shapes)


def list_bars(figures: BenchFigures) -> list[Bar]:
    """What is drawn of one case, from top to bottom."""
    bars: list[Bar] = [("Jindo, reach", "service", figures.reach)]
    if figures.cold is not None:
        bars.append(("from a cold cache", "likely", figures.cold))
    bars += [
        ("Jindo, exact (fifo)", "service", figures.exact),
        ("floor: gather", "held", figures.gather),
        ("floor: window in order", "held", figures.read_window),
    ]
    return bars + [(_NAMES[name], "account", time) for name, time in figures.peers.items()]


def name_case(figures: BenchFigures) -> str:
    """A case in words."""
    late = "" if figures.peers else ", the latest theft"
    runs = f", the ledger in {figures.runs} runs" if figures.runs > 1 else ""
    return f"{figures.touched:,} transfers touched of {figures.transfers:,}{late}{runs}"


def format_time(nanoseconds: int) -> str:
    """A time in the unit that makes it readable."""
    unit, name = next((scale for scale in reversed(_SCALES) if nanoseconds >= scale[0]), _SCALES[0])
    return (
        f"{nanoseconds / unit:.3g} {name.split()[1]}"
        if nanoseconds < 10**12
        else f"{nanoseconds / unit:,.0f} s"
    )


def _find_scale(taken: list[int]) -> tuple[int, int]:
    """The powers of ten between which all times lie."""
    if not taken:
        return 3, 9
    low, high = math.floor(math.log10(max(min(taken), 1))), math.ceil(math.log10(max(*taken, 2)))
    return low, max(high, low + 1)


def _place(time: int, low: int, high: int) -> int:
    share = (math.log10(max(time, 1)) - low) / (high - low)
    return max(2, round(share * (WIDTH - LEFT - RIGHT)))


def _draw_scale(low: int, high: int, height: int) -> list[str]:
    shapes = []
    for power in range(low, high + 1):
        x = LEFT + _place(10**power, low, high)
        shapes.append(draw_line(x, TOP - 10, x, height - GAP))
        shapes.append(draw_text(x - 14, TOP - 16, format_time(10**power), tone="faint", size=11))
    return shapes


def _draw_case(top: int, figures: BenchFigures, bars: list[Bar], low: int, high: int) -> list[str]:
    shapes = [draw_text(8, top + 15, name_case(figures), size=14)]
    for place, (name, tone, time) in enumerate(bars):
        y = top + HEAD + place * ROW
        shapes.append(draw_text(24, y + 12, name, size=12))
        if isinstance(time, str):
            shapes.append(draw_text(LEFT + 6, y + 12, time, tone="faint", size=12))
            continue
        length = _place(time, low, high)
        said = f"{format_time(time)} · {_times(time, figures.reach)}"
        shapes.append(draw_bar(LEFT, y + 2, length, ROW - 7, tone, f"{name}: {said}"))
        shapes.append(draw_text(LEFT + length + 8, y + 12, said, size=12))
    return shapes


def _times(time: int, reach: int) -> str:
    ratio = time / reach
    return f"{ratio:,.0f}×" if ratio >= 10 else f"{ratio:.2g}×"


def _describe(result: BenchResult) -> str:
    cases = [
        f"{name_case(figures)}: "
        + ", ".join(
            f"{name} {format_time(time) if isinstance(time, int) else time}"
            for name, _, time in list_bars(figures)
        )
        for figures in result.cases
    ]
    return "; ".join(cases)
