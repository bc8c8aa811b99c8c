"""The report as PDF, set by Typst.

* It prints the same blocks as the page; the text goes in as JSON, so nothing in it can act as markup.
* The document is dated by the result and never by the clock: the same report gives the same bytes on one machine.
  Glyphs come from the fonts that are installed, so other machines may give other bytes for the same words.
* Korean needs a Korean font on the machine (Noto Sans CJK KR, NanumGothic and others are looked for by name, then
  any font that has the glyphs). Where none is installed, the built-in Latin fonts are used and Korean letters show
  as empty boxes; the HTML report and the files still hold the names.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import typst

from jindo.app.report.blocks import Report, to_plain


def to_pdf(report: Report) -> bytes:
    """The report as PDF bytes."""
    template = files("jindo.app.report").joinpath("templates").joinpath("report.typ").read_bytes()
    sources: Any = {  # the wheel takes files in memory since 0.14; its type stub does not say so
        "main.typ": template,
        "report.json": json.dumps(to_plain(report), ensure_ascii=False, sort_keys=True).encode(),
    }
    made: bytes = typst.compile(sources, format="pdf", timestamp=report.as_of or 0)
    return made
