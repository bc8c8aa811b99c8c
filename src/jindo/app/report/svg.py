"""The few SVG shapes that pictures are made of, with text escaped.

* Colours are attributes, so that the PDF needs no style sheet; classes let the page restyle them in the dark.
* Coordinates are whole pixels.
"""

from __future__ import annotations

from html import escape

FONTS = "Noto Sans, Noto Sans CJK KR, Noto Sans KR, NanumGothic, Malgun Gothic, Apple SD Gothic Neo, DejaVu Sans, sans-serif"
INK, FAINT = "#1d2733", "#5c6875"
TONES = {
    "theft": "#b3261e",
    "account": "#64748b",
    "service": "#0f6a8b",
    "likely": "#4f9bb5",
    "mixer": "#7b3fa0",
    "held": "#c27c0e",
    "gone": "#8a8f98",
}


def draw_frame(width: int, height: int, title: str, description: str, shapes: list[str]) -> str:
    """A complete drawing with its title and description for screen readers."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" font-family="{FONTS}" font-size="13"><title>{escape(title)}</title>'
        f"<desc>{escape(description)}</desc>{''.join(shapes)}</svg>"
    )


def draw_text(x: int, y: int, text: str, *, tone: str = "ink", size: int = 13) -> str:
    """A line of text on a halo, readable on bands; `tone` is `ink` or `faint`."""
    colour = INK if tone == "ink" else FAINT
    return (
        f'<text class="{tone}" x="{x}" y="{y}" font-size="{size}" fill="{colour}" stroke="#ffffff" stroke-width="3" '
        f'stroke-opacity="0.75" stroke-linejoin="round" paint-order="stroke">{escape(text)}</text>'
    )


def draw_bar(x: int, y: int, width: int, height: int, tone: str, title: str) -> str:
    """A filled bar that says what it is when pointed at."""
    return (
        f'<rect class="bar-{tone}" x="{x}" y="{y}" width="{width}" height="{height}" rx="1" '
        f'fill="{TONES[tone]}"><title>{escape(title)}</title></rect>'
    )


def draw_band(start: tuple[int, int], end: tuple[int, int], width: int, tone: str, title: str) -> str:
    """A curved band from a point to one on its right; the points are its upper corners."""
    (x0, y0), (x1, y1) = start, end
    middle = (x0 + x1) // 2
    upper = f"M{x0} {y0}C{middle} {y0} {middle} {y1} {x1} {y1}"
    lower = f"v{width}C{middle} {y1 + width} {middle} {y0 + width} {x0} {y0 + width}z"
    return (
        f'<path class="band-{tone}" d="{upper}{lower}" fill="{TONES[tone]}" fill-opacity="0.32">'
        f"<title>{escape(title)}</title></path>"
    )


def draw_line(x0: int, y0: int, x1: int, y1: int) -> str:
    """A thin rule."""
    return f'<line class="rule" x1="{x0}" y1="{y0}" x2="{x1}" y2="{y1}" stroke="#c3c9d1" stroke-width="1"/>'
